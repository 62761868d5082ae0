"""The items of an index: SQLite, written once by the builder, read-only at run time, asked by label."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from edge.errors import IndexFolderError, SetupError
from edge.manifest import REBUILD
from edge.types import CatalogueItem

_COLUMNS = [f.name for f in fields(CatalogueItem)]
_ON_SHELF = """CASE WHEN quantity IS NOT NULL THEN quantity > 0
    ELSE lower(replace(trim(availability), ' ', '_')) NOT IN ('out_of_stock', 'preorder', 'backorder') END"""
_SEARCHED = ("item_id", "title", "product_type", "color", "pattern", "location")


@dataclass(frozen=True, slots=True)
class VectorRow:
    """One vector: its label (row in vectors.npy), the item and image it shows, and its thumbnail relative to the index folder."""

    label: int
    item_id: str
    image: str
    thumb: str


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Some of the items that were asked for, and how many there are in all."""

    items: tuple[CatalogueItem, ...]
    total: int


def write_catalogue(path: Path, items: Iterable[CatalogueItem], vectors: Iterable[VectorRow]) -> None:
    """Write a new catalogue file and fsync it. Raises OSError, ENOSPC when the disk is full."""
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=OFF")  # a file that is only ever written whole needs no journal beside it
            connection.execute("BEGIN")
            connection.execute(f"CREATE TABLE items (item_id TEXT PRIMARY KEY, {', '.join(_COLUMNS[1:])}) WITHOUT ROWID")
            connection.execute(
                "CREATE TABLE vectors (label INTEGER PRIMARY KEY, item_id TEXT NOT NULL REFERENCES items, image TEXT, thumb TEXT)"
            )
            connection.execute("CREATE INDEX vectors_item ON vectors (item_id)")
            connection.executemany(f"INSERT INTO items VALUES ({', '.join('?' * len(_COLUMNS))})", (_to_row(item) for item in items))
            connection.executemany("INSERT INTO vectors VALUES (?, ?, ?, ?)", (astuple(v) for v in vectors))
            connection.execute("COMMIT")
        finally:
            connection.close()
    except (UnicodeError, OverflowError) as error:
        raise SetupError(
            f"The catalogue cannot hold a value of the feed ({error}).",
            remedy="Look for numbers that are too long, and for names that are not UTF-8.",
        ) from error
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise OSError(errno.EIO, str(error), str(path)) from error
    with open(path, "rb") as file:
        os.fsync(file.fileno())


