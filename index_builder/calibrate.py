"""Scores -> calibrated probability: logistic regression on look-ups whose truth is known, and the two cut-offs of the verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.errors import PhotoError
from edge.stages import Stages
from edge.types import Cutout, Photo
from edge.verdict import FEATURES, features_of, surest
from index_builder.phone_views import phone_like_photo

FEWEST_TRIALS = 30


@dataclass(frozen=True, slots=True)
class Trial:
    """One look-up with known truth: its features, whether its garment is in the catalogue at all, whether the first match was right."""

    features: tuple[float, float, float]
    known: bool
    right: bool


def fit_logistic(x: np.ndarray, y: np.ndarray, *, ridge: float = 1.0, steps: int = 50) -> tuple[np.ndarray, float]:
    """Newton's method on the ridge-penalised likelihood. x float (N, F), y (N,) of 0/1 -> weights (F,), bias, for unscaled x."""
    mean, std = x.mean(0), x.std(0) + 1e-6
    z = np.concatenate([(x - mean) / std, np.ones((len(x), 1))], 1)
    w = np.zeros(z.shape[1])
    penalty = np.diag([ridge] * x.shape[1] + [1e-6])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        step = np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + penalty, z.T @ (p - y) + penalty @ w)
        w -= step
        if np.abs(step).max() < 1e-8:
            break
    scaled = w[:-1] / std
    return scaled, float(w[-1] - scaled @ mean)


def fit_rising(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """fit_logistic without features that would count against a match: a better score, lead or mask never makes it less likely."""
    used = np.ones(x.shape[1], bool)
    while True:
        part, bias = fit_logistic(x[:, used], y)
        if (part >= 0).all() or used.sum() == 1:
            weights = np.zeros(x.shape[1])
            weights[used] = np.maximum(part, 0)
            return weights, bias
        used[np.flatnonzero(used)[int(np.argmin(part * x[:, used].std(0)))]] = False


def fit(trials: Sequence[Trial], *, source: str, false_accepts: float = 0.02, lost: float = 0.02) -> dict[str, Any] | None:
    """The calibration as Calibration.from_json reads it, or None with too few trials of either kind.

    false_accepts: share of garments outside the catalogue that may get past accept_at; lost: share of rightly found
    ones that may fall under reject_at. Both are shares of the trials at hand, not promises.
    """
    x = np.array([t.features for t in trials], float)
    right = np.array([t.right for t in trials], bool)
    if len(trials) < FEWEST_TRIALS or right.sum() < 10 or (~right).sum() < 10:
        return None
    weights, bias = fit_rising(x, right.astype(float))
    p = 1 / (1 + np.exp(-np.clip(x @ weights + bias, -40, 40)))
    p = np.clip(p, 1 - surest(len(trials)), surest(len(trials)))  # as Calibration.probability says it
    wrong = np.sort(p[~right])
    accept_at = float(max(0.5, np.quantile(wrong, 1 - false_accepts)))
    reject_at = float(min(np.quantile(p[right], lost), accept_at, 0.5))
    unknown = sum(not t.known for t in trials)
    return {
        "weights": dict(zip(FEATURES, (round(float(w), 6) for w in weights), strict=True)),
        "bias": round(bias, 6),
        "accept_at": round(accept_at, 6),
        "reject_at": round(reject_at, 6),
        "trials": len(trials),
        "unknown_trials": unknown,
        "source": source,
        "false_accepts": round(float((p[~right] > accept_at).mean()), 4),
        "right_accepted": round(float((p[right] >= accept_at).mean()), 4),
    }


def best_per_item(scores: np.ndarray, item_ids: Sequence[str], without: str | None = None) -> list[tuple[str, float]]:
    """float (N,) scores of all vectors -> (item, its best score), best first; the item `without` left out as if it were not there."""
    best: dict[str, float] = {}
    for i in np.argsort(-scores)[:200]:
        item = item_ids[i]
        if item != without and item not in best:
            best[item] = float(scores[i])
    return list(best.items())


def trials_from_made_views(
    samples: Sequence[tuple[int, Cutout]],
    vectors: np.ndarray,
    item_ids: Sequence[str],
    *,
    stages: Stages,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Trial]:
    """A phone-like view of each sample goes the whole way twice: with its item in the catalogue, and with it left out."""
    trials: list[Trial] = []
    for done, (label, cutout) in enumerate(samples):
        rgb = phone_like_photo(cutout.rgb, np.random.default_rng((seed, label)))
        photo = Photo(rgb, (rgb.shape[1], rgb.shape[0]), "made")
        try:
            mask = stages.mask(photo)
            vector = stages.embed([stages.cutout(photo, mask)])[0].vector
        except PhotoError:
            continue
        scores = vectors @ vector
        own = item_ids[label]
        for without in (None, own):
            ranked = best_per_item(scores, item_ids, without)
            if ranked:
                right = without is None and ranked[0][0] == own
                trials.append(Trial(features_of([s for _, s in ranked[:2]], mask.confidence), without is None, right))
        if progress:
            progress(done + 1, len(samples))
    return trials


def calibrate_on_made_views(
    samples: Sequence[tuple[int, Cutout]], vectors: np.ndarray, item_ids: Sequence[str], *, stages: Stages, seed: int = 0
) -> dict[str, Any] | None:
    """The default of every index: no labelled queries needed. None where the catalogue is too small."""
    return fit(trials_from_made_views(samples, vectors, item_ids, stages=stages, seed=seed), source="made views")
