"""Write, open and search an index folder. The only importer of hnswlib.

INDEX_DIR/CURRENT                       the id of the build in use; replaced atomically
INDEX_DIR/<build id>/vectors.hnsw       the graph, for large catalogues
INDEX_DIR/<build id>/vectors.npy        float32 (N, D), row = label: exact search and scores per part
INDEX_DIR/<build id>/catalogue.sqlite   which item a label belongs to
INDEX_DIR/<build id>/manifest.json      what all of it was built with, and every file's sha256
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

import hnswlib
import numpy as np

from edge.errors import IndexFolderError
from edge.manifest import REBUILD, Manifest, damaged_files, read_manifest, sync_folder

GRAPH_NAME = "vectors.hnsw"
VECTORS_NAME = "vectors.npy"
CURRENT_NAME = "CURRENT"
CORE_FILES = (GRAPH_NAME, VECTORS_NAME, "catalogue.sqlite")
EXACT_BELOW = 20_000
"""Up to here one matrix product takes about a millisecond and misses nothing, so the graph is left alone (docs/scaling.md, "Measured")."""

_SPACE = "cosine"
_SEED = 100
_EXACT_QUERIES_AT_ONCE = 64
# hnswlib's file starts with six size_t: offset of level 0, capacity, count, bytes per element, offset of the label, offset of the vector.
_HEADER = struct.Struct("<6Q")


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
    """Write vectors.npy and vectors.hnsw of float32 (N, D) rows of L2 norm 1; labels are row numbers.

    m, ef_construction: links per vector and candidates kept while building; why 16 and 200, docs/scaling.md says.
    One thread gives the same graph every time. The written graph is opened again, counted and asked for its own vectors
    before it gets its name, because hnswlib reports no write errors. Raises ValueError (shape, norm), IndexFolderError, OSError.
    """
    if vectors.dtype != np.float32 or vectors.ndim != 2 or 0 in vectors.shape:
        raise ValueError(f"vectors must be float32 (N, D), got {vectors.dtype} {vectors.shape}")
    norms = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(norms - 1.0) < 1e-3):  # also false for NaN
        raise ValueError("every vector must have L2 norm 1")
    vectors = np.ascontiguousarray(vectors)
    _write_npy(folder / VECTORS_NAME, vectors)
    count, dim = vectors.shape
    graph = hnswlib.Index(space=_SPACE, dim=dim)
    graph.init_index(max_elements=count, M=m, ef_construction=ef_construction, random_seed=_SEED)
    graph.add_items(vectors, np.arange(count), num_threads=threads)
    temporary = folder / f".{GRAPH_NAME}.tmp"
    graph.save_index(str(temporary))
    del graph
    _check_header(temporary, dim=dim, count=count)
    _check_finds_itself(_load_graph(temporary, dim=dim, count=count), vectors, path=temporary)
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, folder / GRAPH_NAME)
    sync_folder(folder)


class Index:
    """An open index: nearest vectors by cosine. Thread-safe for searches, as nothing changes after opening."""

    def __init__(self, *, vectors: np.ndarray, graph: hnswlib.Index | None, ef_search: int) -> None:
        self._vectors = vectors
        self._graph = graph
        self._ef_search = ef_search

    @classmethod
    def open(cls, folder: Path, *, manifest: Manifest, exact_below: int = EXACT_BELOW) -> Index:
        """Verify the folder's core files against the manifest, then open them. Raises IndexFolderError."""
        wrong = damaged_files(folder, manifest, CORE_FILES)
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
        _check_header(folder / GRAPH_NAME, dim=manifest.dim, count=manifest.count)
        graph = None
        if manifest.count >= exact_below:
            graph = _load_graph(folder / GRAPH_NAME, dim=manifest.dim, count=manifest.count)
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
            # hnswlib keeps max(ef, k) candidates: asking for more than k widens one search, where set_ef would slow all that follow.
            kept = max(k, min(self.count, max(self._ef_search, 2 * k) if ef_search is None else ef_search))
            for asked in dict.fromkeys((kept, k)):
                try:
                    labels, distances = self._graph.knn_query(queries, k=asked)
                except RuntimeError:  # fewer are reachable from the entry point: rare, and the exact way always answers
                    continue
                return labels[:, :k].astype(np.int64), (1.0 - distances[:, :k]).astype(np.float32)
        return search_exactly(self._vectors, queries, k)


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
    for start in range(0, len(queries), _EXACT_QUERIES_AT_ONCE):
        rows = slice(start, start + _EXACT_QUERIES_AT_ONCE)
        cosines = queries[rows] @ vectors.T
        best = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        best.sort(axis=1)
        order = np.argsort(-np.take_along_axis(cosines, best, 1), axis=1, kind="stable")
        labels[rows] = np.take_along_axis(best, order, 1)
        scores[rows] = np.take_along_axis(cosines, labels[rows], 1)
    return labels, scores


def _write_npy(path: Path, vectors: np.ndarray) -> None:
    # np.save would hide a full disk behind an error without errno.
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(vectors))
        file.write(vectors.data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _check_header(path: Path, *, dim: int, count: int) -> None:
    """hnswlib loads a file of another dim without a word and then reads outside its memory, so look before it does."""
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            head = file.read(_HEADER.size)
    except OSError as error:
        raise IndexFolderError(f"{path.name} cannot be read ({error}).", path=str(path), remedy=REBUILD) from error
    if len(head) < _HEADER.size:
        raise IndexFolderError(f"{path.name} ends too early; is the disk full?", path=str(path), remedy=REBUILD)
    _, capacity, stored, element_bytes, label_at, vector_at = _HEADER.unpack(head)
    if label_at - vector_at != 4 * dim or element_bytes != label_at + 8 or stored != count or capacity < stored:
        raise IndexFolderError(
            f"{path.name} holds {stored} vectors of {(label_at - vector_at) // 4} numbers, expected {count} of {dim}.",
            path=str(path),
            remedy=REBUILD,
        )
    if size < _HEADER.size + count * (element_bytes + 4):
        raise IndexFolderError(f"{path.name} ends too early; is the disk full?", path=str(path), remedy=REBUILD)


def _load_graph(path: Path, *, dim: int, count: int) -> hnswlib.Index:
    graph = hnswlib.Index(space=_SPACE, dim=dim)
    try:
        graph.load_index(str(path), max_elements=count)
    except RuntimeError as error:
        raise IndexFolderError(f"{path.name} cannot be loaded ({error}).", path=str(path), remedy=REBUILD) from error
    if graph.get_current_count() != count:
        raise IndexFolderError(f"{path.name} holds {graph.get_current_count()} vectors, expected {count}.", path=str(path), remedy=REBUILD)
    return graph


def _check_finds_itself(graph: hnswlib.Index, vectors: np.ndarray, *, path: Path, sample: int = 1000) -> None:
    """Ask an even sample for itself. An equal twin counts: what matters is that the place is reachable."""
    rows = np.unique(np.linspace(0, len(vectors) - 1, min(sample, len(vectors))).round().astype(int))
    graph.set_ef(64)
    _, distances = graph.knn_query(vectors[rows], k=1)
    lost = int((distances[:, 0] > 1e-3).sum())
    if lost > len(rows) * 0.01:
        raise IndexFolderError(f"{lost} of {len(rows)} vectors do not find themselves in {path.name}.", path=str(path), remedy=REBUILD)
