"""Photo -> Mask: the segmentation network, small pieces dropped, how sure it is, and a second opinion where it is not."""

from __future__ import annotations

import cv2
import numpy as np

from edge.doubt import STATISTICS, expected_iou, statistics_of
from edge.errors import NoGarmentFound
from edge.second_cut import expected_after, second_cut
from edge.session import Engine
from edge.transforms import letterbox_mirror, to_nchw
from edge.types import Mask, Photo

_BLANK = 2.5
"""Grey levels, standard deviation: a phone's noise on an even surface stays under it."""
_AS_GOOD_AS_THE_SAME = 0.97
"""IoU of two outlines from which on they are the same to all that follows."""


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


def is_blank(rgb: np.ndarray) -> bool:
    """Whether a picture, uint8 (H, W, 3), shows one even surface: a covered lens, an empty wall. A network guesses even so."""
    step = max(1, max(rgb.shape[:2]) // 48)
    return bool(rgb[::step, ::step].reshape(-1, 3).std(0).max() < _BLANK)


class Segmenter:
    """The stage: holds the engine and the numbers of its model.json (input_size, mean, std, confidence, least_coverage, second_cut).

    check_below: the expected IoU under which a person should look at the outline. second_cut: of "below" which expected IoU the photo's
    colours are asked too (edge.second_cut), and what is to be expected then; without it they never are.
    """

    def __init__(self, engine: Engine, spec: dict) -> None:
        self._engine = engine
        self._size = int(spec["input_size"])
        self._mean, self._std = tuple(spec["mean"]), tuple(spec["std"])
        self._confidence = spec.get("confidence", {})
        self._second = spec.get("second_cut")
        self._least = float(spec.get("least_coverage", 0.01))
        self.check_below = float(self._confidence.get("check_below", 0.85))

    def probability(self, rgb: np.ndarray) -> np.ndarray:
        """uint8 (H, W, 3) -> float32 (H, W) in 0..1: chance of garment per pixel."""
        inner, _ = self._maps(rgb)
        return cv2.resize(inner, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    def statistics(self, rgb: np.ndarray) -> np.ndarray:
        """uint8 (H, W, 3) -> float64 (5,): edge.doubt's statistics of this picture's map."""
        return statistics_of(*self._maps(rgb))

    def _maps(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Chance of garment and, where the network says it, the mirror image's dissent (edge.doubt), both float32 at the network's size,
        the picture's part alone."""
        square, p = letterbox_mirror(rgb, self._size)
        output = self._engine.run(to_nchw(square, self._mean, self._std))[0][0]
        inner = output[:, p.top : p.top + p.height, p.left : p.left + p.width]
        return (1.0 / (1.0 + np.exp(-np.clip(inner[0], -30, 30)))).astype(np.float32), inner[1] if len(inner) > 1 else None

    def mask(self, photo: Photo) -> Mask:
        """The garment's mask, float32 (H, W), soft at the rim. Raises NoGarmentFound."""
        if is_blank(photo.rgb):
            raise NoGarmentFound(coverage=0.0)
        inner, twin = self._maps(photo.rgb)
        statistics = statistics_of(inner, twin)
        kept = keep_large_pieces(inner) if statistics[STATISTICS.index("pieces")] > 0 else inner
        coverage = float((kept > 0.5).mean())
        if coverage < self._least:
            raise NoGarmentFound(coverage=coverage)
        confidence = expected_iou(statistics, self._confidence)
        full = np.clip(cv2.resize(kept, photo.rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR), 0, 1)
        if self._second is None or confidence >= self._second["below"]:
            return Mask(full, confidence)
        again, agreement = second_cut(photo.rgb, full)
        changed = again is not full and agreement < _AS_GOOD_AS_THE_SAME
        return Mask(keep_large_pieces(again), expected_after(confidence, agreement, self._second), full if changed else None)
