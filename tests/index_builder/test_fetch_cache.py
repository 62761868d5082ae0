"""The cache saves sending, never truth: what is changed, damaged, half written or too much is fetched again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from edge.errors import SetupError
from index_builder.fetch import Fetcher, FetchError
from index_builder.fetch_cache import Entry, FetchCache
from tests.index_builder.moody_server import serving

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def server():
    with serving() as server:
        yield server


def fetcher(tmp_path, **more):
    return Fetcher(cache=tmp_path / "cache", allow_private=True, sleep=lambda _: None, **more)


VALIDATORS = [
    {"ETag": '"v1"'},
    {"Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT"},
    {"ETag": 'W/"v1"', "Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT"},
]


@pytest.mark.parametrize("headers", VALIDATORS, ids=["etag", "date", "both"])
def test_an_unchanged_image_is_asked_for_but_not_sent_again(server, tmp_path, headers):
    server.bodies["/a.jpg"] = (b"first", headers)
    for _ in range(3):
        assert fetcher(tmp_path).fetch(f"{server.url}/a.jpg") == b"first"
    assert [("If-None-Match" in sent, "If-Modified-Since" in sent) for _, sent in server.asked] == [
        (False, False), *[("ETag" in headers, "Last-Modified" in headers)] * 2,
    ]  # fmt: skip
    server.bodies["/a.jpg"] = (b"second", {"ETag": '"v2"'})
    assert [fetcher(tmp_path).fetch(f"{server.url}/a.jpg") for _ in range(2)] == [b"second"] * 2
    assert server.asked[-1][1]["If-None-Match"] == '"v2"'


def test_a_redirected_image_is_kept_under_its_own_address(server, tmp_path):
    server.bodies["/a.jpg"] = (b"first", {"ETag": '"v1"'})
    for _ in range(2):
        assert fetcher(tmp_path).fetch(f"{server.url}/to/a.jpg") == b"first"
    assert server.asked[-1] == ("/a.jpg", server.asked[-1][1]) and server.asked[-1][1]["If-None-Match"] == '"v1"'


@pytest.mark.parametrize("headers", [{}, {"ETag": '"v1"', "Cache-Control": "private, No-Store"}], ids=["no validator", "no-store"])
def test_what_must_not_or_cannot_be_kept_is_not_kept(server, tmp_path, headers):
    server.bodies["/a.jpg"] = (b"first", headers)
    for _ in range(2):
        assert fetcher(tmp_path).fetch(f"{server.url}/a.jpg") == b"first"
    assert "If-None-Match" not in server.asked[1][1] and not list((tmp_path / "cache").iterdir())


def test_a_gone_image_does_not_live_on_in_the_cache(server, tmp_path):
    server.bodies["/status/404"] = (b"first", {"ETag": '"v1"'})
    fetcher(tmp_path).fetch(f"{server.url}/status/404")
    del server.bodies["/status/404"]
    with pytest.raises(FetchError, match="404"):
        fetcher(tmp_path).fetch(f"{server.url}/status/404")


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "no head", "other address", "list"])
def test_a_damaged_entry_is_dropped_and_fetched_anew(server, tmp_path, harm):
    server.bodies["/a.jpg"] = (b"first" * 100, {"ETag": '"v1"'})
    url = f"{server.url}/a.jpg"
    fetcher(tmp_path).fetch(url)
    (file,) = (tmp_path / "cache").iterdir()
    data = file.read_bytes()
    file.write_bytes({
        "cut": data[:-7], "flip": data[:-1] + b"!", "empty": b"", "no head": b"\xff" * 99,
        "other address": data.replace(b"a.jpg", b"b.jpg"), "list": b"[]\n" + data,
    }[harm])  # fmt: skip
    assert fetcher(tmp_path).fetch(url) == b"first" * 100
    assert "If-None-Match" not in server.asked[-1][1]
    assert fetcher(tmp_path).fetch(url) == b"first" * 100
    assert "If-None-Match" in server.asked[-1][1]


def test_the_folder_stays_within_its_limit_and_keeps_what_was_used_last(tmp_path):
    cache = FetchCache(tmp_path, max_mebibytes=1)
    for i in range(40):
        cache.put(f"http://x.test/{i}", Entry(bytes(50_000), f"v{i}"))
        os.utime(cache._path(f"http://x.test/{i}"), (i, i))  # seconds apart, as in real life
        assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 2**20
        assert cache.get("http://x.test/0") is not None  # used all the time
    kept = [i for i in range(40) if cache.get(f"http://x.test/{i}")]
    assert len(kept) > 15 and kept[1:] == list(range(41 - len(kept), 40))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) > 0.8 * 2**20


def test_a_smaller_limit_applies_from_the_start_and_one_picture_does_not_drive_out_all(tmp_path):
    big = FetchCache(tmp_path, max_mebibytes=10)
    for i in range(20):
        big.put(f"http://x.test/{i}", Entry(bytes(100_000), "v"))
    small = FetchCache(tmp_path, max_mebibytes=1)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 2**20
    before = len(list(tmp_path.iterdir()))
    small.put("http://x.test/huge", Entry(bytes(900_000), "v"))
    assert small.get("http://x.test/huge") is None and len(list(tmp_path.iterdir())) == before


KILLED_OFTEN = """
    import os, random, signal, sys, time
    from pathlib import Path
    from index_builder.fetch_cache import Entry, FetchCache

    folder, rng, caught = Path(sys.argv[1]), random.Random(3), 0
    for kill in range(400):  # as many as it takes for a few to fall into a write, on any machine
        if kill >= 20 and caught >= 3:
            break
        child = os.fork()
        if not child:
            cache = FetchCache(folder, max_mebibytes=30)
            while True:
                i = random.randrange(20)
                cache.put(f"http://x.test/{i}", Entry(bytes([i]) * 2_000_000, str(kill)))
        time.sleep(rng.uniform(0.005, 0.1))
        if kill % 2:  # the next write has begun
            while not any(folder.glob(".writing-*")):
                pass
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        cache = FetchCache(folder, max_mebibytes=30)  # a writer killed before it made room has left one too many
        entries = len(list(folder.glob("*.fetched")))
        bodies = {i: cache.get(f"http://x.test/{i}") for i in range(20)}
        whole = sum(entry is not None and entry.body == bytes([i]) * 2_000_000 for i, entry in bodies.items())
        assert whole == entries <= 15, (whole, entries)  # nothing had to be dropped, and the limit holds
        caught += any(folder.glob(".writing-*"))
        for file in folder.glob(".writing-*"):
            os.utime(file, (0, 0))
    FetchCache(folder)
    assert not any(folder.glob(".writing-*")), "what killed writers left is not cleared away"
    print(caught)
