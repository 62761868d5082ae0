"""Ranked scores -> a calibrated probability and a verdict. Pure; the numbers come from the index's calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.types import Verdict

FEATURES = ("score", "margin", "confidence")


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic line over FEATURES, and the two probabilities between which the answer is `unsure`.

    trials: look-ups it was fitted on, of which unknown_trials were of garments outside the catalogue.
    source: "made views" (phone-like views of the catalogue itself) or "labelled queries".
    """

    weights: tuple[float, float, float]
    bias: float
    accept_at: float
    reject_at: float
    trials: int
    unknown_trials: int
    source: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Calibration:
        w = data["weights"]
        return cls(
            tuple(float(w[name]) for name in FEATURES),
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


def features_of(scores: Sequence[float], confidence: float) -> tuple[float, float, float]:
    """Best score, its lead over the next item, and the mask's expected IoU. scores: one per item, best first, may be empty."""
    if not scores:
        return -1.0, 0.0, confidence
    second = scores[1] if len(scores) > 1 else -1.0
    # Beyond 0.3 a longer lead says nothing more; without the cap a catalogue of one item would be sure of everything.
    return float(scores[0]), float(min(0.3, scores[0] - second)), float(confidence)
