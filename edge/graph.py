"""The graph of a large catalogue: hierarchical navigable small worlds (Malkov and Yashunin 2018) by hnswlib, whose only importer this is.

It is built over the vectors' leading principal components, as many as keep nearly all of their lengths and of their neighbours: some
quarter of the numbers to read per comparison. What it finds are candidates, ranked afterwards by whoever holds the whole vectors
(edge/index.py).

projection.npy   float32 (D, d): a vector's d coordinates are vector @ projection
vectors.hnsw     the graph over these; label = row
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import hnswlib
import numpy as np

from edge.errors import IndexFolderError
from edge.manifest import REBUILD, sync_folder

GRAPH_NAME = "vectors.hnsw"
PROJECTION_NAME = "projection.npy"

_SPACE = "l2"
_SEED = 100
_ROWS_AT_ONCE = 65_536
_ENERGIES = (0.95, 0.99, 0.999)
"""Shares of the squared lengths that are tried, fewest components first. 0.95 costs ours no recall@10 (docs/scaling.md, "Measured")."""
_SAMPLE, _NEAR, _AMONG = 256, 10, 64
"""So many rows are asked for their ten nearest. Among their first 64 by the components alone, as many as a narrow walk keeps, there must be
all but a hundredth of these, and all but a tenth in the worst tenth of the rows, so that a small group of other garments counts."""
_STEP = 16
"""Components come in multiples of it, as processors read so many numbers at once."""
_WORTH_IT = 0.75
"""A projection that keeps more than this share of the numbers saves nothing worth having: then all are kept as they are."""
# hnswlib's file starts with six size_t: offset of level 0, capacity, count, bytes per element, offset of the label, offset of the vector.
_HEADER = struct.Struct("<6Q")


def write_graph(folder: Path, vectors: np.ndarray, *, m: int, ef_construction: int, threads: int) -> None:
    """Write projection.npy and vectors.hnsw of float32 (N, D) rows of norm 1. Raises IndexFolderError, OSError.

    m, ef_construction: links per vector and candidates kept while building. One thread gives the same graph every time. The written graph
    is opened again, counted and asked for its own vectors before it gets its name, because hnswlib reports no write errors.
    """
    projection = principal_directions(vectors)
    write_npy(folder / PROJECTION_NAME, projection)
    count, dim = len(vectors), projection.shape[1]
    graph = hnswlib.Index(space=_SPACE, dim=dim)
    graph.init_index(max_elements=count, M=m, ef_construction=ef_construction, random_seed=_SEED)
    for rows in _blocks(vectors):
        start = graph.get_current_count()
        graph.add_items(rows @ projection, np.arange(start, start + len(rows)), num_threads=threads)
    temporary = folder / f".{GRAPH_NAME}.tmp"
    graph.save_index(str(temporary))
    del graph
    _check_header(temporary, dim=dim, count=count)
    _check_finds_itself(_loaded(temporary, space=_SPACE, dim=dim, count=count), vectors, projection, path=temporary)
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, folder / GRAPH_NAME)
    sync_folder(folder)


def principal_directions(vectors: np.ndarray) -> np.ndarray:
    """float32 (N, D) -> float32 (D, d), orthonormal columns: as few, in steps of 16, as keep 95 % of the squared lengths, or more
    where rows lose their neighbours by it; all D of the unit directions where that would be most of them. About the origin, not the mean,
    so that cosines are kept too."""
    dim = vectors.shape[1]
    gram = np.zeros((dim, dim))
    for rows in _blocks(vectors):
        gram += rows.T @ rows
    values, directions = np.linalg.eigh(gram)
    kept = np.cumsum(values[::-1]) / values.sum()
    for energy in _ENERGIES:
        enough = -(-(int(np.searchsorted(kept, energy)) + 1) // _STEP) * _STEP
        if enough > _WORTH_IT * dim:
            break
        projection = np.ascontiguousarray(directions[:, ::-1][:, :enough], np.float32)
        if _keeps_neighbours(vectors, projection):
            return projection
    return np.eye(dim, dtype=np.float32)


def _keeps_neighbours(vectors: np.ndarray, projection: np.ndarray) -> bool:
    """Whether an even sample of rows finds its nearest by whole vectors among its first by the projected ones."""
    count = len(vectors)
    if count <= _AMONG:
        return True
    asked = np.unique(np.linspace(0, count - 1, min(_SAMPLE, count)).round().astype(int))
    whole, short = vectors[asked], vectors[asked] @ projection
    best = np.full((len(asked), _NEAR), -np.inf, np.float32)  # cosines of the nearest, and how near they come out by the short ones
    of_best = np.full((len(asked), _NEAR), np.inf, np.float32)
    first = np.full((len(asked), _AMONG), np.inf, np.float32)
    for rows in _blocks(vectors):
        little = rows @ projection
        cosines = np.concatenate([best, whole @ rows.T], 1)
        apart = np.square(short).sum(1)[:, None] - 2 * short @ little.T + np.square(little).sum(1)
        order = np.argpartition(-cosines, _NEAR - 1, axis=1)[:, :_NEAR]
        of_best = np.take_along_axis(np.concatenate([of_best, apart], 1), order, 1)
        best = np.take_along_axis(cosines, order, 1)
        first = np.partition(np.concatenate([first, apart], 1), _AMONG - 1, axis=1)[:, :_AMONG]
    found = np.sort((of_best <= first.max(1)[:, None] + 1e-6).mean(1))
    return bool(found.mean() >= 0.99 and found[: max(1, len(found) // 10)].mean() >= 0.9)


def _blocks(vectors: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        yield vectors[start : start + _ROWS_AT_ONCE]


class Graph:
    """An open graph: rows that probably are among the nearest. Thread-safe, as nothing changes after opening."""

    def __init__(self, graph: hnswlib.Index, projection: np.ndarray | None) -> None:
        self._graph, self._projection = graph, projection

    @classmethod
    def open(cls, folder: Path, *, dim: int, count: int, projected: bool) -> Graph:
        """dim: of whole vectors. projected: False for a graph over whole ones, as builds of format 1 have it. Raises IndexFolderError."""
        projection = _checked(folder, dim=dim, count=count, projected=projected)
        space, width = (_SPACE, projection.shape[1]) if projection is not None else ("cosine", dim)
        return cls(_loaded(folder / GRAPH_NAME, space=space, dim=width, count=count), projection)

    def candidates(self, queries: np.ndarray, k: int) -> np.ndarray | None:
        """float32 (Q, D) -> labels int64 (Q, k), best first; the walk keeps k. None where fewer can be reached from the entry point."""
        try:
            # hnswlib keeps max(ef, k): asking for more widens one search, where set_ef would slow all that follow.
            return self._graph.knn_query(queries if self._projection is None else queries @ self._projection, k=k)[0].astype(np.int64)
        except RuntimeError:
            return None


def check_graph(folder: Path, *, dim: int, count: int, projected: bool) -> None:
    """Look at the files' heads without loading the graph. dim: of whole vectors. Raises IndexFolderError."""
    _checked(folder, dim=dim, count=count, projected=projected)


