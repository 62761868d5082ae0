"""Vectors of a large catalogue, as clustered as real ones: a mixture fitted to embeddings of garments, drawn from at any size.

Catalogue: mean of a k-means cluster of the embeddings + a garment's own residual, from the pooled covariance inside the clusters + for
each of its views a smaller residual of the same covariance; each part brought to its length again. Queries: a view of the catalogue with
a residual that leaves it as near to that view as photos are to their garments' studio pictures, measured. What is not modelled: series of
one cut in several colours, and more clusters in a larger catalogue; both would make graphs better, not worse.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.real_data import checked_mask, checked_rows, photo_bytes
from edge.embed import join_parts
from edge.stages import Stages
from edge.types import Cutout, Mask, Photo
from index_builder.demo import draw_item, phone_view, studio_view

CLUSTERS = 24
VIEWS = 2
VIEW_COSINE = 0.9
"""Mean cosine of two studio views of one garment, as of a front and a back of one cloth."""
_DRAWN_PAIRS = 64
_REAL = 400
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """centres float32 (C, D); shares float64 (C,) adding up to 1; root float32 (D, D): residual = normal @ root.

    parts: name -> columns; weights: the length of each part. query_cosine: mean cosine of a photo with its garment's studio picture.
    """

    centres: np.ndarray
    shares: np.ndarray
    root: np.ndarray
    parts: dict[str, slice]
    weights: dict[str, float]
    query_cosine: float

    @property
    def dim(self) -> int:
        return self.centres.shape[1]

    def catalogue(self, count: int, *, seed: int = 0) -> np.ndarray:
        """float32 (count, D) of norm 1; rows 2 i and 2 i + 1 are views of one garment."""
        rng = np.random.default_rng(seed)
        out = np.empty((count, self.dim), np.float32)
        for start in range(0, count, _AT_ONCE):
            stop = min(start + _AT_ONCE, count)
            garments = -(-(stop - start) // VIEWS)
            cluster = rng.choice(len(self.shares), garments, p=self.shares)
            garment = self._joined(self.centres[cluster] + rng.normal(size=(garments, self.dim)).astype(np.float32) @ self.root)
            out[start:stop] = self.near(np.repeat(garment, VIEWS, 0)[: stop - start], np.sqrt(VIEW_COSINE), rng)
        return out

    def queries(self, catalogue: np.ndarray, count: int, *, seed: int = 1) -> np.ndarray:
        """float32 (count, D) of norm 1: photos of garments of the catalogue."""
        rng = np.random.default_rng(seed)
        return self.near(catalogue[rng.integers(0, len(catalogue), count)], self.query_cosine, rng)

    def near(self, vectors: np.ndarray, cosine: float, rng: np.random.Generator) -> np.ndarray:
        """float32 (N, D) -> the same garments seen otherwise, on average at this cosine (0 < cosine < 1)."""
        noise = rng.normal(size=vectors.shape).astype(np.float32) @ self.root
        noise *= np.sqrt(1 / cosine**2 - 1) / np.sqrt(np.square(noise).sum(1).mean())
        return self._joined(vectors + noise)

    def _joined(self, x: np.ndarray) -> np.ndarray:
        return join_parts({name: x[:, where] for name, where in self.parts.items()}, self.weights)


def fitted(vectors: np.ndarray, parts: dict[str, slice], *, query_cosine: float, clusters: int = CLUSTERS, seed: int = 0) -> Mixture:
    """Fit to float32 (N, D) of norm 1, N well over the clusters (k-means from k-means++ seeds, 30 rounds)."""
    rng = np.random.default_rng(seed)
    centres = vectors[rng.integers(len(vectors))][None]
    while len(centres) < clusters:
        far = np.square(vectors[:, None] - centres[None]).sum(2).min(1)
        centres = np.concatenate([centres, vectors[rng.choice(len(vectors), p=far / far.sum())][None]])
    for _ in range(30):
        nearest = np.square(vectors[:, None] - centres[None]).sum(2).argmin(1)
        centres = np.stack([vectors[nearest == c].mean(0) if (nearest == c).any() else centres[c] for c in range(clusters)])
    nearest = np.square(vectors[:, None] - centres[None]).sum(2).argmin(1)
    values, directions = np.linalg.eigh(np.cov((vectors - centres[nearest]).T) * len(vectors) / max(1, len(vectors) - clusters))
    root = (directions * np.sqrt(np.maximum(values, 0))) @ directions.T
    weights = {name: float(np.linalg.norm(vectors[:, where], axis=1).mean()) for name, where in parts.items()}
    shares = np.bincount(nearest, minlength=clusters) / len(vectors)
    return Mixture(centres.astype(np.float32), shares, root.astype(np.float32), dict(parts), weights, query_cosine)


def embeddings(data: Path, cache: Path) -> tuple[np.ndarray, dict[str, slice], float, str]:
    """What to fit to: vectors (N, D), parts, mean cosine of photo and studio picture, and in words what was embedded.

    Real photos with checked masks of the senders that training may see, where they are; drawn garments otherwise. The cosine is that of
    drawn phone photos with their studio pictures, cut out along their true outlines. Kept under `cache` by model.
    """
    stages = Stages.open()
    real = (data / "images.csv").is_file()
    key = hashlib.sha256(f"{stages.model_ids} {real} {_REAL} {_DRAWN_PAIRS}".encode()).hexdigest()[:12]
    kept = cache / f"embeddings-{key}.npz"
    if not kept.is_file():
        studio, phone = _drawn_pairs(stages)
        vectors = _real_photos(stages, data) if real else studio
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(kept, vectors=vectors, cosine=np.einsum("nd,nd->n", studio, phone).mean())
    with np.load(kept) as there:
        vectors, cosine = there["vectors"], float(there["cosine"])
    return vectors, dict(stages.parts), cosine, f"{len(vectors)} {'real photos with checked outlines' if real else 'drawn garments'}"


def _drawn_pairs(stages: Stages) -> tuple[np.ndarray, np.ndarray]:
    studio, phone = [], []
    for i in range(_DRAWN_PAIRS):
        item = draw_item(3, i)
        picture = studio_view(item)
        studio.append(_cutout(stages, picture, (picture.min(2) < 250).astype(np.float32)))
        phone.append(_cutout(stages, *phone_view(item, np.random.default_rng(i))))
    return _embedded(stages, studio), _embedded(stages, phone)


def _real_photos(stages: Stages, data: Path) -> np.ndarray:
    rows = checked_rows(data, "train")
    some = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:_REAL]]
    cut = []
    for row in some:
        photo = stages.read(photo_bytes(data, row.image))
        cut.append(stages.cutout(photo, Mask(checked_mask(data, row.image, photo.rgb.shape[:2]), 1.0)))
    return _embedded(stages, cut)


def _cutout(stages: Stages, rgb: np.ndarray, alpha: np.ndarray) -> Cutout:
    alpha = alpha.astype(np.float32) / max(1.0, float(alpha.max()))
    return stages.cutout(Photo(rgb, (rgb.shape[1], rgb.shape[0]), "drawn"), Mask(alpha, 1.0))


def _embedded(stages: Stages, cutouts: list[Cutout]) -> np.ndarray:
    return np.stack([e.vector for e in stages.embed(cutouts)])
