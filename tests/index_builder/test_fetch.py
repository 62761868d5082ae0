"""Against a real server on this machine that misbehaves on purpose."""

from __future__ import annotations

import os
import threading
import time

import pytest

from index_builder.fetch import Fetcher, FetchError
from tests.index_builder.moody_server import serving


@pytest.fixture
def server():
    with serving() as server:
        yield server


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
    assert fetcher.fetch(f"{server.url}/fine") == fetcher.fetch(f"{server.url}/to/to/fine") == b"picture"
    assert not pauses


def test_a_busy_server_is_asked_again_after_the_pause_it_wants(server, fetcher, pauses):
    assert fetcher.fetch(f"{server.url}/busy/7") == b"picture"
    assert pauses == [7, 7]


def test_the_pause_may_be_written_as_a_date(server, fetcher, pauses):
    assert fetcher.fetch(f"{server.url}/busy-until/20") == b"picture"
    assert len(pauses) == 1 and 15 < pauses[0] <= 20


@pytest.mark.parametrize("header", ["", "soon", "-3", "Mon, 99 Foo"])
def test_a_pause_that_cannot_be_read_is_our_own(server, fetcher, pauses, header):
    server_path = f"{server.url}/busy/{header}"
    assert fetcher.fetch(server_path) == b"picture"
    assert pauses == [0.5, 1]


def test_a_server_that_wants_more_time_than_there_is_is_left_alone_by_everyone(server, fetcher, pauses):
    with pytest.raises(FetchError, match="status 503; the server asks to wait 3600 s"):
        fetcher.fetch(f"{server.url}/busy/3600")
    with pytest.raises(FetchError, match="wants to be left alone for 3[56]"):
        fetcher.fetch(f"{server.url}/fine")
    assert not pauses and len(server.asked) == 1


def test_what_one_image_learns_of_a_pause_the_next_one_keeps(server, pauses):
    fetcher = Fetcher(sleep=pauses.append, tries=1, allow_private=True)
    with pytest.raises(FetchError, match="503"):
        fetcher.fetch(f"{server.url}/busy/9")
    assert fetcher.fetch(f"{server.url}/fine") == b"picture"
    assert len(pauses) == 1 and 8 < pauses[0] <= 9


def test_what_is_gone_is_asked_for_once(server, fetcher):
    for status in (400, 403, 404, 410, 501):
        with pytest.raises(FetchError, match=f"status {status}"):
            fetcher.fetch(f"{server.url}/status/{status}")
        assert server.count(f"/status/{status}") == 1


@pytest.mark.parametrize("status", [204, 206, 300, 304])
def test_an_answer_without_the_whole_image_is_none(server, fetcher, status):
    with pytest.raises(FetchError, match=f"status {status}"):
        fetcher.fetch(f"{server.url}/status/{status}")


def test_an_answer_that_breaks_off_is_tried_again_then_refused(server, fetcher, pauses):
    with pytest.raises(FetchError, match="broke off"):
        fetcher.fetch(f"{server.url}/announced/1000")
    assert server.count("/announced/1000") == 4 and pauses == [0.5, 1, 2]


@pytest.mark.parametrize("path", ["endless", f"announced/{2**20 + 1}", f"bomb/{2**26}"])
def test_too_much_is_cut_off_early_and_not_asked_for_again(server, fetcher, path):
    begun = time.monotonic()
    with pytest.raises(FetchError, match="larger than 1 MiB"):
        fetcher.fetch(f"{server.url}/{path}")
    assert server.count(f"/{path}") == 1 and time.monotonic() - begun < 5


def test_too_large_a_file_is_refused(fetcher, tmp_path):
    (tmp_path / "big").write_bytes(bytes(2**20 + 1))
    with pytest.raises(FetchError, match="larger than 1 MiB"):
        fetcher.fetch(str(tmp_path / "big"))


