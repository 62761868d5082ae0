"""A feed's first line -> its delimiter and which of its columns is which, by Google's names in any spelling or as mapped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import FeedError
from index_builder.feed.rows import split_line

REQUIRED = ("id", "image_link")
KNOWN = (
    "id", "title", "image_link", "additional_image_link", "availability", "product_type", "google_product_category", "color",
    "pattern", "size", "item_group_id", "price", "quantity", "location",
)  # fmt: skip
"""Google Merchant's attributes that are used, with the shop's own quantity and location."""

DELIMITERS = ",\t;|"
_ALIASES = {"colour": "color", "sellongooglequantity": "quantity"}
_STYLES = {"title": "productDisplayName", "color": "baseColour"}
_STYLES_CATEGORY = ("masterCategory", "subCategory", "articleType")
_HINTS = {
    "id": ("sku", "artikel", "article", "code", "nummer", "number", "ref", "id"),
    "image_link": ("image", "img", "foto", "photo", "bild", "pic", "url", "link"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a row's values stand. places: known name -> positions from 0, several only for additional_image_link.

    category: positions of Kaggle's three category columns, empty in other feeds. name: position of its productDisplayName,
    whose commas nobody quoted; year: position of its year, by which a shifted row is told; None in other feeds.
    """

    header: tuple[str, ...]
    places: Mapping[str, tuple[int, ...]]
    category: tuple[int, ...] = ()
    name: int | None = None
    year: int | None = None

    @property
    def is_styles(self) -> bool:
        """Kaggle's layout: no image links, the picture of item 7 is images/7.jpg."""
        return "image_link" not in self.places


def parse_mapping(text: str) -> tuple[str, str]:
    """ "image_link=foto" -> ("image_link", "foto"). Raises ValueError with a sentence."""
    ours, equals, theirs = text.partition("=")
    name = _known(ours)
    if not equals or not theirs.strip():
        raise ValueError(f"{text!r} is not of the form COLUMN=YOUR COLUMN, as in image_link=foto.")
    if name is None:
        raise ValueError(f"{ours!r} is none of the columns that can be mapped: {', '.join(KNOWN)}.")
    return name, theirs.strip()


def find_columns(first: str, *, path: Path, mapping: Mapping[str, str] | None = None, delimiter: str | None = None) -> tuple[Columns, str]:
    """Columns and delimiter of a feed whose first line is `first`. mapping: known name -> the feed's name for it.

    delimiter: where it is known already; otherwise it is the one that shows the most known columns.

    Raises FeedError, naming the columns found, if a required or a mapped column is missing, or one is there twice.
    """
    wanted = _checked(mapping or {}, path)
    candidates = [(_cells(first, character), character) for character in delimiter or DELIMITERS]
    header, delimiter = max(candidates, key=lambda candidate: _likeness(candidate[0], wanted))
    return _resolve(header, wanted, path), delimiter


def delimiter_named(first: str) -> str | None:
    """The delimiter in the line `sep=;`, which Excel writes and reads above the header; None for any other line."""
    found = re.fullmatch(r'"?sep=(.)"?', first.strip("\r\n \ufeff"), re.IGNORECASE)
    return found[1] if found and found[1] in DELIMITERS else None


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    cells = [cell.strip().lstrip("\ufeff") for cell in split_line(line, delimiter=delimiter)]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _likeness(header: Sequence[str], wanted: Mapping[str, str]) -> tuple[int, int]:
    squashed = {_squash(cell) for cell in header}
    mapped = sum(_squash(theirs) in squashed for theirs in wanted.values())
    return mapped + len({_known(cell) for cell in header} - {None}), len(header)


def _resolve(header: tuple[str, ...], wanted: Mapping[str, str], path: Path) -> Columns:
    places: dict[str, list[int]] = {}
    taken = set()
    for ours, theirs in wanted.items():
        position = _position(header, theirs)
        if position is None:
            raise FeedError(
                f"The feed {path.name} has no column {theirs}, which is to be {ours}; {_found(header)}.",
                path=str(path), remedy=f"Name one of these: `--map {ours}=COLUMN`.",
            )  # fmt: skip
        places[ours] = [position]
        taken.add(position)
    for position, cell in enumerate(header):
        name = _known(cell)
        if name and name not in wanted and position not in taken:
            places.setdefault(name, []).append(position)
    styles = "image_link" not in places and all(_position(header, name) is not None for name in (*_STYLES_CATEGORY, *_STYLES.values()))
    if styles:
        for ours, theirs in _STYLES.items():
            places.setdefault(ours, [_position(header, theirs)])
    missing = [name for name in REQUIRED if name not in places and not (styles and name == "image_link")]
    if missing:
        remedy = " ".join(f"--map {name}={_guess(name, header, places)}" for name in missing)
        raise FeedError(
            f"The feed {path.name} has no column {' and no column '.join(missing)}; {_found(header)}.",
            path=str(path), remedy=f"Its first line must name the columns. If they are named otherwise, say how: `{remedy}`.",
        )  # fmt: skip
    for name, positions in places.items():
        if len(positions) > 1 and name != "additional_image_link":
            raise FeedError(
                f"The feed {path.name} has the column {name} twice.", path=str(path), remedy="Remove or rename one, or choose with `--map`."
            )
    return Columns(
        header=header,
        places={name: tuple(positions) for name, positions in places.items()},
        category=tuple(_position(header, name) for name in _STYLES_CATEGORY) if styles and "product_type" not in places else (),
        name=_position(header, "productDisplayName") if styles else None,
        year=_position(header, "year") if styles else None,
    )


def _checked(mapping: Mapping[str, str], path: Path) -> dict[str, str]:
    try:
        return dict(parse_mapping(f"{ours}={theirs}") for ours, theirs in mapping.items())
    except ValueError as error:
        raise FeedError(str(error), path=str(path), remedy="Put the mapping right.") from error


def _squash(name: str) -> str:
    """ "g:image_link", "Image Link", "image-link*" and "imageLink" are one name."""
    return re.sub(r"[\W_]+", "", re.sub(r"^\s*g\s*:", "", name.lower()))


_BY_SQUASHED = {_squash(name): name for name in KNOWN} | _ALIASES


def _known(name: str) -> str | None:
    return _BY_SQUASHED.get(_squash(name))


def _position(header: Sequence[str], name: str) -> int | None:
    """Where a column stands: as written, else in another spelling."""
    if name in header:
        return header.index(name)
    return next((position for position, cell in enumerate(header) if _squash(cell) == _squash(name) != ""), None)


def _found(header: Sequence[str]) -> str:
    shown = [cell if len(cell) <= 40 else f"{cell[:37]}..." for cell in header[:20]]
    more = f" and {len(header) - 20} more" if len(header) > 20 else ""
    return f"its columns are: {', '.join(shown)}{more}" if shown else "its columns are: none"


def _guess(name: str, header: Sequence[str], places: Mapping[str, Sequence[int]]) -> str:
    free = [cell for position, cell in enumerate(header) if not any(position in used for used in places.values())]
    for hint in _HINTS[name]:
        for cell in free:
            if hint in cell.lower():
                return f'"{cell}"' if " " in cell else cell
    return "COLUMN"
