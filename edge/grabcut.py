"""GrabCut (Rother, Kolmogorov, Blake 2004) with OpenCV's pitfalls fenced off, and the automatic baseline from a rectangle."""

from __future__ import annotations

import cv2
import numpy as np

_LEAST = 6
"""Pixels each class needs: OpenCV makes five colour components and fails on fewer samples than components."""
_FLAT = 1.0
"""Standard deviation in grey levels below which there is no colour to go by; the covariances would be singular."""


def grab_cut(rgb: np.ndarray, labels: np.ndarray, *, iterations: int = 2) -> np.ndarray | None:
    """Cut a picture by the colours of two classes. uint8 (h, w, 3); labels uint8 (h, w) of cv2.GC_BGD, GC_FGD, GC_PR_BGD, GC_PR_FGD.

    Gives bool (h, w), True for garment; None where no cut can be made: a class without pixels to learn from, or a picture of one colour.
    The same arguments give the same cut.
    """
    front = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    count = int(front.sum())
    if min(count, front.size - count) < _LEAST or float(rgb.reshape(-1, 3).std(axis=0).max()) < _FLAT:
        return None
    work = np.ascontiguousarray(labels).copy()
    cv2.setRNGSeed(0)  # the colour components start at random
    try:
        cv2.grabCut(np.ascontiguousarray(rgb), work, None, np.zeros((1, 65)), np.zeros((1, 65)), iterations, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # a class that lost all its pixels on the way, singular colours
        return None
    return (work == cv2.GC_FGD) | (work == cv2.GC_PR_FGD)


def grabcut_rectangle(rgb: np.ndarray, *, inset: int = 5, side: int = 400) -> np.ndarray:
    """The automatic baseline: GrabCut from a rectangle `inset` pixels inside the photo, on at most `side` pixels. uint8 (H, W, 3).

    Gives float32 (H, W) in 0..1, soft where it was enlarged; the rectangle itself where no cut can be made.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    margin = min(max(1, round(inset * scale)), (min(size) - 1) // 2)
    labels = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    labels[margin : size[1] - margin, margin : size[0] - margin] = cv2.GC_PR_FGD
    cut = grab_cut(small, labels, iterations=5)
    garment = (labels == cv2.GC_PR_FGD if cut is None else cut).astype(np.float32)
    return cv2.resize(garment, (width, height), interpolation=cv2.INTER_LINEAR) if scale < 1 else garment
