"""What a feed does not say, read off the picture: product type and colour, marked as predicted.

Predicted from the thumbnail that the index keeps, so that an item is called the same whether its picture was embedded anew or taken over.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from edge.catalogue import VectorRow
from edge.concepts import Concepts
from edge.errors import PhotoError
from edge.stages import Stages
from edge.types import CatalogueItem

_FILLED = ("product_type", "color")


def with_predictions(
    items: Sequence[CatalogueItem], rows: Sequence[VectorRow], building: Path, *, stages: Stages, workers: int
) -> list[CatalogueItem]:
    """The items, in order, with what the feed leaves empty filled in where a picture tells, named in `CatalogueItem.predicted`.

    rows: the vectors with thumbnails relative to `building`; an item's first one speaks for it. Without a concepts model, and for a
    picture on which no garment is found, all stays as the feed has it.
    """
    if stages.concepts_note:
        return list(items)
    first = {row.item_id: row for row in reversed(rows)}

    def filled(item: CatalogueItem) -> CatalogueItem:
        if all(getattr(item, name) for name in _FILLED):
            return item
        try:
            photo = stages.read((building / first[item.item_id].thumb).read_bytes())
            mask = stages.mask(photo)
            said = stages.concepts(photo, mask, stages.cutout(photo, mask))
        except PhotoError:
            return item
        return item if said is None else _with(item, said)

    with ThreadPoolExecutor(workers, thread_name_prefix="concepts") as pool:
        return list(pool.map(filled, items))


def _with(item: CatalogueItem, said: Concepts) -> CatalogueItem:
    found = {"product_type": " > ".join(said.path[1:]), "color": "/".join(c.name for c in said.colours)}
    new = {name: found[name] for name in _FILLED if not getattr(item, name) and found[name]}
    return replace(item, **new, predicted=",".join(new))
