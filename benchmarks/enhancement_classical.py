"""Classical estimates of a photo's light by statistics of its pixels, to compare with: linear sRGB float64 (3,), any brightness."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from edge.develop import to_linear

_LINEAR = to_linear(np.arange(256) / 255.0)


def _pixels(rgb: np.ndarray, *, sigma: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Linear light float64 (H, W, 3), blurred, and where no channel is clipped, bool (H, W): the usual treatment."""
    unclipped = cv2.dilate((rgb.max(2) >= 253).astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    x = _LINEAR[rgb]
    return (cv2.GaussianBlur(x, (0, 0), sigma) if sigma else x), unclipped if unclipped.mean() > 0.05 else np.ones_like(unclipped)


def _norm(values: np.ndarray, where: np.ndarray, p: float) -> np.ndarray:
    chosen = values[where]
    return chosen.max(0) if np.isinf(p) else (chosen**p).mean(0) ** (1 / p)


def gray_world(rgb: np.ndarray) -> np.ndarray:
    """The mean is grey (Buchsbaum 1980)."""
    return _norm(*_pixels(rgb), 1)


def max_rgb(rgb: np.ndarray) -> np.ndarray:
    """The brightest of each channel is white (Land 1977), slightly blurred against single pixels."""
    return _norm(*_pixels(rgb, sigma=1.0), np.inf)


def shades_of_gray(rgb: np.ndarray) -> np.ndarray:
    """Minkowski norm of order 6 (Finlayson and Trezzi 2004)."""
    return _norm(*_pixels(rgb), 6)


def gray_edge(rgb: np.ndarray) -> np.ndarray:
    """Differences are grey: first order, sigma 1, norm 6 (van de Weijer, Gevers and Gijsenij 2007)."""
    x, where = _pixels(rgb, sigma=1.0)
    return _norm(np.hypot(cv2.Sobel(x, cv2.CV_64F, 1, 0), cv2.Sobel(x, cv2.CV_64F, 0, 1)), where, 6) + 1e-9


def no_correction(rgb: np.ndarray) -> np.ndarray:
    return np.ones(3)


METHODS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "no correction": no_correction,
    "gray world": gray_world,
    "max-RGB": max_rgb,
    "shades of gray": shades_of_gray,
    "gray edge": gray_edge,
}
