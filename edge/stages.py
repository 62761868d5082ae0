"""The stages in a row, opened once: photo -> unframed -> mask -> cutout -> embedding -> concepts.

The page and the builder both use this object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from edge.colours import dominant_colours
from edge.concepts import ConceptReader, Concepts
from edge.cutout import cutout
from edge.embed import Embedder
from edge.enhance import Enhancer, open_enhancer
from edge.frame import Frame, FrameFinder
from edge.photo import read_photo
from edge.segment import Segmenter
from edge.session import DEFAULT_MODELS, Session, read_model_folder
from edge.taxonomy import DEFAULT_TAXONOMY, Taxonomy
from edge.types import Cutout, Embedding, Mask, Photo
from edge.veil import lifted

PIPELINE_VERSION = 8
"""Raised whenever the same photo would give another vector for a reason outside the model files."""


class Stages:
    """All networks of the way, each loaded once. Thread-safe."""

    def __init__(
        self, segmenter: Session, embedder: Session, frame: Session, concepts: Session | None = None, enhancer: Enhancer | None = None
    ) -> None:
        """concepts: without one nothing is said of what a garment is, and `concepts_note` says why. enhancer: without one, casts stay."""
        self._enhancer = enhancer
        self.sessions = {"segmenter": segmenter, "embedder": embedder, "frame": frame}
        self._frame = FrameFinder(frame, frame.folder.spec)
        self._segmenter = Segmenter(segmenter, segmenter.folder.spec)
        self._embedder = Embedder(embedder, embedder.folder.spec, embedder.folder.sha256)
        self.model_ids = {role: s.folder.identity for role, s in self.sessions.items()}
        self.parts = self._embedder.parts
        self.dim = self._embedder.dim
        self._concepts: ConceptReader | None = None
        self.concepts_note = ""
        self.concepts_id = ""
        """Of all that decides what is said of a garment, the model and the taxonomy; "" without them."""
        if concepts is None:
            self.concepts_note = "There is no concepts model, so categories, tags and colours are left out of answers."
        else:  # not among model_ids: vectors do not depend on it
            self._concepts = ConceptReader(concepts, concepts.folder.spec, Taxonomy.read())
            self.concepts_id = sha256(concepts.folder.identity.encode() + DEFAULT_TAXONOMY.read_bytes()).hexdigest()
            self.sessions["concepts"] = concepts

    @property
    def check_below(self) -> float:
        """The expected IoU of a mask under which a person should look at the outline, 0..1."""
        return self._segmenter.check_below

    @classmethod
    def open(cls, models: Path | None = None, *, threads: int | None = None, gpu: bool | None = None) -> Stages:
        """Load the models of a folder (default assets/models) and warm them up. Raises ModelError."""
        root = models or DEFAULT_MODELS
        roles = ["segmenter", "embedder", "frame", *(["concepts"] if (root / "concepts").is_dir() else [])]
        enhancer = open_enhancer(root, threads=threads)
        stages = cls(*(Session(read_model_folder(root / role), threads=threads, gpu=gpu) for role in roles), enhancer=enhancer)
        if enhancer:
            enhancer.read(np.zeros((8, 8, 3), np.uint8))
        for session in stages.sessions.values():
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

    def clearer(self, photo: Photo) -> Photo | None:
        """The photo as it may look in clear and neutral light: without its veil (edge.veil), without its cast (edge.enhance). None where
        neither is seen."""
        bare = lifted(photo.rgb)
        clear = photo if bare is None else replace(photo, rgb=bare)
        neutral = self._enhancer.neutral(clear) if self._enhancer else None
        return neutral or (None if clear is photo else clear)

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

    def concepts(self, photo: Photo, mask: Mask, cutout: Cutout) -> Concepts | None:
        """What the garment is, None where there is no concepts model (see `concepts_note`)."""
        return self._concepts.read(cutout, dominant_colours(photo.rgb, mask.alpha)) if self._concepts else None

    def concepts_together(self, several: Sequence[Concepts], weights: Sequence[float]) -> Concepts:
        """What several photos of one garment say, each as much as its weight."""
        if self._concepts is None:
            raise ValueError(self.concepts_note)
        return self._concepts.together(several, weights)

    def concepts_hint(self, category: str, product_type: str) -> dict[str, str] | None:
        """What a photo's category and an item's product type are called where they cannot both be right, else None."""
        return self._concepts.hint(category, product_type) if self._concepts else None
