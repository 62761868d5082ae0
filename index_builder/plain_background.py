"""The garment in a picture on a plain background, without a network."""

from __future__ import annotations

import cv2
import numpy as np

_PLAIN_SHARE = 0.3
"""Share of the picture's border that must have one colour for its background to count as plain."""
_NEAR = 7.0  # CIELAB: what is that near to the background's colour, and joined to the border, is background


def garment_on_plain(rgb: np.ndarray) -> np.ndarray | None:
    """uint8 (H, W, 3) -> float32 (H, W) of 0 and 1; None where the background is not plain or nothing lies on it."""
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (3, 3), 0).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    border = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    cells = np.round(border / 8).astype(int)
    kinds, counts = np.unique(cells, axis=0, return_counts=True)
    colour = np.median(border[(cells == kinds[counts.argmax()]).all(1)], axis=0)
    if (np.linalg.norm(border - colour, axis=1) < _NEAR).mean() < _PLAIN_SHARE:
        return None
    apart = lab - colour
    near = ((apart * apart).sum(2) < _NEAR**2).astype(np.uint8)
    count, labels = cv2.connectedComponents(near, connectivity=4)
    outside = np.zeros(count, bool)
    outside[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    outside[0] = False  # what is not near the background's colour
    inside = cv2.morphologyEx((~outside[labels]).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = np.concatenate([[False], areas > 0.05 * areas.max()])  # a pair of shoes is two pieces, specks are none
    garment = kept[labels]
    return garment.astype(np.float32) if 0.01 < garment.mean() < 0.99 else None
