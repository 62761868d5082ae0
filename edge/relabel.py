"""Labels from a cut on a small grid -> soft mask at the photo's size: laid on the picture's edges where the cut changed something."""

from __future__ import annotations

import cv2
import numpy as np

from edge.matting import refine_alpha


def relabelled(rgb: np.ndarray, given: np.ndarray | None, before: np.ndarray, garment: np.ndarray, *, side: int = 800) -> np.ndarray:
    """uint8 (H, W, 3); given float32 (H, W) in 0..1, the mask so far, or None; before, garment bool (h, w) -> float32 (H, W) in 0..1.

    Where `garment` says what `before` says, and a little away from there, the mask stays as given. side: longest side, in pixels, at which
    the outline is laid on the edges.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    rough = cv2.resize(cv2.GaussianBlur(garment.astype(np.float32), (0, 0), 0.7), size, interpolation=cv2.INTER_LINEAR)
    fine = refine_alpha(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), rough)
    alpha = np.clip(cv2.resize(fine, (width, height), interpolation=cv2.INTER_LINEAR), 0.0, 1.0)
    if given is None:
        return alpha
    changed = cv2.dilate((garment != before).view(np.uint8), np.ones((5, 5), np.uint8))
    changed = cv2.resize(changed, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    return np.where(changed, alpha, given)
