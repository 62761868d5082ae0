"""What a new build's items are against those of the index in use: new, changed, removed, as before."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.catalogue import Catalogue, VectorRow
from edge.errors import IndexFolderError
from edge.types import CatalogueItem
from index_builder.reuse import read_contents


def changes_since(
    before: Path, items: Sequence[CatalogueItem], rows: Sequence[VectorRow], contents: Sequence[str]
) -> Mapping[str, int] | None:
    """Counts of items: new, removed, pictures (other image files), texts (only what is written about them), unchanged.

    rows and contents by label. None where the index before cannot be read or does not say what its vectors were made of.
    """
    old_contents = read_contents(before)
    if old_contents is None:
        return None
    try:
        catalogue = Catalogue.open(before / "catalogue.sqlite")
        try:
            old_items = {item.item_id: item for item in catalogue.items()}
            old_pictures = _pictures(catalogue.vectors(), old_contents)
        finally:
            catalogue.close()
    except IndexFolderError:
        return None
    pictures = _pictures(rows, contents)
    counts = {"new": 0, "removed": len(old_items.keys() - pictures.keys()), "pictures": 0, "texts": 0, "unchanged": 0}
    for item in items:
        old = old_items.get(item.item_id)
        if old is None:
            counts["new"] += 1
        elif pictures[item.item_id] != old_pictures.get(item.item_id):
            counts["pictures"] += 1
        elif _texts(item) != _texts(old):
            counts["texts"] += 1
        else:
            counts["unchanged"] += 1
    return counts


def _pictures(rows: Sequence[VectorRow], contents: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row, content in zip(rows, contents, strict=True):
        found.setdefault(row.item_id, []).append(content)
    return found


def _texts(item: CatalogueItem) -> CatalogueItem:
    """The item without where its pictures lie: a feed that moved is no change."""
    return dataclasses.replace(item, image="-", extra_images=())
