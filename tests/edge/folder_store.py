"""An index folder as a store that compares every vector: what another store's answers are held against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.catalogue import Catalogue
from edge.filters import Facets
from edge.index import Index, checked_queries, open_current
from edge.manifest import Manifest
from edge.types import CatalogueItem, Filter


class FolderStore:
    """The current build of an index folder; see edge.store.Store."""

    def __init__(self, index: Index, catalogue: Catalogue, manifest: Manifest) -> None:
        self._index, self._catalogue, self.manifest, self.build_id = index, catalogue, manifest, manifest.build_id
        self.count, self.dim, self.most_hits = index.count, index.dim, index.count

    @classmethod
    def open(cls, index_root: Path) -> FolderStore:
        folder, manifest = open_current(Path(index_root))
        index = Index.open(folder, manifest=manifest, exact_below=manifest.count + 1)
        return cls(index, Catalogue.open(folder / "catalogue.sqlite"), manifest)

    def search(self, vectors: np.ndarray, k: int, *, only: Filter | None = None) -> list[tuple[np.ndarray, np.ndarray]]:
        queries = checked_queries(vectors, self.dim, k)
        passing = np.arange(self.count) if only is None or only == Filter() else Facets.of(self._catalogue).passing(only)
        found = []
        for query in queries:
            scores = np.asarray(self._index.vectors[passing]) @ query
            best = np.argsort(-scores, kind="stable")[:k]
            found.append((passing[best], scores[best]))
        return found

    def vectors_of(self, labels: Sequence[int] | np.ndarray) -> np.ndarray:
        rows = np.asarray(labels, np.int64)
        wrong = rows[(rows < 0) | (rows >= self.count)]
        if len(wrong):
            raise KeyError(int(wrong[0]))
        return np.asarray(self._index.vectors[rows])

    def labels_of(self, item_id: str) -> list[int]:
        return [row.label for row in self._catalogue.vectors_of(item_id)]

    def item_of(self, label: int) -> CatalogueItem:
        return self._catalogue.item_of(label)

    def close(self) -> None:
        self._catalogue.close()
