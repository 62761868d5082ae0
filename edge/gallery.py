"""The catalogue as something to search: vectors, the items they belong to, and how alike its items are among themselves."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.catalogue import Catalogue
from edge.errors import IndexFolderError, RequestError
from edge.filters import labels_passing
from edge.index import EXACT_BELOW, Index, search_exactly
from edge.likeness import RandomPairs
from edge.manifest import REBUILD
from edge.rank import Parts, first_of_each, shares, weighted
from edge.types import Filter, Match

CANDIDATES = 200
"""Vectors looked at for a ranking; more where the pictures of few items crowd it."""
_FILTERS_KEPT = 16


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """One per item, best first: label of the item's best vector int64 (K,), its product with the query float32 (K,)."""

    labels: np.ndarray
    scores: np.ndarray

    def at(self, places: Sequence[int]) -> Hits:
        """The hits at these places, in their order."""
        return Hits(self.labels[places], self.scores[places])


class Gallery:
    """Nearest items of an open index. Thread-safe: nothing changes but the remembered filters, under a lock."""

    def __init__(self, index: Index, catalogue: Catalogue, parts: Parts) -> None:
        self._index, self._catalogue, self._parts = index, catalogue, dict(parts)
        owners, self._ids = catalogue.owners()
        self._owners = np.array(owners, np.int64)
        if len(owners) != index.count:
            raise IndexFolderError(
                f"The catalogue knows {len(owners)} vectors, the index {index.count}.", path="catalogue.sqlite", remedy=REBUILD
            )
        self._shares = shares(np.asarray(index.vectors[0]), self._parts)
        self._pairs = RandomPairs(index.vectors, self._owners, self._parts)
        self._filters: dict[Filter, np.ndarray] = {}
        self._lock = threading.Lock()

    def nearest(self, query: np.ndarray, k: int, *, only: Filter | None = None) -> Hits:
        """float32 (D,) of any length, k >= 1 -> up to k items whose best view scores highest. Raises RequestError."""
        allowed = self._allowed(only)
        reach = min(self._index.count, len(allowed)) if allowed is not None else self._index.count
        wanted = max(CANDIDATES, 5 * k)
        while True:
            labels = self._labels(query, min(wanted, reach), allowed)
            best = labels[first_of_each(self._owners[labels])]
            if len(best) >= k or wanted >= reach:
                return Hits(best[:k], np.asarray(self._index.vectors[best[:k]]) @ query)
            wanted *= 4

    def _labels(self, query: np.ndarray, wanted: int, allowed: np.ndarray | None) -> np.ndarray:
        """int64 (wanted,), best first. A filter is never put on a graph's hits, which would lose items: what passes is compared in full."""
        if not wanted:
            return np.empty(0, np.int64)
        if allowed is None:
            return self._index.search(query[None], wanted)[0][0]
        if self._index.exact or len(allowed) > EXACT_BELOW:
            scores = (self._index.vectors @ query)[allowed]
            near = np.sort(np.argpartition(-scores, wanted - 1)[:wanted])
            return allowed[near[np.argsort(-scores[near], kind="stable")]]
        return allowed[search_exactly(np.asarray(self._index.vectors[allowed]), query[None], wanted)[0][0]]

    def _allowed(self, only: Filter | None) -> np.ndarray | None:
        """Labels that pass, or None where all do."""
        if only is None or only == Filter():
            return None
        with self._lock:
            known = self._filters.get(only)
        if known is None:
            known = labels_passing(self._catalogue, only)
            with self._lock:
                while len(self._filters) >= _FILTERS_KEPT:
                    self._filters.pop(next(iter(self._filters)))
                self._filters[only] = known
        return known

    def item_id(self, label: int) -> str:
        """The item a vector belongs to."""
        return self._ids[self._owners[label]]

    def put_last(self, hits: Hits, item_ids: frozenset[str]) -> Hits:
        """The same hits with these items after all others."""
        if not item_ids:
            return hits
        return hits.at(sorted(range(len(hits.labels)), key=lambda place: self.item_id(int(hits.labels[place])) in item_ids))

    def views(self, item_id: str) -> np.ndarray:
        """All vectors of an item, float32 (V, D). Raises RequestError for an id that the catalogue does not have."""
        labels = [row.label for row in self._catalogue.vectors_of(item_id)]
        if not labels:
            raise RequestError(f"The catalogue has no item {item_id!r}.", remedy="Take an id from the matches.")
        return np.asarray(self._index.vectors[labels])

    def score(self, query: np.ndarray, item_id: str) -> float:
        """Product of the query (D,) with the item's best view."""
        return float((self.views(item_id) @ query).max())

    def weigh(self, query: np.ndarray, weights: Mapping[str, float] | None) -> np.ndarray:
        """The query (D,) with its parts weighted (checked weights), so that scores stay weighted means of cosines."""
        return weighted(query, weights, self._parts, self._shares)

    def matches(self, query: np.ndarray, hits: Hits, weights: Mapping[str, float] | None = None) -> tuple[Match, ...]:
        """Hits with their items and why: parts against the photo's own query (D,), percentiles under the weights of the ranking."""
        factors = None
        if weights is not None:
            total = sum(weights[name] * share for name, share in self._shares.items())
            factors = {name: weight / total for name, weight in weights.items()}
        percentiles = self._pairs.whole(hits.scores, factors)
        groups: dict[str, str] = {}
        out = []
        for label, score, percentile in zip(hits.labels.tolist(), hits.scores.tolist(), percentiles.tolist(), strict=True):
            item = self._catalogue.item_of(label)
            parts = self.cosines(query, label)
            variant_of = groups.setdefault(item.item_group_id, item.item_id) if item.item_group_id else item.item_id
            out.append(
                Match(
                    item, score, parts, len(out) + 1, self._catalogue.thumb_of(label), percentile,
                    {name: self._pairs.of_part(name, cosine) for name, cosine in parts.items()},
                    "" if variant_of == item.item_id else variant_of,
                )
            )  # fmt: skip
        return tuple(out)

    def best_scores(self, vectors: np.ndarray) -> np.ndarray:
        """float32 (P, D) -> float32 (P,): each one's highest score."""
        return self._index.search(vectors, 1)[1][:, 0]

    def cosines(self, query: np.ndarray, label: int) -> dict[str, float]:
        """Each part's cosine with a vector; for several photos the weighted mean of theirs."""
        vector = np.asarray(self._index.vectors[label])
        return {name: float(query[where] @ vector[where]) / max(self._shares[name], 1e-12) for name, where in self._parts.items()}
