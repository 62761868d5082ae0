"""Against a real server on this machine that misbehaves on purpose."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from index_builder.fetch import Fetcher, FetchError


class Moody(BaseHTTPRequestHandler):
    asked: dict[str, int] = {}

    def do_GET(self):
        count = self.asked[self.path] = self.asked.get(self.path, 0) + 1
        if self.path.startswith("/third") and count < 3:
            self.send_response(503)
            self.send_header("Retry-After", "7")
            self.end_headers()
        elif self.path == "/gone":
            self.send_error(404)
        elif self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 10)
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(10_000):
                    self.wfile.write(bytes(2**16))
            except OSError:
                pass
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/fine")
            self.end_headers()
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"picture")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def fetcher(pauses):
    return Fetcher(sleep=pauses.append, max_mebibytes=1, allow_private=True)


def test_files_paths_and_file_addresses_are_read(tmp_path, fetcher):
    path = tmp_path / "a b.jpg"
    path.write_bytes(b"picture")
    assert fetcher.fetch(str(path)) == fetcher.fetch(path.as_uri()) == b"picture"


def test_urls_are_fetched_and_redirects_followed(server, fetcher, pauses):
    assert fetcher.fetch(f"{server}/fine") == fetcher.fetch(f"{server}/moved") == b"picture"
    assert not pauses


def test_a_busy_server_is_asked_again_after_the_pause_it_wants(server, fetcher, pauses):
    assert fetcher.fetch(f"{server}/third") == b"picture"
    assert pauses == [7, 7]


def test_what_is_gone_is_asked_for_once(server, fetcher):
    with pytest.raises(FetchError, match="404"):
        fetcher.fetch(f"{server}/gone")
    assert Moody.asked["/gone"] == 1


def test_an_answer_that_breaks_off_is_tried_again_then_refused(server, fetcher, pauses):
    with pytest.raises(FetchError, match="broke off"):
        fetcher.fetch(f"{server}/short")
    assert Moody.asked["/short"] == 4 and pauses == [0.5, 1, 2]


def test_too_much_is_cut_off_early(server, fetcher, tmp_path):
    with pytest.raises(FetchError, match="larger than 1 MiB"):
        fetcher.fetch(f"{server}/endless")
    (tmp_path / "big").write_bytes(bytes(2**20 + 1))
    with pytest.raises(FetchError, match="larger than 1 MiB"):
        fetcher.fetch(str(tmp_path / "big"))


def test_nobody_at_home_is_a_sentence_not_a_traceback(fetcher, pauses):
    with pytest.raises(FetchError, match="no connection"):
        fetcher.fetch("http://127.0.0.1:9/x.jpg")
    assert len(pauses) == 3


@pytest.mark.parametrize("source", ["/no/such/file.jpg", "ftp://x.test/a.jpg", "http://", "a\0b.jpg", "/"])
def test_every_other_failure_names_its_source(fetcher, source):
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(source)
    assert caught.value.source == source
