"""One photo on its way through the stages, and how long each of them took."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from edge.concepts import Concepts
from edge.stages import Stages
from edge.types import Cutout, Mask, Photo


class Clock:
    """Milliseconds per stage, of several photos together, and in all."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """What was done since the last lap was `name`."""
        now = time.perf_counter()
        self._laps[name] = round(self._laps.get(name, 0.0) + (now - self._last) * 1000, 2)
        self._last = now

    def timings(self) -> dict[str, float]:
        """Milliseconds by name, "total" among them."""
        return {**self._laps, "total": round((self._last - self._start) * 1000, 2)}


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A photo after its way through the stages; vector float32 (D,); concepts None where the models do not tell."""

    photo: Photo
    mask: Mask
    cutout: Cutout
    vector: np.ndarray
    concepts: Concepts | None = None


def see(data: bytes, stages: Stages, clock: Clock) -> Seen:
    """A photo's bytes, the whole way. Raises PhotoError."""
    photo = stages.read(data)
    clock.lap("read")
    photo = stages.unframe(photo)
    clock.lap("frame")
    mask = stages.mask(photo)
    clock.lap("segment")
    return see_masked(photo, mask, stages, clock)


def see_masked(photo: Photo, mask: Mask, stages: Stages, clock: Clock) -> Seen:
    """A photo whose mask is known. Raises NoGarmentFound for an empty one."""
    cut = stages.cutout(photo, mask)
    clock.lap("cutout")
    # One at a time: a network runs in batches of 1 or many, and a few photos would pay for many.
    embedding = stages.embed([cut])[0]
    clock.lap("embed")
    concepts = stages.concepts(photo, mask, cut)
    clock.lap("concepts")
    return Seen(photo, mask, cut, embedding.vector, concepts)
