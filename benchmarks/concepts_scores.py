"""Figures of concepts: accuracy per level, hedged answers, tags, calibration; and the confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from edge.concepts import Concepts
from edge.taxonomy import Taxonomy
from index_builder.evaluate_scores import reliability, share

TEN = ("t-shirt", "longsleeve", "pants", "shoes", "shirt", "dress", "jacket", "shorts", "hat", "skirt")
"""The categories of the data set's small edition, on which others have published figures."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of a photo and what it shows: leaf of the taxonomy, pattern, sleeve ("" where not labelled)."""

    said: Concepts
    leaf: str
    pattern: str
    sleeve: str


def average_precision(scores: np.ndarray, positive: np.ndarray) -> float:
    """Mean of the precision at the rank of each positive, best score first; nan without positives."""
    if not positive.any():
        return float("nan")
    hits = positive[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def f1(truth: np.ndarray, said: np.ndarray) -> float:
    """Harmonic mean of precision and recall of two bool arrays; 0 where nothing is right."""
    both = int((truth & said).sum())
    return 2 * both / max(1, int(truth.sum() + said.sum()))


def category_figures(judged: Sequence[Judged], tree: Taxonomy) -> dict[str, Any]:
    """Shares with intervals: group, category, the ten main categories (free to say any, and among the ten only); calibration."""
    right = [j.said.leaf == j.leaf for j in judged]
    groups = [(_group(j.said, tree), tree.path(j.leaf)[1]) for j in judged]
    ten = [j for j in judged if j.leaf in TEN]
    among = [max(TEN, key=lambda name, j=j: j.said.leaves.get(name, 0.0)) == j.leaf for j in ten]
    within = [tree.path(j.said.leaf)[1] == said for j, (said, _) in zip(judged, groups, strict=True)]
    return {
        "group": share(sum(a == b for a, b in groups), len(judged)),
        "category": share(sum(right), len(judged)),
        "ten_main": share(sum(j.said.leaf == j.leaf for j in ten), len(ten)),
        "ten_main_among_ten": share(sum(among), len(ten)),
        "compliance": share(sum(tree.path(j.said.category) == j.said.path for j in judged), len(judged)),
        "likeliest_leaf_in_likeliest_group": share(sum(within), len(judged)),
        "ece": reliability([j.said.leaves[j.said.leaf] for j in judged], right, bins=15)["ece"],
    }  # fmt: skip


def hedged_figures(judged: Sequence[Judged], tree: Taxonomy) -> dict[str, Any]:
    """Hedged accuracy; information kept: bits won by right answers, of those a leaf for every photo would give, and of those that the
    unhedged answers give; how many answers stop at which level; calibration of the answers' own probability."""
    columns = list(judged[0].said.leaves)
    total = np.log2(len(columns))
    below = {name: sum(name in tree.path(leaf) for leaf in columns) for name in tree.nodes}
    right = [tree.within(j.leaf, j.said.category) for j in judged]
    bits = sum(total - np.log2(below[j.said.category]) for j, r in zip(judged, right, strict=True) if r)
    plain = sum(total for j in judged if j.said.leaf == j.leaf)
    levels = [len(j.said.path) - 1 for j in judged]
    return {
        "accuracy": share(sum(right), len(right)), "information_kept": round(float(bits / (total * len(judged))), 4),
        "information_of_unhedged": round(float(bits / max(plain, 1e-9)), 4),
        "levels": {str(level): round(levels.count(level) / len(levels), 4) for level in sorted(set(levels))},
        "ece": reliability([j.said.probability for j in judged], right, bins=15)["ece"],
    }  # fmt: skip


def tag_figures(judged: Sequence[Judged], kind: str, values: Sequence[str]) -> dict[str, Any]:
    """Of the photos labelled with this kind: accuracy of the likeliest value, macro F1 over it, and per tag F1 and average precision."""
    truths = [getattr(j, kind) for j in judged]
    known = [j for j, t in zip(judged, truths, strict=True) if t in values]
    truth = np.array([getattr(j, kind) for j in known])
    likeliest = np.array([max(values, key=lambda v, j=j: j.said.tags[v]) for j in known])
    each = {
        v: {
            "f1": round(f1(truth == v, likeliest == v), 4),
            "ap": round(average_precision(np.array([j.said.tags[v] for j in known]), truth == v), 4),
            "photos": int((truth == v).sum()),
        }
        for v in values
        if (truth == v).any()
    }
    return {
        "accuracy": share(int((truth == likeliest).sum()), len(known)),
        "macro_f1": round(float(np.mean([e["f1"] for e in each.values()])), 4),
        "mean_ap": round(float(np.mean([e["ap"] for e in each.values()])), 4),
        "tags": each,
    }


def confusion(judged: Sequence[Judged], names: Sequence[str]) -> np.ndarray:
    """int (L, L): row is the truth, column the likeliest leaf."""
    counts = np.zeros((len(names), len(names)), int)
    for j in judged:
        counts[names.index(j.leaf), names.index(j.said.leaf)] += 1
    return counts


def confusion_picture(counts: np.ndarray, names: Sequence[str], *, cell: int = 46) -> np.ndarray:
    """BGR uint8: a row per true category, its shares as blue, its counts as numbers."""
    left, top, n = 120, 120, len(names)
    out = np.full((top + n * cell + 10, left + n * cell + 10, 3), 255, np.uint8)
    font = cv2.FONT_HERSHEY_SIMPLEX
    for row in range(n):
        whole = max(1, counts[row].sum())
        for column in range(n):
            part = counts[row, column] / whole
            y, x = top + row * cell, left + column * cell
            out[y : y + cell - 2, x : x + cell - 2] = np.array([255, 247, 240]) + part * (
                np.array([150, 90, 30]) - np.array([255, 247, 240])
            )
            if counts[row, column]:
                ink = (255, 255, 255) if part > 0.5 else (60, 40, 20)
                cv2.putText(out, str(counts[row, column]), (x + 8, y + cell // 2 + 5), font, 0.42, ink, 1, cv2.LINE_AA)
        cv2.putText(out, names[row], (6, top + row * cell + cell // 2 + 5), font, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
    heads = np.full((n * cell + 10, top, 3), 255, np.uint8)  # written sideways, then turned upright
    for column in range(n):
        cv2.putText(heads, names[column], (6, column * cell + cell // 2 + 5), font, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
    out[:top, left : left + len(heads)] = _upright(heads)
    return out


def _upright(heads: np.ndarray) -> np.ndarray:
    """Lines of text one under the other -> beside each other, read from below, in the same order."""
    return np.ascontiguousarray(heads.transpose(1, 0, 2)[::-1])


def _group(said: Concepts, tree: Taxonomy) -> str:
    sums: dict[str, float] = {}
    for leaf, p in said.leaves.items():
        group = tree.path(leaf)[1]
        sums[group] = sums.get(group, 0.0) + p
    return max(sums, key=lambda g: sums[g])
