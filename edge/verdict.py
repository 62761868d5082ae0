"""Ranked scores -> a calibrated probability and a verdict. Pure; the numbers come from the index's calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.types import Verdict

FEATURES = ("score", "margin", "confidence", "nearness", "lead", "weakest")
"""What a verdict may rest on, as features_of gives it. A calibration names those it uses; the others weigh nothing."""

_FULL_NEARNESS = 0.02
"""Distance from a perfect match below which nearer says nothing more."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic line over FEATURES, and the two probabilities between which the answer is `unsure`.

    trials: look-ups it was fitted on, of which unknown_trials were of garments outside the catalogue.
    source: "made views" (phone-like views of the catalogue itself) or "labelled queries".
    """

    weights: tuple[float, ...]
    bias: float
    accept_at: float
    reject_at: float
    trials: int
    unknown_trials: int
    source: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Calibration:
        """Raises KeyError, TypeError, ValueError where something is missing or no feature is known by that name."""
        w = dict(data["weights"])
        if not w or not set(w) <= set(FEATURES):
            raise KeyError(f"weights of {', '.join(FEATURES)}")
        return cls(
            tuple(float(w.get(name, 0.0)) for name in FEATURES),
            float(data["bias"]),
            float(data["accept_at"]),
            float(data["reject_at"]),
            int(data["trials"]),
            int(data["unknown_trials"]),
            str(data["source"]),
        )

    def probability(self, features: Sequence[float]) -> float:
        """Chance, 0..1, that the first match is the garment in the photo; features in the order of FEATURES.

        No surer than the number of trials allows: 100 trials cannot back 99.9 %.
        """
        z = self.bias + sum(w * f for w, f in zip(self.weights, features, strict=True))
        p = 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, z))))
        return max(1.0 - surest(self.trials), min(surest(self.trials), p))

    def verdict(self, probability: float) -> Verdict:
        if probability >= self.accept_at:
            return Verdict.IN_CATALOGUE
        return Verdict.NOT_IN_CATALOGUE if probability < self.reject_at else Verdict.UNSURE


def surest(trials: int) -> float:
    """The highest probability that so many trials can back, by Laplace's rule of succession; the lowest is 1 minus it."""
    return (trials + 1) / (trials + 2)


def features_of(scores: Sequence[float], confidence: float, parts: Sequence[float] = ()) -> tuple[float, ...]:
    """Ranked scores -> FEATURES, each larger for a likelier match.

    scores: cosine per item, best first, may be empty. confidence: the mask's expected IoU. parts: cosine of each part with
    the first match; without them its score stands in.
    score, margin  the best cosine and its lead over the next item
    nearness       -ln of the distance to a perfect match: each halving of it counts the same
    lead           margin as a share of the next item's distance, 0..1 (the ratio test of Lowe 2004)
    weakest        nearness of the part that fits worst: where only the colour differs, it is another item
    """
    if not scores:
        return -1.0, 0.0, confidence, nearness(-1.0), 0.0, nearness(-1.0)
    best = float(scores[0])
    second = float(scores[1]) if len(scores) > 1 else -1.0
    # Beyond 0.3 a longer lead says nothing more; without the cap a catalogue of one item would be sure of everything.
    margin = min(0.3, best - second)
    lead = margin / max(1e-3, 1.0 - (best - margin))
    return best, margin, float(confidence), nearness(best), float(lead), nearness(min(parts, default=best))


def nearness(cosine: float) -> float:
    """-1..1 -> -0.7..3.9, rising."""
    return -math.log(max(0.0, 1.0 - float(cosine)) + _FULL_NEARNESS)


def judge(
    calibration: Calibration | None,
    scores: Sequence[float],
    parts: Sequence[float],
    confidence: float,
    *,
    shown: tuple[float, Sequence[float]] | None = None,
) -> tuple[Verdict, float]:
    """Verdict, and the probability that the first match shown is the garment in the photo.

    scores, parts: as features_of takes them, of the whole catalogue's best items by the photo alone. shown: score and parts, by the
    photo alone, of the match that weights, likes or a filter put first instead of the best one; None: the best one is first.
    What a person looks for is no evidence of what the photo shows, so it never raises the probability: another first match is judged
    against the best one, its lead is negative, and it gets at most what the best one leaves over.
    """
    if calibration is None:
        return Verdict.UNSURE, 0.0
    leader = calibration.probability(features_of(scores, confidence, parts))
    if shown is None:
        return calibration.verdict(leader), leader
    score, its_parts = shown
    own = min(calibration.probability(features_of((score, scores[0]), confidence, its_parts)), 1.0 - leader)
    if own >= calibration.accept_at:
        return Verdict.IN_CATALOGUE, own
    # "Not in the catalogue" is about all of it, also where its best item was filtered out or stands further down.
    return (Verdict.NOT_IN_CATALOGUE if leader < calibration.reject_at else Verdict.UNSURE), own
