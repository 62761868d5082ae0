"""A stylist's looks as a CSV (look_id, item_id, slot) -> Looks, and every row that cannot be used with its line and the reason."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.errors import RequestError

COLUMNS = ("look_id", "item_id", "slot")
_ALIASES = {
    "look_id": ("lookid", "look", "outfit", "outfitid"),
    "item_id": ("itemid", "item", "id", "sku", "article", "artikel"),
    "slot": ("slot", "place", "position", "part"),
}
_DELIMITERS = ",;\t|"
_MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class LookPiece:
    """One garment of a look as the stylist chose it."""

    slot: str
    item_id: str


@dataclass(frozen=True, slots=True)
class Look:
    """Pieces in the file's order; no slot and no item twice."""

    look_id: str
    pieces: tuple[LookPiece, ...]


@dataclass(frozen=True, slots=True)
class LookProblem:
    """Why a look was left out. line: where its row starts, counting from 1."""

    line: int
    look_id: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, look {self.look_id or '(without id)'}: {self.reason}"


def read_looks(path: Path, *, known: Callable[[str], bool]) -> tuple[tuple[Look, ...], tuple[LookProblem, ...]]:
    """A looks file -> its looks in the file's order, and what is wrong with the others. Raises RequestError for a file that is none.

    Comma, semicolon, tab or bar; UTF-8 or UTF-16 with or without a mark, else Windows-1252. known: whether the catalogue has an item. A
    look with any row that cannot be used is left out whole, so that none is shown with a piece missing that nobody notices.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise RequestError(
            f"The looks file {path} cannot be read ({error.strerror}).", remedy="Give a CSV with look_id, item_id, slot."
        ) from error
    return parse_looks(data, name=Path(path).name, known=known)


def parse_looks(data: bytes, *, name: str, known: Callable[[str], bool]) -> tuple[tuple[Look, ...], tuple[LookProblem, ...]]:
    """A looks file's bytes; see `read_looks`. name: what errors call it."""
    if len(data) > _MOST_BYTES:
        raise RequestError(f"{name} has more than {_MOST_BYTES // 1_000_000} MB.", remedy="Give a CSV with look_id, item_id, slot.")
    lines = _decoded(data).splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if line.strip()), None)
    if start is None:
        raise RequestError(f"{name} is empty.", remedy="Its first line names the columns look_id, item_id, slot; each row is one piece.")
    delimiter = max(_DELIMITERS, key=lines[start].count)
    reader = csv.reader(io.StringIO("".join(lines[start:]), newline=""), delimiter=delimiter)
    places: dict[str, int] = {}
    pieces: dict[str, list[LookPiece]] = {}
    problems: list[LookProblem] = []
    before = start
    try:
        for values in reader:
            line, before = before + 1, start + reader.line_num
            if not any(value.strip() for value in values):
                continue
            if not places:
                places = _places(values, name)
                continue
            look_id, item_id, slot = (values[p].strip() if (p := places[column]) < len(values) else "" for column in COLUMNS)
            of_look = pieces.setdefault(look_id, [])
            if reason := _wrong_with(look_id, item_id, slot, of_look, known):
                problems.append(LookProblem(line, look_id, reason))
            else:
                of_look.append(LookPiece(slot, item_id))
    except csv.Error as error:
        raise RequestError(f"{name} cannot be read in line {before + 1} ({error}).", remedy="Is a quotation mark missing?") from error
    if not pieces:
        raise RequestError(f"{name} has a header but no rows.", remedy="Each row is one piece: look_id, item_id, slot.")
    spoilt = {problem.look_id for problem in problems}
    return tuple(Look(look_id, tuple(of_look)) for look_id, of_look in pieces.items() if look_id not in spoilt), tuple(problems)


def _wrong_with(look_id: str, item_id: str, slot: str, of_look: list[LookPiece], known: Callable[[str], bool]) -> str:
    for column, value in zip(COLUMNS, (look_id, item_id, slot), strict=True):
        if not value:
            return f"no {column}"
    if any(piece.slot.casefold() == slot.casefold() for piece in of_look):
        return f"the slot {slot!r} is there twice"
    if any(piece.item_id == item_id for piece in of_look):
        return f"the item {item_id!r} is there twice"
    return "" if known(item_id) else f"the catalogue has no item {item_id!r}"


def _places(header: list[str], name: str) -> dict[str, int]:
    squashed = [re.sub(r"[\W_]+", "", cell.casefold()) for cell in header]
    places = {}
    for column in COLUMNS:
        found = [squashed.index(alias) for alias in _ALIASES[column] if alias in squashed]
        if not found:
            shown = ", ".join(cell.strip()[:40] for cell in header[:20])
            raise RequestError(f"{name} has no column {column}; its columns are: {shown}.", remedy="Its first line names the columns.")
        places[column] = found[0]
    return places


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    for encoding, zeros in (("utf-16-le", data[1:200:2]), ("utf-16-be", data[:200:2])):
        if len(zeros) > 4 and zeros.count(0) > len(zeros) // 2:  # without a mark every other byte of plain text is 0
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
