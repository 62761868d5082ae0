"""Garments for the embedder: photo and mask cropped around the garment, photos of one garment grouped, drawn ones added."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.data import Row, read_pair, read_rows

SOURCE = 176
"""Side in pixels of the crops that views are made from; the garment itself takes about 125."""


@dataclass(slots=True)
class Crops:
    """rgb uint8 (N, S, S, 3), mask uint8 (N, S, S), their rows, and group (N,): photos of one garment share a number 0..G-1."""

    rgb: np.ndarray
    mask: np.ndarray
    rows: list[Row]
    group: np.ndarray

    def members(self) -> list[np.ndarray]:
        """Photo numbers of each group, in the groups' order."""
        order = np.argsort(self.group, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.group))[:-1])


def tight_square(rgb: np.ndarray, mask: np.ndarray, side: int = SOURCE, margin: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Crop around the garment with some of its background, (side, side); outside the photo its edge is mirrored, the mask is empty."""
    ys, xs = np.nonzero(mask > 127)
    cx, cy = (xs.min() + xs.max()) / 2, (ys.min() + ys.max()) / 2
    half = max(xs.max() - xs.min(), ys.max() - ys.min()) / 2 * (1 + 2 * margin) + 1
    m = np.float32([[side / (2 * half), 0, side / 2 - cx * side / (2 * half)], [0, side / (2 * half), side / 2 - cy * side / (2 * half)]])
    if half * 2 > side * 1.5:  # much smaller than it was: blur first, or fine cloth shimmers
        rgb = cv2.GaussianBlur(rgb, (0, 0), half / side * 0.5)
    return (
        cv2.warpAffine(rgb, m, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101),
        cv2.warpAffine(mask, m, (side, side), flags=cv2.INTER_LINEAR, borderValue=0),
    )


def _groups(data: Path, rows: list[Row]) -> np.ndarray:
    """Numbers 0..G-1; photos joined by pairs.csv share one."""
    number = {r.image: i for i, r in enumerate(rows)}
    parent = list(range(len(rows)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    with open(data / "pairs.csv", newline="") as file:
        for pair in csv.DictReader(file):
            a, b = number.get(pair["photo_a"]), number.get(pair["photo_b"])
            if a is not None and b is not None:
                parent[root(a)] = root(b)
    return np.unique([root(i) for i in range(len(rows))], return_inverse=True)[1]


def load_crops(data: Path, parts: tuple[str, ...], masks: tuple[str, ...]) -> Crops:
    """Photos of these parts and kinds of mask."""
    rows = [r for r in read_rows(data) if r.part in parts and r.mask in masks]
    rgb, mask = np.empty((len(rows), SOURCE, SOURCE, 3), np.uint8), np.empty((len(rows), SOURCE, SOURCE), np.uint8)
    for i, r in enumerate(rows):
        rgb[i], mask[i] = tight_square(*read_pair(data, r.image))
    return Crops(rgb, mask, rows, _groups(data, rows))


def with_drawn(crops: Crops, count: int, seed: int) -> Crops:
    """Garments drawn by index_builder.demo join, so that a drawn catalogue is no foreign land. Another seed than the demo's."""
    from index_builder.demo import draw_item

    rgb, mask = [], []
    for i in range(count):
        item = draw_item(seed, i)
        a, b = tight_square(item.rgb, (item.alpha * 255).astype(np.uint8))
        rgb.append(a)
        mask.append(b)
    rows = [Row(f"drawn-{i}", "drawn", "fit", "", "", "", "", "good", 1.0) for i in range(count)]
    top = int(crops.group.max()) + 1
    return Crops(
        np.concatenate([crops.rgb, np.stack(rgb)]), np.concatenate([crops.mask, np.stack(mask)]), crops.rows + rows,
        np.concatenate([crops.group, np.arange(top, top + count)]),
    )  # fmt: skip
