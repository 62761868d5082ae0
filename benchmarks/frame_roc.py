"""ROC curves: their points, the area under them, and a picture of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

_INKS = ((40, 90, 180), (200, 90, 40), (60, 140, 70))


def roc(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """scores float (N,), positive bool (N,) -> false and true positive rates, rising from 0 to 1; equal scores make one point."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)
    hits, alarms = np.cumsum(positive[order])[last], np.cumsum(~positive[order])[last]
    return np.concatenate([[0], alarms / max(1, alarms[-1])]), np.concatenate([[0], hits / max(1, hits[-1])])


def area(alarms: np.ndarray, hits: np.ndarray) -> float:
    """Area under the curve: the chance that a positive scores higher than a negative."""
    return float(np.trapezoid(hits, alarms))


def draw_roc(
    curves: dict[str, tuple[np.ndarray, np.ndarray]], points: dict[str, tuple[float, float]], out: Path, *, side: int = 560
) -> None:
    """Write a PNG: one line per name, and where each method's own threshold lies. Raises OSError."""
    left, top = 70, 30
    picture = np.full((side + top + 60, side + left + 30, 3), 255, np.uint8)

    def at(x: float, y: float) -> tuple[int, int]:
        return left + round(x * side), top + round((1 - y) * side)

    for tick in np.linspace(0, 1, 6):
        cv2.line(picture, at(tick, 0), at(tick, 1), (225, 225, 225), 1)
        cv2.line(picture, at(0, tick), at(1, tick), (225, 225, 225), 1)
        cv2.putText(picture, f"{tick:.1f}", (at(tick, 0)[0] - 12, top + side + 20), 0, 0.45, (90, 90, 90), 1, cv2.LINE_AA)
        cv2.putText(picture, f"{tick:.1f}", (left - 36, at(0, tick)[1] + 5), 0, 0.45, (90, 90, 90), 1, cv2.LINE_AA)
    cv2.line(picture, at(0, 0), at(1, 1), (200, 200, 200), 1, cv2.LINE_AA)
    cv2.putText(picture, "pictures without a frame taken for framed", (left + 110, top + side + 46), 0, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
    cv2.putText(picture, "frames found", (left, 20), 0, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
    for k, (name, (alarms, hits)) in enumerate(curves.items()):
        ink = _INKS[k % len(_INKS)][::-1]
        line = np.array([at(x, y) for x, y in zip(alarms, hits, strict=True)], np.int32)
        cv2.polylines(picture, [line], False, ink, 2, cv2.LINE_AA)
        if name in points:
            cv2.circle(picture, at(*points[name]), 6, ink, 2, cv2.LINE_AA)
        label = f"{name}: area {area(alarms, hits):.4f}"
        cv2.putText(picture, label, (left + side // 2 - 60, top + side - 60 + 24 * k), 0, 0.55, ink, 1, cv2.LINE_AA)
    if not cv2.imwrite(str(out), picture):
        raise OSError(f"{out} could not be written")
