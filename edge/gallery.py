"""The catalogue as something to search: vectors, the items they belong to, and how alike its items are among themselves."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.catalogue import Catalogue
from edge.errors import IndexFolderError, RequestError
from edge.filters import Facets
from edge.index import EXACT_BELOW, Index
from edge.likeness import RandomPairs
from edge.manifest import REBUILD
from edge.rank import Parts, shares, weighted
from edge.store_index import StoreIndex
from edge.types import Filter, Match

CANDIDATES = 200
"""Vectors that the graph is asked for per photo; more where the pictures of few items crowd them."""
OVER_FETCHED = 4000
"""Where a filter lets many pass, the graph is asked for as many more as the filter takes away, up to here; past it every vector that
passes is compared, which is then the faster way and loses nothing."""
_FILTERS_KEPT = 16
_ROWS_KEPT = 2
"""Filters whose vectors stay side by side in memory, some 20 MB each: gathered anew, ten thousand take longer than their comparison."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """One per item, best first: scores float32 (K,); views int64 (K, P): label of the item's view that suits each photo best."""

    scores: np.ndarray
    views: np.ndarray

    def at(self, places: Sequence[int]) -> Hits:
        """The hits at these places, in their order."""
        return Hits(self.scores[places], self.views[places])


class Gallery:
    """Nearest items of an open index. Thread-safe: nothing changes but the remembered filters, under a lock.

    A query is float32 (P, D): a row per photo of one garment, as long as the photo counts. An item's score is the sum of the rows'
    products, each with the item's view that suits it best; one photo and one view: the cosine.
    """

    def __init__(self, index: Index | StoreIndex, catalogue: Catalogue, parts: Parts) -> None:
        self._index, self._catalogue, self._parts = index, catalogue, dict(parts)
        self._remote = index if isinstance(index, StoreIndex) else None
        owners, self._ids = catalogue.owners()
        self._owners = np.array(owners, np.int64)
        if len(owners) != index.count:
            raise IndexFolderError(
                f"The catalogue knows {len(owners)} vectors, the index {index.count}.", path="catalogue.sqlite", remedy=REBUILD
            )
        self._by_item = np.argsort(self._owners, kind="stable")
        self._in_order = bool((self._by_item == np.arange(len(owners))).all())
        self._starts = np.searchsorted(self._owners[self._by_item], np.arange(len(self._ids) + 1))
        self._shares = shares(np.asarray(index.vectors[0]), self._parts)
        self._pairs = RandomPairs(index.vectors, self._owners, self._parts)
        self._facets: Facets | None = None
        self._filters: dict[Filter, tuple[np.ndarray, np.ndarray]] = {}
        self._rows_of: dict[Filter, np.ndarray] = {}
        self._lock = threading.Lock()

    def nearest(self, query: np.ndarray, k: int, *, only: Filter | None = None) -> Hits:
        """float32 (P, D), k >= 1 -> up to k items, best first. Raises RequestError."""
        labels = self._reached_in_store(query, k, only) if self._remote else self._candidates(query, k, only)
        if not len(labels):
            return Hits(np.empty(0, np.float32), np.empty((0, len(query)), np.int64))
        rows = self._kept_rows(only, labels)
        products = self._products(query, labels) if rows is None else query @ rows.T
        owners = self._owners[labels]
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        stops = np.append(starts[1:], len(labels))
        scores = np.maximum.reduceat(products, starts, axis=1).sum(0)
        k = min(k, len(scores))
        near = np.sort(np.argpartition(-scores, k - 1)[:k])
        near = near[np.argsort(-scores[near], kind="stable")]
        views = [starts[i] + products[:, starts[i] : stops[i]].argmax(1) for i in near]
        return Hits(scores[near], labels[np.array(views)])

    def _candidates(self, query: np.ndarray, k: int, only: Filter | None) -> np.ndarray:
        """Labels, item by item, among which the k best are."""
        allowed = self._allowed(only)
        if allowed is None:
            return self._by_item if self._index.exact else self._reached(query, k)
        if self._index.exact or len(allowed[0]) <= EXACT_BELOW:
            return allowed[0]
        return self._over_fetched(query, k, *allowed)

    def _reached_in_store(self, query: np.ndarray, k: int, only: Filter | None) -> np.ndarray:
        """As `_reached`, by a store, which filters before it searches; fewer than k items where fewer pass."""
        most = self._remote.most_hits
        wanted = min(max(CANDIDATES, 5 * k), most)
        while True:
            near = self._remote.near(query, wanted, only=only)
            items = np.unique(self._owners[np.concatenate(near)])
            if len(items) >= min(k, len(self._ids)) or wanted >= most or max(map(len, near)) < wanted:
                return self._views(items) if len(items) else items
            wanted = min(4 * wanted, most)

    def _reached(self, query: np.ndarray, k: int) -> np.ndarray:
        """Through the graph: labels of all views of the items nearest to any of the photos, item by item; at least k items."""
        wanted = max(CANDIDATES, 5 * k)
        while True:
            hits = self._index.search(query, min(wanted, self._index.count))[0]
            items = np.unique(self._owners[hits])
            if len(items) >= min(k, len(self._ids)) or wanted >= self._index.count:
                return self._views(items)
            wanted *= 4

    def _over_fetched(self, query: np.ndarray, k: int, passing: np.ndarray, passes: np.ndarray) -> np.ndarray:
        """Labels, item by item, of at least k items that pass and are nearest to any of the photos; all of `passing` where the graph
        would have to be asked for too many, or what is near does not pass, as when shoes are looked up among skirts."""
        wanted = int(max(CANDIDATES, 5 * k) * self._index.count / len(passing))
        if wanted > OVER_FETCHED:
            return passing
        hits = self._index.search(query, wanted)[0]
        near = [np.unique(self._owners[row[passes[row]]]) for row in hits]
        if min(map(len, near)) < min(k, len(self._ids)):
            return passing
        return self._views(np.unique(np.concatenate(near)))

    def _views(self, items: np.ndarray) -> np.ndarray:
        """Labels of all views of these items, item by item."""
        return np.concatenate([self._by_item[self._starts[i] : self._starts[i + 1]] for i in items])

    def _products(self, query: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """float32 (P, L). Few rows are gathered; many cost less in one product with all of them."""
        if self._remote or 4 * len(labels) <= self._index.count:
            return query @ self._rows(labels).T
        products = query @ self._index.vectors.T
        return products if len(labels) == self._index.count and self._in_order else products[:, labels]

    def _kept_rows(self, only: Filter | None, labels: np.ndarray) -> np.ndarray | None:
        """float32 (L, D) where these are all labels that pass a filter of late and few enough to keep; else None."""
        with self._lock:
            passing = self._filters.get(only) if only is not None else None
            if passing is None or passing[0] is not labels or len(labels) > EXACT_BELOW:
                return None
            rows = self._rows_of.pop(only, None)
        if rows is None:
            rows = self._rows(labels)
        with self._lock:
            self._rows_of[only] = rows  # the last asked for is the last to go
            while len(self._rows_of) > _ROWS_KEPT:
                self._rows_of.pop(next(iter(self._rows_of)))
        return rows

    def _rows(self, labels: np.ndarray) -> np.ndarray:
        """int64 (L,) -> float32 (L, D): vectors by label, from where they are searched."""
        return self._remote.rows(labels) if self._remote else np.asarray(self._index.vectors[labels])

    def _allowed(self, only: Filter | None) -> tuple[np.ndarray, np.ndarray] | None:
        """Labels that pass, item by item, and bool (N,) by label whether one does; None where all do."""
        if only is None or only == Filter():
            return None
        with self._lock:
            known = self._filters.get(only)
        if known is None:
            if self._facets is None:
                self._facets = Facets.of(self._catalogue)
            mask = np.zeros(self._index.count, bool)
            mask[self._facets.passing(only)] = True
            known = self._by_item[mask[self._by_item]], mask
            with self._lock:
                while len(self._filters) >= _FILTERS_KEPT:
                    self._filters.pop(next(iter(self._filters)))
                self._filters[only] = known
        return known

    def item_id(self, hits: Hits, place: int = 0) -> str:
        """The item of a hit."""
        return self._ids[self._owners[hits.views[place, 0]]]

    def put_last(self, hits: Hits, item_ids: frozenset[str]) -> Hits:
        """The same hits with these items after all others."""
        return hits.at(sorted(range(len(hits.scores)), key=lambda place: self.item_id(hits, place) in item_ids)) if item_ids else hits

    def best_scores(self, vectors: np.ndarray) -> np.ndarray:
        """float32 (P, D) -> float32 (P,): each one's highest score."""
        return self._index.search(vectors, 1)[1][:, 0]

    def of_item(self, query: np.ndarray, item_id: str) -> Hits:
        """One item as a hit. Raises RequestError for an id that the catalogue does not have."""
        labels = np.array([row.label for row in self._catalogue.vectors_of(item_id)], np.int64)
        if not len(labels):
            raise RequestError(f"The catalogue has no item {item_id!r}.", remedy="Take an id from the matches.")
        products = query @ self._rows(labels).T
        return Hits(products.max(1).sum(keepdims=True), labels[products.argmax(1)][None])

    def vectors(self, hits: Hits, place: int = 0) -> np.ndarray:
        """float32 (P, D): of a hit the views that suit the photos best."""
        return self._rows(hits.views[place])

    def weigh(self, query: np.ndarray, weights: Mapping[str, float] | None) -> np.ndarray:
        """The query (P, D) with its parts weighted (checked weights), so that scores stay weighted means of cosines."""
        return weighted(query, weights, self._parts, self._shares)

    def cosines(self, query: np.ndarray, hits: Hits, place: int = 0) -> dict[str, float]:
        """Each part's cosine with a hit's views; of several photos the mean, each as much as it counts."""
        views = self.vectors(hits, place)
        return {
            name: float((query[:, where] * views[:, where]).sum()) / max(self._shares[name], 1e-12) for name, where in self._parts.items()
        }

    def matches(self, query: np.ndarray, hits: Hits, weights: Mapping[str, float] | None = None) -> tuple[Match, ...]:
        """Hits with their items and why: parts against the photos' own query (P, D), percentiles under the weights of the ranking.

        The picture shown is the view that suits the photo best which counts most.
        """
        factors = None
        if weights is not None:
            total = sum(weights[name] * share for name, share in self._shares.items())
            factors = {name: weight / total for name, weight in weights.items()}
        percentiles = self._pairs.whole(hits.scores, factors)
        main = int(np.linalg.norm(query, axis=1).argmax())
        groups: dict[str, str] = {}
        out = []
        for place, (score, percentile) in enumerate(zip(hits.scores.tolist(), percentiles.tolist(), strict=True)):
            label = int(hits.views[place, main])
            item = self._catalogue.item_of(label)
            parts = self.cosines(query, hits, place)
            variant_of = groups.setdefault(item.item_group_id, item.item_id) if item.item_group_id else item.item_id
            out.append(
                Match(
                    item=item,
                    score=score,
                    parts=parts,
                    rank=place + 1,
                    thumb=self._catalogue.thumb_of(label),
                    percentile=percentile,
                    part_percentiles={name: self._pairs.of_part(name, cosine) for name, cosine in parts.items()},
                    variant_of="" if variant_of == item.item_id else variant_of,
                )
            )
        return tuple(out)
