"""A feed's rows -> CatalogueItems, one after the other, and every row that gives none with its line and the reason."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.errors import FeedError
from edge.types import CatalogueItem
from index_builder.feed.columns import Columns, delimiter_named, find_columns
from index_builder.feed.folders import images_below, pictures_by_name, styles_file
from index_builder.feed.links import locate, split_links
from index_builder.feed.rows import read_rows
from index_builder.feed.text import open_text

_MOST_SHARED = 100_000
"""Different values of colour, size, price ... that are kept once instead of once per item."""


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that gave no item. line counts from 1 and is where the row starts; 0 for files of a folder."""

    line: int
    item_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item and the line its row starts at, counting from 1; 0 for files of a folder."""

    line: int
    item: CatalogueItem


def read_feed(path: Path, *, columns: Mapping[str, str] | None = None) -> tuple[list[CatalogueItem], list[SkippedRow]]:
    """All items and all skipped rows of a feed, each in the feed's order; see `iter_feed`. Raises FeedError."""
    items: list[CatalogueItem] = []
    skipped: list[SkippedRow] = []
    for row in iter_feed(path, columns=columns):
        if isinstance(row, ItemRow):
            items.append(row.item)
        else:
            skipped.append(row)
    return items, skipped


def iter_feed(path: Path, *, columns: Mapping[str, str] | None = None) -> Iterator[ItemRow | SkippedRow]:
    """The rows of a feed file or folder, read as they are asked for: only ids stay in memory.

    path: a CSV or TSV (comma, tab, semicolon, bar; UTF-8, UTF-16, Latin-1; gzip: all told by content), a folder with Kaggle's
    styles.csv and images/, or a folder of images. columns: Google's name of a column -> the feed's name for it. Relative image
    links are taken from the feed's own folder. A row without id or image, with too many values, with a link that cannot lead to a
    picture or with an id that was there before is skipped; an item without title is called by its id. Raises FeedError:
    for a file that is no feed before its first row, for a folder without images after the last.
    """
    path = Path(path)
    if not path.is_dir():
        yield from _of_file(path, columns)
    elif styles := styles_file(path):
        yield from _of_file(styles, columns)
    else:
        yield from _of_folder(path)


def _of_folder(folder: Path) -> Iterator[ItemRow | SkippedRow]:
    found = False
    for place, item in images_below(folder):
        found = found or isinstance(item, CatalogueItem)
        yield SkippedRow(0, place, item) if isinstance(item, str) else ItemRow(0, item)
    if not found:
        raise FeedError(
            f"The folder {folder} holds no images.", path=str(folder), remedy="Give a feed file, or a folder of JPEG, PNG, WebP or HEIC."
        )


def _of_file(path: Path, mapping: Mapping[str, str] | None) -> Iterator[ItemRow | SkippedRow]:
    with open_text(path) as lines:
        number, first = _first_line(lines)
        delimiter = delimiter_named(first)
        if delimiter:
            after, first = _first_line(lines)
            number += after
        columns, found = find_columns(first, path=path, mapping=mapping, delimiter=delimiter)
        items = _Items(columns, path.absolute().parent, found)
        for line, values in read_rows(lines, delimiter=found, width=len(columns.header), first_line=number + 1):
            yield items.row(line, values)


def _first_line(lines: Iterator[str]) -> tuple[int, str]:
    """The next line with anything in it and how many lines were read to get it."""
    for count, line in enumerate(lines, 1):
        if line.strip("\ufeff \t\r\n"):
            return count, line
    return 0, ""


