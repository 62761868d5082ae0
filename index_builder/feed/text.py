"""A feed file -> its text, line by line: gzip and encoding recognised by content, memory independent of the file's size."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from edge.errors import FeedError

_CHUNK = 2**20
_GZIP = b"\x1f\x8b"
_MARKS = (  # UTF-32 first: its little-endian mark begins like UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_NO_FEEDS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"<?xml", "XML"),
    (b"<rss", "XML"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"{", "JSON"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x89PNG", "a picture"),
)
_NOT_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_BROKEN = re.compile("[\udc80-\udcff]")
_OUTSIDE_ASCII = re.compile("[^\x00-\x7f]")
_MOSTLY = 10
"""So many whole UTF-8 characters to one broken byte make a damaged UTF-8 file rather than a Latin-1 file."""


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a feed for reading; line ends stay as they are. The file is read twice: encoding and gzip are judged on the whole of it.

    Characters that do not fit a file that is otherwise UTF-8 or UTF-16 come out as U+FFFD. Raises FeedError for a file that
    cannot be read, a damaged gzip file, and for kinds of file that are no CSV or TSV.
    """
    path = Path(path)
    try:
        encoding = _encoding(path)
        with _open_bytes(path) as file, io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="") as text:
            yield text
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FeedError(f"The feed {path} is a damaged gzip file.", path=str(path), remedy="Export or send it again.") from error
    except OSError as error:
        reason = error.strerror or error
        raise FeedError(f"The feed {path} cannot be read ({reason}).", path=str(path), remedy="Check its name and rights.") from error


def _open_bytes(path: Path) -> BinaryIO:
    with open(path, "rb") as file:
        zipped = file.read(2) == _GZIP
    return gzip.open(path) if zipped else open(path, "rb")


def _encoding(path: Path) -> str:
    """A Python codec's name. Reads the whole file, as a Latin-1 letter may come in the last row only."""
    with _open_bytes(path) as file:
        head = file.read(_CHUNK)
        by_mark = next((name for mark, name in _MARKS if head.startswith(mark)), None)
        for magic, kind in _NO_FEEDS:
            if head.removeprefix(codecs.BOM_UTF8).lstrip()[: len(magic)].lower() == magic.lower():
                raise FeedError(f"The feed {path} is {kind}, not CSV or TSV.", path=str(path), remedy="Export it as CSV (UTF-8).")
        wide = by_mark if by_mark and by_mark != "utf-8-sig" else _unmarked_utf16(head[:512])
        census = None if wide else _Census()
        chunk = head
        while chunk:
            if census:
                census.add(chunk)
            chunk = file.read(_CHUNK)  # to the end in every case: a gzip file's checksum comes last
        return wide or census.verdict()


def _unmarked_utf16(head: bytes) -> str | None:
    """The zero halves of a header's ASCII letters tell UTF-16 and its byte order."""
    high, low = head[0::2], head[1::2]
    if not low:
        return None
    zeros_first, zeros_second = high.count(0) / len(high), low.count(0) / len(low)
    if zeros_first > 0.5 and zeros_second < 0.1:
        return "utf-16-be"
    if zeros_second > 0.5 and zeros_first < 0.1:
        return "utf-16-le"
    return None


class _Census:
    """Counts what a file would be as UTF-8, chunk by chunk."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._whole = self._broken = 0
        self._cp1252 = True

    def add(self, chunk: bytes) -> None:
        if chunk.isascii() and not self._decoder.getstate()[0]:
            return
        self._cp1252 = self._cp1252 and not _NOT_CP1252.search(chunk)
        text = self._decoder.decode(chunk)
        broken = len(_BROKEN.findall(text))
        self._broken += broken
        self._whole += len(_OUTSIDE_ASCII.findall(text)) - broken

    def verdict(self) -> str:
        broken = self._broken + len(self._decoder.decode(b"", final=True))
        if not broken or self._whole >= _MOSTLY * broken:
            return "utf-8-sig"
        return "cp1252" if self._cp1252 else "latin-1"  # cp1252 is Latin-1 with the euro sign, which prices need
