"""A Lookup you can read: answers what it is told, from a list of items. For tests of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edge.photo import read_photo
from edge.types import Answer, Box, CatalogueItem, Cutout, Mask, Match, Verdict

ITEMS = (
    CatalogueItem(
        item_id="TSH-0001", title="Crew t-shirt, striped navy", image="a.jpg", price="19.90 EUR", quantity=6, location="F-04-3"
    ),
    CatalogueItem(item_id="SHI-0002", title="Work shirt, checked red", image="b.jpg", availability="out_of_stock"),
)


@dataclass(frozen=True)
class FakeReport:
    """The fields of a RuntimeReport that the page shows."""

    providers: Mapping[str, str] = field(default_factory=lambda: {"segmenter": "CPU", "embedder": "CPU"})
    wanted: str = "CPU"
    fell_back: bool = False
    threads: int = 2
    index_build: str = "build-1"
    items: int = len(ITEMS)
    calibration: Mapping[str, int] | None = None


class FakeLookup:
    """Gives `items` as matches in their order with falling scores, under the verdict it was made with."""

    def __init__(
        self,
        items: Sequence[CatalogueItem] = ITEMS,
        *,
        verdict: Verdict = Verdict.IN_CATALOGUE,
        probability: float = 0.97,
        report: FakeReport | None = None,
    ) -> None:
        self.items, self.verdict, self.probability = tuple(items), verdict, probability
        self._report = report or FakeReport()
        self.looked_up: list[int] = []

    def look_up(self, data: bytes, *, k: int = 10) -> Answer:
        """Reads the photo for real, so unreadable bytes raise what they raise in a real look-up."""
        photo = read_photo(data)
        self.looked_up.append(len(data))
        height, width = photo.rgb.shape[:2]
        matches = tuple(
            Match(item=item, score=0.95 - 0.1 * n, parts={"shape": 0.95, "pattern": 0.7, "colour": 0.3}, rank=n + 1)
            for n, item in enumerate(self.items[:k])
        )
        return Answer(
            verdict=self.verdict,
            probability=self.probability,
            matches=matches,
            cutout=Cutout(rgb=np.full((64, 64, 3), 200, np.uint8), box=Box(0, 0, width, height), coverage=0.5),
            mask=Mask(alpha=np.ones((height, width), np.float32), confidence=0.9),
            photo=photo,
            index_build=self._report.index_build,
            timings_ms={"segment": 40.0, "search": 1.0},
        )

    def thumb_path(self, match: Match) -> Path | None:
        return None

    def report(self) -> FakeReport:
        return self._report
