"""What a feed does not say, read off the picture: category, colour, pattern, marked as predicted; and tags for every item.

What is said of an image is kept with its embedding, so that an item is called the same whether it was embedded anew or taken over.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from edge.catalogue import VectorRow
from edge.concepts import Concepts
from edge.taxonomy import Taxonomy
from edge.types import CatalogueItem

_FILLED = ("product_type", "color", "pattern", "tags")


def said_of(concepts: Concepts | None) -> str:
    """What is kept of the concepts of one image: category, its path, tags and colours as JSON; "" for none."""
    if concepts is None:
        return ""
    said = {"category": concepts.category, "path": concepts.path[1:], "tags": concepts.said, "colours": [c.name for c in concepts.colours]}
    return json.dumps(said, separators=(",", ":"))


def with_predictions(items: Sequence[CatalogueItem], rows: Sequence[VectorRow], said: Sequence[str]) -> list[CatalogueItem]:
    """The items, in order, with what the feed leaves empty filled in where a picture tells, named in `CatalogueItem.predicted`.

    rows, said: by label; an item's first image speaks for it. Where nothing is said, all stays as the feed has it.
    """
    first = _first(rows, said)
    return [_with(item, first.get(item.item_id)) for item in items]


def counted(items: Iterable[CatalogueItem]) -> dict[str, int]:
    """Field -> of how many items it was read off the picture; most first."""
    return dict(Counter(name for item in items for name in item.predicted.split(",") if name).most_common())


def doubtful(
    items: Iterable[CatalogueItem], rows: Sequence[VectorRow], said: Sequence[str], *, hint: Callable[[str, str], Mapping[str, str] | None]
) -> tuple[tuple[str, str, str], ...]:
    """(item id, what the picture shows, what the feed says) where they cannot both be right. hint: as `Stages.concepts_hint`."""
    first, found = _first(rows, said), []
    for item in items:
        seen = first.get(item.item_id)
        if seen and item.product_type and "product_type" not in item.predicted.split(","):
            apart = hint(seen["category"], item.product_type)
            if apart:
                found.append((item.item_id, apart["photo"], item.product_type))
    return tuple(found)


def _first(rows: Sequence[VectorRow], said: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Item id -> what is said of its first image."""
    first: dict[str, str] = {}
    for row, text in zip(rows, said, strict=True):
        first.setdefault(row.item_id, text)
    return {item_id: json.loads(text) for item_id, text in first.items() if text}


def _with(item: CatalogueItem, seen: Mapping[str, Any] | None) -> CatalogueItem:
    if seen is None:
        return item
    patterns = [tag for tag in seen["tags"] if tag in _patterns()]
    found = {
        "product_type": " > ".join(seen["path"]), "color": "/".join(seen["colours"]), "pattern": "/".join(patterns),
        "tags": ",".join(seen["tags"]),
    }  # fmt: skip
    new = {name: found[name] for name in _FILLED if not getattr(item, name) and found[name]}
    return replace(item, **new, predicted=",".join(new))


@cache
def _patterns() -> frozenset[str]:
    kind = Taxonomy.read().tags.get("pattern")
    return frozenset(kind.values if kind else ())
