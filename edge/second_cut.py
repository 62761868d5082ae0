"""A second opinion on a doubtful mask: the photo cut once more by its own colours, from the network's outline.

A network that is unsure has mostly met a garment unlike those it learned from; the photo itself still says which colours lie inside and
which outside. So GrabCut goes on from the network's outline, held by the photo's rim, which is background, and by what is certain. How far
the two agree says how good the outcome is to be expected, better than the network's own doubt does (training/LOG.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from edge.doubt import log_odds, logistic
from edge.grabcut import grab_cut
from edge.relabel import relabelled

_SIDE = 300
"""Long side in pixels at which is cut: 0.1 to 0.3 s of one core; larger takes longer and was no better."""
_RIM = 0.01
"""Width of the photo's rim that counts as background, as a share of the long side. With none the cut tends to run out over the photo."""
_SURE = 0.97
"""Chance from which on the rim is left open: a garment that runs out of the photo would else count as background by its colours there."""
_LEAST_AGREEMENT = 0.5
"""IoU of both outlines under which the network's stays: there the colours have found some other thing."""
_CERTAIN = 0.99
"""Chance from which on a pixel stays garment, whatever its colour: else the dark sleeves of a pale shirt go to a dark floor."""


def second_cut(rgb: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, float]:
    """uint8 (H, W, 3) and the network's mask float32 (H, W) in 0..1 -> the mask to go on with, like it, and the agreement, 0..1.

    agreement: IoU of the network's outline with the one by colours. The given mask comes back where they have too little in common, or
    where there are no colours to go by, which counts as agreement 0.
    """
    height, width = alpha.shape
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    chance = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    before = chance > 0.5
    labels = np.where(before, np.uint8(cv2.GC_PR_FGD), np.uint8(cv2.GC_PR_BGD))
    labels[_rim_of(before) & (chance <= _SURE)] = cv2.GC_BGD
    labels[chance > _CERTAIN] = cv2.GC_FGD
    # In CIELAB differences of hue count beside those of lightness, as they do to the eye.
    garment = grab_cut(cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB), labels, iterations=2)
    if garment is None:
        return alpha, 0.0
    agreement = float((garment & before).sum()) / max(1, int((garment | before).sum()))
    if agreement < _LEAST_AGREEMENT:
        return alpha, agreement
    return relabelled(rgb, alpha, before, garment), agreement


def _rim_of(picture: np.ndarray) -> np.ndarray:
    """bool (h, w), True along the border of a picture (h, w); nowhere in one too thin to have any inside."""
    rim = min(max(1, round(_RIM * max(picture.shape))), min(picture.shape) // 4)
    inside = np.zeros(picture.shape, bool)
    inside[rim : picture.shape[0] - rim, rim : picture.shape[1] - rim] = True
    return ~inside


def expected_after(first: float, agreement: float, fitted: Mapping[str, Any]) -> float:
    """Expected IoU of what `second_cut` gives, 0..1: a logistic of the log-odds of the first expectation and of the agreement. fitted:
    model.json's "second_cut" (weights by "first" and "agreement", offset)."""
    return logistic(fitted, {"first": log_odds(first), "agreement": log_odds(agreement)})