def test_redirects_come_to_an_end(server):
    with pytest.raises(FetchError, match="more than 3 redirects"):
        Fetcher(allow_private=True, max_redirects=3).fetch(f"{server.url}/loop")
    assert len(server.asked) == 4
    with pytest.raises(FetchError, match="not http"):
        Fetcher(allow_private=True).fetch(f"{server.url}/to/file:///etc/hostname")


@pytest.mark.parametrize("path", ["drip-head", "drip", "drip-unmeasured", "slow/30"])
def test_a_server_that_drips_or_sleeps_costs_no_more_than_the_time_allowed(server, path):
    begun = time.monotonic()
    with pytest.raises(FetchError, match="too slow"):
        Fetcher(allow_private=True, timeout_s=0.8).fetch(f"{server.url}/{path}")
    assert time.monotonic() - begun < 4


def test_a_broken_off_wait_does_no_harm_to_the_next_image(server):
    fetcher = Fetcher(allow_private=True, timeout_s=0.8)
    assert fetcher.fetch(f"{server.url}/fine") == b"picture"
    with pytest.raises(FetchError, match="too slow"):
        fetcher.fetch(f"{server.url}/drip")
    assert fetcher.fetch(f"{server.url}/fine") == b"picture"


def test_nobody_at_home_is_a_sentence_not_a_traceback(fetcher, pauses):
    with pytest.raises(FetchError, match="no connection"):
        fetcher.fetch("http://127.0.0.1:9/x.jpg")
    assert len(pauses) == 3


def test_a_password_in_an_address_stays_out_of_the_message(server, fetcher):
    url = server.url.replace("//", "//shop:secret@")
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(f"{url}/status/404")
    assert "secret" not in str(caught.value) and f"{server.url}/status/404" in str(caught.value)
    assert server.asked[-1][1]["Authorization"].startswith("Basic ")


def test_a_pipe_is_not_waited_for(tmp_path, fetcher):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(FetchError, match="not a file"):
        fetcher.fetch(str(tmp_path / "pipe.jpg"))


@pytest.mark.parametrize("source", ["/no/such/file.jpg", "ftp://x.test/a.jpg", "http://", "http://[::1", "a\0b.jpg", "/", "http://a..b/"])
def test_every_other_failure_names_its_source(fetcher, source):
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(source)
    assert caught.value.source == source


def test_no_host_gets_more_requests_at_once_than_allowed_while_several_hosts_are_served_at_once():
    with serving("127.0.0.1") as one, serving("127.0.0.2") as other:
        fetcher = Fetcher(allow_private=True, per_host=3)
        begun = time.monotonic()
        results = list(fetcher.fetch_each((f"{server.url}/slow/0.1?{i}" for i in range(15) for server in (one, other)), parallel=12))
        assert results == [b"picture"] * 30
        assert (one.most_at_once, other.most_at_once) == (3, 3)
        assert time.monotonic() - begun < 2.5  # 3 s one after the other, 1 s three at a time with one host after the other


def test_many_come_in_order_with_their_errors_and_no_more_ahead_than_said(server, fetcher, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"file")
    begun = 0

    def sources():
        nonlocal begun
        for path in ["fine", "status/404", str(tmp_path / "a.jpg")] * 20:
            begun += 1
            yield path if path.startswith("/") else f"{server.url}/{path}"

    results = fetcher.fetch_each(sources(), parallel=4)
    assert next(results) == b"picture" and begun == 8
    rest = list(results)
    assert isinstance(rest[0], FetchError) and "404" in str(rest[0])
    assert rest[1] == b"file" and len(rest) == 59


def test_stopping_in_the_middle_leaves_no_thread_behind(server, fetcher):
    before = threading.active_count()
    results = fetcher.fetch_each((f"{server.url}/slow/0.05?{i}" for i in range(1000)), parallel=4)
    next(results)
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]
    assert len(server.asked) < 20 and threading.active_count() <= before + 8  # the server's own threads
