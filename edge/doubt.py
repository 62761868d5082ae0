"""How far a mask can be trusted: statistics of the network's own map -> the IoU to expect.

The weights are fitted on checked masks by training/export_segmenter.py and kept in model.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

STATISTICS = ("soft_iou", "twin_iou", "border", "pieces", "coverage")
"""soft_iou   soft against thresholded map: how far from 0 and 1 the chances are (Huang et al. 2019 learn it; here it is computed)
twin_iou   the map of the picture against that of its mirror image
border     share of the picture's border that the mask touches
pieces     share of the mask outside its largest piece
coverage   the mask's share of the picture"""


def soft_iou(probability: np.ndarray) -> float:
    """A probability map (H, W) against its own threshold, 0..1; 1 where every chance is 0 or 1, 0 where nothing is above a half."""
    hard = probability > 0.5
    union = float(np.maximum(probability, hard).sum())
    return float(np.minimum(probability, hard).sum()) / union if union > 0 else 0.0


def statistics_of(probability: np.ndarray, twin: np.ndarray | None = None) -> np.ndarray:
    """float32 (H, W) map of the picture -> float64 (5,), in STATISTICS' order, the first two as log-odds. twin: half the difference in
    log-odds between the picture's map and its mirror image's, (H, W), or None where the network gives none."""
    hard = probability > 0.5
    agree = 1.0
    if twin is not None:
        middle = np.log(np.clip(probability, 1e-6, 1 - 1e-6) / np.clip(1 - probability, 1e-6, 1))
        one, other = middle + twin > 0, middle - twin > 0
        agree = float((one & other).sum()) / max(1.0, float((one | other).sum()))
    edge = np.concatenate([hard[0], hard[-1], hard[:, 0], hard[:, -1]])
    return np.array([log_odds(soft_iou(probability)), log_odds(agree), edge.mean(), _outside_largest(hard), hard.mean()])


def _outside_largest(hard: np.ndarray) -> float:
    """Share of a mask, bool (H, W), outside its largest piece, 0..1."""
    count, pieces = cv2.connectedComponents(hard.view(np.uint8), connectivity=8)
    if count <= 2:  # one piece, as nearly always: counting the areas would take three times as long
        return 0.0
    areas = np.bincount(pieces.reshape(-1))[1:]
    return float(1 - areas.max() / areas.sum())


def expected_iou(statistics: Sequence[float] | np.ndarray, fitted: Mapping[str, Any]) -> float:
    """Statistics -> expected IoU with the true mask, 0..1: a logistic of their weighted sum. fitted: model.json's "confidence"
    (weights by STATISTICS' names, offset); without one, the soft IoU itself."""
    if "weights" not in fitted:
        return float(1 / (1 + np.exp(-statistics[0])))
    return logistic(fitted, dict(zip(STATISTICS, statistics, strict=True)))


def logistic(fitted: Mapping[str, Any], values: Mapping[str, float]) -> float:
    """Values by name -> 0..1: a logistic of their sum, weighted by fitted["weights"], and fitted["offset"]."""
    z = float(fitted["offset"]) + sum(float(fitted["weights"][name]) * float(value) for name, value in values.items())
    return float(1 / (1 + np.exp(-np.clip(z, -30, 30))))


def log_odds(share: float) -> float:
    """A share as log-odds, none surer than 1 in 200."""
    share = min(max(share, 0.005), 0.995)
    return float(np.log(share / (1 - share)))
