"""How unusual a score is in this catalogue: its place among the scores of random pairs of different items."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

MOST_PAIRS = 20_000
_SEED = 20_000
_PAIRS_AT_ONCE = 2_000


class RandomPairs:
    """Products per part of up to MOST_PAIRS random pairs of vectors of different items; the same catalogue gives the same pairs."""

    def __init__(self, vectors: np.ndarray, owners: np.ndarray, parts: Mapping[str, slice]) -> None:
        """vectors float32 (N, D) of norm 1, owners int (N,): the item each belongs to."""
        a, b = _pairs(owners)
        self.names = tuple(parts)
        products = np.empty((len(a), len(self.names)), np.float32)
        lengths = np.empty_like(products)
        for start in range(0, len(a), _PAIRS_AT_ONCE):
            rows = slice(start, start + _PAIRS_AT_ONCE)
            x, y = vectors[a[rows]], vectors[b[rows]]
            for column, name in enumerate(self.names):
                p, q = x[:, parts[name]], y[:, parts[name]]
                products[rows, column] = np.einsum("nd,nd->n", p, q)
                lengths[rows, column] = np.linalg.norm(p, axis=1) * np.linalg.norm(q, axis=1)
        self._products = products
        self._cosines = np.sort(products / np.maximum(lengths, 1e-12), axis=0)
        self._whole = np.sort(products.sum(1))

    @property
    def count(self) -> int:
        return len(self._whole)

    def whole(self, scores: np.ndarray, factors: Mapping[str, float] | None = None) -> np.ndarray:
        """float (K,) whole scores -> share, 0..1, of pairs that score lower, with each part's product times its factor; 0 without pairs."""
        if not self.count:
            return np.zeros(len(scores))
        pairs = self._whole
        if factors is not None:
            pairs = np.sort(self._products @ np.array([factors[name] for name in self.names], np.float32))
        return np.searchsorted(pairs, scores) / self.count

    def of_part(self, name: str, cosine: float) -> float:
        """Share, 0..1, of pairs whose cosine of this part is lower; 0 without pairs."""
        if not self.count:
            return 0.0
        return float(np.searchsorted(self._cosines[:, self.names.index(name)], cosine) / self.count)


def _pairs(owners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two int64 (P,) arrays of rows whose owners differ, P <= MOST_PAIRS: all there are in a small catalogue, else drawn."""
    count = len(owners)
    if count * (count - 1) // 2 <= MOST_PAIRS:
        a, b = np.triu_indices(count, 1)
    else:
        rng = np.random.default_rng(_SEED)
        a, b = rng.integers(0, count, (2, MOST_PAIRS))
    differ = owners[a] != owners[b]
    return a[differ].astype(np.int64), b[differ].astype(np.int64)
