"""Filtered search as the gallery does it, at several shares of items that pass: recall@10 and queries per second by way.

The colour decides who passes, so that what passes lies scattered over all clusters; the kind of the garment (its cluster) would be easier
for a graph where it is the photo's own, and impossible where it is not. Ways: `gallery` is what a look-up does; `subset` compares every
vector that passes; `over-fetch` asks the graph for as many more as the filter takes away, and keeps what passes.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.index_scale_child import K
from benchmarks.index_scale_data import VIEWS, Mixture
from edge.catalogue import Catalogue, VectorRow, write_catalogue
from edge.gallery import Gallery
from edge.graph import GRAPH_NAME, PROJECTION_NAME
from edge.index import CORE_FILES, VECTORS_NAME, Index, write_index
from edge.manifest import Manifest, sha256_of
from edge.types import CatalogueItem, Filter

SHARES = {"rare": 0.01, "some": 0.10, "half": 0.50}


def filtered_catalogue(
    root: Path, vectors: np.ndarray, parts: dict[str, slice], *, built: Path | None = None, seed: int = 5
) -> tuple[Path, Manifest, list[str]]:
    """An index folder of float32 (N, D) whose items have a colour with the shares above, the rest "other"; gives the colours by item.

    built: a folder that write_index made of the same vectors on the same disk, linked in place of building the graph again.
    """
    items = len(vectors) // VIEWS
    colours = np.random.default_rng(seed).choice([*SHARES, "other"], items, p=[*SHARES.values(), 1 - sum(SHARES.values())]).tolist()
    root.mkdir(parents=True, exist_ok=True)
    if built is None:
        write_index(root, vectors, threads=os.cpu_count() or 1)
    else:
        for name in (GRAPH_NAME, PROJECTION_NAME, VECTORS_NAME):
            os.link(built / name, root / name)
    rows = (VectorRow(i, f"i{i // VIEWS:08d}", "", "") for i in range(len(vectors)))
    write_catalogue(root / "catalogue.sqlite", (CatalogueItem(f"i{n:08d}", "", "x.jpg", color=c) for n, c in enumerate(colours)), rows)
    manifest = Manifest(
        build_id=root.name, created="", model_ids={}, parts={n: (p.start, p.stop) for n, p in parts.items()}, dim=vectors.shape[1],
        count=len(vectors), pipeline_version=0, files={name: sha256_of(root / name) for name in CORE_FILES},
    )  # fmt: skip
    return root, manifest, colours


def over_fetch(index: Index, query: np.ndarray, passes: np.ndarray, share: float, wanted: int = 200) -> np.ndarray:
    """Up to K items of (1, D) that pass, by the graph alone; what the gallery would give without its exact way."""
    asked = min(index.count, int(wanted / share))
    labels = index.search(query, asked, ef_search=asked)[0][0]
    return np.array(list(dict.fromkeys((labels[passes[labels]] // VIEWS).tolist()))[:K])


def measure_filters(
    mixture: Mixture, size: int, *, queries: int, seconds: float, scratch: Path | None = None, built: Path | None = None
) -> list[dict[str, Any]]:
    """A line per way and share: size, share, way, recall, qps; printed as they come. size: even, at least a few thousand.

    scratch: where the index is made (default: the system's folder for such). built: as filtered_catalogue takes it, within `scratch`.
    """
    lines = []
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        vectors = mixture.catalogue(size // VIEWS * VIEWS)
        asked = mixture.queries(vectors, queries)
        folder, manifest, colours = filtered_catalogue(Path(name) / "made", vectors, mixture.parts, built=built)
        walked = Index.open(folder, manifest=manifest, exact_below=0)
        opened = Index.open(folder, manifest=manifest)
        catalogue = Catalogue.open(folder / "catalogue.sqlite")
        gallery = Gallery(opened, catalogue, mixture.parts)
        for colour, share in SHARES.items():
            passes = np.repeat(np.array(colours) == colour, VIEWS)
            subset = np.flatnonzero(passes)
            truth = [_best_items(vectors, subset, query) for query in asked]
            only = Filter(colours=(colour,))
            gallery.nearest(asked[:1], K, only=only)  # the first question about a filter reads the catalogue
            ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
                "gallery": lambda query, only=only: gallery.nearest(query, K, only=only).views[:, 0] // VIEWS,
                "subset": lambda query, subset=subset: _best_items(vectors, subset, query[0]),
                "over-fetch": lambda query, passes=passes, share=share: over_fetch(walked, query, passes, share),
            }
            for way, search in ways.items():
                found, start = [], time.perf_counter()
                for query in asked:
                    found.append(search(query[None]))
                    if time.perf_counter() - start > seconds:
                        break
                rate = len(found) / (time.perf_counter() - start)
                right = float(np.mean([len(np.intersect1d(a, b)) / max(1, len(b)) for a, b in zip(found, truth, strict=False)]))
                lines.append({"size": size, "share": share, "way": way, "recall": right, "qps": rate})
                print(f"{way:12s} {size:9,d} {share:6.0%} {right:9.4f} {rate:10.0f}", flush=True)
        catalogue.close()
    return lines


def _best_items(vectors: np.ndarray, subset: np.ndarray, query: np.ndarray) -> np.ndarray:
    """The K best items among the labels of `subset` for (D,), every one compared."""
    order = subset[np.argsort(-(vectors[subset] @ query), kind="stable")]
    return np.array(list(dict.fromkeys((order[: K * VIEWS] // VIEWS).tolist()))[:K])
