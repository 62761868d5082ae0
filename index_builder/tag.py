"""Teach a tag from some example items, then score every item of an index by its affinity to it.

The tag is a point in the space of the embeddings, between its examples and away from the catalogue's middle (Rocchio 1971); affinity
is the cosine with it. What all items share says nothing, so the middle is taken off first. No training, no network: it works on the
vectors that are in the index.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.catalogue import Catalogue
from edge.errors import RequestError
from edge.index import Index, open_current
from edge.taught import LEAST_EXAMPLES, middle_of, seen_from


@dataclass(frozen=True, slots=True)
class Scored:
    """An item's affinity to a tag, -1..1, best first; said: as near as half of the examples are when left out; example: taught from it."""

    item_id: str
    title: str
    affinity: float
    said: bool
    example: bool


@dataclass(frozen=True, slots=True)
class Taught:
    """A taught tag: every item, best first. found_again: share of the other items that an example outranks when the tag is taught without
    it, on average; 0.5 would be chance. least: the affinity from which it is said."""

    name: str
    build_id: str
    items: tuple[Scored, ...]
    found_again: float
    least: float

    def csv(self) -> str:
        """item_id, affinity, said (1/0), example (1/0), title."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["item_id", "affinity", self.name, "example", "title"])
        writer.writerows([s.item_id, f"{s.affinity:.4f}", int(s.said), int(s.example), s.title] for s in self.items)
        return out.getvalue()


def centred(vectors: np.ndarray) -> np.ndarray:
    """float32 (N, D) -> float64 (N, D) of norm 1, seen from their mean."""
    return seen_from(middle_of(vectors), vectors)


def affinities(vectors: np.ndarray, owners: np.ndarray, examples: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """vectors float32 (N, D), owners int (N,) their items 0..I-1, examples: items -> affinity of each item (I,), and of each example when
    the tag is taught without it (E,). An item is as near as its nearest view."""
    x = centred(vectors)
    items = int(owners.max()) + 1

    def of_point(point: np.ndarray) -> np.ndarray:
        best = np.full(items, -1.0)
        np.maximum.at(best, owners, x @ (point / max(float(np.linalg.norm(point)), 1e-12)))
        return best

    middles = np.stack([x[owners == e].mean(0) for e in examples])  # an item of many views counts no more than one of a single view
    whole = of_point(middles.sum(0))
    without = np.array([of_point(middles.sum(0) - middle)[e] for e, middle in zip(examples, middles, strict=True)])
    return whole, without


def teach(name: str, item_ids: Sequence[str], index_root: Path) -> Taught:
    """Teach `name` from items of the index in use. Raises IndexFolderError, and RequestError for too few or unknown items."""
    folder, manifest = open_current(Path(index_root))
    catalogue = Catalogue.open(folder / "catalogue.sqlite")
    try:
        places, ids = catalogue.owners()
        titles = {item.item_id: item.title for item in catalogue.items()}
    finally:
        catalogue.close()
    number = {item_id: place for place, item_id in enumerate(ids)}
    wanted = list(dict.fromkeys(item_ids))
    unknown = [i for i in wanted if i not in number]
    if unknown:
        raise RequestError(
            f"The index has no {', '.join(unknown[:5])}{' and others' if len(unknown) > 5 else ''}.",
            remedy="Use ids of the feed it was built from.",
        )
    if not LEAST_EXAMPLES <= len(wanted) < len(ids):
        raise RequestError(
            f"{len(wanted)} of {len(ids)} items are too few or too many to teach {name!r} from.",
            remedy=f"Give at least {LEAST_EXAMPLES} items that show it, better 10; the others are taken not to.",
        )
    owners, examples = np.asarray(places), [number[i] for i in wanted]
    whole, without = affinities(Index.open(folder, manifest=manifest).vectors, owners, examples)
    others = np.delete(whole, examples)
    found_again = float(np.mean([(others < affinity).mean() for affinity in without]))
    least = float(np.median(without))
    shown = set(examples)
    order = np.argsort(-whole, kind="stable")
    scored = tuple(Scored(ids[i], titles[ids[i]], float(whole[i]), bool(whole[i] >= least), int(i) in shown) for i in order)
    return Taught(name, folder.name, scored, found_again, least)


def read_ids(path: Path) -> list[str]:
    """Item ids of a CSV: of its column item_id or id, else of its first column. Raises RequestError."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row and row[0].strip()]
    except (OSError, ValueError, csv.Error) as error:
        raise RequestError(f"{path} cannot be read ({error}).", remedy="Give a CSV with a column item_id.") from error
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    column = next((header.index(name) for name in ("item_id", "id") if name in header), None)
    lines = rows if column is None else rows[1:]
    return [row[column or 0].strip() for row in lines if len(row) > (column or 0) and row[column or 0].strip()]
