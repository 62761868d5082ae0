"""A Lookup you can read: answers what it is told, from a list of items. For tests of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from edge.errors import PhotoError, RequestError
from edge.filters import has_colour, in_category, on_shelf
from edge.photo import read_photo
from edge.types import Answer, Box, CatalogueItem, Cutout, Filter, Mask, Match, Photo, Verdict

ITEMS = (
    CatalogueItem(item_id="TSH-0001", title="Crew t-shirt, striped navy", image="a.jpg", price="19.90 EUR", quantity=6, location="F-04-3"),
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


@dataclass
class FakeCatalogue:
    """Items by id, without pictures."""

    by_id: dict[str, CatalogueItem]

    def find(self, item_id: str) -> CatalogueItem | None:
        return self.by_id.get(item_id)

    def vectors_of(self, item_id: str) -> list:
        return []


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
        self.catalogue = FakeCatalogue({item.item_id: item for item in self.items})

    def look_up(self, data: bytes, *, k: int = 10, weights: Mapping[str, float] | None = None, only: Filter | None = None) -> Answer:
        """Reads the photo for real, so unreadable bytes raise what they raise in a real look-up."""
        return self.look_up_photos((data,), k=k, weights=weights, only=only)

    def look_up_photos(
        self, photos: Sequence[bytes], *, k: int = 10, weights: Mapping[str, float] | None = None, only: Filter | None = None,
        outlines: Mapping[int, Mask] | None = None,
    ) -> Answer:  # fmt: skip
        read, left_out = [], {}
        for place, data in enumerate(photos):
            try:
                read.append(read_photo(data))
            except PhotoError as error:
                left_out[place] = str(error)
                if len(left_out) == len(photos):
                    raise
            else:
                self.looked_up.append(len(data))
        height, width = read[0].rgb.shape[:2]
        mask = (outlines or {}).get(0) or Mask(alpha=np.ones((height, width), np.float32), confidence=0.9)
        answer = self.look_up_mask(read[0], mask, k=k, weights=weights, only=only)
        return replace(answer, photos=len(read), left_out=left_out)

    def look_up_mask(
        self, photo: Photo, mask: Mask, *, k: int = 10, weights: Mapping[str, float] | None = None, only: Filter | None = None
    ) -> Answer:
        height, width = photo.rgb.shape[:2]
        return Answer(
            verdict=self.verdict,
            probability=self.probability,
            matches=self._matches(self.items, k=k, only=only),
            cutout=Cutout(rgb=np.full((64, 64, 3), 200, np.uint8), box=Box(0, 0, width, height), coverage=0.5),
            mask=mask,
            photo=photo,
            index_build=self._report.index_build,
            timings_ms={"segment": 40.0, "search": 1.0},
            query=np.float32([1, 0]),
            confidence=mask.confidence,
        )

    def refine(
        self,
        answer: Answer,
        *,
        weights: Mapping[str, float] | None = None,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        k: int = 10,
        only: Filter | None = None,
    ) -> Answer:
        """Liked items first, disliked ones last; weights other than equal ones turn the rest round."""
        known = {item.item_id for item in self.items}
        for item_id in (*liked, *disliked):
            if item_id not in known:
                raise RequestError(f"The catalogue has no item {item_id!r}.", remedy="Take an id from the matches.")
        rest = self.items[::-1] if len(set((weights or {}).values())) > 1 else self.items
        ordered = sorted(rest, key=lambda item: (item.item_id in disliked) - (item.item_id in liked))
        return replace(answer, matches=self._matches(ordered, k=k, only=only))

    def categories(self) -> tuple[str, ...]:
        return tuple(sorted({item.product_type for item in self.items if item.product_type}))

    def colours(self) -> tuple[str, ...]:
        return tuple(sorted({item.color for item in self.items if item.color}))

    def _matches(self, items: Sequence[CatalogueItem], *, k: int, only: Filter | None) -> tuple[Match, ...]:
        only = only or Filter()
        passing = [
            item
            for item in items
            if (not only.in_stock or on_shelf(item.availability, item.quantity))
            and (not only.categories or any(in_category(item.product_type, category) for category in only.categories))
            and (not only.colours or any(has_colour(item.color, colour) for colour in only.colours))
        ]
        return tuple(
            Match(
                item=item,
                score=0.95 - 0.1 * n,
                parts={"shape": 0.95, "pattern": 0.7, "colour": 0.3},
                rank=n + 1,
                percentile=max(0.0, 0.999 - 0.2 * n),
                part_percentiles={"shape": 0.99, "pattern": 0.8, "colour": 0.4},
            )
            for n, item in enumerate(passing[:k])
        )

    def thumb_path(self, match: Match) -> Path | None:
        return None

    def report(self) -> FakeReport:
        return self._report
