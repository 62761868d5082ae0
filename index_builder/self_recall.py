"""Does every vector of a built index find itself, through the graph and through exact search, and how near are its neighbours?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edge.index import Index, search_exactly
from edge.manifest import Manifest

LOWEST_SELF_RECALL = 0.99
LOWEST_AGREEMENT = 0.95
"""Share of the exact ten nearest that the graph has to find as well."""
TWIN = 0.9999
"""Cosine from which two items cannot be told apart; they are listed in the report, not refused."""
_MOST_COMPARED = 2000
_NEIGHBOURS = 10
_BINS = np.round(np.arange(0.0, 1.0001, 0.025), 3)


@dataclass(frozen=True, slots=True)
class SelfRecall:
    """exact, graph: shares of vectors that come back first for themselves (an equal twin counts) by either search, 0..1.

    agreement: share of the exact ten nearest that the graph finds, over `compared` vectors spread evenly. lost: labels that
    the graph does not find. twins: pairs of item ids that look the same. likeness: per item image, cosine of the nearest
    image of another item, as counts between edges (values under the first edge count as on it).
    """

    exact: float
    graph: float
    agreement: float
    compared: int
    lost: tuple[int, ...] = ()
    twins: tuple[tuple[str, str], ...] = ()
    likeness: dict[str, list[float]] = field(default_factory=dict)

    @property
    def lowest(self) -> float:
        return min(self.exact, self.graph)

    @property
    def good(self) -> bool:
        return self.lowest >= LOWEST_SELF_RECALL and self.agreement >= LOWEST_AGREEMENT


def look_for_itself(folder: Path, manifest: Manifest, item_ids: Sequence[str]) -> SelfRecall:
    """Ask the index of a folder for each of its own vectors; item_ids by label. Raises IndexFolderError for damaged files."""
    walked = Index.open(folder, manifest=manifest, exact_below=0)
    vectors = walked.vectors
    count, near = walked.count, min(_NEIGHBOURS, walked.count)
    compared = np.unique(np.linspace(0, count - 1, min(_MOST_COMPARED, count)).round().astype(int))
    by_graph = by_exact = agreeing = 0
    lost: list[int] = []
    twins: set[tuple[str, str]] = set()
    nearest: list[float] = []
    for start in range(0, count, 1000):
        rows = np.arange(start, min(start + 1000, count))
        labels, scores = walked.search(np.asarray(vectors[rows]), near)
        itself = (labels[:, 0] == rows) | (scores[:, 0] > TWIN)
        by_graph += int(itself.sum())
        lost += rows[~itself].tolist()
        for row, near_labels, near_scores in zip(rows.tolist(), labels.tolist(), scores.tolist(), strict=True):
            others = [(s, item_ids[n]) for n, s in zip(near_labels, near_scores, strict=True) if item_ids[n] != item_ids[row]]
            nearest += [score for score, _ in others[:1]]
            twins |= {tuple(sorted((item_ids[row], other))) for score, other in others if score > TWIN}
        some = np.intersect1d(rows, compared)
        if some.size:
            exact_labels, exact_scores = search_exactly(vectors, np.asarray(vectors[some]), near)
            by_exact += int(((exact_labels[:, 0] == some) | (exact_scores[:, 0] > TWIN)).sum())
            agreeing += int((scores[some - start] >= exact_scores[:, -1:] - 1e-5).sum())  # by score: ties may come in any order
    counts, _ = np.histogram(np.clip(nearest, 0.0, 1.0), _BINS)
    return SelfRecall(
        exact=by_exact / len(compared), graph=by_graph / count, agreement=agreeing / (len(compared) * near), compared=len(compared),
        lost=tuple(lost), twins=tuple(sorted(twins)), likeness={"edges": _BINS.tolist(), "counts": counts.tolist()},
    )  # fmt: skip
