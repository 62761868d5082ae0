"""Look-ups whose truth is known -> calibrated probability and the two cut-offs of the verdict, judged by cross-fitting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.verdict import FEATURES, surest
from index_builder.evaluate_scores import reliability, wilson

FEWEST_TRIALS = 30
FEWEST_OF_A_KIND = 10
FALSE_ACCEPTS, LOST = 0.01, 0.02
LEAST_SURE_ACCEPT, MOST_SURE_REJECT = 0.8, 0.2
FOLDS = 5

USED = ("confidence", "nearness", "lead", "weakest")
"""Features the line is fitted on. score and margin say the same as nearness and lead, less well."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One look-up with known truth: its features, whether its garment is in the catalogue at all, whether the first match was right.

    group: what must not be split between fitting and judging, as several photos of one garment; empty: the trial stands alone.
    """

    features: tuple[float, ...]
    known: bool
    right: bool
    group: str = ""


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


def _columns(trials: Sequence[Trial]) -> np.ndarray:
    return np.array([[t.features[FEATURES.index(name)] for name in USED] for t in trials], float)


def _probability(x: np.ndarray, weights: np.ndarray, bias: float, trials: int) -> np.ndarray:
    """As Calibration.probability says it."""
    p = 1 / (1 + np.exp(-np.clip(x @ weights + bias, -40, 40)))
    return np.clip(p, 1 - surest(trials), surest(trials))


def fold_numbers(groups: Sequence[str], *, folds: int = FOLDS, seed: int = 0) -> np.ndarray:
    """int (N,) in 0..folds-1; equal groups get equal numbers, an empty name is a group of its own."""
    named = [name or f"\0{i}" for i, name in enumerate(groups)]
    order = sorted(set(named))
    shuffled = np.random.default_rng(seed).permutation(len(order))
    number = {name: int(shuffled[i]) % folds for i, name in enumerate(order)}
    return np.array([number[name] for name in named])


def cross_fitted(trials: Sequence[Trial], *, folds: int = FOLDS) -> tuple[np.ndarray, np.ndarray]:
    """float (N,) probability of each trial by a line fitted without its fold, and int (N,) folds."""
    x, right = _columns(trials), np.array([t.right for t in trials], float)
    fold = fold_numbers([t.group for t in trials], folds=folds)
    p = np.empty(len(trials))
    for k in range(folds):
        held = fold == k
        if held.any():
            p[held] = _probability(x[held], *fit_rising(x[~held], right[~held]), trials=len(trials))
    return p, fold


def cut_offs(
    p: np.ndarray, right: np.ndarray, known: np.ndarray, *, false_accepts: float = FALSE_ACCEPTS, lost: float = LOST
) -> tuple[float, float]:
    """accept_at and reject_at from probabilities of trials the line was not fitted on, float and bool arrays (N,).

    accept_at  the lowest probability that at most `false_accepts` of further wrong first matches are expected to reach. One more
               such trial is as likely to take any place among the n given ones, so floor(false_accepts * (n + 1)) of them may lie
               above (conformal prediction, Vovk et al. 2005). With fewer than 1 / false_accepts - 1 of them none may, and what is
               expected is 1 / (n + 1). Never under 0.8: "in the catalogue" is said only where it is likely, too.
    reject_at  the highest probability under which at most `lost` of the garments that are in the catalogue fall; never over
               0.2, nor over accept_at. Between the two the answer is `unsure`.
    """
    wrong = np.sort(p[~right])[::-1]
    may = min(int(false_accepts * (len(wrong) + 1)), len(wrong) - 1)
    accept_at = max(LEAST_SURE_ACCEPT, math.floor(wrong[may] * 1e6 + 1) / 1e6)  # just above it, in the six digits that are stored
    held = np.sort(p[known])
    reject_at = min(float(held[int(lost * len(held))]), MOST_SURE_REJECT, accept_at)
    return float(accept_at), math.floor(reject_at * 1e6) / 1e6


def _decided(p: np.ndarray, fold: np.ndarray, right: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """bool (N,) accepted and rejected, each trial by cut-offs chosen without its fold."""
    accepted, rejected = np.zeros(len(p), bool), np.zeros(len(p), bool)
    for k in set(fold.tolist()):
        held = fold == k
        rest = ~held
        if (rest & right).any() and (rest & ~right).any():
            accept_at, reject_at = cut_offs(p[rest], right[rest], known[rest])
            accepted[held], rejected[held] = p[held] >= accept_at, p[held] < reject_at
    return accepted, rejected


def fit(trials: Sequence[Trial], *, source: str) -> dict[str, Any] | None:
    """The calibration as Calibration.from_json reads it, or None with too few trials of either kind.

    The line is fitted on all trials; whatever is said about its quality (cut-offs, false_accepts, right_accepted, reliability)
    comes from cross-fitting: each garment is judged by a line and by cut-offs that have not seen it.
    """
    right, known = np.array([t.right for t in trials], bool), np.array([t.known for t in trials], bool)
    if len(trials) < FEWEST_TRIALS or right.sum() < FEWEST_OF_A_KIND or (~right).sum() < FEWEST_OF_A_KIND:
        return None
    weights, bias = fit_rising(_columns(trials), right.astype(float))
    p, fold = cross_fitted(trials)
    accept_at, reject_at = cut_offs(p, right, known)
    accepted, rejected = _decided(p, fold, right, known)
    wrong = int((~right).sum())
    low, high = wilson(int((accepted & ~right).sum()), wrong)
    return {
        "weights": dict(zip(USED, (round(float(w), 6) for w in weights), strict=True)),
        "bias": round(bias, 6),
        "accept_at": accept_at,
        "reject_at": reject_at,
        "trials": len(trials),
        "unknown_trials": int((~known).sum()),
        "source": source,
        "false_accepts": round(float((accepted & ~right).sum() / wrong), 4),
        "false_accepts_interval": [round(low, 4), round(high, 4)],
        "false_accepts_expected": round(max(FALSE_ACCEPTS, 1 / (wrong + 1)), 4),
        "right_accepted": round(float(accepted[right].mean()), 4),
        "known_rejected": round(float(rejected[known].mean()), 4),
        "unknown_rejected": round(float(rejected[~known].mean()), 4) if (~known).any() else None,
        "reliability": reliability(p.tolist(), right.tolist()),
        "folds": FOLDS,
    }


def shortage(calibration: dict[str, Any]) -> str:
    """A sentence where the trials are too few for what is aimed at, otherwise empty."""
    wrong = sum(line["was"]["trials"] - round(line["was"]["value"] * line["was"]["trials"]) for line in calibration["reliability"]["bins"])
    if wrong >= round(1 / FALSE_ACCEPTS):
        return ""
    return (
        f"Only {wrong} trials without a right first match: they can back {1 / (wrong + 1):.1%} false accepts, not {FALSE_ACCEPTS:.0%}. "
        f"Give {round(1 / FALSE_ACCEPTS)} or more."
    )
