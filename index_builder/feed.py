"""A product feed (CSV or TSV, Google Merchant's columns) or a folder of images -> CatalogueItems, and the rows left out."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.errors import FeedError
from edge.types import CatalogueItem

REQUIRED = ("id", "image_link")
IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"}
_DELIMITERS = ",\t;|"
_LONGEST_FIELD = 2**24  # descriptions with embedded HTML outgrow csv's 128 KiB


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that gave no item. line counts from 1 and is where the row starts; 0 for files of a folder."""

    line: int
    item_id: str
    reason: str


def read_feed(path: Path) -> tuple[list[CatalogueItem], list[SkippedRow]]:
    """Read a feed file or a folder of images (an image's name without ending is its id, its subfolder its product type).

    Delimiter (comma, tab, semicolon, bar), encoding (UTF-8, UTF-16, Latin-1) and gzip are recognised by content. Relative
    image links are taken from the feed's own folder. A row without id or image, with too many values or with an id that
    was there before is skipped with its line; an item without title is called by its id. Raises FeedError.
    """
    path = Path(path)
    if path.is_dir():
        return _read_folder(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FeedError(
            f"The feed {path} cannot be read ({error.strerror}).", path=str(path), remedy="Check its name and rights."
        ) from error
    text = _decode(_unzip(data, path))
    header, rows = _rows(text, path)
    return _items(header, rows, folder=path.parent.absolute())


def _items(header: list[str], rows: Iterator[tuple[int, list[str] | str]], *, folder: Path) -> tuple[list[CatalogueItem], list[SkippedRow]]:
    items: list[CatalogueItem] = []
    skipped: list[SkippedRow] = []
    line_of: dict[str, int] = {}
    for line, values in rows:
        if isinstance(values, str):
            skipped.append(SkippedRow(line, "", values))
            continue
        row = dict(zip(header, (value.strip() for value in values), strict=False))
        item_id = row.get("id", "")
        if any(value.strip() for value in values[len(header) :]):
            reason = f"{len(values)} values for {len(header)} columns; is a delimiter unquoted?"
        elif not item_id:
            reason = "no id"
        elif not row.get("image_link"):
            reason = "no image_link"
        elif item_id in line_of:
            reason = f"the id is already in line {line_of[item_id]}"
        else:
            line_of[item_id] = line
            items.append(_item(row, folder))
            continue
        skipped.append(SkippedRow(line, item_id, reason))
    return items, skipped


def _item(row: dict[str, str], folder: Path) -> CatalogueItem:
    def text(name: str) -> str:
        return row.get(name, "")

    quantity = re.fullmatch(r"(\d+)(?:[.,]0*)?", text("quantity"))
    extra = [_locate(link.strip(), folder) for link in text("additional_image_link").split(",") if link.strip()]
    return CatalogueItem(
        item_id=text("id"),
        title=text("title") or text("id"),
        image=_locate(text("image_link"), folder),
        product_type=text("product_type") or text("google_product_category"),
        color=text("color"),
        pattern=text("pattern"),
        size=text("size"),
        availability=text("availability"),
        price=text("price"),
        item_group_id=text("item_group_id"),
        quantity=int(quantity[1]) if quantity else None,
        location=text("location"),
        extra_images=tuple(extra),
    )


def _locate(link: str, folder: Path) -> str:
    """URLs stay, paths become absolute."""
    return link if re.match(r"(?i)[a-z][a-z0-9+.-]+://", link) else str(folder / link)


def _unzip(data: bytes, path: Path) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise FeedError(f"The feed {path} is a damaged gzip file.", path=str(path), remedy="Export or send it again.") from error


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    zeros = data[:400].count(0)
    if zeros > len(data[:400]) // 4:  # UTF-16 without a mark: the zero half of ASCII letters tells the order
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", "replace")
    for encoding in ("utf-8-sig", "cp1252"):  # cp1252 is Latin-1 with the euro sign, which prices need
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _rows(text: str, path: Path) -> tuple[list[str], Iterator[tuple[int, list[str] | str]]]:
    """Column names, and (line, values) or (line, reason) of each row that is not blank."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    candidates = [(_names(next(csv.reader([first], delimiter=d), [])), d) for d in _DELIMITERS]
    header, delimiter = max(candidates, key=lambda c: (len(set(REQUIRED) & set(c[0])), len(c[0])))
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        found = ", ".join(header[:20]) or "none"
        raise FeedError(
            f"The feed {path.name} has no column {' and no column '.join(missing)}; its columns are: {found}.",
            path=str(path),
            remedy="The first line must name the columns, at least id and image_link.",
        )
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise FeedError(f"The feed {path.name} has the column {twice[0]} twice.", path=str(path), remedy="Remove or rename one.")
    return header, _lines(text, delimiter)


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    longest = csv.field_size_limit(_LONGEST_FIELD)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        header_seen = False
        while True:
            line = reader.line_num + 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, f"not readable as a row ({error})"
                continue
            if not any(value.strip() for value in values):
                continue
            if header_seen:
                yield line, values
            header_seen = True
    finally:
        csv.field_size_limit(longest)


def _names(values: list[str]) -> list[str]:
    """ "Image Link" and "g:image_link" are both image_link."""
    return [re.sub(r"[\s\-]+", "_", value.strip().lower()).removeprefix("g:") for value in values]


def _read_folder(folder: Path) -> tuple[list[CatalogueItem], list[SkippedRow]]:
    items: dict[str, CatalogueItem] = {}
    skipped: list[SkippedRow] = []
    for path in sorted(
        p for p in folder.rglob("*") if p.is_file() and not any(part.startswith(".") for part in p.relative_to(folder).parts)
    ):
        place = path.relative_to(folder)
        if path.suffix.lower() not in IMAGE_ENDINGS:
            skipped.append(SkippedRow(0, str(place), "not named like an image"))
        elif path.stem in items:
            skipped.append(SkippedRow(0, str(place), f"the name {path.stem} is already taken by {items[path.stem].image}"))
        else:
            items[path.stem] = CatalogueItem(path.stem, path.stem, str(path.absolute()), product_type=" > ".join(place.parent.parts))
    if not items:
        raise FeedError(
            f"The folder {folder} holds no images.", path=str(folder), remedy="Give a feed file, or a folder of JPEG, PNG, WebP or HEIC."
        )
    return list(items.values()), skipped
