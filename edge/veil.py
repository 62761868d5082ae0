"""A veil of stray light over a whole photo, from a dirty lens or a window behind the garment: noticed, and lifted.

Scattered light adds the same to every pixel (Koschmieder's law for one distance), so that nothing in the photo is dark any more. Taken off
the other way round: darkest and lightest become as dark and as light as they are in most photos. A pale garment on pale ground looks just
the same, so nobody's photo is changed for good: the look-up tries both, and the catalogue decides (edge.seen).
"""

from __future__ import annotations

import cv2
import numpy as np

_DARKEST = 60.0
"""A photo in which nothing is darker than this grey level (of 255) may have a veil: all with a strong one, one of twelve without."""
_SPAN = 170.0
"""And whose darkest and lightest are no further apart."""
_SHARE = 0.5
"""Per cent of the pixels that may be darker, or lighter: specks and reflections do not count."""
_BLACK, _WHITE = 10.0, 245.0
_MOST = 2.5
"""Highest gain: more would show a camera's noise and JPEG's squares rather than a garment."""
_LOOKED_AT = 200


def lifted(rgb: np.ndarray) -> np.ndarray | None:
    """uint8 (H, W, 3) -> the same without its veil; None where there is none to be seen."""
    step = max(1, max(rgb.shape[:2]) // _LOOKED_AT)
    grey = cv2.cvtColor(np.ascontiguousarray(rgb[::step, ::step]), cv2.COLOR_RGB2GRAY)
    dark, light = np.percentile(grey, (_SHARE, 100 - _SHARE))
    if dark <= _DARKEST or light - dark >= _SPAN or light <= dark:
        return None
    gain = min(_MOST, (_WHITE - _BLACK) / (light - dark))
    return cv2.LUT(rgb, np.clip((np.arange(256) - dark) * gain + _BLACK + 0.5, 0, 255).astype(np.uint8))
