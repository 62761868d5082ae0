"""What a person says about matches, as arithmetic on vectors: which parts matter, more like this, what changed. Pure.

A vector is its parts one after the other, each of a fixed length whose square is the part's share of the whole cosine (embed.join_parts).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.errors import RequestError
from edge.types import CatalogueItem, Match

Parts = Mapping[str, slice]

ROCCHIO_ALPHA, ROCCHIO_BETA, ROCCHIO_GAMMA = 1.0, 0.75, 0.25
"""Pull of the photo itself, of what is liked and of what is disliked: the query stays first, and praise counts for more than blame."""


PHOTO_SHARPNESS = 15.0
"""A photo whose best score is 0.1 lower counts less than a quarter. Chosen among 0, 10, 15, 20, 40 on photos set apart for tuning."""


@dataclass(frozen=True, slots=True)
class Change:
    """An item that stands elsewhere than before. Ranks count from 1; None: not among the matches."""

    item: CatalogueItem
    before: int | None
    after: int | None


def photo_counts(best: np.ndarray) -> np.ndarray:
    """How much each photo of one garment counts: float (P,) its highest score in the gallery -> float32 (P,), adding up to 1.

    A softmax, so that a photo which nothing resembles (a close-up, a side that the catalogue has no picture of) hardly counts, and it is
    the catalogue that tells. An item's score is the mean, so weighted, of each photo's score with the item's view that suits it best: a
    photo of the back meets the picture of the back. Neither of the simpler ways held up: one mean vector resembles no view of an item
    whose sides differ, a plain mean drowns in one bad photo, and the best score of all lets unknown garments rise with every photo.
    """
    if best.ndim != 1 or not len(best):
        raise ValueError(f"best must be (P,) with P at least 1, got {best.shape}")
    weights = np.exp(PHOTO_SHARPNESS * (best - best.max()))
    return np.float32(weights / weights.sum())


def shares(query: np.ndarray, parts: Parts) -> dict[str, float]:
    """Each part's share of the whole cosine of a vector (D,) of norm 1 with itself; they add up to 1."""
    return {name: float(query[where] @ query[where]) for name, where in parts.items()}


def checked_weights(weights: Mapping[str, float] | None, parts: Parts) -> dict[str, float] | None:
    """A finite weight, 0 or more, for every part, parts not named at 1; None where all parts count as trained. Raises RequestError."""
    if not weights:
        return None
    unknown = sorted(set(weights) - set(parts))
    if unknown:
        raise RequestError(f"There is no part called {', '.join(unknown)}.", remedy=f"The parts are {', '.join(parts)}.")
    full = {name: float(weights.get(name, 1.0)) for name in parts}
    if not all(math.isfinite(w) and w >= 0 for w in full.values()):
        raise RequestError("A weight is not a number of 0 or more.", remedy="1 counts a part as trained, 0 leaves it out.")
    if not any(full.values()):
        raise RequestError("All parts have the weight 0, so nothing is left to compare.", remedy="Give at least one part a weight.")
    return None if len(set(full.values())) == 1 else full


def weighted(query: np.ndarray, weights: Mapping[str, float] | None, parts: Parts, trained: Mapping[str, float]) -> np.ndarray:
    """float32 (..., D) -> the same shape, whose product with a gallery vector is the mean of the parts' cosines by weight times share.

    trained: each part's share in the gallery's vectors, as `shares` gives it; the result is divided by the sum of the new shares, so that
    it stays a mean. Nothing in the gallery changes, so no index has to be built for a preference.
    """
    if weights is None:
        return query
    out = np.empty_like(query)
    for name, where in parts.items():
        out[..., where] = query[..., where] * np.float32(weights[name])
    return out / np.float32(max(sum(weights[name] * trained[name] for name in parts), 1e-12))


def moved_towards(query: np.ndarray, liked: np.ndarray, disliked: np.ndarray, parts: Parts) -> np.ndarray:
    """The query after "more like this" and "not like this" (Rocchio 1971): alpha q + beta mean(liked) - gamma mean(disliked), part by part.

    query float32 (D,); liked (L, D), disliked (M, D), both may be empty -> float32 (D,). Every part keeps the query's length, so that
    praise for an item turns a part's direction but does not change how much the part counts.
    """
    out = np.array(query, np.float32)
    for where in parts.values():
        length = float(np.linalg.norm(query[where]))
        move = ROCCHIO_ALPHA * _unit(query[where])
        if len(liked):
            move = move + ROCCHIO_BETA * _unit(liked[:, where]).mean(0)
        if len(disliked):
            move = move - ROCCHIO_GAMMA * _unit(disliked[:, where]).mean(0)
        reached = float(np.linalg.norm(move))
        if reached > 1e-6:  # else praise and blame cancel the photo out, and its own direction is the best there is
            out[where] = move * (length / reached)
    return out


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)


def moved(before: Sequence[Match], after: Sequence[Match]) -> tuple[Change, ...]:
    """What changed between two rankings: items at another rank and new ones in the order of `after`, then those that fell out."""
    old = {m.item.item_id: m.rank for m in before}
    new = {m.item.item_id: m.rank for m in after}
    changes = [Change(m.item, old.get(m.item.item_id), m.rank) for m in after if old.get(m.item.item_id) != m.rank]
    return (*changes, *(Change(m.item, m.rank, None) for m in before if m.item.item_id not in new))
