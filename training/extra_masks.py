"""Accepted outline corrections (edge.corrections) as training photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.corrections import Correction, read_corrections
from edge.transforms import letterbox_mirror
from training.segmenter_views import Garments


def read_extra(folder: Path, size: int) -> Garments:
    """Every kept correction of a folder, letterboxed; its masks are believed. Raises FileNotFoundError where there is none."""
    return letterboxed(read_corrections(folder), size, where=str(folder))


def letterboxed(corrections: Sequence[Correction], size: int, *, where: str = "this folder") -> Garments:
    """Corrections as squares of `size` pixels. Raises FileNotFoundError, which names `where`, for none with its pictures."""
    rgb, mask = [], []
    for correction in corrections:
        bgr, alpha = cv2.imread(str(correction.photo_path), cv2.IMREAD_COLOR), cv2.imread(str(correction.mask_path), cv2.IMREAD_GRAYSCALE)
        if bgr is None or alpha is None:
            continue  # kept for a set time only; its line may outlive its pictures
        rgb.append(letterbox_mirror(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), size)[0])
        mask.append(letterbox_mirror(alpha, size)[0])
    if not rgb:
        raise FileNotFoundError(f"no corrections with their pictures in {where}")
    n = len(rgb)
    return Garments(np.stack(rgb), np.stack(mask), np.full((n, size, size), 255, np.uint8), ["extra"] * n, np.ones(n, bool), np.ones(n))
