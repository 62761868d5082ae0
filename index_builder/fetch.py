"""An image's file path or http(s) URL -> its bytes: size limit, time limits, retries with growing pauses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

from edge.errors import RacklensError

_WORTH_ANOTHER_TRY = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_PAUSE_S = 30.0


class FetchError(RacklensError):
    """One image could not be fetched; `source` is its path or URL."""

    def __init__(self, what: str, *, source: str) -> None:
        self.source = source
        super().__init__(what)


class Fetcher:
    """Thread-safe: each thread keeps its own connections."""

    def __init__(
        self, *, connect_s: float = 5, read_s: float = 20, total_s: float = 120, tries: int = 4, first_pause_s: float = 0.5,
        max_mebibytes: float = 40, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._timeout = connect_s, read_s
        self._total_s = total_s
        self._tries = tries
        self._first_pause_s = first_pause_s
        self._limit = int(max_mebibytes * 2**20)
        self._sleep = sleep
        self._local = threading.local()

    def fetch(self, source: str) -> bytes:
        """Bytes of a path, file:// or http(s):// address. Raises FetchError with a reason that names no more than needed."""
        scheme = urlsplit(source).scheme.lower() if "://" in source else ""
        if scheme in ("http", "https"):
            return self._fetch_url(source)
        if scheme not in ("", "file"):
            raise FetchError(f"The address {source} is neither a file nor http(s).", source=source)
        return self._read_file(unquote(urlsplit(source).path) if scheme else source, source)

    def _read_file(self, path: str, source: str) -> bytes:
        try:
            with open(Path(path), "rb") as file:
                data = file.read(self._limit + 1)
        except FileNotFoundError:
            raise FetchError(f"The file {path} is not there.", source=source) from None
        except (OSError, ValueError) as error:
            raise FetchError(f"The file {path} cannot be read ({getattr(error, 'strerror', None) or error}).", source=source) from error
        return self._within_limit(data, source)

    def _fetch_url(self, url: str) -> bytes:
        deadline = time.monotonic() + self._total_s
        reason = "no answer"
        for attempt in range(self._tries):
            pause = self._first_pause_s * 2**attempt
            try:
                with self._session().get(url, timeout=self._timeout, stream=True) as response:
                    if response.ok:
                        return self._within_limit(self._body(response, deadline), url)
                    reason = f"status {response.status_code}"
                    if response.status_code not in _WORTH_ANOTHER_TRY:
                        break
                    asked = response.headers.get("Retry-After", "")
                    pause = max(pause, float(asked)) if asked.isdigit() else pause
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                reason = _plain(error)
            except requests.RequestException as error:  # a malformed URL, endless redirects: no other outcome next time
                reason = _plain(error)
                break
            pause = min(pause, _LONGEST_PAUSE_S)
            if attempt + 1 == self._tries or time.monotonic() + pause > deadline:
                break
            self._sleep(pause)
        raise FetchError(f"{url} could not be fetched ({reason}).", source=url)

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        parts, size = [], 0
        for part in response.iter_content(2**16):
            parts.append(part)
            size += len(part)
            if size > self._limit:
                break
            if time.monotonic() > deadline:  # a server may drip: every read in time, the whole never
                raise requests.Timeout("too slow")
        return b"".join(parts)

    def _within_limit(self, data: bytes, source: str) -> bytes:
        if len(data) > self._limit:
            raise FetchError(f"{source} is larger than {self._limit / 2**20:g} MiB.", source=source)
        return data

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.headers["User-Agent"] = "racklens-index-builder"
        return self._local.session


def _plain(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return "too slow"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer broke off"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return type(error).__name__
