"""Pure array functions between a picture and a network's input. No files, no settings; arguments are never changed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies inside a square: offset and size of the picture in the square's pixels, and the picture's own size."""

    left: int
    top: int
    width: int
    height: int
    source_width: int
    source_height: int


def place(height: int, width: int, size: int) -> Placement:
    """Centre a (height, width) picture in a size x size square, aspect ratio kept, long side filling it."""
    scale = size / max(height, width)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    return Placement((size - w) // 2, (size - h) // 2, w, h, width, height)


def shrunk(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 or float32 (H, W) or (H, W, C) -> that of `size` = (width, height), not larger: each pixel about the mean of its area.

    By exact halves first, as long as that is possible. What is left is less than a half: up to a factor of 1.5 between the nearest pixels,
    which leaves none out; above, so to twice the size and then by half. Exact means by a broken factor take two to ten times as long.
    """
    width, height = size
    while image.shape[0] >= 2 * height and image.shape[1] >= 2 * width:
        if image.shape[0] % 2 or image.shape[1] % 2:
            image = cv2.copyMakeBorder(image, 0, image.shape[0] % 2, 0, image.shape[1] % 2, cv2.BORDER_REPLICATE)
        image = cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA)
    if image.shape[0] >= 2 * height or image.shape[1] >= 2 * width:
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if image.shape[0] > 1.5 * height or image.shape[1] > 1.5 * width:
        image = cv2.resize(image, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)


def letterbox_mirror(image: np.ndarray, size: int) -> tuple[np.ndarray, Placement]:
    """Fit an image (H, W) or (H, W, C) into (size, size[, C]) with the aspect ratio kept; the rest mirrors the image's edge.

    Plain bars would be a sight the network never saw in training; a mirrored edge continues the background.
    Training and inference both come through here.
    """
    height, width = image.shape[:2]
    p = place(height, width, size)
    shrinking = p.width < width or p.height < height
    small = shrunk(image, (p.width, p.height)) if shrinking else cv2.resize(image, (p.width, p.height), interpolation=cv2.INTER_LINEAR)
    right, bottom = size - p.left - p.width, size - p.top - p.height
    return cv2.copyMakeBorder(
        small, p.top, bottom, p.left, right, cv2.BORDER_REFLECT_101 if min(p.width, p.height) > 1 else cv2.BORDER_REPLICATE
    ), p


def undo_letterbox(square: np.ndarray, p: Placement) -> np.ndarray:
    """Cut the picture's part out of a (size, size) map and bring it back to (source_height, source_width), bilinear."""
    part = square[p.top : p.top + p.height, p.left : p.left + p.width]
    return cv2.resize(part, (p.source_width, p.source_height), interpolation=cv2.INTER_LINEAR)


def network_input(rgb: np.ndarray, size: int) -> np.ndarray:
    """uint8 (S, S, 3) -> uint8 (size, size, 3); training and inference both come through here."""
    if rgb.shape[0] == size:
        return rgb
    return cv2.resize(rgb, (size, size), interpolation=cv2.INTER_AREA if rgb.shape[0] > size else cv2.INTER_LINEAR)


def to_nchw(rgb: np.ndarray, mean: tuple[float, ...], std: tuple[float, ...]) -> np.ndarray:
    """uint8 (H, W, 3) or (N, H, W, 3) in 0..255 -> float32 (N, 3, H, W), scaled to 0..1, then (x - mean) / std per channel."""
    batch = np.ascontiguousarray(rgb[None] if rgb.ndim == 3 else rgb)
    count, height, width, _ = batch.shape
    out = np.empty((count, 3, height, width), np.float32)
    # OpenCV takes the channels apart a tenth as long as a transposed copy takes, and one product and one difference are all that is left.
    for c, plane in enumerate(cv2.split(batch.reshape(count * height, width, 3))):
        np.multiply(plane.reshape(count, height, width), np.float32(1 / (255 * std[c])), out=out[:, c])
        out[:, c] -= np.float32(mean[c] / std[c])
    return out
