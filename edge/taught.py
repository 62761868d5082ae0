"""Tags taught to an index from example items: INDEX_DIR/tags.json names the examples, the vectors of the build in use say the rest.

A tag is a point in the space of the embeddings, between its examples and away from the catalogue's middle (Rocchio 1971); affinity is the
cosine with it, seen from the middle. Kept as examples, a tag is taught anew by whatever build is opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import IndexFolderError
from edge.manifest import write_durably

TAGS_NAME = "tags.json"
LEAST_EXAMPLES = 3
_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class TaughtTag:
    """point: float64 (D,), norm 1. least: the affinity, -1..1, from which the tag is said."""

    name: str
    point: np.ndarray
    least: float


def read_tags(index_root: Path) -> dict[str, list[str]]:
    """Tag -> ids of its example items; empty where none was taught. Raises IndexFolderError."""
    path = Path(index_root) / TAGS_NAME
    try:
        tags = json.loads(path.read_bytes())["tags"]
        return {str(name): [str(item_id) for item_id in ids] for name, ids in tags.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexFolderError(
            f"The taught tags {path} cannot be read ({error}).", path=str(path), remedy="Delete it, or teach them again."
        ) from error


def write_tags(index_root: Path, tags: Mapping[str, Sequence[str]]) -> None:
    """Replace the taught tags in one step. Raises OSError."""
    content = json.dumps({"tags": {name: list(ids) for name, ids in tags.items()}}, indent=1, ensure_ascii=False)
    write_durably(Path(index_root) / TAGS_NAME, content.encode())


def middle_of(vectors: np.ndarray) -> np.ndarray:
    """The mean of float32 (N, D), float64 (D,): what all items share and so says nothing."""
    return vectors.mean(0, dtype=np.float64)


def seen_from(middle: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """float32 (N, D) -> float64 (N, D) of norm 1, seen from the middle."""
    x = vectors.astype(np.float64) - middle
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def taught_from(name: str, examples: Sequence[np.ndarray], middle: np.ndarray) -> TaughtTag:
    """examples: per item its vectors, float32 (V, D), at least two items.

    Said from the affinity on that half of the examples have when each is left out of the teaching.
    """
    views = [seen_from(middle, x) for x in examples]
    middles = np.stack([x.mean(0) for x in views])  # an item of many views counts no more than one of a single view
    whole = middles.sum(0)
    without = [float((x @ _unit(whole - own)).max()) for x, own in zip(views, middles, strict=True)]
    return TaughtTag(name, _unit(whole), float(np.median(without)))


class TaughtTags:
    """What is said of photos and items of one build."""

    def __init__(self, tags: Sequence[TaughtTag], middle: np.ndarray, of_items: np.ndarray, ids: Sequence[str]) -> None:
        """of_items: affinity of each item to each tag, (I, T)."""
        self._tags, self._middle = tuple(tags), middle
        least = np.array([tag.least for tag in tags])
        said = of_items >= least if len(tags) else np.zeros((len(ids), 0), bool)
        self._said = {ids[i]: tuple(tags[t].name for t in np.flatnonzero(said[i])) for i in np.flatnonzero(said.any(1)).tolist()}

    @classmethod
    def of_index(cls, index_root: Path, vectors: np.ndarray, owners: Sequence[int], ids: Sequence[str]) -> TaughtTags:
        """vectors: float32 (N, D); owners: each one's place in ids. A tag with fewer than LEAST_EXAMPLES items left is not said any more.

        Raises IndexFolderError.
        """
        wanted = read_tags(index_root)
        if not wanted:
            return cls((), np.zeros(vectors.shape[1]), np.zeros((len(ids), 0)), ids)
        middle, places, place_of = middle_of(vectors), np.asarray(owners), {item_id: n for n, item_id in enumerate(ids)}
        tags = []
        for name, examples in wanted.items():
            there = [place_of[item_id] for item_id in examples if item_id in place_of]
            if len(there) >= LEAST_EXAMPLES:
                tags.append(taught_from(name, [np.asarray(vectors[np.flatnonzero(places == n)]) for n in there], middle))
        best = np.full((len(ids), len(tags)), -1.0)
        if tags:
            points = np.stack([tag.point for tag in tags], 1)
            for at in range(0, len(vectors), _AT_ONCE):
                near = seen_from(middle, np.asarray(vectors[at : at + _AT_ONCE])) @ points
                np.maximum.at(best, places[at : at + _AT_ONCE], near)
        return cls(tags, middle, best, ids)

    def of_item(self, item_id: str) -> tuple[str, ...]:
        """The taught tags that are said of an item."""
        return self._said.get(item_id, ())

    def of_photo(self, query: np.ndarray) -> list[dict[str, Any]]:
        """float32 (D,) -> every taught tag with the photo's affinity to it, best first, and whether it is said."""
        x = seen_from(self._middle, query[None] / max(float(np.linalg.norm(query)), 1e-12))[0]
        found = [(float(x @ tag.point), tag) for tag in self._tags]
        return [
            {"name": tag.name, "affinity": round(affinity, 4), "said": affinity >= tag.least}
            for affinity, tag in sorted(found, key=lambda pair: -pair[0])
        ]


def _unit(x: np.ndarray) -> np.ndarray:
    return x / max(float(np.linalg.norm(x)), 1e-12)
