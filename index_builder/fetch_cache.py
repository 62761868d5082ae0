"""Fetched images on disk with their ETag or Last-Modified, so that an unchanged image is asked for but not sent again."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from edge.errors import SetupError

_ENDING = ".fetched"
_TEMPORARY = ".writing-"
_ABANDONED_S = 3600.0
_KEEP = 0.9
"""Share of the limit that is left when it was passed and the longest unused entries went."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an address gave last time. etag and last_modified: the headers as they came, either may be empty."""

    body: bytes
    etag: str = ""
    last_modified: str = ""


class FetchCache:
    """A folder with one file per address: a JSON line, then the body. Thread-safe; several processes may share the folder.

    A file is complete or absent whenever a process is killed (it is written aside and renamed); one that a power cut or a bad disk has
    damaged is told by its checksum and dropped. max_mebibytes bounds the folder: beyond it the longest unused entries go.
    The cache is never a reason to fail: on a full disk it just keeps nothing.
    """

    def __init__(self, folder: Path, *, max_mebibytes: float = 4096) -> None:
        """Raises SetupError if the folder cannot be made or written."""
        self._folder = Path(folder)
        self._limit = int(max_mebibytes * 2**20)
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            probe = self._temporary()
            probe.touch()
            probe.unlink()
            self._size = self._tidy()
        except OSError as error:
            raise SetupError(
                f"The cache folder {folder} cannot be used ({error.strerror}).", remedy="Check its name and rights, or leave the cache out."
            ) from error

    def get(self, url: str) -> Entry | None:
        """The entry of an address, None if there is none that is whole. Counts as a use."""
        path = self._path(url)
        try:
            with open(path, "rb") as file:
                head = json.loads(file.readline(2**16))
                body = file.read()
            if head["url"] != url or hashlib.sha256(body).hexdigest() != head["sha256"]:
                raise ValueError("damaged")
            entry = Entry(body, str(head["etag"]), str(head["last_modified"]))
        except FileNotFoundError:
            return None
        except OSError:
            return None
        except (ValueError, KeyError, TypeError):
            self._drop(path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return entry

    def put(self, url: str, entry: Entry) -> None:
        """Keep an entry in place of what was there. One without etag and last_modified is of no use and is not kept."""
        path = self._path(url)
        if not entry.etag and not entry.last_modified:
            self._drop(path)
            return
        head = {
            "url": url,
            "etag": entry.etag,
            "last_modified": entry.last_modified,
            "sha256": hashlib.sha256(entry.body).hexdigest(),
        }
        content = json.dumps(head).encode() + b"\n" + entry.body
        if len(content) > self._limit * (1 - _KEEP):  # one picture must not drive out all others
            self._drop(path)
            return
        temporary = self._temporary()
        try:
            temporary.write_bytes(content)
            with self._lock:
                before = _size(path)
                os.replace(temporary, path)
                self._size += len(content) - before
                if self._size > self._limit:
                    self._size = self._tidy()
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _path(self, url: str) -> Path:
        return self._folder / (hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest() + _ENDING)

    def _temporary(self) -> Path:
        return self._folder / f"{_TEMPORARY}{os.getpid()}-{id(self)}-{next(self._numbers)}"

    def _drop(self, path: Path) -> None:
        with self._lock, contextlib.suppress(OSError):
            size = _size(path)
            path.unlink()
            self._size -= size

    def _tidy(self) -> int:
        """Remove what killed writers left and, if there is too much, what was not used for longest. Gives the bytes that stay."""
        entries: list[tuple[float, int, str]] = []
        with os.scandir(self._folder) as found:
            for file in found:
                with contextlib.suppress(FileNotFoundError):  # another process tidies as well
                    status = file.stat()
                    if file.name.endswith(_ENDING):
                        entries.append((status.st_mtime, status.st_size, file.path))
                    elif file.name.startswith(_TEMPORARY) and time.time() - status.st_mtime > _ABANDONED_S:
                        os.unlink(file.path)
        total = sum(size for _, size, _ in entries)
        if total > self._limit:
            entries.sort(reverse=True)
            while entries and total > self._limit * _KEEP:
                _, size, path = entries.pop()
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
                total -= size
        return total


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
