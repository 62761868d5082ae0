"""How the colours of two garments stand to each other in CIELAB, and the look whose colours stand as a reference's do. Pure.

A relation of two colours is what stays the same when the whole outfit moves round the hue circle: the differences of lightness and
chroma, and CIE's metric hue difference. Harmony depends on such relations, not on the hues themselves (Matsuda's templates as used by
Cohen-Or et al. 2006, "Color harmonization"); the length of a relation is the CIE 1976 colour difference of the two colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNKNOWN_ERROR = 30.0
"""What a pair costs of which one colour is not known, CIELAB units: about the middle of what random pairs of garments cost."""
BEAM = 256


def relation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """CIELAB (..., 3) and (..., 3), broadcast -> (..., 3): difference of lightness and of chroma (signed), metric hue difference (>= 0)."""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    a, b = np.hypot(one[..., 1], one[..., 2]), np.hypot(other[..., 1], other[..., 2])
    apart = ((one[..., 1:] - other[..., 1:]) ** 2).sum(-1)
    # Rounding may leave the square a hair below zero where both hues are equal.
    hue = np.sqrt(np.maximum(apart - (a - b) ** 2, 0.0))
    return np.stack([one[..., 0] - other[..., 0], a - b, hue], -1)


def relation_error(one: np.ndarray, other: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """How far the relation of two colours, CIELAB (..., 3), is from the wanted one (..., 3): Euclidean, (...), in CIELAB units.

    UNKNOWN_ERROR where a colour or the wanted relation is not known (NaN).
    """
    error = np.sqrt(((relation(one, other) - wanted) ** 2).sum(-1))
    return np.where(np.isnan(error), UNKNOWN_ERROR, error)


def colour_error(labs: np.ndarray, reference: np.ndarray) -> float:
    """Two looks, CIELAB (S, 3), piece by piece -> mean error of the relations of all pairs of pieces, 0 for a single piece."""
    i, j = np.triu_indices(len(labs), 1)
    return float(relation_error(labs[i], labs[j], relation(reference[i], reference[j])).mean()) if len(i) else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What may stand in one slot. keys: which item each is, int (N,), the same number for the same item in all pools; labs: float
    (N, 3), NaN where not known; loud: bool (N,), a pattern that draws the eye; own: float (N,), what choosing it costs by itself."""

    keys: np.ndarray
    labs: np.ndarray
    loud: np.ndarray
    own: np.ndarray


def follow(pools: Sequence[Pool], reference: np.ndarray, *, most_loud: int, beam: int = BEAM) -> tuple[int, ...] | None:
    """The cheapest choice of one of each pool, as places in the pools; None where there is none.

    reference: CIELAB (S, 3), the colours whose relations are wanted. Cost: the mean over pairs of the relation's error, plus the mean of
    the slots' own costs. No item twice, at most `most_loud` loud ones. Beam search over the slots, smallest pool first: exact while
    no more than `beam` partial looks are open, deterministic always (of equals the earlier).
    """
    order = sorted(range(len(pools)), key=lambda s: len(pools[s].keys))
    pairs, slots = max(1, len(pools) * (len(pools) - 1) // 2), len(pools)
    chosen = np.zeros((1, 0), np.int64)
    cost, loud = np.zeros(1), np.zeros(1, np.int64)
    for at, slot in enumerate(order):
        pool = pools[slot]
        total = cost[:, None] + pool.own[None] / slots
        free = (loud[:, None] + pool.loud[None]) <= most_loud
        for before, other in enumerate(order[:at]):
            picked = chosen[:, before]
            wanted = relation(reference[other], reference[slot])
            total = total + relation_error(pools[other].labs[picked][:, None], pool.labs[None], wanted) / pairs
            free &= pools[other].keys[picked][:, None] != pool.keys[None]
        total = np.where(free, total, np.inf)
        best = np.argsort(total, axis=None, kind="stable")[:beam]
        best = best[np.isfinite(total.ravel()[best])]
        if not len(best):
            return None
        rows, places = np.unravel_index(best, total.shape)
        chosen = np.concatenate([chosen[rows], places[:, None]], 1)
        cost, loud = total.ravel()[best], loud[rows] + pool.loud[places]
    found = dict(zip(order, chosen[0].tolist(), strict=True))
    return tuple(found[slot] for slot in range(slots))
