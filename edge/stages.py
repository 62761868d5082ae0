"""The stages in a row, opened once: photo -> unframed -> mask -> cutout -> embedding. The page and the builder both use this object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.cutout import cutout
from edge.embed import Embedder
from edge.frame import Frame, FrameFinder
from edge.photo import read_photo
from edge.segment import Segmenter
from edge.session import DEFAULT_MODELS, Session, read_model_folder
from edge.types import Cutout, Embedding, Mask, Photo

PIPELINE_VERSION = 2
"""Raised whenever the same photo would give another vector for a reason outside the model files."""


class Stages:
    """All networks of the way, each loaded once. Thread-safe."""

    def __init__(self, segmenter: Session, embedder: Session, frame: Session) -> None:
        self.sessions = {"segmenter": segmenter, "embedder": embedder, "frame": frame}
        self._frame = FrameFinder(frame, frame.folder.spec)
        self._segmenter = Segmenter(segmenter, segmenter.folder.spec)
        self._embedder = Embedder(embedder, embedder.folder.spec, embedder.folder.sha256)
        self.model_ids = {role: s.folder.sha256 for role, s in self.sessions.items()}
        self.parts = self._embedder.parts
        self.dim = self._embedder.dim

    @property
    def check_below(self) -> float:
        """The expected IoU of a mask under which a person should look at the outline, 0..1."""
        return self._segmenter.check_below

    @classmethod
    def open(cls, models: Path | None = None, *, threads: int | None = None, gpu: bool | None = None) -> Stages:
        """Load the models of a folder (default assets/models) and warm them up. Raises ModelError."""
        root = models or DEFAULT_MODELS
        sessions = [Session(read_model_folder(root / role), threads=threads, gpu=gpu) for role in ("segmenter", "embedder", "frame")]
        stages = cls(*sessions)
        for session in sessions:
            size = int(session.folder.spec["input_size"])
            for batch in session.folder.spec.get("batches", (1,)):
                session.run(np.zeros((batch, 3, size, size), np.float32))
        return stages

    def read(self, data: bytes) -> Photo:
        """A file's bytes -> Photo. Raises PhotoError."""
        return read_photo(data)

    def frame(self, photo: Photo) -> Frame:
        """Whether a decorative frame surrounds the photo, and what lies inside of it."""
        return self._frame.find(photo.rgb)

    def unframe(self, photo: Photo) -> Photo:
        """The photo without its decorative frame, its `origin` moved; the same object where it has none."""
        return self._frame.remove(photo)

    def mask(self, photo: Photo) -> Mask:
        """Photo -> Mask. Raises NoGarmentFound."""
        return self._segmenter.mask(photo)

    def probability(self, photo: Photo) -> np.ndarray:
        """Chance of garment per pixel, float32 (H, W), before anything is dropped or refused."""
        return self._segmenter.probability(photo.rgb)

    def cutout(self, photo: Photo, mask: Mask) -> Cutout:
        """Photo + Mask -> Cutout. Raises NoGarmentFound."""
        return cutout(photo, mask)

    def embed(self, cutouts: Sequence[Cutout]) -> list[Embedding]:
        """Cutouts -> Embeddings, in order."""
        return self._embedder.embed(cutouts)
