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


def grab_cut_coarse_to_fine(rgb: np.ndarray, labels: np.ndarray, *, iterations: int = 2, side: int = 300) -> np.ndarray | None:
    """Like `grab_cut`, in a fraction of the time: cut at `side` pixels, then once more where the outline came to lie.

    The time of a cut grows faster than the picture, and only along the outline do more pixels tell more (the banded graph cuts of
    Lombaert et al. 2005).
    """
    height, width = labels.shape
    scale = side / max(height, width)
    if scale >= 0.8:
        return grab_cut(rgb, labels, iterations=iterations)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    coarse = grab_cut(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), small, iterations=iterations)
    if coarse is None:
        return None
    found = coarse.astype(np.uint8)
    kernel = np.ones((5, 5), np.uint8)
    doubt = cv2.resize(cv2.dilate(found, kernel) - cv2.erode(found, kernel), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    garment = cv2.resize(found, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    certain = (labels == cv2.GC_FGD) | (labels == cv2.GC_BGD)
    fine = np.where(garment, np.where(doubt, cv2.GC_PR_FGD, cv2.GC_FGD), np.where(doubt, cv2.GC_PR_BGD, cv2.GC_BGD)).astype(np.uint8)
    fine[certain] = labels[certain]
    cut = grab_cut(rgb, fine, iterations=1)
    return (fine == cv2.GC_FGD) | (fine == cv2.GC_PR_FGD) if cut is None else cut


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
