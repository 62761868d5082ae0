"""Lines of text -> rows of values with the line each starts at; a quotation mark left open costs one row, not the rest of the file."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator

LONGEST_VALUE = 2**20
"""Characters; descriptions with embedded HTML outgrow csv's own limit of 128 Ki."""

UNREADABLE = "a quotation mark is not closed or not doubled"
TOO_LONG = f"a value is longer than {LONGEST_VALUE} characters"


def split_line(line: str, *, delimiter: str) -> list[str]:
    """The values of one line, whatever its quotation marks are like."""
    _allow_long_values()
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return []


def read_rows(lines: Iterable[str], *, delimiter: str, width: int, first_line: int = 1) -> Iterator[tuple[int, list[str] | str]]:
    """(line, values) of each row that is not blank, or (line, reason) where there is no telling the values.

    lines: with their line ends. width: the header's number of columns. line: where the row starts, the first of `lines`
    being number `first_line`; line breaks inside quotation marks and blank lines count. A row whose quotation marks do not
    match is read as a single line if that gives all columns, and is named otherwise; the lines after it are rows again.
    """
    _allow_long_values()
    source = _Lines(lines, first_line)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        source.begin()
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            source.give_back_all_but_first()
            values = split_line(source.taken[0], delimiter=delimiter)
            if len(values) < width:
                yield source.start, TOO_LONG if len(source.taken[0]) > LONGEST_VALUE else UNREADABLE
                continue
        if any(values) and any(value.strip() for value in values):
            yield source.start, values


class _Lines:
    """Lines that remember those of the row under way, so that they can be given back."""

    def __init__(self, lines: Iterable[str], first_line: int) -> None:
        self._lines = iter(lines)
        self._returned: deque[str] = deque()
        self._next = self.start = first_line
        self.taken: list[str] = []

    def begin(self) -> None:
        self.start = self._next
        self.taken = []

    def give_back_all_but_first(self) -> None:
        self._returned.extendleft(reversed(self.taken[1:]))
        self._next = self.start + 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.taken.append(line)
        self._next += 1
        return line


def _allow_long_values() -> None:
    """The limit belongs to the whole process; it is only ever raised, as another feed may be being read."""
    if csv.field_size_limit() < LONGEST_VALUE:
        csv.field_size_limit(LONGEST_VALUE)
