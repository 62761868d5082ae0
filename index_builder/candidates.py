"""Which pairs of pictures are worth a closer look: near by embedding, near by its parts without colour, or alike in outline."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from edge.errors import IndexFolderError
from edge.index import EXACT_BELOW, Index, search_exactly, wide_enough, write_index
from edge.manifest import Manifest, sha256_of

NEAREST = 6
"""Neighbours per picture and list. With 514 pictures, 6 hold every planted duplicate and every recoloured copy."""
_COLOUR_PARTS = ("colour", "color")


def candidate_pairs(
    vectors: np.ndarray,
    *,
    parts: Mapping[str, tuple[int, int]],
    outlines: np.ndarray | None,
    owners: Sequence[str],
    nearest: int = NEAREST,
    exact_below: int = EXACT_BELOW,
) -> list[tuple[int, int]]:
    """Pairs of rows (low, high) of different owners, each row paired with its `nearest` in each of three lists.

    vectors: float32 (N, D) of norm 1. outlines: float32 (N, 2, E), plain and mirrored, rows of norm 1; None: two lists only. From
    `exact_below` rows on an HNSW graph answers instead of all rows, so that the work grows with N log N, not N^2.
    """
    if len(vectors) < 2:
        return []
    most_of_one = max(np.unique(np.asarray(owners), return_counts=True)[1])
    k = min(len(vectors), nearest + min(int(most_of_one), 10))
    lists = [_neighbours(vectors, vectors, k, exact_below=exact_below)]
    colourless = [slice(*where) for name, where in parts.items() if name not in _COLOUR_PARTS]
    if colourless and len(colourless) < len(parts):
        rest = np.concatenate([vectors[:, where] for where in colourless], axis=1)
        rest = np.ascontiguousarray(rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-12), np.float32)
        lists.append(_neighbours(rest, rest, k, exact_below=exact_below))
    if outlines is not None:
        plain = np.ascontiguousarray(outlines[:, 0])
        both = np.concatenate([plain, outlines[:, 1]])
        by_outline = _neighbours(plain, np.ascontiguousarray(both), k, exact_below=exact_below)
        lists += [by_outline[: len(plain)], by_outline[len(plain) :]]
    pairs: set[tuple[int, int]] = set()
    for found in lists:
        for row, near in enumerate(found.tolist()):
            others = [label for label in near if owners[label] != owners[row]][:nearest]
            pairs.update((min(row, label), max(row, label)) for label in others)
    return sorted(pairs)


def most_alike_first(pairs: Sequence[tuple[int, int]], vectors: np.ndarray) -> list[tuple[int, int]]:
    """The pairs by the cosine of their vectors, float32 (N, D) of norm 1, falling: where time is short, what comes first counts."""
    if not pairs:
        return []
    a, b = np.array(pairs).T
    cosines = np.concatenate([np.einsum("nd,nd->n", vectors[a[i : i + 4096]], vectors[b[i : i + 4096]]) for i in range(0, len(a), 4096)])
    return [pairs[i] for i in np.argsort(-cosines, kind="stable")]


def in_walking_order(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs along a breadth-first walk through them, so that pairs that follow each other share rows and a small cache serves."""
    beside: dict[int, list[int]] = {}
    for a, b in pairs:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    place: dict[int, int] = {}
    for start in sorted(beside):
        waiting = deque([start])
        while waiting:
            row = waiting.popleft()
            if row not in place:
                place[row] = len(place)
                waiting.extend(other for other in beside[row] if other not in place)
    return sorted(pairs, key=lambda pair: sorted((place[pair[0]], place[pair[1]]), reverse=True))


def _neighbours(gallery: np.ndarray, queries: np.ndarray, k: int, *, exact_below: int) -> np.ndarray:
    """Rows of the gallery nearest to each query, int64 (Q, k), nearest first."""
    if len(gallery) < exact_below:
        return search_exactly(gallery, queries, k)[0]
    with tempfile.TemporaryDirectory(prefix="duplicates-") as name:
        folder = Path(name)
        try:
            write_index(folder, gallery, m=16, ef_construction=100)
        except IndexFolderError:  # many equal or evenly spread outlines: a graph that loses rows is worse than a slow answer
            return search_exactly(gallery, queries, k)[0]
        (folder / "catalogue.sqlite").touch()  # an index is opened with its catalogue; neighbours need none
        manifest = Manifest(
            build_id=folder.name, created="", model_ids={}, parts={}, dim=gallery.shape[1], count=len(gallery), pipeline_version=0,
            ef_search=wide_enough(len(gallery)),
            files={file.name: sha256_of(file) for file in folder.iterdir()},
        )  # fmt: skip
        index = Index.open(folder, manifest=manifest, exact_below=exact_below)
        return np.concatenate([index.search(queries[at : at + 1000], k)[0] for at in range(0, len(queries), 1000)])
