"""A Lookup for tests of the pages: the fake one, with stages, outlines and wishes that can be followed by eye."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edge.photo import read_photo
from edge.types import Answer, CatalogueItem, Mask, Photo
from tests.fake_lookup import ITEMS, FakeLookup

SEVEN = tuple(CatalogueItem(item_id=f"I-{n}", title=f"Item {n}", image=f"{n}.jpg", quantity=n) for n in range(1, 8))


class PageStages:
    """Reads for real; the garment is the whole photo, or what `finds` says."""

    check_below = 0.85

    def __init__(self, confidence: float, error: Exception | None) -> None:
        self.confidence, self.error = confidence, error
        self.read_count = 0

    def read(self, data: bytes) -> Photo:
        self.read_count += 1
        return read_photo(data)

    def unframe(self, photo: Photo) -> Photo:
        return photo

    def clearer(self, photo: Photo) -> None:
        return None

    def mask(self, photo: Photo) -> Mask:
        if self.error:
            raise self.error
        alpha = np.zeros(photo.rgb.shape[:2], np.float32)
        alpha[len(alpha) // 4 : -len(alpha) // 4] = 1
        return Mask(alpha, self.confidence)


class PageLookup(FakeLookup):
    """FakeLookup with stages; an outline over less than a quarter of the photo turns the order round. Notes each outline and each wish."""

    def __init__(self, items: Sequence[CatalogueItem] = ITEMS, *, confidence: float = 0.9, error: Exception | None = None, **rest) -> None:
        super().__init__(items, **rest)
        self.stages = PageStages(confidence, error)
        self.shares: list[float] = []
        self.asked: list[dict] = []

    def look_up_photo(self, photo: Photo, **options) -> Answer:
        return self.look_up_mask(photo, self.stages.mask(photo), **options)

    def look_up_mask(self, photo: Photo, mask: Mask, **options) -> Answer:
        self.shares.append(float((mask.alpha > 0.5).mean()))
        self.looked_up.append(photo.rgb.size)
        answer = super().look_up_mask(photo, mask, **options)
        return replace(answer, matches=self._matches(self.items[::-1], k=10, only=None)) if self.shares[-1] < 0.25 else answer

    def refine(self, answer: Answer, **wishes) -> Answer:
        self.asked.append(wishes)
        return super().refine(answer, **wishes)
