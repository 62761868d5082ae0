"""How well a mask fits the truth: IoU, boundary F, pixel accuracy; and their summary over many photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True, slots=True)
class Scores:
    """One photo's: each 0..1."""

    iou: float
    boundary_f: float
    pixel_accuracy: float


def scores(mask: np.ndarray, truth: np.ndarray) -> Scores:
    """bool (H, W) and bool (H, W) -> Scores. Raises ValueError where their sizes differ."""
    if mask.shape != truth.shape:
        raise ValueError(f"mask {mask.shape} and truth {truth.shape} differ in size")
    union = int((mask | truth).sum())
    iou = float((mask & truth).sum() / union) if union else 1.0
    return Scores(iou, boundary_f(mask, truth), float((mask == truth).mean()))


def boundary(mask: np.ndarray) -> np.ndarray:
    """bool (H, W): the mask's pixels that have a neighbour outside it, of four. The photo's edge is no outline: what is cut off there
    was not drawn by anybody."""
    inside = mask.astype(np.uint8)
    return mask & ~cv2.erode(inside, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), borderValue=1).astype(bool)


def boundary_f(mask: np.ndarray, truth: np.ndarray, *, tolerance: float = 0.01) -> float:
    """F-measure of the outlines (Martin, Fowlkes and Malik 2004; for segmentation Csurka, Larlus and Perronnin 2013), 0..1.

    bool (H, W) twice. Precision is the share of the mask's outline that lies within `tolerance` x diagonal of the truth's outline,
    recall the reverse. That is the dilation of one outline by a disk of that radius, read off its exact distance map.
    """
    radius = tolerance * float(np.hypot(*mask.shape))
    a, b = boundary(mask), boundary(truth)
    if not a.any() or not b.any():
        return float(a.any() == b.any())
    precision, recall = _share_near(a, b, radius), _share_near(b, a, radius)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _share_near(points: np.ndarray, others: np.ndarray, radius: float) -> float:
    distance = cv2.distanceTransform((~others).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # The distance map is float32: a hair of room, so that a pixel at exactly the radius counts.
    return float((distance[points] <= radius + 1e-4).mean())


def summary(found: Sequence[Scores], weights: Sequence[float] | None = None) -> dict[str, float]:
    """Of many photos: n, mean and median IoU, share of photos under 0.80, mean boundary F and pixel accuracy.

    weights, one for each photo, undo an uneven sample. Raises ValueError where there is none to summarise.
    """
    if not found:
        raise ValueError("no photo to summarise")
    w = np.ones(len(found)) if weights is None else np.asarray(weights, float)
    w = w / w.sum()
    iou = np.array([s.iou for s in found])
    order = np.argsort(iou)
    ranks = np.cumsum(w[order])
    # The value at which half of the weight lies below; the mean of the two where it falls between them, as numpy's median.
    low, high = np.searchsorted(ranks, 0.5 - 1e-9), np.searchsorted(ranks, 0.5 + 1e-9)
    median = (iou[order][low] + iou[order][min(high, len(iou) - 1)]) / 2
    return {
        "n": len(found),
        "mean_iou": round(float(w @ iou), 4),
        "median_iou": round(float(median), 4),
        "under_0.80": round(float(w @ (iou < 0.8)), 4),
        "boundary_f": round(float(w @ [s.boundary_f for s in found]), 4),
        "pixel_accuracy": round(float(w @ [s.pixel_accuracy for s in found]), 4),
    }
