"""Answers made by hand, with drawn photos: what the journal is given."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from edge.config import Settings
from edge.cutout import cutout
from edge.journal import Journal
from edge.types import Answer, CatalogueItem, Mask, Match, Photo, Verdict


def made_item(number: int, *, title: str = "", group: str = "") -> CatalogueItem:
    return CatalogueItem(
        item_id=f"SKU-{number:04d}", title=title or f"Garment {number}", image=f"{number}.jpg", extra_images=("a.jpg", "b.jpg"),
        item_group_id=group, quantity=number, location=f"F-{number:02d}",
    )  # fmt: skip


def made_answer(
    items: Sequence[CatalogueItem] | None = None,
    *,
    verdict: Verdict = Verdict.IN_CATALOGUE,
    side: int = 120,
    left: int = 20,
    photos: int = 1,
    total_ms: float = 100.0,
    seed: int = 0,
    photo: Photo | None = None,
) -> Answer:
    """A photo (by default drawn) with a soft-edged rectangle from column `left` on as its garment; the items as matches."""
    rng = np.random.default_rng(seed)
    if photo is None:
        height, width = side * 3 // 4, side
        rgb = np.repeat(np.repeat(rng.integers(0, 256, (height // 15 + 1, width // 15 + 1, 3), np.uint8), 15, 0), 15, 1)[:height, :width]
        photo = Photo(np.ascontiguousarray(rgb), (width, height), "JPEG")
    alpha = np.zeros(photo.rgb.shape[:2], np.float32)
    alpha[10:-10, left:-20] = 1.0
    alpha[9, left:-20] = 0.3137255
    mask = Mask(alpha, 0.8765)
    vectors = rng.normal(size=(photos, 24)).astype(np.float32) / 5
    items = [made_item(n) for n in range(3)] if items is None else items
    return Answer(
        verdict=verdict,
        probability=0.91234567,
        matches=tuple(
            Match(item, 0.9 - n / 10, {"shape": 0.5, "colour": 0.25}, n + 1, f"thumbs/{n}.jpg", 0.99, {"shape": 0.9}, "")
            for n, item in enumerate(items)
        ),
        cutout=cutout(photo, mask, size=64),
        mask=mask,
        photo=photo,
        index_build="build-1",
        timings_ms={"segment": 40.0, "search": 1.5, "total": total_ms},
        concepts={"colour": [["navy", np.float32(0.5)]], "levels": {"Tops"}},
        query=vectors.sum(0),
        photo_vectors=vectors,
        confidence=0.75,
        photos=photos,
    )


def phone_jpeg(*, width: int = 800, height: int = 600, turned: bool = False) -> bytes:
    """A JPEG as a phone writes it: with EXIF, a place on earth in it; turned: to be shown turned by 90 degrees."""
    image = Image.fromarray(np.tile(np.linspace(0, 255, width, dtype=np.uint8)[None, :, None], (height, 1, 3)))
    exif = Image.Exif()
    exif[0x010F] = "MakerOfThePhone"
    exif[0x0112] = 6 if turned else 1
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 17.0)}
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def open_journal(folder: Path, **settings: object) -> Journal:
    return Journal.open(Settings(data_dir=folder, **settings))
