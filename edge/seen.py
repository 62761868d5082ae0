"""One photo on its way through the stages, and how long each of them took."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from edge.concepts import Concepts
from edge.errors import NoGarmentFound
from edge.pieces import pieces_alone, reading
from edge.stages import Stages
from edge.types import Cutout, Mask, Photo

BestScores = Callable[[np.ndarray], np.ndarray]
"""Vectors float32 (R, D) -> each one's highest score in the catalogue, (R,)."""


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
    """A photo after its way through the stages; vector float32 (D,); concepts None where the models do not tell.

    Among readings, photo is what was read, in clear light perhaps; in the end it is the photo as it was taken.
    """

    photo: Photo
    mask: Mask
    cutout: Cutout
    vector: np.ndarray
    concepts: Concepts | None = None


def see(data: bytes, stages: Stages, clock: Clock, *, best_scores: BestScores) -> Seen:
    """A photo's bytes, the whole way. best_scores says how a mask in pieces, or a photo in odd light, is to be read. Raises PhotoError."""
    photo = stages.read(data)
    clock.lap("read")
    photo = stages.unframe(photo)
    clock.lap("frame")
    return see_photo(photo, stages, clock, best_scores=best_scores)


def see_photo(photo: Photo, stages: Stages, clock: Clock, *, best_scores: BestScores) -> Seen:
    """`see` from the decoded photo on, which has no decorative frame any more. Raises PhotoError."""
    return _told(_chosen(all_readings(photo, stages, clock), best_scores, clock), photo, stages, clock)


def all_readings(photo: Photo, stages: Stages, clock: Clock | None = None) -> list[Seen]:
    """`readings_of` by the mask that is found, in clear and neutral light where there is none without. Raises NoGarmentFound."""
    clock = clock or Clock()
    try:
        mask = stages.mask(photo)
    except NoGarmentFound:
        clear = stages.clearer(photo)
        if clear is None:
            raise
        photo, mask = clear, stages.mask(clear)
    clock.lap("segment")
    return readings_of(photo, mask, stages, clock)


def readings_of(photo: Photo, mask: Mask, stages: Stages, clock: Clock | None = None) -> list[Seen]:
    """The photo by its whole mask; by the network's own outline, where its colours changed that (Mask.first); by each large piece of the
    mask alone (edge.pieces), where it has some; in clear and neutral light (Stages.clearer), where it has a veil or a cast. Concepts are
    not told. Raises NoGarmentFound."""
    clock = clock or Clock()
    readings = [_cut(photo, mask, stages, clock)]
    for alpha in [*([] if mask.first is None else [mask.first]), *pieces_alone(mask.alpha)]:
        with suppress(NoGarmentFound):  # nothing is left of a piece once its outline is refined
            readings.append(_cut(photo, Mask(alpha, mask.confidence), stages, clock))
    return readings + _in_clear_light(photo, None, stages, clock)


def see_masked(photo: Photo, mask: Mask, stages: Stages, clock: Clock, *, best_scores: BestScores) -> Seen:
    """A photo whose outline a person has settled, pieces and all; only its light may be read in two ways. Raises NoGarmentFound for an
    empty outline."""
    readings = [_cut(photo, mask, stages, clock), *_in_clear_light(photo, mask, stages, clock)]
    return _told(_chosen(readings, best_scores, clock), photo, stages, clock)


def _in_clear_light(photo: Photo, settled: Mask | None, stages: Stages, clock: Clock) -> list[Seen]:
    """The reading in clear and neutral light, none where the photo has neither veil nor cast. settled: its mask; None: looked for anew."""
    clear = stages.clearer(photo)
    clock.lap("enhance")
    if clear is None:
        return []
    try:
        mask = settled or stages.mask(clear)
        clock.lap("segment")
        return [_cut(clear, mask, stages, clock)]
    except NoGarmentFound:  # the photo as it is still counts
        return []


def _chosen(readings: list[Seen], best_scores: BestScores, clock: Clock) -> Seen:
    if len(readings) == 1:
        return readings[0]
    best = reading(best_scores(np.stack([r.vector for r in readings])))
    clock.lap("search")
    return readings[best]


def _cut(photo: Photo, mask: Mask, stages: Stages, clock: Clock) -> Seen:
    cut = stages.cutout(photo, mask)
    clock.lap("cutout")
    # One at a time: a network runs in batches of 1 or many, and a few photos would pay for many.
    embedding = stages.embed([cut])[0]
    clock.lap("embed")
    return Seen(photo, mask, cut, embedding.vector)


def _told(seen: Seen, taken: Photo, stages: Stages, clock: Clock) -> Seen:
    """With concepts, and the photo as it was taken: staff see that one, paint on it, and it is kept to learn from."""
    concepts = stages.concepts(seen.photo, seen.mask, seen.cutout)
    clock.lap("concepts")
    return replace(seen, photo=taken, concepts=concepts)