class Catalogue:
    """Items by label. Thread-safe: one read-only connection behind a lock, each question takes microseconds."""

    def __init__(self, connection: sqlite3.Connection, path: Path, columns: Sequence[str] = _COLUMNS) -> None:
        """columns: those of CatalogueItem that the file has; one written before a field came in is read without it."""
        self._columns = tuple(columns)
        self._connection = connection
        self._path = path
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Open catalogue.sqlite of an index folder. Raises IndexFolderError."""
        path = Path(path).absolute()
        try:
            # immutable: no locks and no journal, so a folder mounted read-only works too
            connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            # SQLite's own LIKE knows the cases of A to Z alone.
            connection.create_function("folded", 1, str.casefold, deterministic=True)
            connection.execute("SELECT count(*) FROM items, vectors LIMIT 0").fetchall()
            there = {row[1] for row in connection.execute("PRAGMA table_info(items)")}
        except sqlite3.Error as error:
            raise IndexFolderError(f"The catalogue cannot be opened ({error}).", path=str(path), remedy=REBUILD) from error
        return cls(connection, path, [name for name in _COLUMNS if name in there])

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @property
    def count(self) -> int:
        """Number of items; an item may have several vectors."""
        return self._ask("SELECT count(*) FROM items")[0][0]

    def item_of(self, label: int) -> CatalogueItem:
        """The item a vector belongs to. Raises KeyError for a label that is not there."""
        columns = ", ".join(f"items.{name}" for name in self._columns)
        rows = self._ask(f"SELECT {columns} FROM vectors JOIN items USING (item_id) WHERE label = ?", int(label))
        if not rows:
            raise KeyError(label)
        return self._to_item(rows[0])

    def thumb_of(self, label: int) -> str:
        """The vector's thumbnail, relative to the index folder. Raises KeyError for a label that is not there."""
        rows = self._ask("SELECT thumb FROM vectors WHERE label = ?", int(label))
        if not rows:
            raise KeyError(label)
        return rows[0][0]

    def items(self) -> Iterator[CatalogueItem]:
        """All items, by id."""
        return map(self._to_item, self._ask(f"SELECT {', '.join(self._columns)} FROM items ORDER BY item_id"))

    def browse(
        self,
        *,
        text: str = "",
        product_type: str = "",
        product_types: Sequence[str] = (),
        color: str = "",
        in_stock: bool | None = None,
        item_group_id: str = "",
        limit: int = 24,
        offset: int = 0,
    ) -> ItemPage:
        """Items, by title, whose id, title, type, colour, pattern or shelf contain every word of `text`; an empty filter lets all pass.

        product_types: one of these; in_stock: as `filters.on_shelf` has it, or known not to be there (False).
        """
        words = text.casefold().split()
        searched = " || char(10) || ".join(f"coalesce({name}, '')" for name in _SEARCHED)  # no word holds a line's end
        tests = [f"folded({searched}) LIKE ? ESCAPE '!'" for _ in words]
        values: list[object] = [_containing(word) for word in words]
        if product_types:
            tests.append(f"product_type IN ({', '.join('?' * len(product_types))})")
            values += product_types
        if in_stock is not None:
            tests.append(f"({_ON_SHELF}) = ?")
            values.append(int(in_stock))
        for name, value in (("product_type", product_type), ("color", color), ("item_group_id", item_group_id)):
            if value:
                tests.append(f"{name} = ?")
                values.append(value)
        where = f"FROM items WHERE {' AND '.join(tests)}" if tests else "FROM items"
        rows = self._ask(f"SELECT {', '.join(self._columns)} {where} ORDER BY title, item_id LIMIT ? OFFSET ?", *values, limit, offset)
        return ItemPage(tuple(map(self._to_item, rows)), self._ask(f"SELECT count(*) {where}", *values)[0][0])

    def values_of(self, column: str) -> list[tuple[str, int]]:
        """What a column of the catalogue holds and how often, most frequent first, empty values left out. Raises ValueError."""
        if column not in self._columns:
            raise ValueError(f"the catalogue has no column {column!r}")
        return self._ask(f"SELECT {column}, count(*) FROM items WHERE {column} != '' GROUP BY 1 ORDER BY 2 DESC, 1")

    def find(self, item_id: str) -> CatalogueItem | None:
        """One item; None for an id that is not there, or not any more."""
        try:
            return self.item(item_id)
        except KeyError:
            return None

    def item(self, item_id: str) -> CatalogueItem:
        """One item. Raises KeyError for an id that is not there."""
        rows = self._ask(f"SELECT {', '.join(self._columns)} FROM items WHERE item_id = ?", item_id)
        if not rows:
            raise KeyError(item_id)
        return self._to_item(rows[0])

    def vectors_of(self, item_id: str) -> list[VectorRow]:
        """An item's vectors with their thumbnails, by label; none for an id that is not there."""
        return [
            VectorRow(*row)
            for row in self._ask("SELECT label, item_id, image, thumb FROM vectors WHERE item_id = ? ORDER BY label", item_id)
        ]

    def vectors(self) -> list[VectorRow]:
        """All vectors' rows, by label."""
        return [VectorRow(*row) for row in self._ask("SELECT label, item_id, image, thumb FROM vectors ORDER BY label")]

    def owners(self) -> tuple[list[int], list[str]]:
        """The item of every vector, by label, as its place in the list of item ids that comes along."""
        ids = [row[0] for row in self._ask("SELECT item_id FROM vectors ORDER BY label")]
        places = {item_id: place for place, item_id in enumerate(dict.fromkeys(ids))}
        return [places[item_id] for item_id in ids], list(places)

    def facets(self) -> list[tuple[str, str, str, int | None]]:
        """Product type, colour, availability and quantity of every vector's item, by label: what a filter asks about."""
        return self._ask("SELECT product_type, color, availability, quantity FROM vectors JOIN items USING (item_id) ORDER BY label")

    def _to_item(self, row: tuple) -> CatalogueItem:
        values = dict(zip(self._columns, row, strict=True))
        return CatalogueItem(**values | {"extra_images": tuple(json.loads(values["extra_images"]))})

    def _ask(self, question: str, *values: object) -> list[tuple]:
        try:
            with self._lock:
                return self._connection.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise IndexFolderError(f"The catalogue cannot be read ({error}).", path=str(self._path), remedy=REBUILD) from error


def _containing(word: str) -> str:
    """A word as a LIKE pattern; its own wildcards stand for themselves."""
    for special in "!%_":
        word = word.replace(special, "!" + special)
    return f"%{word}%"


def _to_row(item: CatalogueItem) -> tuple:
    values = {name: getattr(item, name) for name in _COLUMNS}
    return tuple((values | {"extra_images": json.dumps(item.extra_images)}).values())
