"""A build whose vectors are searched in a store: what an Index answers, asked of a Store, next to the folder of the same build."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.errors import SetupError
from edge.index import Index
from edge.manifest import Manifest
from edge.store import Store
from edge.types import Filter

_ROWS_KEPT = 4096
"""Vectors that are remembered, the latest asked for: those of some look-ups, so that wishes about their matches ask for none again."""


def open_index(folder: Path, *, manifest: Manifest, store: Store | None) -> Index | StoreIndex:
    """The index of a verified folder; with a store, that one is searched, and the folder's graph stays on the disk. Raises SetupError."""
    if store is None:
        return Index.open(folder, manifest=manifest)
    return StoreIndex(Index.open(folder, manifest=manifest, exact_below=manifest.count + 1), store, build_id=manifest.build_id)


class StoreIndex:
    """An Index for search through a store. Thread-safe.

    Searches and the vectors that are ranked by come from the store; `vectors` are those of the folder, mapped, for what is asked of the
    whole catalogue once (how alike items are among themselves, taught tags), and no graph is held in memory.
    """

    exact = False
    """Searches go through the store's graph."""

    def __init__(self, index: Index, store: Store, *, build_id: str) -> None:
        """index: the folder's, opened without its graph. Raises SetupError where the store does not hold the folder's build."""
        self._index, self._store = index, store
        self._rows: OrderedDict[int, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()
        if store.build_id != build_id:
            raise SetupError(
                f"The index folder is at the build {build_id}, the store at {store.build_id}; nothing is looked up in two builds at once.",
                remedy="Bring both to one: `python -m index_builder rollback INDEX_DIR --to BUILD --store milvus --uri URI`, or copy the "
                "folder of the store's build here.",
            )
        if (store.count, store.dim) != (index.count, index.dim):
            raise SetupError(
                f"Of the build {build_id} the store holds {store.count} vectors of {store.dim} numbers, the folder {index.count} of "
                f"{index.dim}.",
                remedy="Build again with --store milvus.",
            )

    @property
    def vectors(self) -> np.ndarray:
        """float32 (N, D), read-only and memory-mapped, of the folder; row = label."""
        return self._index.vectors

    @property
    def count(self) -> int:
        return self._index.count

    @property
    def dim(self) -> int:
        return self._index.dim

    @property
    def most_hits(self) -> int:
        """The largest number of neighbours that can be asked for."""
        return self._store.most_hits

    def near(self, vectors: np.ndarray, k: int, *, only: Filter | None = None) -> list[np.ndarray]:
        """float32 (Q, D), 1 <= k <= most_hits -> per query labels int64 (K',), best first; fewer than k where fewer pass. Raises
        SetupError where the store does not answer, RequestError for a category or colour that no item has."""
        return [labels for labels, _ in self._store.search(vectors, k, only=only)]

    def search(self, vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """As Index.search: labels int64 (Q, k'), cosines float32 (Q, k') falling; k' as many as were found for every query."""
        found = self._store.search(vectors, min(k, self.most_hits))
        least = min((len(labels) for labels, _ in found), default=0)
        labels = np.array([labels[:least] for labels, _ in found], np.int64).reshape(len(found), least)
        return labels, np.array([scores[:least] for _, scores in found], np.float32).reshape(len(found), least)

    def rows(self, labels: Sequence[int] | np.ndarray) -> np.ndarray:
        """int (L,) -> float32 (L, D), in the order asked for, as the store holds them. Raises KeyError for a label that is not there."""
        wanted = np.asarray(labels, np.int64).tolist()
        with self._lock:
            have = {label: self._rows[label] for label in wanted if label in self._rows}
        missing = [label for label in dict.fromkeys(wanted) if label not in have]
        if missing:
            # Copied, as a remembered row would otherwise keep all that came with it.
            have |= {label: row.copy() for label, row in zip(missing, self._store.vectors_of(missing), strict=True)}
        with self._lock:
            for label in dict.fromkeys(wanted[-_ROWS_KEPT:]):
                self._rows[label] = have[label]
                self._rows.move_to_end(label)
            while len(self._rows) > _ROWS_KEPT:
                self._rows.popitem(last=False)
        return np.array([have[label] for label in wanted], np.float32).reshape(-1, self.dim)
