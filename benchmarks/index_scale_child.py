"""One engine at one size in a process of its own: build and save, or load and search. Run by index_scale; prints one JSON line.

python -m benchmarks.index_scale_child build|search ENGINE FOLDER --m 16 --ef-construction 200 --threads 2 [--efs 10,20 --seconds 5]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.index import CORE_FILES, Index, search_exactly, write_index
from edge.manifest import Manifest, sha256_of

K = 10
_BATCH = 256

Search = Callable[[np.ndarray, int], np.ndarray]
"""Queries float32 (Q, D), ef -> labels int64 (Q, K)."""


@dataclass(frozen=True, slots=True)
class Engine:
    """build(folder, vectors, m, ef_construction, threads) saves; load(folder, vectors' path, threads) gives the search."""

    build: Callable[[Path, np.ndarray, int, int, int], None]
    load: Callable[[Path, Path, int], Search]
    graph: bool = True


def _build_ours(folder: Path, vectors: np.ndarray, m: int, ef_construction: int, threads: int) -> None:
    write_index(folder, vectors, m=m, ef_construction=ef_construction, threads=threads)
    (folder / "catalogue.sqlite").touch()
    manifest = Manifest(
        build_id=folder.name, created="", model_ids={}, parts={"all": (0, vectors.shape[1])}, dim=vectors.shape[1], count=len(vectors),
        pipeline_version=0, files={name: sha256_of(folder / name) for name in CORE_FILES}, m=m,
    )  # fmt: skip
    (folder / "manifest.json").write_text(manifest.to_json())


def _load_ours(folder: Path, vectors: Path, threads: int) -> Search:
    index = Index.open(folder, manifest=Manifest.from_json((folder / "manifest.json").read_text(), path=str(folder)), exact_below=0)
    return lambda queries, ef: index.search(queries, K, ef_search=ef)[0]


def _faiss(kind: str) -> Engine:
    def build(folder: Path, vectors: np.ndarray, m: int, ef_construction: int, threads: int) -> None:
        import faiss

        faiss.omp_set_num_threads(threads)
        index = faiss.index_factory(vectors.shape[1], f"HNSW{m}{kind}", faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = ef_construction
        index.train(vectors)
        index.add(vectors)
        faiss.write_index(index, str(folder / "index.faiss"))

    def load(folder: Path, vectors: Path, threads: int) -> Search:
        import faiss

        faiss.omp_set_num_threads(threads)
        index = faiss.read_index(str(folder / "index.faiss"))

        def search(queries: np.ndarray, ef: int) -> np.ndarray:
            index.hnsw.efSearch = ef
            return index.search(queries, K)[1]

        return search

    return Engine(build, load)


def _build_whole(folder: Path, vectors: np.ndarray, m: int, ef_construction: int, threads: int) -> None:
    import hnswlib

    graph = hnswlib.Index(space="ip", dim=vectors.shape[1])
    graph.init_index(max_elements=len(vectors), M=m, ef_construction=ef_construction, random_seed=100)
    graph.add_items(vectors, num_threads=threads)
    graph.save_index(str(folder / "whole.hnsw"))


def _load_whole(folder: Path, vectors: Path, threads: int) -> Search:
    import hnswlib

    graph = hnswlib.Index(space="ip", dim=np.load(vectors, mmap_mode="r").shape[1])
    graph.load_index(str(folder / "whole.hnsw"))
    graph.set_num_threads(threads)

    def search(queries: np.ndarray, ef: int) -> np.ndarray:
        graph.set_ef(ef)
        return graph.knn_query(queries, k=K)[0].astype(np.int64)

    return search


def _usearch(dtype: str) -> Engine:
    def build(folder: Path, vectors: np.ndarray, m: int, ef_construction: int, threads: int) -> None:
        from usearch.index import Index as Graph

        # Its connectivity is that of the upper levels, as M is in the others; all double it at the lowest.
        graph = Graph(ndim=vectors.shape[1], metric="ip", dtype=dtype, connectivity=m, expansion_add=ef_construction)
        graph.add(np.arange(len(vectors)), vectors, threads=threads)
        graph.save(str(folder / "index.usearch"))

    def load(folder: Path, vectors: Path, threads: int) -> Search:
        from usearch.index import Index as Graph

        graph = Graph.restore(str(folder / "index.usearch"))

        def search(queries: np.ndarray, ef: int) -> np.ndarray:
            graph.expansion_search = ef
            return np.atleast_2d(graph.search(queries, K, threads=threads if len(queries) > 1 else 1).keys).astype(np.int64)

        return search

    return Engine(build, load)


def _load_exact(folder: Path, vectors: Path, threads: int) -> Search:
    rows = np.load(vectors)
    return lambda queries, ef: search_exactly(rows, queries, K)[0]


ENGINES = {
    "hnswlib": Engine(_build_ours, _load_ours),
    "hnswlib-whole": Engine(_build_whole, _load_whole),
    "faiss": _faiss(",Flat"),
    "faiss-fp16": _faiss(",SQfp16"),
    "usearch": _usearch("f32"),
    "usearch-f16": _usearch("f16"),
    "exact": Engine(lambda *_: None, _load_exact, graph=False),
}
"""hnswlib as our index folder has it: a graph of projected vectors in memory, ranked by vectors.npy, mapped. hnswlib-whole: a graph of
whole vectors, as hnswlib alone would have it.
exact: numpy's product with BLAS, as below EXACT_BELOW."""


def rss() -> float:
    """Resident memory of this process now, MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def rate(search: Search, queries: np.ndarray, ef: int, *, at_once: int, seconds: float) -> tuple[float, float, np.ndarray]:
    """Queries per second by the clock and per CPU second, until all were asked or the seconds are over, and the labels (Q', K) found."""
    search(queries[:at_once], ef)
    found, start, cpu = [], time.perf_counter(), time.process_time()
    for at in range(0, len(queries), at_once):
        found.append(search(queries[at : at + at_once], ef))
        if time.perf_counter() - start > seconds:
            break
    asked = sum(map(len, found))
    return asked / (time.perf_counter() - start), asked / (time.process_time() - cpu), np.concatenate(found)


def recall(found: np.ndarray, truth: np.ndarray) -> float:
    """Share of the true nearest (Q, K) that are among the found; found may have answers for the first queries only."""
    return float(np.mean([len(np.intersect1d(a, b)) / truth.shape[1] for a, b in zip(found, truth, strict=False)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("build", "search"))
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("folder", type=Path, help="with vectors.npy, queries.npy and truth.npy beside it")
    parser.add_argument("--m", type=int, default=16)
    parser.add_argument("--ef-construction", type=int, default=200)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--efs", default="")
    parser.add_argument("--seconds", type=float, default=5.0)
    args = parser.parse_args()
    data, engine = args.folder.parent, ENGINES[args.engine]
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cpus[-args.threads :])  # whatever an engine starts, it gets no more than so many cores
    if args.task == "build":
        vectors = np.load(data / "vectors.npy")
        start = time.perf_counter()
        engine.build(args.folder, vectors, args.m, args.ef_construction, args.threads)
        line = {"build_s": time.perf_counter() - start, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        line["file_mib"] = sum(f.stat().st_size for f in args.folder.iterdir()) / 2**20
        print(json.dumps(line))
        return
    before, start = rss(), time.perf_counter()
    search = engine.load(args.folder, data / "vectors.npy", args.threads)
    load_s = time.perf_counter() - start
    queries, truth = np.load(data / "queries.npy"), np.load(data / "truth.npy")
    points = []
    for ef in [int(ef) for ef in args.efs.split(",")] if engine.graph else [0]:
        alone, per_cpu, _ = rate(search, queries, ef, at_once=1, seconds=args.seconds)
        batch, _, found = rate(search, queries, ef, at_once=_BATCH, seconds=args.seconds)
        points.append({"ef": ef, "recall": recall(found, truth), "qps": batch, "qps_alone": alone, "per_cpu_s": per_cpu})
    print(json.dumps({"load_s": load_s, "memory_mib": rss() - before, "points": points}))


if __name__ == "__main__":
    main()
