"""An image's file path or http(s) URL -> its bytes: limits on time, size and redirects, retries, a cache, no private addresses."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

from edge.errors import RacklensError
from index_builder.addresses import AddressRefused, WebAdapter
from index_builder.fetch_cache import Entry, FetchCache
from index_builder.fetch_hosts import Hosts, retry_after_s

_WORTH_ANOTHER_TRY = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_OWN_PAUSE_S = 30.0
_CHUNK = 2**16


class FetchError(RacklensError):
    """One image could not be fetched; `source` is its path or URL."""

    def __init__(self, what: str, *, source: str) -> None:
        self.source = source
        super().__init__(what)


class _Final(Exception):
    """No other outcome next time."""


class Fetcher:
    """Thread-safe: each thread keeps its own connections.

    connect_s, read_s: longest wait for a connection and for the next piece of an answer. total_s: for one image with all its
    tries and pauses; timeout_s, if given, is an upper bound of all three. tries: how often a busy or broken server is asked, with
    pauses of first_pause_s that double, or as long as its Retry-After asks. max_mebibytes: longest image. per_host: requests at once
    with the host of a link. allow_private: whether private, loopback and link-local addresses may be reached; only then a proxy from the
    environment is used, as nobody here can see where a proxy leads. cache: folder of a FetchCache. Raises SetupError for the
    cache folder.
    """

    def __init__(
        self, *, connect_s: float = 5, read_s: float = 20, total_s: float = 120, timeout_s: float | None = None, tries: int = 4,
        first_pause_s: float = 0.5, max_mebibytes: float = 40, max_redirects: int = 5, per_host: int = 4, allow_private: bool = False,
        cache: Path | None = None, cache_mebibytes: float = 4096, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        bound = timeout_s or float("inf")
        self._timeout = min(connect_s, bound), min(read_s, bound)
        self._total_s = bound if timeout_s else total_s
        self._tries = tries
        self._first_pause_s = first_pause_s
        self._limit = int(max_mebibytes * 2**20)
        self._max_redirects = max_redirects
        self._allow_private = allow_private
        self._cache = FetchCache(cache, max_mebibytes=cache_mebibytes) if cache else None
        self._sleep = sleep
        self._hosts = Hosts(per_host=per_host, sleep=sleep)
        self._local = threading.local()

    def fetch(self, source: str) -> bytes:
        """Bytes of a path, file:// or http(s):// address. Raises FetchError with a reason that names no more than needed."""
        scheme = source.partition("://")[0].lower() if "://" in source else ""
        if scheme in ("http", "https"):
            return self._fetch_url(source)
        if scheme not in ("", "file"):
            raise FetchError(f"The address {source} is neither a file nor http(s).", source=source)
        return self._read_file(unquote(urlsplit(source).path) if scheme else source, source)

    def fetch_each(self, sources: Iterable[str], *, parallel: int = 16) -> Iterator[bytes | FetchError]:
        """What each source gives, in order, with `parallel` under way at once; at most twice as many are fetched ahead."""
        waiting: deque[Future[bytes]] = deque()
        pool = ThreadPoolExecutor(parallel, thread_name_prefix="fetch")

        def first() -> bytes | FetchError:
            try:
                return waiting.popleft().result()
            except FetchError as error:
                return error

        try:
            for source in sources:
                waiting.append(pool.submit(self.fetch, source))
                if len(waiting) >= 2 * parallel:
                    yield first()
            while waiting:
                yield first()
        finally:
            pool.shutdown(cancel_futures=True)

    def _read_file(self, path: str, source: str) -> bytes:
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would wait for ever
                raise FetchError(f"{path} is not a file.", source=source)
            with open(Path(path), "rb") as file:
                data = file.read(self._limit + 1)
        except FileNotFoundError:
            raise FetchError(f"The file {path} is not there.", source=source) from None
        except (OSError, ValueError) as error:
            raise FetchError(f"The file {path} cannot be read ({getattr(error, 'strerror', None) or error}).", source=source) from error
        if len(data) > self._limit:
            raise FetchError(f"{source} is larger than {self._limit / 2**20:g} MiB.", source=source)
        return data

    def _fetch_url(self, url: str) -> bytes:
        try:
            host = (urlsplit(url).hostname or "").lower()
            with self._hosts.slot(host):
                return self._try_often(url, host)
        except (_Final, ValueError) as error:
            raise FetchError(f"{_shown(url)} could not be fetched ({error}).", source=url) from error

    def _try_often(self, url: str, host: str) -> bytes:
        if self._hosts.silence_left_s(host) > self._total_s:
            raise _Final(f"the server wants to be left alone for {self._hosts.silence_left_s(host):.0f} s")
        self._hosts.keep_silence(host)
        kept = self._cache.get(url) if self._cache else None
        deadline = time.monotonic() + self._total_s
        for attempt in range(1, self._tries + 1):
            pause = min(self._first_pause_s * 2 ** (attempt - 1), _LONGEST_OWN_PAUSE_S)
            try:
                status, answer, asked = self._ask(url, kept, deadline)
                if answer is not None:
                    return answer
                reason = f"status {status}"
                if asked is not None:
                    pause = max(pause, asked)
                    self._hosts.asks_for_silence(host, asked)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                reason = self._plain(error)
            except AddressRefused as error:
                raise _Final(f"{error.host} is a private address; --allow-private lets it") from error
            except requests.RequestException as error:  # a malformed URL, endless redirects
                raise _Final(self._plain(error)) from error
            if attempt == self._tries:
                break
            if time.monotonic() + pause > deadline:
                reason += f"; the server asks to wait {pause:.0f} s" if pause > _LONGEST_OWN_PAUSE_S else ""
                break
            self._sleep(pause)
        raise _Final(reason)

    def _ask(self, url: str, kept: Entry | None, deadline: float) -> tuple[int, bytes | None, float | None]:
        """(status, body, seconds of Retry-After); the body is None if another try may help."""
        session, adapter = self._session()
        too_late = threading.Event()

        def break_off() -> None:
            too_late.set()
            adapter.break_off()

        # A server may drip, each piece in time and the whole never; nothing but another thread ends such a wait.
        watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), break_off)
        watchdog.daemon = True
        watchdog.start()
        try:
            with session.get(url, timeout=self._timeout, stream=True, headers=_conditions(kept)) as response:
                if response.status_code == 304 and kept:
                    self._check_size(len(kept.body))
                    return 304, kept.body, None
                if not response.ok:
                    if response.status_code not in _WORTH_ANOTHER_TRY:
                        raise _Final(f"status {response.status_code}")
                    return response.status_code, None, retry_after_s(response.headers.get("Retry-After", ""))
                if response.status_code != 200:
                    raise _Final(f"status {response.status_code}")
                body = self._body(response)
                headers = response.headers
        except requests.RequestException:
            if too_late.is_set():
                raise requests.Timeout("too slow") from None
            raise
        finally:
            watchdog.cancel()
        if too_late.is_set():  # without a length, an answer that was cut looks whole
            raise requests.Timeout("too slow")
        if self._cache and "no-store" not in headers.get("Cache-Control", "").lower():
            self._cache.put(url, Entry(body, headers.get("ETag", ""), headers.get("Last-Modified", "")))
        return 200, body, None

    def _body(self, response: requests.Response) -> bytes:
        announced = response.headers.get("Content-Length", "")
        if announced.isascii() and announced.isdigit():
            self._check_size(int(announced[:18]))
        parts, size = [], 0
        for part in response.iter_content(_CHUNK):
            parts.append(part)
            size += len(part)
            self._check_size(size)
        return b"".join(parts)

    def _check_size(self, size: int) -> None:
        if size > self._limit:
            raise _Final(f"larger than {self._limit / 2**20:g} MiB")

    def _session(self) -> tuple[requests.Session, WebAdapter]:
        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.headers["User-Agent"] = "racklens-index-builder"
            session.headers["Accept"] = "image/*"
            session.max_redirects = self._max_redirects
            session.trust_env = self._allow_private
            session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True  # a company's own authority
            adapter = WebAdapter(allow_private=self._allow_private)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            self._local.session = session, adapter
        return self._local.session

    def _plain(self, error: Exception) -> str:
        if isinstance(error, requests.Timeout):
            return "too slow"
        if isinstance(error, requests.TooManyRedirects):
            return f"more than {self._max_redirects} redirects"
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            return "the answer broke off"
        if isinstance(error, requests.exceptions.SSLError):
            return "no secure connection; is its certificate valid?"
        if isinstance(error, requests.ConnectionError):
            proxied = not self._allow_private and requests.utils.getproxies().keys() & {"http", "https", "all"}
            return "no connection; a proxy is used only with --allow-private" if proxied else "no connection"
        if isinstance(error, requests.exceptions.InvalidSchema):
            return "redirected to something that is not http(s)"
        return type(error).__name__


def _conditions(kept: Entry | None) -> dict[str, str]:
    """Headers that ask for the image only if it is another than the one kept."""
    headers = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified} if kept else {}
    return {name: value for name, value in headers.items() if value}


def _shown(url: str) -> str:
    """The URL without user name and password, which have no place in a report."""
    before, at, after = url.partition("://")[2].partition("/")[0].rpartition("@")
    return url.replace(f"{before}{at}", "", 1) if at else url
