"""What travels between the stages: frozen, self-checking, free of behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np


def _check_rgb(name: str, array: np.ndarray) -> None:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise ValueError(f"{name} must be uint8 (H, W, 3), got {array.dtype} {array.shape}")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; left/top inclusive, right/bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError(f"empty box {self}")

    def as_list(self) -> list[int]:
        return [self.left, self.top, self.right, self.bottom]


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """rgb: uint8 (H, W, 3), upright, sRGB. source_size: (width, height) of the upright original before any reduction.

    origin: (x, y) of rgb's first pixel in the photo as it was read, in pixels of the same scale; not (0, 0) once a frame was cut away.
    """

    rgb: np.ndarray
    source_size: tuple[int, int]
    format: str
    origin: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        _check_rgb("Photo.rgb", self.rgb)


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """alpha: float32 (H, W) in 0..1, the size of its photo. confidence: expected IoU with the true outline, 0..1. first: the network's own
    outline, like alpha, where the photo's colours have changed it (edge.second_cut), else None."""

    alpha: np.ndarray
    confidence: float
    first: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.alpha.dtype != np.float32 or self.alpha.ndim != 2:
            raise ValueError(f"Mask.alpha must be float32 (H, W), got {self.alpha.dtype} {self.alpha.shape}")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"Mask.confidence must be in 0..1, got {self.confidence}")


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """rgb: uint8 (S, S, 3) on white. box: where the garment lay, in photo pixels. coverage: garment's share of the photo, 0..1."""

    rgb: np.ndarray
    box: Box
    coverage: float

    def __post_init__(self) -> None:
        _check_rgb("Cutout.rgb", self.rgb)
        if self.rgb.shape[0] != self.rgb.shape[1]:
            raise ValueError(f"Cutout.rgb must be square, got {self.rgb.shape}")


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """vector: float32 (D,), L2 norm 1: the weighted parts one after the other. parts: name -> slice of the vector."""

    vector: np.ndarray
    parts: Mapping[str, slice]
    model_id: str

    def __post_init__(self) -> None:
        if self.vector.dtype != np.float32 or self.vector.ndim != 1:
            raise ValueError(f"Embedding.vector must be float32 (D,), got {self.vector.dtype} {self.vector.shape}")
        norm = float(np.linalg.norm(self.vector))
        if abs(norm - 1.0) > 1e-3:
            raise ValueError(f"Embedding.vector must have L2 norm 1, got {norm:.4f}")


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """One row of the catalogue. price is text with its currency; quantity None where the feed does not say.

    tags: what its picture shows besides, as in "striped,long". predicted: which fields were not in the feed but read off the picture, with
    commas between, as in "product_type,color".
    """

    item_id: str
    title: str
    image: str
    product_type: str = ""
    color: str = ""
    pattern: str = ""
    size: str = ""
    availability: str = ""
    price: str = ""
    item_group_id: str = ""
    quantity: int | None = None
    location: str = ""
    extra_images: tuple[str, ...] = ()
    predicted: str = ""
    tags: str = ""

    def __post_init__(self) -> None:
        if not self.item_id or not self.image:
            raise ValueError("an item needs an id and an image")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which items may answer; an empty field asks nothing, an item has to satisfy every other.

    categories: levels of a product type, or a path of them ("Dresses", "Tops > T-Shirt"); colours: as in the feed. One of several is
    enough, case does not matter. in_stock: leave out what is known not to be on the shelf.
    """

    categories: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    in_stock: bool = False

    def __post_init__(self) -> None:
        for name in ("categories", "colours"):
            if isinstance(getattr(self, name), str):
                raise ValueError(f"Filter.{name} must be several texts, got one")
            object.__setattr__(self, name, tuple(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Match:
    """One candidate, its score and why.

    score: cosine in -1..1 of the whole vector with the query as it was ranked by (weighted, moved); rank counts from 1.
    parts: cosine per part with the photo itself. percentile, part_percentiles: share, 0..1, of random pairs of this catalogue's items
    that are less alike; 0 where the catalogue has no two items. tags: the item's own and those
    taught to this catalogue. variant_of: the id of an earlier match of the same item group, or "".
    """

    item: CatalogueItem
    score: float
    parts: Mapping[str, float]
    rank: int
    thumb: str = ""
    percentile: float = 0.0
    part_percentiles: Mapping[str, float] = field(default_factory=dict)
    variant_of: str = ""
    tags: tuple[str, ...] = ()


class Verdict(StrEnum):
    """What the screen says first."""

    IN_CATALOGUE = "in_catalogue"
    UNSURE = "unsure"
    NOT_IN_CATALOGUE = "not_in_catalogue"


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a look-up gives. probability: calibrated chance that the first match is the garment in the photo, 0..1.

    photo, mask, cutout: of the first photo that could be used. photos: how many were; left_out: place in the order given -> why not.
    photo_vectors: float32 (P, D), each photo's vector before any preference, as long as the photo counts (the lengths add up to 1);
    query: float32 (D,), their sum, norm 1 for one photo. `Lookup.refine` starts from them; without both nothing can be refined.
    confidence: expected IoU of the outlines, 0..1, each photo's as much as the photo counts.
    """

    verdict: Verdict
    probability: float
    matches: tuple[Match, ...]
    cutout: Cutout
    mask: Mask
    photo: Photo
    index_build: str
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    concepts: Mapping[str, object] = field(default_factory=dict)
    query: np.ndarray | None = None
    photo_vectors: np.ndarray | None = None
    confidence: float = 0.0
    photos: int = 1
    left_out: Mapping[int, str] = field(default_factory=dict)