def _checked(folder: Path, *, dim: int, count: int, projected: bool) -> np.ndarray | None:
    """The projection of a graph whose head fits it, None where it holds whole vectors."""
    projection = _read_projection(folder, dim) if projected else None
    _check_header(folder / GRAPH_NAME, dim=dim if projection is None else projection.shape[1], count=count)
    return projection


def write_npy(path: Path, array: np.ndarray) -> None:
    """Write an array durably; np.save would hide a full disk behind an error without errno. Raises OSError."""
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        file.write(array.data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _read_projection(folder: Path, dim: int) -> np.ndarray:
    path = folder / PROJECTION_NAME
    try:
        with open(path, "rb") as file:  # np.load would take other kinds of file as well
            projection = np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise IndexFolderError(f"{path.name} cannot be read ({error}).", path=str(path), remedy=REBUILD) from error
    fits = projection.ndim == 2 and projection.shape[0] == dim and 0 < projection.shape[1] <= dim
    if projection.dtype != np.float32 or not fits or not np.isfinite(projection).all():
        raise IndexFolderError(
            f"{path.name} holds {projection.dtype} {projection.shape}, expected {dim} finite rows.",
            path=str(path),
            remedy=REBUILD,
        )
    return projection


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


def _loaded(path: Path, *, space: str, dim: int, count: int) -> hnswlib.Index:
    graph = hnswlib.Index(space=space, dim=dim)
    try:
        graph.load_index(str(path), max_elements=count)
    except RuntimeError as error:
        raise IndexFolderError(f"{path.name} cannot be loaded ({error}).", path=str(path), remedy=REBUILD) from error
    if graph.get_current_count() != count:
        raise IndexFolderError(f"{path.name} holds {graph.get_current_count()} vectors, expected {count}.", path=str(path), remedy=REBUILD)
    return graph


def _check_finds_itself(graph: hnswlib.Index, vectors: np.ndarray, projection: np.ndarray, *, path: Path, sample: int = 1000) -> None:
    """Ask an even sample for itself. An equal twin counts: what matters is that the place is reachable."""
    rows = np.unique(np.linspace(0, len(vectors) - 1, min(sample, len(vectors))).round().astype(int))
    graph.set_ef(64)
    _, distances = graph.knn_query(vectors[rows] @ projection, k=1)
    lost = int((distances[:, 0] > 1e-3).sum())
    if lost > len(rows) * 0.01:
        raise IndexFolderError(f"{lost} of {len(rows)} vectors do not find themselves in {path.name}.", path=str(path), remedy=REBUILD)
