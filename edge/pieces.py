"""A mask in pieces: garment and something beside it that looks like cloth, or a garment in two parts? The catalogue knows.

Where the mask has several large pieces, each of the two largest is looked up alone too, and the reading counts that the catalogue knows
best: a pair of shoes is found as a pair, a shirt without the bag beside it. One more cutout and embedding per piece, and only there.
"""

from __future__ import annotations

import cv2
import numpy as np

WHOLE_FIRST = 0.03
"""By how much a piece's best score must exceed the whole mask's: what the network saw as one garment is one where both fit."""
_MOST = 2


def pieces_alone(alpha: np.ndarray, *, share: float = 0.15) -> list[np.ndarray]:
    """float32 (H, W) in 0..1 -> a mask like it for each of the two largest pieces alone, larger first; none where there is only one.

    share: of the largest piece's area, below which a piece is a spot and no reading of its own. A soft rim goes with the nearest piece.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > 0.5).astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = [int(i) + 1 for i in np.argsort(-areas, kind="stable")[:_MOST] if areas[i] >= share * areas.max()]
    if len(large) < 2:
        return []
    far = {i: cv2.distanceTransform((labels != i).astype(np.uint8), cv2.DIST_L2, 3) for i in range(1, count)}
    nearest = np.argmin(np.stack([far[i] for i in range(1, count)]), 0) + 1
    return [np.where(nearest == i, alpha, np.float32(0)) for i in large]


def reading(best: np.ndarray) -> int:
    """Which reading counts. best: float (1 + pieces,), the highest score in the catalogue of the whole mask, then of each piece."""
    handicap = np.full(len(best), WHOLE_FIRST)
    handicap[0] = 0.0
    return int(np.argmax(best - handicap))
