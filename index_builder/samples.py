"""Which images the verdict is calibrated on: those with the smallest content hashes.

A choice by content is as good as one by lot, takes memory for the chosen only, and an index that was updated chooses as one
that was built anew: whether an image is among them depends on the images in the catalogue, not on when they came.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from edge.stages import Stages
from edge.types import Cutout
from index_builder.fetch import Fetcher
from index_builder.prepare import Job, Prepared, cutout_again

MOST_SAMPLES = 400


class Samples:
    """Offered every image of a build, keeps the cutouts of the chosen."""

    def __init__(self) -> None:
        self._most = MOST_SAMPLES
        self._heap: list[tuple[int, int, Job, str, Cutout | None]] = []  # smallest first, so the hash is negated: the largest leaves

    def offer(self, label: int, done: Prepared) -> None:
        """Labels are offered once each, rising."""
        entry = (-int(done.content, 16), -label, done.job, done.content, done.cutout)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, entry)
        elif entry[:2] > self._heap[0][:2]:
            heapq.heapreplace(self._heap, entry)

    def cutouts(self, *, stages: Stages, fetcher: Fetcher, workers: int) -> list[tuple[int, Cutout]]:
        """(label, cutout), by label. Cutouts of images that were not embedded in this run are made again from their files;
        one whose file has changed or gone since is left out."""
        chosen: Sequence[tuple[int, Job, str, Cutout | None]] = sorted(((-e[1], *e[2:]) for e in self._heap), key=lambda c: c[0])

        def made(one: tuple[int, Job, str, Cutout | None]) -> Cutout | None:
            return one[3] if one[3] is not None else cutout_again(one[1], one[2], stages=stages, fetcher=fetcher)

        with ThreadPoolExecutor(workers, thread_name_prefix="samples") as pool:
            return [(one[0], cutout) for one, cutout in zip(chosen, pool.map(made, chosen), strict=True) if cutout is not None]
