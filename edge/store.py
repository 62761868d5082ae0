"""Where a catalogue's vectors live: what every store answers, and the index folder as one. The other is store_milvus.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from edge.catalogue import Catalogue
from edge.errors import IndexFolderError
from edge.filters import Facets
from edge.index import EXACT_BELOW, VECTORS_NAME, Index, checked_queries, open_current
from edge.manifest import Manifest
from edge.types import CatalogueItem, Filter

SUBSET_MOST = 0.05
"""Share of passing vectors up to which all of them are compared; where more pass, the graph is asked for as many more as do not."""
_MARGIN = 4


class Store(Protocol):
    """One build of a catalogue, open for search; labels are the rows of the build's vectors.npy. Nothing changes after opening."""

    @property
    def manifest(self) -> Manifest:
        """What the build was made with, as its folder has it."""
        ...

    @property
    def build_id(self) -> str: ...

    @property
    def count(self) -> int:
        """Number of vectors."""
        ...

    @property
    def dim(self) -> int: ...

    @property
    def most_hits(self) -> int:
        """The largest k of a search."""
        ...

    def search(self, vectors: np.ndarray, k: int, *, only: Filter | None = None) -> list[tuple[np.ndarray, np.ndarray]]:
        """float32 (Q, D), k >= 1 -> per query labels int64 (K',) and cosines float32 (K',) falling, K' <= k: fewer where fewer
        pass. Raises ValueError for another width or values that are not finite, RequestError for a category or colour that is not there."""
        ...

    def vectors_of(self, labels: Sequence[int] | np.ndarray) -> np.ndarray:
        """int (L,) -> float32 (L, D), in the order asked for, as for scores per part. Raises KeyError for a label that is not there."""
        ...

    def labels_of(self, item_id: str) -> list[int]:
        """An item's vectors, rising; none for an id that is not there."""
        ...

    def item_of(self, label: int) -> CatalogueItem:
        """The item of a vector. Raises KeyError for a label that is not there."""
        ...

    def close(self) -> None: ...


class FolderStore:
    """The current build of an index folder."""

    def __init__(self, index: Index, catalogue: Catalogue, manifest: Manifest) -> None:
        self._index, self._catalogue, self.manifest, self.build_id = index, catalogue, manifest, manifest.build_id
        self._facets: Facets | None = None

    @classmethod
    def open(cls, index_root: Path, *, exact_below: int = EXACT_BELOW) -> FolderStore:
        """Verify and open the build in use. Raises IndexFolderError."""
        folder, manifest = open_current(Path(index_root))
        index = Index.open(folder, manifest=manifest, exact_below=exact_below)
        return cls(index, Catalogue.open(folder / "catalogue.sqlite"), manifest)

    @property
    def count(self) -> int:
        return self._index.count

    @property
    def dim(self) -> int:
        return self._index.dim

    @property
    def most_hits(self) -> int:
        return self.count

    def search(self, vectors: np.ndarray, k: int, *, only: Filter | None = None) -> list[tuple[np.ndarray, np.ndarray]]:
        """See Store."""
        queries = checked_queries(vectors, self.dim, k)
        if only is None or only == Filter():
            return list(zip(*self._index.search(queries, k), strict=True))
        if self._facets is None:
            self._facets = Facets.of(self._catalogue)
        passing = self._facets.passing(only)
        passes = np.zeros(self.count, bool)
        passes[passing] = True
        return [self._filtered(query, k, passing, passes) for query in queries]

    def _filtered(self, query: np.ndarray, k: int, passing: np.ndarray, passes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not self._index.exact and len(passing) > SUBSET_MOST * self.count:
            labels, scores = (a[0] for a in self._index.search(query[None], min(self.count, _MARGIN * k * self.count // len(passing))))
            kept = passes[labels]
            if kept.sum() >= k:
                return labels[kept][:k], scores[kept][:k]
        scores = np.asarray(self._index.vectors[passing]) @ query
        best = np.argsort(-scores, kind="stable")[:k]
        return passing[best], scores[best]

    def vectors_of(self, labels: Sequence[int] | np.ndarray) -> np.ndarray:
        """See Store."""
        rows = np.asarray(labels, np.int64)
        wrong = rows[(rows < 0) | (rows >= self.count)]
        if len(wrong):
            raise KeyError(int(wrong[0]))
        return np.asarray(self._index.vectors[rows])

    def labels_of(self, item_id: str) -> list[int]:
        """See Store."""
        return [row.label for row in self._catalogue.vectors_of(item_id)]

    def item_of(self, label: int) -> CatalogueItem:
        """See Store."""
        return self._catalogue.item_of(label)

    def close(self) -> None:
        self._catalogue.close()


@dataclass(frozen=True, slots=True, eq=False)
class FolderRows:
    """What another store is filled with: vectors float32 (N, D), mapped; by label facets and item; items by id."""

    vectors: np.ndarray
    facets: Facets
    item_ids: list[str]
    items: dict[str, CatalogueItem]

    @classmethod
    def read(cls, folder: Path) -> FolderRows:
        """Read a build whose files were verified. Raises IndexFolderError where catalogue and vectors do not belong together."""
        vectors = np.load(folder / VECTORS_NAME, mmap_mode="r", allow_pickle=False)
        catalogue = Catalogue.open(folder / "catalogue.sqlite")
        try:
            rows = catalogue.vectors()
            if [row.label for row in rows] != list(range(len(vectors))):
                raise IndexFolderError(f"The catalogue of {folder.name} does not belong to its vectors.", path=str(folder))
            return cls(vectors, Facets.of(catalogue), [row.item_id for row in rows], {i.item_id: i for i in catalogue.items()})
        finally:
            catalogue.close()
