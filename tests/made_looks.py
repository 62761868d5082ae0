"""A small shop as an index written straight from what each garment is: one vector per cut, pattern and colour, one flat picture each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from edge.alternatives import Alternatives
from edge.catalogue import VectorRow, write_catalogue
from edge.embed import join_parts
from edge.manifest import MANIFEST_NAME, sha256_of
from edge.types import CatalogueItem
from tests.made_index import PARTS, WEIGHTS, made_index

COLOURS = {
    "red": (196, 36, 44),
    "blue": (46, 90, 174),
    "navy": (26, 34, 64),
    "white": (225, 222, 218),
    "yellow": (232, 200, 50),
    "black": (30, 30, 32),
}
TYPES = {"t": "Tops > T-Shirt", "p": "Bottoms > Pants", "s": "Footwear > Shoes", "h": "Tops > Hoodie", "k": "Bottoms > Skirt"}


def garment(
    item_id: str, cut: str, colour: str, *, pattern: str = "plain", quantity: int = 3
) -> tuple[CatalogueItem, tuple[str, str, str]]:
    """The id's first letter is its kind. -> the item and what its vector is made of."""
    item = CatalogueItem(
        item_id, f"{cut} {colour}", f"{item_id}.jpg", product_type=TYPES[item_id[0]], pattern=pattern, color=colour, quantity=quantity
    )
    return item, (cut, pattern, colour)


SHOP = (
    garment("t1", "crew", "red", quantity=0),
    garment("t2", "crew", "navy"),
    garment("t3", "vneck", "red"),
    garment("t4", "boxy", "yellow", pattern="striped"),
    garment("t5", "crew", "blue", pattern="floral"),
    garment("t6", "crew", "red", pattern="checked", quantity=0),
    garment("p1", "chino", "navy"),
    garment("p2", "chino", "black"),
    garment("p3", "wide", "blue", pattern="floral"),
    garment("p4", "wide", "white"),
    garment("s1", "sneaker", "white"),
    garment("s2", "sneaker", "black"),
    garment("s3", "boot", "navy"),
    garment("s4", "boot", "white", quantity=0),
    garment("h1", "zip", "red"),
    garment("k1", "mini", "red", quantity=0),
)


def vector(words: Sequence[str]) -> np.ndarray:
    """Cut, pattern, colour -> float32 (D,): for every word a direction of its own, the same wherever it stands."""
    parts = {}
    for (name, where), word in zip(PARTS.items(), words, strict=True):
        seed = int.from_bytes(f"{name} {word}".encode(), "big") % 2**32
        parts[name] = np.random.default_rng(seed).normal(size=(1, where.stop - where.start))
    return join_parts(parts, WEIGHTS)[0]


def made_shop(root: Path, garments=SHOP) -> Path:
    """Write the index and give its root."""
    items, rows = [item for item, _ in garments], [vector(words) for _, words in garments]
    folder, manifest = made_index(root, np.stack(rows), [item.item_id for item in items], items)
    (folder / "thumbs").mkdir()
    views = []
    for n, (item, words) in enumerate(garments):
        image = Image.new("RGB", (64, 64), "white")
        image.paste(COLOURS[words[2]], (12, 8, 52, 58))
        image.save(folder / "thumbs" / f"{n}.png")
        views.append(VectorRow(n, item.item_id, item.image, f"thumbs/{n}.png"))
    (folder / "catalogue.sqlite").unlink()
    write_catalogue(folder / "catalogue.sqlite", items, views)
    files = {**manifest.files, "catalogue.sqlite": sha256_of(folder / "catalogue.sqlite")}
    (folder / MANIFEST_NAME).write_text(replace(manifest, files=files).to_json())
    return root


def opened_shop(root: Path, garments=SHOP) -> Alternatives:
    return Alternatives.open(made_shop(root, garments))
