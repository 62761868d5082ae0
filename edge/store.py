"""What a store outside the index folder answers, and what it is filled with. The store is store_milvus.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from edge.catalogue import Catalogue
from edge.errors import IndexFolderError
from edge.filters import Facets
from edge.index import VECTORS_NAME
from edge.manifest import Manifest
from edge.types import CatalogueItem, Filter


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
