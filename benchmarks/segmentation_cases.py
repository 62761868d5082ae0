"""What segmentation is judged on: checked photos of validation senders and composites, and seeded samples of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.composites import composite
from benchmarks.real_data import Judged, checked_mask, photo_bytes
from edge.photo import read_photo

SETS = ("good", "repaired", "composites")


@dataclass(frozen=True, slots=True)
class Case:
    """One picture to judge. kind: one of SETS; name: a photo's, or a composite's index; caption: what it shows."""

    kind: str
    name: str
    caption: str


def checked_cases(rows: Sequence[Judged]) -> list[Case]:
    """A case for each photo."""
    return [Case(row.mask, row.image, row.label) for row in rows]


def composite_cases(count: int) -> list[Case]:
    """The first `count` composites."""
    return [Case("composites", str(i), "composite") for i in range(count)]


class Pictures:
    """Case -> rgb uint8 (H, W, 3) and truth float32 (H, W) in 0..1. Composites, slow to make, are kept."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._made: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def __getitem__(self, case: Case) -> tuple[np.ndarray, np.ndarray]:
        if case.kind == "composites":
            if case.name not in self._made:
                made = composite(self._data, int(case.name))
                self._made[case.name] = made.rgb, made.alpha
            return self._made[case.name]
        rgb = read_photo(photo_bytes(self._data, case.name)).rgb
        return rgb, checked_mask(self._data, case.name, rgb.shape[:2])


def sample(cases: Sequence[Case], limit: int, *, seed: int = 0) -> list[Case]:
    """At most `limit` (0: all) of the checked cases, the repaired ones up to half of them, since those are rare and tell most; and
    composites, evenly, up to half the limit. The same seed gives the same sample; order kept."""
    if limit <= 0:
        return list(cases)
    rng = np.random.default_rng(seed)
    places = {kind: [i for i, c in enumerate(cases) if c.kind == kind] for kind in SETS}
    few = min(len(places["repaired"]), max(limit // 2, limit - len(places["good"])))
    sizes = {"repaired": few, "good": min(limit - few, len(places["good"])), "composites": min(limit // 2, len(places["composites"]))}
    chosen: set[int] = set()
    for kind in ("repaired", "good"):
        chosen |= {int(i) for i in rng.permutation(places[kind])[: sizes[kind]]}
    # Composites' kinds take turns, so that the first ones hold each kind alike.
    chosen |= set(places["composites"][: sizes["composites"]])
    return [cases[i] for i in sorted(chosen)]


def weights(cases: Sequence[Case], whole: Sequence[Case]) -> list[float]:
    """How many cases of `whole` each sampled case stands for."""
    return [sum(w.kind == c.kind for w in whole) / sum(o.kind == c.kind for o in cases) for c in cases]
