"""Outcomes of labelled look-ups -> shares with intervals, AUROC, reliability: the figures of `evaluate`. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.types import Verdict

FALSE_ACCEPT_TARGET = 0.01


@dataclass(frozen=True, slots=True)
class Candidate:
    """One match as the report shows it: its item, score, cosine per part and thumbnail (a file, or empty)."""

    item_id: str
    score: float
    parts: Mapping[str, float]
    thumb: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The same look-up as if the true item, and items that cannot be told from it, were not in the catalogue."""

    verdict: Verdict
    probability: float
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One query. item_id: the truth, empty where the garment is not in the catalogue; rank: of the true item, None where it is not
    among the matches. twin_first: what came first cannot be told from the true item (equal vectors). left_out: None for outsiders."""

    photo: str
    item_id: str
    first: str
    rank: int | None
    verdict: Verdict
    probability: float
    features: tuple[float, ...]
    milliseconds: float
    category: str = ""
    twin_first: bool = False
    left_out: LeftOut | None = None
    candidates: tuple[Candidate, ...] = ()
    true_thumb: str = ""

    @property
    def right(self) -> bool:
        """Whether taking the first match would be right."""
        return bool(self.item_id) and (self.rank == 1 or self.twin_first)


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if trials == 0:
        return 0.0, 1.0
    p = hits / trials
    centre = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    return max(0.0, (centre - half) / (1 + z * z / trials)), min(1.0, (centre + half) / (1 + z * z / trials))


def share(hits: int, trials: int) -> dict[str, Any]:
    """{"value", "low", "high", "trials"}; value is None without trials."""
    low, high = wilson(hits, trials)
    return {"value": round(hits / trials, 4) if trials else None, "low": round(low, 4), "high": round(high, 4), "trials": trials}


def mean_interval(values: Sequence[float], *, resamples: int = 1000, seed: int = 0) -> tuple[float, float]:
    """95 % interval of a mean by the percentile bootstrap (Efron 1979); (0, 1) without values, which are taken to lie there."""
    if not len(values):
        return 0.0, 1.0
    x = np.asarray(values, float)
    means = x[np.random.default_rng(seed).integers(0, len(x), (resamples, len(x)))].mean(1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Chance that a known query scores above an unknown one, ties half; None without both."""
    if not len(positive) or not len(negative):
        return None
    ordered = np.sort(np.asarray(negative, float))
    x = np.asarray(positive, float)
    return float((np.searchsorted(ordered, x, "left") + np.searchsorted(ordered, x, "right")).mean() / 2 / len(ordered))


def auroc_interval(area: float, positive: int, negative: int) -> tuple[float, float]:
    """95 % interval of an AUROC (Hanley and McNeil 1982), cut to 0..1."""
    q1, q2 = area / (2 - area), 2 * area * area / (1 + area)
    variance = (area * (1 - area) + (positive - 1) * (q1 - area * area) + (negative - 1) * (q2 - area * area)) / (positive * negative)
    half = 1.96 * math.sqrt(max(0.0, variance))
    return max(0.0, area - half), min(1.0, area + half)


def accepted_at(
    known: Sequence[float], right: Sequence[bool], unknown: Sequence[float], *, false_accepts: float = FALSE_ACCEPT_TARGET
) -> dict[str, Any]:
    """share() of known queries rightly accepted by the lowest threshold that lets at most `false_accepts` of the unknown ones pass.

    known: float per query of a catalogue item, right: whether its first match was right; unknown: float per query of none.
    A query passes when it scores above the threshold, which is an unknown's score: of fewer than 1 / false_accepts unknown
    ones none passes.
    """
    allowed = int(false_accepts * len(unknown) + 1e-9)
    if not len(unknown):
        return {**share(0, 0), "threshold": None, "unknown_trials": 0}
    threshold = float(np.sort(np.asarray(unknown, float))[::-1][allowed])
    hits = sum(bool(r) and k > threshold for k, r in zip(known, right, strict=True))
    return {**share(hits, len(known)), "threshold": round(threshold, 6), "unknown_trials": len(unknown)}


def reliability(probability: Sequence[float], right: Sequence[bool], *, bins: int = 10) -> dict[str, Any]:
    """Reliability curve and expected calibration error (Guo et al. 2017) over equal-width bins; empty bins are left out.

    Returns {"ece", "brier", "trials", "bins": [{"from", "to", "said", "was": share()}]}; ece and brier None without trials.
    """
    p, y = np.asarray(probability, float), np.asarray(right, float)
    place = np.minimum((p * bins).astype(int), bins - 1)
    lines, error = [], 0.0
    for i in range(bins):
        chosen = place == i
        if not chosen.any():
            continue
        said, was = float(p[chosen].mean()), share(int(y[chosen].sum()), int(chosen.sum()))
        error += chosen.mean() * abs(said - float(y[chosen].mean()))
        lines.append({"from": round(i / bins, 4), "to": round((i + 1) / bins, 4), "said": round(said, 4), "was": was})
    if not len(p):
        return {"ece": None, "brier": None, "trials": 0, "bins": []}
    return {"ece": round(float(error), 4), "brier": round(float(((p - y) ** 2).mean()), 4), "trials": len(p), "bins": lines}


