"""Photo + Mask -> Cutout: the garment on white, cropped with a margin, padded to a square, never squashed."""

from __future__ import annotations

import cv2
import numpy as np

from edge.errors import NoGarmentFound
from edge.types import Box, Cutout, Mask, Photo


def sharpen_rim(alpha: np.ndarray, *, low: float = 0.35, high: float = 0.75) -> np.ndarray:
    """Steepen a soft mask around its outline and pull it in a little, so that no halo of the old background stays. float32 in and out."""
    x = np.clip((alpha - low) / (high - low), 0.0, 1.0)
    return (x * x * (3.0 - 2.0 * x)).astype(np.float32)


def cut_out(rgb: np.ndarray, alpha: np.ndarray, *, size: int = 320, margin: float = 0.06) -> tuple[np.ndarray, Box]:
    """uint8 (H, W, 3) and float32 (H, W) in 0..1 -> uint8 (size, size, 3) on white and the garment's box in the photo.

    margin: white kept around the garment, as a share of its long side. Raises NoGarmentFound for an empty mask.
    """
    columns = np.flatnonzero((alpha > 0.5).any(0))
    lines = np.flatnonzero((alpha > 0.5).any(1))
    if columns.size == 0 or lines.size == 0:
        raise NoGarmentFound(coverage=0.0)
    box = Box(int(columns[0]), int(lines[0]), int(columns[-1]) + 1, int(lines[-1]) + 1)
    part = rgb[box.top : box.bottom, box.left : box.right]
    soft = sharpen_rim(alpha[box.top : box.bottom, box.left : box.right])
    h, w = part.shape[:2]
    inner = max(1, round(size * (1 - 2 * margin)))
    scale = inner / max(h, w)
    sw, sh = max(1, round(w * scale)), max(1, round(h * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    # White first, then shrink: shrinking colours and mask apart would let the background bleed through the rim.
    # The mask is spread to three channels because numpy is three times slower where it has to stretch an innermost axis of 3.
    white = cv2.add(cv2.multiply(part.astype(np.float32), cv2.merge([soft] * 3)), cv2.merge([255.0 * (1.0 - soft)] * 3))
    small = cv2.resize(white, (sw, sh), interpolation=how)
    out = np.full((size, size, 3), 255, np.uint8)
    top, left = (size - sh) // 2, (size - sw) // 2
    out[top : top + sh, left : left + sw] = np.clip(small + 0.5, 0, 255).astype(np.uint8)
    return out, box


def cutout(photo: Photo, mask: Mask, *, size: int = 320, margin: float = 0.06) -> Cutout:
    """The stage: what `cut_out` does, with the share of the photo that the garment covers. Raises NoGarmentFound."""
    rgb, box = cut_out(photo.rgb, mask.alpha, size=size, margin=margin)
    return Cutout(rgb, box, float((mask.alpha > 0.5).mean()))
