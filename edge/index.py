"""Write, open and search an index folder.

INDEX_DIR/CURRENT                       the id of the build in use; replaced atomically
INDEX_DIR/<build id>/vectors.npy        float32 (N, D), row = label: exact search, scores, scores per part
INDEX_DIR/<build id>/vectors.hnsw       the graph, for large catalogues, and
INDEX_DIR/<build id>/projection.npy     what takes a vector to the fewer numbers that the graph holds (edge/graph.py)
INDEX_DIR/<build id>/catalogue.sqlite   which item a label belongs to
INDEX_DIR/<build id>/manifest.json      what all of it was built with, and every file's sha256
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.errors import IndexFolderError
from edge.graph import GRAPH_NAME, PROJECTION_NAME, Graph, check_graph, write_graph, write_npy
from edge.manifest import REBUILD, Manifest, damaged_files, read_manifest

VECTORS_NAME = "vectors.npy"
CURRENT_NAME = "CURRENT"
CORE_FILES = (GRAPH_NAME, PROJECTION_NAME, VECTORS_NAME, "catalogue.sqlite")
EXACT_BELOW = 20_000
"""Up to here one matrix product takes about a millisecond and misses nothing, so the graph is left alone (docs/scaling.md, "Measured")."""

_SPACE = "cosine"
_QUERIES_AT_ONCE = 64


def current_folder(index_root: Path) -> Path:
    """The folder of the build in use; reads one small file. Raises IndexFolderError."""
    pointer = Path(index_root) / CURRENT_NAME
    try:
        build_id = pointer.read_text("utf-8").strip()
    except FileNotFoundError:
        raise IndexFolderError(f"There is no index in {index_root}.", path=str(index_root)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexFolderError(f"{pointer} cannot be read ({error}).", path=str(pointer), remedy=REBUILD) from error
    folder = Path(index_root) / build_id
    if not build_id or folder.parent != Path(index_root) or build_id.startswith(".") or not folder.is_dir():
        raise IndexFolderError(f"{pointer} names the build {build_id!r}, which is not there.", path=str(pointer), remedy=REBUILD)
    return folder


def open_current(index_root: Path) -> tuple[Path, Manifest]:
    """Folder and manifest of the build in use. Raises IndexFolderError; files are verified when they are opened."""
    folder = current_folder(Path(index_root))
    manifest = read_manifest(folder)
    if manifest.build_id != folder.name:
        raise IndexFolderError(f"The folder {folder} holds the build {manifest.build_id}.", path=str(folder), remedy=REBUILD)
    return folder, manifest


def write_index(folder: Path, vectors: np.ndarray, *, m: int = 16, ef_construction: int = 200, threads: int = 1) -> None:
    """Write vectors.npy and the graph (write_graph) of float32 (N, D) rows of L2 norm 1; labels are row numbers.

    m, ef_construction: links per vector and candidates kept while building; why 16 and 200, docs/scaling.md says.
    One thread gives the same graph every time. Raises ValueError (shape, norm), IndexFolderError, OSError.
    """
    if vectors.dtype != np.float32 or vectors.ndim != 2 or 0 in vectors.shape:
        raise ValueError(f"vectors must be float32 (N, D), got {vectors.dtype} {vectors.shape}")
    norms = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(norms - 1.0) < 1e-3):  # also false for NaN
        raise ValueError("every vector must have L2 norm 1")
    vectors = np.ascontiguousarray(vectors)
    write_npy(folder / VECTORS_NAME, vectors)
    write_graph(folder, vectors, m=m, ef_construction=ef_construction, threads=threads)


def wide_enough(count: int) -> int:
    """ef_search for a catalogue of so many vectors: candidates that a walk keeps, so that recall@10 stays above 0.98 (docs/scaling.md)."""
    return round(64 * max(1.0, count / EXACT_BELOW) ** 0.4)


def core_files(manifest: Manifest) -> tuple[str, ...]:
    """The files that a search needs; builds of format 1 have no projection."""
    return tuple(name for name in CORE_FILES if manifest.projected or name != PROJECTION_NAME)


class Index:
    """An open index: nearest vectors by cosine. Thread-safe for searches, as nothing changes after opening."""

    def __init__(self, *, vectors: np.ndarray, graph: Graph | None, ef_search: int) -> None:
        self._vectors = vectors
        self._rows = np.asarray(vectors)  # the same memory: numpy's class for mapped files costs a few microseconds at each step
        self._graph = graph
        self._ef_search = ef_search

    @classmethod
    def open(cls, folder: Path, *, manifest: Manifest, exact_below: int = EXACT_BELOW) -> Index:
        """Verify the folder's core files against the manifest, then open them. Raises IndexFolderError."""
        wrong = damaged_files(folder, manifest, core_files(manifest))
        if wrong:
            listed = "; ".join(f"{name}: {reason}" for name, reason in wrong.items())
            raise IndexFolderError(f"The index {manifest.build_id} is damaged ({listed}).", path=str(folder), remedy=REBUILD)
        if manifest.space != _SPACE:
            raise IndexFolderError(f"The index measures by {manifest.space}, this program by {_SPACE}.", path=str(folder), remedy=REBUILD)
        try:
            vectors = np.load(folder / VECTORS_NAME, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise IndexFolderError(f"{VECTORS_NAME} cannot be read ({error}).", path=str(folder), remedy=REBUILD) from error
        if vectors.shape != (manifest.count, manifest.dim) or vectors.dtype != np.float32:
            raise IndexFolderError(
                f"{VECTORS_NAME} holds {vectors.dtype} {vectors.shape}, the manifest promises {(manifest.count, manifest.dim)}.",
                path=str(folder),
                remedy=REBUILD,
            )
        graph = None
        if manifest.count >= exact_below:
            graph = Graph.open(folder, dim=manifest.dim, count=manifest.count, projected=manifest.projected)
        else:
            check_graph(folder, dim=manifest.dim, count=manifest.count, projected=manifest.projected)
        return cls(vectors=vectors, graph=graph, ef_search=manifest.ef_search)

    @property
    def vectors(self) -> np.ndarray:
        """float32 (N, D), read-only and memory-mapped; row = label."""
        return self._vectors

    @property
    def count(self) -> int:
        return self._vectors.shape[0]

    @property
    def dim(self) -> int:
        return self._vectors.shape[1]

    @property
    def exact(self) -> bool:
        """Whether every vector is compared (True) or the graph is walked."""
        return self._graph is None

    def search(self, vectors: np.ndarray, k: int, *, ef_search: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """float32 (Q, D), k >= 1 -> labels int64 (Q, k'), cosine float32 (Q, k') falling; k' = min(k, count).

        ef_search: candidates that the walk keeps, at least 2 k unless given; None for the manifest's. Raises ValueError for another
        width, for k < 1 and for values that are not finite. Where the graph finds fewer than k', the whole batch is searched exactly.
        """
        queries = checked_queries(vectors, self.dim, k)
        k = min(k, self.count)
        if self._graph is not None and len(queries):
            kept = max(k, min(self.count, max(self._ef_search, 2 * k) if ef_search is None else ef_search))
            for asked in dict.fromkeys((kept, k)):
                found = self._graph.candidates(queries, asked)
                if found is not None:  # fewer are reachable only in rare graphs, and the exact way always answers
                    return self._ranked(queries, found, k)
        return search_exactly(self._vectors, queries, k)

    def _ranked(self, queries: np.ndarray, found: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k best by whole vectors of candidates int64 (Q, C), which the graph ranked by shorter ones."""
        labels, scores = np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32)
        for i, (query, near) in enumerate(zip(queries, found, strict=True)):
            cosines = self._rows.take(near, 0) @ query
            best = np.argsort(-cosines, kind="stable")[:k]
            labels[i], scores[i] = near[best], cosines[best]
        return labels, scores


def checked_queries(vectors: np.ndarray, dim: int, k: int) -> np.ndarray:
    """float32 (Q, dim), contiguous, brought to norm 1. Raises ValueError: no engine checks all of this itself."""
    queries = np.ascontiguousarray(vectors, np.float32)
    if queries.ndim != 2 or queries.shape[1] != dim:  # hnswlib would read past the end instead
        raise ValueError(f"queries must be (Q, {dim}), got {queries.shape}")
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if not np.isfinite(queries).all():
        raise ValueError("queries must be finite")
    return queries / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-12)


def search_exactly(vectors: np.ndarray, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Compare every row. (N, D), (Q, D) of norm 1, k <= N -> labels int64 (Q, k), cosine float32 (Q, k) falling; ties by label."""
    labels = np.empty((len(queries), k), np.int64)
    scores = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        rows = slice(start, start + _QUERIES_AT_ONCE)
        cosines = queries[rows] @ vectors.T
        best = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        best.sort(axis=1)
        order = np.argsort(-np.take_along_axis(cosines, best, 1), axis=1, kind="stable")
        labels[rows] = np.take_along_axis(best, order, 1)
        scores[rows] = np.take_along_axis(cosines, labels[rows], 1)
    return labels, scores