"""


def test_killed_at_any_moment_it_holds_whole_entries_only(tmp_path):
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED_OFTEN), str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) >= 3, "hardly a kill fell into a write: the test shows nothing"


def test_a_full_disk_keeps_nothing_and_fails_nothing(tmp_path):
    code = """
    import resource, sys
    from pathlib import Path
    from index_builder.fetch_cache import Entry, FetchCache
    cache = FetchCache(Path(sys.argv[1]))
    cache.put("http://x.test/small", Entry(bytes(100), "v"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    cache.put("http://x.test/big", Entry(bytes(100_000), "v"))
    cache.put("http://x.test/small", Entry(bytes(100_000), "v"))
    assert cache.get("http://x.test/big") is None and len(cache.get("http://x.test/small").body) == 100
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], cwd=ROOT, check=True)
    assert len(list(tmp_path.iterdir())) == 1


def test_many_threads_share_one_cache(tmp_path):
    cache = FetchCache(tmp_path, max_mebibytes=2)
    wrong = []

    def work(seed):
        rng = random.Random(seed)
        for _ in range(25):
            i = rng.randrange(12)
            cache.put(f"http://x.test/{i}", Entry(bytes([i]) * 180_000, "v"))
            entry = cache.get(f"http://x.test/{rng.randrange(12)}")
            if entry and len(set(entry.body)) != 1:
                wrong.append(entry)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not wrong and not list(tmp_path.glob(".writing-*"))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 2 * 2**20


def test_a_cache_that_cannot_be_made_is_told_at_the_start(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="cache folder"):
        Fetcher(cache=tmp_path / "file")