class _Items:
    """Rows of one feed -> items; remembers the ids it has seen."""

    def __init__(self, columns: Columns, folder: Path, delimiter: str) -> None:
        self._columns, self._delimiter = columns, delimiter
        self._place = {name: positions[0] for name, positions in columns.places.items()}
        self._folder = str(folder)
        self._pictures = pictures_by_name(folder / "images") if columns.is_styles else {}
        self._line_of: dict[str, int] = {}
        self._shared: dict[str, str] = {}

    def row(self, line: int, values: list[str] | str) -> ItemRow | SkippedRow:
        if isinstance(values, str):
            return SkippedRow(line, "", values)
        surplus = len(values) - len(self._columns.header)
        try:
            if surplus > 0:
                values = self._without_surplus(values, surplus)
        except ValueError as error:
            return SkippedRow(line, self._text(values, "id"), str(error))
        item_id = self._text(values, "id")
        reason = self._wrong_with(item_id) or self._swallowed(self._text(values, "title"))
        if not reason:
            try:
                item = self._item(item_id, values)
            except ValueError as error:
                reason = str(error)
            else:
                self._line_of[item_id] = line
                return ItemRow(line, item)
        return SkippedRow(line, item_id, reason)

    def _wrong_with(self, item_id: str) -> str:
        if not item_id:
            return "no id"
        if "\n" in item_id or "\r" in item_id:
            return "a line break in the id; is a quotation mark missing?"
        if "\ufffd" in item_id:
            return "the id holds a character that cannot be read"
        if item_id in self._line_of:
            return f"the id is already in line {self._line_of[item_id]}"
        return ""

    def _swallowed(self, title: str) -> str:
        """A title that goes on with another row's columns: the mark for inches in each of two lines, which csv takes for a pair."""
        _, broken, after = title.replace("\r", "\n").partition("\n")
        if broken and self._delimiter in after:
            return "a whole row in the title; is a quotation mark not doubled, for inches perhaps?"
        return ""

    def _without_surplus(self, values: list[str], surplus: int) -> list[str]:
        """Blank values at the end go; in Kaggle's layout the rest are pieces of the name, whose commas nobody quoted."""
        width, name, year = len(self._columns.header), self._columns.name, self._columns.year
        if not any(value.strip() for value in values[width:]):
            return values[:width]
        if name is not None:
            joined = [*values[:name], ",".join(values[name : name + surplus + 1]), *values[name + surplus + 1 :]]
            if year is None or re.fullmatch(r"\s*(\d{4}(\.0)?)?\s*", joined[year]):
                return joined
        raise ValueError(f"{len(values)} values for {width} columns; is a delimiter unquoted?")

    def _item(self, item_id: str, values: list[str]) -> CatalogueItem:
        text, shared = self._text, self._share
        return CatalogueItem(
            item_id=item_id,
            title=text(values, "title") or item_id,
            image=self._image(item_id, values),
            product_type=shared(self._category(values)),
            color=shared(text(values, "color")),
            pattern=shared(text(values, "pattern")),
            size=shared(text(values, "size")),
            availability=shared(text(values, "availability")),
            price=shared(text(values, "price")),
            item_group_id=shared(text(values, "item_group_id")),
            quantity=_quantity(text(values, "quantity")),
            location=shared(text(values, "location")),
            extra_images=self._extra_images(values),
        )

    def _text(self, values: list[str], name: str) -> str:
        return _at(values, self._place.get(name))

    def _share(self, value: str) -> str:
        if len(self._shared) < _MOST_SHARED:
            return self._shared.setdefault(value, value)
        return self._shared.get(value, value)

    def _category(self, values: list[str]) -> str:
        if not self._columns.category:
            return self._text(values, "product_type") or self._text(values, "google_product_category")
        levels = (_at(values, place) for place in self._columns.category)
        return " > ".join(level for level, _ in itertools.groupby(filter(None, levels)))

    def _image(self, item_id: str, values: list[str]) -> str:
        if self._columns.is_styles:
            if item_id not in self._pictures:
                raise ValueError(f"images/{item_id}.jpg is not there")
            return os.path.join(self._folder, "images", self._pictures[item_id])
        link = self._text(values, "image_link")
        if not link:
            raise ValueError("no image_link")
        return locate(link, self._folder)

    def _extra_images(self, values: list[str]) -> tuple[str, ...]:
        places = self._columns.places.get("additional_image_link", ())
        return tuple(self._extra(link) for place in places for link in split_links(_at(values, place)))

    def _extra(self, link: str) -> str:
        try:
            return locate(link, self._folder)
        except ValueError:  # no reason to lose the item; the fetcher will name the link
            return link


def _at(values: list[str], place: int | None) -> str:
    return values[place].strip() if place is not None and place < len(values) else ""


_MOST_DIGITS = 12
"""Longer numbers are another column's, a barcode's perhaps, and more than a catalogue can hold."""


def _quantity(text: str) -> int | None:
    """ "3" and "3.0" are 3; None where it is not said, or not clear: "1.000" is one or a thousand."""
    found = re.fullmatch(r"(\d+)(?:[.,]0{0,2})?", text)
    return int(found[1]) if found and len(found[1]) <= _MOST_DIGITS else None
