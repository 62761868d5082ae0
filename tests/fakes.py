"""Stand-ins that can be read at a glance: the interfaces of the real parts without networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.embed import join_parts
from edge.errors import NoGarmentFound
from edge.frame import cropped
from edge.photo import read_photo
from edge.types import Box, Cutout, Embedding, Mask, Photo


class FakeStages:
    """Garment = what is not nearly white. Vector = a mean colour and an 8 x 8 thumbnail of the cutout."""

    model_ids = {"segmenter": "fake-segmenter", "embedder": "fake-embedder"}
    parts = {"color": slice(0, 3), "shape": slice(3, 195)}
    weights = {"color": 0.6, "shape": 0.8}
    dim = 195

    @classmethod
    def open(cls, models: Path | None = None, *, threads: int | None = None) -> FakeStages:
        return cls()

    def read(self, data: bytes) -> Photo:
        return read_photo(data)

    def unframe(self, photo: Photo) -> Photo:
        """A frame, here, is a purple edge all round; the fake knows no other."""
        purple = np.abs(photo.rgb.astype(int) - (128, 0, 128)).max(2) < 40
        if purple.all() or not all(edge.all() for edge in (purple[0], purple[-1], purple[:, 0], purple[:, -1])):
            return photo
        rows, columns = np.flatnonzero(~purple.all(1)), np.flatnonzero(~purple.all(0))
        return cropped(photo, Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))

    def clearer(self, photo: Photo) -> None:
        return None

    def mask(self, photo: Photo) -> Mask:
        garment = photo.rgb.min(axis=2) < 235
        if garment.mean() < 0.005:
            raise NoGarmentFound(coverage=float(garment.mean()))
        return Mask(garment.astype(np.float32), 0.9)

    def cutout(self, photo: Photo, mask: Mask) -> Cutout:
        rows, columns = np.nonzero(mask.alpha > 0.5)
        box = Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        white = np.where(mask.alpha[..., None] > 0.5, photo.rgb, np.uint8(255))
        part = white[box.top : box.bottom, box.left : box.right]
        return Cutout(cv2.resize(part, (64, 64), interpolation=cv2.INTER_AREA), box, float(mask.alpha.mean()))

    def embed(self, cutouts: Sequence[Cutout]) -> list[Embedding]:
        return [self._embed(cutout) for cutout in cutouts]

    concepts_note = "fake stages tell no concepts"
    concepts_id = ""

    def concepts(self, photo: Photo, mask: Mask, cutout: Cutout) -> None:
        assert isinstance(cutout, Cutout)
        return None

    def concepts_hint(self, category: str, product_type: str) -> None:
        return None

    def _embed(self, cutout: Cutout) -> Embedding:
        small = cv2.resize(cutout.rgb, (8, 8), interpolation=cv2.INTER_AREA).astype(np.float32) / 255 - 0.5
        parts = {"color": small.mean(axis=(0, 1))[None] + 1e-3, "shape": small.reshape(1, -1)}
        return Embedding(join_parts(parts, self.weights)[0], self.parts, self.model_ids["embedder"])
