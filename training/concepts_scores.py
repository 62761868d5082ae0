"""The few figures by which concept heads are compared on the tune senders. What is published is measured by benchmarks/concepts.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.taxonomy import Taxonomy
from training.data import Row
from training.train_embedder import LABELS, PATTERNS, SLEEVES

TEN = ("T-Shirt", "Longsleeve", "Pants", "Shoes", "Shirt", "Dress", "Outwear", "Shorts", "Hat", "Skirt")
"""The categories of the data set's small edition, on which others have published figures."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Numbers of label, group, pattern, sleeve of each photo, int (N,), -1 where not known; columns as LABELS, PATTERNS, SLEEVES."""

    leaf: np.ndarray
    pattern: np.ndarray
    sleeve: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Truth:
        def number(values: Sequence[str], names: Sequence[str]) -> np.ndarray:
            return np.array([names.index(v) if v in names else -1 for v in values])

        return cls(
            number([r.label for r in rows], LABELS), number([r.pattern for r in rows], PATTERNS), number([r.sleeve for r in rows], SLEEVES)
        )


def macro_f1(truth: np.ndarray, said: np.ndarray, classes: int) -> float:
    """Mean over the classes that occur of the harmonic mean of precision and recall."""
    each = []
    for c in range(classes):
        hits, wanted, given = ((truth == c) & (said == c)).sum(), (truth == c).sum(), (said == c).sum()
        if wanted:
            each.append(2 * hits / (wanted + given))
    return float(np.mean(each))


def group_numbers() -> np.ndarray:
    """int (L,): the number of each label's group, counted in the order of LABELS."""
    tree = Taxonomy.read()
    groups = [tree.path(tree.leaf_of_label(label))[1] for label in LABELS]
    order = list(dict.fromkeys(groups))
    return np.array([order.index(g) for g in groups])


def scores(truth: Truth, leaves: np.ndarray, tags: np.ndarray, groups: np.ndarray) -> dict[str, float]:
    """leaf logits (N, steps, L), tag scores (N, T), groups' log-probabilities (N, G) -> shares, 0..1.

    compliance: the said category lies in the said group. early_group: accuracy of the group after the first and second of the steps.
    """
    group = group_numbers()
    known = truth.leaf >= 0
    leaf = leaves[known, -1].argmax(1)
    want, said_group = truth.leaf[known], groups[known].argmax(1)
    if leaves.shape[1] > 1:  # the category is looked for in the said group
        leaf = np.where(group[None] == said_group[:, None], leaves[known, -1], -np.inf).argmax(1)
    ten = np.array([label in TEN for label in LABELS])
    main = ten[want]
    found = {
        "group": (said_group == group[want]).mean(), "category": (leaf == want).mean(),
        "ten": (leaf[main] == want[main]).mean(),
        "ten_only": (np.where(ten, leaves[known, -1], -np.inf).argmax(1)[main] == want[main]).mean(),
        "compliance": (group[leaf] == said_group).mean(),
    }  # fmt: skip
    p = np.exp(leaves[known] - leaves[known].max(2, keepdims=True))
    p /= p.sum(2, keepdims=True)
    early = np.stack([p[:, :, group == g].sum(2) for g in range(group.max() + 1)], 2)
    found |= {f"group_step{s + 1}": (early[:, s].argmax(1) == group[want]).mean() for s in range(leaves.shape[1] - 1)}
    pattern, sleeve = truth.pattern >= 0, truth.sleeve >= 0
    if pattern.any():
        found["pattern_f1"] = macro_f1(truth.pattern[pattern], tags[pattern, : len(PATTERNS)].argmax(1), len(PATTERNS))
        found["pattern"] = (tags[pattern, : len(PATTERNS)].argmax(1) == truth.pattern[pattern]).mean()
    if sleeve.any():
        found["sleeve"] = (tags[sleeve, len(PATTERNS) :].argmax(1) == truth.sleeve[sleeve]).mean()
    return {name: round(float(value), 4) for name, value in found.items()}
