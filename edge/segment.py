"""Photo -> Mask: the segmentation network, small pieces dropped, and how sure it is."""

from __future__ import annotations

import cv2
import numpy as np

from edge.errors import NoGarmentFound
from edge.session import Engine
from edge.transforms import letterbox_mirror, to_nchw, undo_letterbox
from edge.types import Mask, Photo


def expected_iou(probability: np.ndarray, *, slope: float = 1.0, offset: float = 0.0) -> float:
    """How well the thresholded map is expected to fit, 0..1: the soft IoU of a probability map (H, W) with its own threshold,
    brought to real IoU by a line fitted on checked masks (slope, offset from model.json)."""
    hard = probability > 0.5
    union = float(np.maximum(probability, hard).sum())
    soft = float(np.minimum(probability, hard).sum()) / union if union > 0 else 0.0
    return float(np.clip(offset + slope * soft, 0.0, 1.0))


def keep_large_pieces(alpha: np.ndarray, *, share: float = 0.15) -> np.ndarray:
    """Drop pieces smaller than `share` of the largest one: stray spots, not the second shoe. float32 (H, W) in and out."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > 0.5).astype(np.uint8), connectivity=8)
    if count <= 2:
        return alpha
    areas = stats[1:, cv2.CC_STAT_AREA]
    small = np.flatnonzero(areas < share * areas.max()) + 1
    if small.size == 0:
        return alpha
    # A little wider than the piece itself, so that its soft rim goes with it.
    drop = cv2.dilate(np.isin(labels, small).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    drop &= ~np.isin(labels, np.setdiff1d(np.arange(1, count), small))
    return np.where(drop, np.float32(0), alpha)


class Segmenter:
    """The stage: holds the engine and the numbers of its model.json (input_size, mean, std, confidence line, least coverage)."""

    def __init__(self, engine: Engine, spec: dict) -> None:
        self._engine = engine
        self._size = int(spec["input_size"])
        self._mean, self._std = tuple(spec["mean"]), tuple(spec["std"])
        self._confidence = spec.get("confidence", {})
        self._least = float(spec.get("least_coverage", 0.01))

    def probability(self, rgb: np.ndarray) -> np.ndarray:
        """uint8 (H, W, 3) -> float32 (H, W) in 0..1: chance of garment per pixel."""
        return undo_letterbox(*self._small_probability(rgb))

    def _small_probability(self, rgb: np.ndarray):
        square, placement = letterbox_mirror(rgb, self._size)
        logits = self._engine.run(to_nchw(square, self._mean, self._std))[0][0, 0]
        return (1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32), placement

    def mask(self, photo: Photo) -> Mask:
        """The garment's mask, float32 (H, W), soft at the rim. Raises NoGarmentFound."""
        small, p = self._small_probability(photo.rgb)
        inner = small[p.top : p.top + p.height, p.left : p.left + p.width]
        kept = keep_large_pieces(inner)
        coverage = float((kept > 0.5).mean())
        if coverage < self._least:
            raise NoGarmentFound(coverage=coverage)
        confidence = expected_iou(inner, slope=self._confidence.get("slope", 1.0), offset=self._confidence.get("offset", 0.0))
        full = cv2.resize(kept, (p.source_width, p.source_height), interpolation=cv2.INTER_LINEAR)
        return Mask(np.clip(full, 0, 1), confidence)
