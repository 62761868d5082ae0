"""Similarities of queries and gallery -> the figures of the retrieval table, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.embed import part_scores
from edge.pieces import reading
from edge.verdict import features_of
from index_builder.calibrate import Trial, cross_fitted
from index_builder.evaluate_scores import accepted_at, auroc, mean_interval, wilson

HIDDEN = -2.0


def similarities(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """(Q, D), (N, D) of any float type -> float32 (Q, N), without a float32 copy of all of the gallery."""
    q = queries.astype(np.float32)
    return np.concatenate([q @ gallery[i : i + 512].astype(np.float32).T for i in range(0, len(gallery), 512)], 1)


def ranks(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Rank (from 1) of each query's true row of the gallery; ties count against it. scores float (Q, N), truth int (Q,)."""
    own = scores[np.arange(len(scores)), truth]
    return (scores >= own[:, None]).sum(1)


def leaving_out(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The same scores with each query's own garment hidden."""
    hidden = scores.copy()
    hidden[np.arange(len(scores)), truth] = HIDDEN
    return hidden


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """queries float32 (Q, D): of each photo's readings the one that counts; scores float32 (Q, N): its similarities."""

    queries: np.ndarray
    scores: np.ndarray


def read(readings: Sequence[np.ndarray], gallery: np.ndarray, *, without: np.ndarray | None = None) -> Read:
    """Each photo by the reading that the gallery knows best, as a look-up does (edge.pieces). readings: float32 (R, D) per photo, the whole
    mask's first; gallery (N, D); without: int (Q,) the row that is not in the gallery, its scores HIDDEN."""
    queries, scores = [], []
    for i, vectors in enumerate(readings):
        rows = similarities(vectors, gallery)
        if without is not None:
            rows[:, without[i]] = HIDDEN
        chosen = reading(rows.max(1))
        queries.append(vectors[chosen])
        scores.append(rows[chosen])
    return Read(np.stack(queries), np.stack(scores))


def figures(scores: np.ndarray, truth: np.ndarray, without: np.ndarray | None = None) -> dict[str, Any]:
    """recall@1/5/20, MRR, and known against unknown by the best score alone: each query once with its garment in the gallery, once not.

    without: scores where the garment is not in the gallery, if hiding it is not all that changes.
    accepted_at_1_percent: share of the queries rightly accepted by the threshold that 1 % of those left out pass.
    """
    r = ranks(scores, truth)
    n = len(r)
    out: dict[str, Any] = {f"recall@{k}": round(float((r <= k).mean()), 4) for k in (1, 5, 20)}
    for k in (1, 5, 20):
        out[f"recall@{k}_interval"] = [round(v, 4) for v in wilson(int((r <= k).sum()), n)]
    out["mrr"] = round(float((1 / r).mean()), 4)
    out["mrr_interval"] = [round(v, 4) for v in mean_interval(1 / r)]
    known, unknown = scores.max(1), (leaving_out(scores, truth) if without is None else without).max(1)
    out["auroc"] = round(auroc(known, unknown), 4)
    out["accepted_at_1_percent"] = accepted_at(known.tolist(), (r == 1).tolist(), unknown.tolist())["value"]
    return out


def verdict_figures(
    views: tuple[Read, Read], gallery: np.ndarray, truth: np.ndarray, *, confidence: Sequence[float], parts: Mapping[str, slice],
    groups: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """The same question by the verdict's probability, cross-fitted so that no sender is judged by a line that has seen one of theirs.

    views: the queries with their garment in the gallery, and without it.
    """
    trials = []
    for hidden, view in zip((False, True), views, strict=True):
        for i, row in enumerate(view.scores):
            two = np.argpartition(-row, 1)[:2]
            first, second = two[np.argsort(-row[two])].tolist()
            likeness = tuple(part_scores(view.queries[i], gallery[first], parts).values())
            features = features_of((float(row[first]), float(row[second])), confidence[i], likeness)
            trials.append(Trial(features, not hidden, not hidden and first == int(truth[i]), groups[i]))
    p, _ = cross_fitted(trials)
    known, unknown = p[: len(truth)], p[len(truth) :]
    right = [t.right for t in trials[: len(truth)]]
    at = accepted_at(known.tolist(), right, unknown.tolist())
    return {"auroc": round(auroc(known, unknown), 4), "accepted_at_1_percent": at["value"], "interval": [at["low"], at["high"]]}


def per_part(queries: np.ndarray, gallery: np.ndarray, truth: np.ndarray, parts: Mapping[str, slice]) -> dict[str, dict[str, float]]:
    """What each part of the vector finds alone: recall@1 and @5 by its own cosine."""

    def unit(x: np.ndarray) -> np.ndarray:
        return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)

    out = {}
    for name, where in parts.items():
        r = ranks(similarities(unit(queries[:, where]), unit(gallery[:, where])), truth)
        out[name] = {f"recall@{k}": round(float((r <= k).mean()), 4) for k in (1, 5)}
    return out


def per_category(r: np.ndarray, labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    """label -> recall@1, recall@5, interval of recall@1 and count; the most frequent first. r: int (Q,) ranks."""
    out = {}
    names = np.array(labels)
    for name in sorted(set(labels), key=lambda x: (-(names == x).sum(), x)):
        mine = r[names == name]
        low, high = wilson(int((mine == 1).sum()), len(mine))
        out[name] = {"n": len(mine), "recall@1": round(float((mine == 1).mean()), 4), "interval": [round(low, 4), round(high, 4)],
                     "recall@5": round(float((mine <= 5).mean()), 4)}  # fmt: skip
    return out
