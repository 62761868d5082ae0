"""The baseline for frames: Canny edges and rules. No learning; sums over strips come from integral images."""

from __future__ import annotations

import cv2
import numpy as np

SIDE = 256
"""The picture is squashed to a square of this many pixels."""
WIDEST = 0.16
LINE = 0.62
"""Share of a line's pixels that must be edges for it to be the rim of a frame on that side."""
WHITE, EVEN = 238, 7
"""Mean above which and spread below which a strip is a white margin, no frame."""


def _integral(x: np.ndarray) -> np.ndarray:
    return cv2.integral(x, sdepth=cv2.CV_64F)


def _sum(table: np.ndarray, y0: int, x0: int, y1: int, x1: int) -> float:
    return float(table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0])


def side_score(edges: np.ndarray, grey: np.ndarray, squares: np.ndarray) -> tuple[float, int]:
    """Integral images (257, 257) of edges (0/1), grey levels and their squares -> best score of a frame on the left, 0..1, and its width.

    Score: share of edge pixels in a line two pixels wide, less where the strip outside is as the one inside, none for a white margin.
    """
    best, width = 0.0, 0
    for x in range(2, int(WIDEST * SIDE) + 1):
        line = _sum(edges, 0, x - 1, SIDE, x + 1) / SIDE
        if line <= best:
            continue
        area = SIDE * x
        mean = _sum(grey, 0, 0, SIDE, x) / area
        spread = max(0.0, _sum(squares, 0, 0, SIDE, x) / area - mean * mean) ** 0.5
        # The margin's own last columns are mixed with what it surrounds.
        clear = max(1, x - 2)
        white = _sum(grey, 0, 0, SIDE, clear) / (SIDE * clear)
        if white > WHITE and max(0.0, _sum(squares, 0, 0, SIDE, clear) / (SIDE * clear) - white * white) ** 0.5 < EVEN:
            continue
        inside = _sum(grey, 0, x + 1, SIDE, 2 * x + 1) / area
        score = min(1.0, line) * (0.7 + 0.3 * min(1.0, abs(mean - inside) / (spread + 8)))
        if score > best:
            best, width = score, x
    return best, width


def find_by_edges(rgb: np.ndarray) -> tuple[float, np.ndarray]:
    """uint8 (H, W, 3) -> score of the likeliest side, 0..1, and widths as shares of the side on left, top, right, bottom, float (4,)."""
    grey = cv2.cvtColor(cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    edges = (cv2.Canny(grey, 40, 110) > 0).astype(np.uint8)
    scores, widths = [], []
    for turn in (lambda a: a, lambda a: a.T, lambda a: a[:, ::-1], lambda a: a[::-1].T):
        e, g = np.ascontiguousarray(turn(edges)), np.ascontiguousarray(turn(grey)).astype(np.float64)
        score, width = side_score(_integral(e), _integral(g), _integral(g * g))
        scores.append(score)
        widths.append(width / SIDE if score >= LINE else 0.0)
    return max(scores), np.array(widths)
