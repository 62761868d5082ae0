"""A mask in pieces: garment and something beside it that looks like cloth, or a garment in two parts? The catalogue knows.

Where the mask has several large pieces, each of the two largest is looked up alone too, and the reading counts that the catalogue knows
best: a pair of shoes is found as a pair, a shirt without the bag beside it. One more cutout and embedding per piece, and only there.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.transforms import shrunk

WHOLE_FIRST = 0.03
"""By how much another reading's best score must exceed that of the photo as it is, which counts where both fit."""
_MOST = 2
_SIDE = 400
"""Long side in pixels at which pieces are told apart, so that a photo of any size takes under a millisecond."""


def pieces_alone(alpha: np.ndarray, *, share: float = 0.15) -> list[np.ndarray]:
    """float32 (H, W) in 0..1 -> a mask like it for each of the two largest pieces alone, larger first; none where there is only one.

    share: of the largest piece's area, below which a piece is a spot and no reading of its own. A soft rim goes with the nearest piece.
    Told apart at 400 px: what only a thin strap joins in a larger photo may be two pieces.
    """
    height, width = alpha.shape
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    inside = np.where(shrunk(alpha, size) > 0.5, np.uint8(255), np.uint8(0))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = [int(i) + 1 for i in np.argsort(-areas, kind="stable")[:_MOST] if areas[i] >= share * areas.max()]
    if len(large) < 2:
        return []
    # The number of the nearest piece at every place, counted in OpenCV's own way: what it says inside a piece is that piece's number.
    _, nearest = cv2.distanceTransformWithLabels(cv2.bitwise_not(inside), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    own = [nearest == nearest[labels == i][0] for i in large]
    return [
        np.where(cv2.resize(near.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0, alpha, np.float32(0))
        for near in own
    ]


def reading(best: np.ndarray) -> int:
    """Which reading counts. best: float (R,), the highest score in the catalogue of the photo as it is, then of each other reading."""
    handicap = np.full(len(best), WHOLE_FIRST)
    handicap[0] = 0.0
    return int(np.argmax(best - handicap))
