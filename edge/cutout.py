"""Photo + Mask -> Cutout: the garment on white, cropped with a margin, padded to a square, never squashed."""

from __future__ import annotations

import math

import cv2
import numpy as np

from edge.errors import NoGarmentFound
from edge.matting import refine_alpha
from edge.transforms import shrunk
from edge.types import Box, Cutout, Mask, Photo


def cut_out(rgb: np.ndarray, alpha: np.ndarray, *, size: int = 320, margin: float = 0.06) -> tuple[np.ndarray, Box]:
    """uint8 (H, W, 3) and float32 (H, W) in 0..1 -> uint8 (size, size, 3) on white and the garment's box in the photo.

    The mask's outline is laid on the picture's edges first (`refine_alpha`). margin: white kept around the garment, as a share of its
    long side. Raises NoGarmentFound for an empty mask.
    """
    x, y, w, h = cv2.boundingRect(cv2.compare(alpha, 0.5, cv2.CMP_GT))
    if w == 0 or h == 0:
        raise NoGarmentFound(coverage=0.0)
    # Room for the background's colours and for straps that the rough mask only suspects.
    height, width = alpha.shape
    room = max(4, round(0.06 * max(w, h)))
    left, top = max(0, x - room), max(0, y - room)
    right, bottom = min(width, x + w + room), min(height, y + h + room)
    part, soft = rgb[top:bottom, left:right], alpha[top:bottom, left:right]
    # Twice the cutout's own resolution is all that can be seen in it.
    reduce = min(1.0, 2 * size / max(part.shape[:2]))
    if reduce < 1:
        inside = max(1, round(part.shape[1] * reduce)), max(1, round(part.shape[0] * reduce))
        part, soft = shrunk(part, inside), shrunk(soft, inside)
    soft = refine_alpha(part, soft, working_side=max(96, size // 2))
    found = _box_of(soft, least=2 if min(soft.shape) > 40 else 1) or _box_of(soft) or Box(0, 0, soft.shape[1], soft.shape[0])
    part, soft = part[found.top : found.bottom, found.left : found.right], soft[found.top : found.bottom, found.left : found.right]
    h, w = part.shape[:2]
    inner = max(1, round(size * (1 - 2 * margin)))
    scale = inner / max(h, w)
    sw, sh = max(1, round(w * scale)), max(1, round(h * scale))
    # White first, then shrink: shrinking colours and mask apart would let the background bleed through the rim.
    # In whole grey levels: an eighth of the time that floating point takes, and the file had no finer ones.
    share = cv2.merge([cv2.convertScaleAbs(soft, alpha=255)] * 3)
    white = cv2.add(cv2.multiply(part, share, scale=1 / 255), cv2.bitwise_not(share))
    small = shrunk(white, (sw, sh)) if scale < 1 else cv2.resize(white, (sw, sh), interpolation=cv2.INTER_LINEAR)
    out = np.full((size, size, 3), 255, np.uint8)
    y, x = (size - sh) // 2, (size - sw) // 2
    out[y : y + sh, x : x + sw] = small
    box = Box(
        left + int(found.left / reduce),
        top + int(found.top / reduce),
        min(right, left + math.ceil(found.right / reduce)),
        min(bottom, top + math.ceil(found.bottom / reduce)),
    )
    return out, box


def _box_of(alpha: np.ndarray, *, least: int = 1) -> Box | None:
    """What the mask covers, from the first to the last line and column that hold at least `least` of its pixels; None for an empty mask."""
    garment = cv2.compare(alpha, 0.5, cv2.CMP_GT)
    columns, lines = (np.flatnonzero(cv2.reduce(garment, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S) >= 255 * least) for axis in (0, 1))
    if columns.size == 0 or lines.size == 0:
        return None
    return Box(int(columns[0]), int(lines[0]), int(columns[-1]) + 1, int(lines[-1]) + 1)


def cutout(photo: Photo, mask: Mask, *, size: int = 320, margin: float = 0.06) -> Cutout:
    """The stage: what `cut_out` does, with the share of the photo that the garment covers. Raises NoGarmentFound."""
    rgb, box = cut_out(photo.rgb, mask.alpha, size=size, margin=margin)
    return Cutout(rgb, box, cv2.countNonZero(cv2.compare(mask.alpha, 0.5, cv2.CMP_GT)) / mask.alpha.size)