def _separation(known: Sequence[float], right: Sequence[bool], unknown: Sequence[float]) -> dict[str, Any]:
    area = auroc(known, unknown)
    shown = None
    if area is not None:
        low, high = auroc_interval(area, len(known), len(unknown))
        shown = {"value": round(area, 4), "low": round(low, 4), "high": round(high, 4), "trials": len(known) + len(unknown)}
    return {
        "auroc": shown,
        "known_accepted_at_1_percent": accepted_at(known, right, unknown),
    }


def left_out_summary(known: Sequence[Outcome]) -> dict[str, Any] | None:
    """Known against unknown, where each known query counts once more with its own item hidden; None without such trials."""
    hidden = [o.left_out for o in known if o.left_out is not None]
    if not hidden:
        return None
    right = [o.right for o in known]
    return {
        "false_accepts": share(sum(h.verdict == Verdict.IN_CATALOGUE for h in hidden), len(hidden)),
        "rightly_rejected": share(sum(h.verdict == Verdict.NOT_IN_CATALOGUE for h in hidden), len(hidden)),
        "by_score": _separation([o.features[0] for o in known], right, [h.features[0] for h in hidden]),
        "by_probability": _separation([o.probability for o in known], right, [h.probability for h in hidden]),
    }


def per_category(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """category -> recall@1, recall@5, mrr, known_accepted, false_rejects; the most frequent first. Only queries of catalogue items."""
    groups: dict[str, list[Outcome]] = {}
    for o in outcomes:
        if o.item_id:
            groups.setdefault(o.category, []).append(o)
    out = {}
    for name, group in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        out[name] = {
            **{f"recall@{k}": share(sum(o.rank is not None and o.rank <= k for o in group), len(group)) for k in (1, 5)},
            "mrr": round(sum(1 / o.rank for o in group if o.rank) / len(group), 4),
            "known_accepted": share(sum(o.verdict == Verdict.IN_CATALOGUE and o.rank == 1 for o in group), len(group)),
            "false_rejects": share(sum(o.verdict == Verdict.NOT_IN_CATALOGUE for o in group), len(group)),
        }
    return out


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Shares with 95 % intervals and their trial counts; None where there is nothing to count."""
    known = [o for o in outcomes if o.item_id]
    unknown = [o for o in outcomes if not o.item_id]
    accepted = Verdict.IN_CATALOGUE
    out: dict[str, Any] = {f"recall@{k}": share(sum(o.rank is not None and o.rank <= k for o in known), len(known)) for k in (1, 5, 20)}
    reciprocal = [1 / o.rank if o.rank else 0.0 for o in known]
    out["mrr"] = round(sum(reciprocal) / len(known), 4) if known else None
    out["mrr_interval"] = [round(v, 4) for v in mean_interval(reciprocal)]
    out["false_accepts"] = share(sum(o.verdict == accepted for o in unknown), len(unknown))
    out["wrong_item_accepted"] = share(sum(o.verdict == accepted and o.rank != 1 for o in known), len(known))
    out["known_accepted"] = share(sum(o.verdict == accepted and o.rank == 1 for o in known), len(known))
    out["false_rejects"] = share(sum(o.verdict == Verdict.NOT_IN_CATALOGUE for o in known), len(known))
    by = {"score": lambda o: o.features[0], "probability": lambda o: o.probability}
    for name, value in by.items():
        area = auroc([value(o) for o in known], [value(o) for o in unknown])
        out[f"auroc_{name}"] = None if area is None else round(area, 4)
    right = [o.right for o in known]
    for name, value in by.items():
        given = accepted_at([value(o) for o in known], right, [value(o) for o in unknown])
        out[f"known_accepted_at_1_percent_by_{name}"] = given
    out["left_out"] = left_out_summary(known)
    out["categories"] = per_category(outcomes)
    # The probability is calibrated for even odds of known and unknown; where the queries hold fewer unknown, the left-out ones join.
    hidden = [] if len(unknown) >= len(known) else [o.left_out for o in known if o.left_out is not None]
    curve = reliability([o.probability for o in (*outcomes, *hidden)], [o.right for o in outcomes] + [False] * len(hidden))
    out["reliability"] = {**curve, "on": "queries and left-out items" if hidden else "queries"}
    out["ece"] = curve["ece"]
    times = [o.milliseconds for o in outcomes]
    out["milliseconds"] = {"median": round(float(np.median(times)), 1), "p95": round(float(np.percentile(times, 95)), 1)} if times else None
    out["queries"] = {"known": len(known), "unknown": len(unknown)}
    return out
