"""Photo -> Photo without its decorative frame: a network looks at the border magnified and says how wide the frame is on each side.

A frame may be of any colour or texture and lie on one side only (a logo bar). A rectangular product is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge.session import Engine
from edge.transforms import shrunk, to_nchw
from edge.types import Box, Photo

BORDER = 0.2
"""Share of each side that the magnified border shows."""
_LEAST_SIDE = 24
"""Pixels; a smaller picture's border holds too little to judge."""


@dataclass(frozen=True, slots=True)
class Frame:
    """probability: that there is a frame, 0..1. box: what lies inside of it, in the picture's pixels; all of it where framed is False."""

    framed: bool
    probability: float
    box: Box


def border_pixels(length: int) -> int:
    """How many of a side's pixels, counted from its end, the magnified border shows."""
    return max(1, round(BORDER * length))


def magnified_border(size: int) -> int:
    """How many of the network's pixels a border gets on each side."""
    return size * 5 // 16


def magnify_border(rgb: np.ndarray, size: int) -> np.ndarray:
    """uint8 (H, W, 3), both at least 3 -> uint8 (size, size, 3): a side's outer fifth takes 5/16 of the square.

    Squashed evenly, a thin frame would vanish between two of the network's pixels. Training and inference both come through here.
    """
    height, width = rgb.shape[:2]
    edge = magnified_border(size)
    inner = size - 2 * edge
    rows, columns = border_pixels(height), border_pixels(width)
    out = np.empty((size, size, 3), np.uint8)
    for y, h, to_y, to_h in ((0, rows, 0, edge), (rows, height - 2 * rows, edge, inner), (height - rows, rows, size - edge, edge)):
        for x, w, to_x, to_w in (
            (0, columns, 0, edge),
            (columns, width - 2 * columns, edge, inner),
            (width - columns, columns, size - edge, edge),
        ):
            shrinking = to_w < w or to_h < h
            part, to = rgb[y : y + h, x : x + w], (to_w, to_h)
            part = shrunk(part, to) if shrinking else cv2.resize(part, to, interpolation=cv2.INTER_LINEAR)
            out[to_y : to_y + to_h, to_x : to_x + to_w] = part
    return out


def side_widths(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores float (4, P) for a frame of 0..P-1 magnified pixels on left, top, right, bottom -> chance of any frame (4,), width (4,).

    The width is expected over the five positions about the likeliest that is not 0: a far second guess cannot pull it.
    """
    p = np.exp(scores - scores.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    places = np.arange(p.shape[1])
    best = 1 + p[:, 1:].argmax(1)
    near = p * (np.abs(places - best[:, None]) <= 2) * (places > 0)
    return 1 - p[:, 0], (near * places).sum(1) / near.sum(1)


class FrameFinder:
    """The stage: holds the engine and the numbers of its model.json (input_size, mean, std, positions, threshold)."""

    def __init__(self, engine: Engine, spec: dict) -> None:
        self._engine = engine
        self._size, self._positions = int(spec["input_size"]), int(spec["positions"])
        self._mean, self._std = tuple(spec["mean"]), tuple(spec["std"])
        self._threshold = float(spec["threshold"])

    def find(self, rgb: np.ndarray) -> Frame:
        """uint8 (H, W, 3) -> Frame."""
        height, width = rgb.shape[:2]
        whole = Box(0, 0, width, height)
        if min(height, width) < _LEAST_SIDE:
            return Frame(False, 0.0, whole)
        output = self._engine.run(to_nchw(magnify_border(rgb, self._size), self._mean, self._std))[0][0].astype(np.float64)
        probability = float(1 / (1 + np.exp(-np.clip(output[0], -30, 30))))
        if probability < self._threshold:
            return Frame(False, probability, whole)
        there, widths = side_widths(output[1:].reshape(4, self._positions))
        # A picture with a frame has one on some side, though none of the four may be sure of it.
        there = there >= min(0.5, there.max())
        pixels = widths * there * np.array([border_pixels(n) for n in (width, height) * 2]) / magnified_border(self._size)
        left, top, right, bottom = np.rint(pixels).astype(int).tolist()
        box = Box(left, top, width - right, height - bottom)
        return Frame(box != whole, probability, box)

    def remove(self, photo: Photo) -> Photo:
        """The photo without its frame; the same object where it has none."""
        frame = self.find(photo.rgb)
        return cropped(photo, frame.box) if frame.framed else photo


def cropped(photo: Photo, box: Box) -> Photo:
    """The part of a photo inside a box, which remembers where it lay."""
    height, width = photo.rgb.shape[:2]
    source_width, source_height = photo.source_size
    rgb = np.ascontiguousarray(photo.rgb[box.top : box.bottom, box.left : box.right])
    size = max(1, round(rgb.shape[1] * source_width / width)), max(1, round(rgb.shape[0] * source_height / height))
    return Photo(rgb, size, photo.format, (photo.origin[0] + box.left, photo.origin[1] + box.top))
