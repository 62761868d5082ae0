"""A studio cutout as a warehouse phone might see it: the demo's camera on somebody's own catalogue, for calibration without queries."""

from __future__ import annotations

import cv2
import numpy as np

from index_builder.demo.item import plan_item
from index_builder.demo.phone import phone_view
from index_builder.demo.render import ITEM_SIZE, DrawnItem


def alpha_of_white(rgb: np.ndarray) -> np.ndarray:
    """What is not the white around the garment: uint8 (S, S, 3) -> float32 (S, S) in 0..1. White inside the outline stays garment."""
    near_white = (rgb.min(2) >= 252).astype(np.uint8)
    padded = cv2.copyMakeBorder(near_white, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(padded, None, (0, 0), 2)
    outside = (padded[1:-1, 1:-1] == 2).astype(np.float32)
    return cv2.GaussianBlur(1.0 - outside, (0, 0), 0.7)


def phone_like_photo(cutout_rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8 (S, S, 3) on white -> uint8 (960, 720, 3): on a drawn background, warped, relit, noisy."""
    rgb = cv2.resize(cutout_rgb, (ITEM_SIZE, ITEM_SIZE), interpolation=cv2.INTER_LINEAR)
    alpha = cv2.resize(alpha_of_white(cutout_rgb), (ITEM_SIZE, ITEM_SIZE), interpolation=cv2.INTER_LINEAR)
    # The plan only decides about hangers; without a hanger place there is none.
    return phone_view(DrawnItem(rgb=rgb, alpha=alpha, plan=plan_item(0, 0), hanger=None), rng)[0]
