"""Patterned cloth on real plain garments: dotted, checked and floral ones are rare among the photos, plain ones are not."""

from __future__ import annotations

import functools
from dataclasses import replace

import cv2
import numpy as np

from index_builder.demo.cloth import TILE, cloth_tile
from index_builder.demo.item import CATEGORIES, plan_item

PRINTED = ("striped", "checked", "dotted", "floral", "allover")
_SEED = 7013  # another one than the demo catalogue's


@functools.lru_cache(maxsize=128)
def _tile(pattern: str, number: int) -> np.ndarray:
    """A drawn cloth, uint8 (TILE, TILE, 3)."""
    plan = plan_item(_SEED, number * len(CATEGORIES) + number % len(CATEGORIES))
    return cloth_tile(replace(plan, pattern=pattern)).astype(np.uint8)


def printed(rgb: np.ndarray, mask: np.ndarray, pattern: str, rng: np.random.Generator) -> np.ndarray:
    """The garment in another cloth, its folds and shades kept. uint8 (S, S, 3) and (S, S) in, uint8 (S, S, 3) out. pattern: of PRINTED."""
    s = rgb.shape[0]
    tile = _tile(pattern, int(rng.integers(16)))
    # From as fine as a shirt's dots to as large as a rug's: the tile takes a quarter to all of the crop.
    zoom = s / TILE * float(np.exp(rng.uniform(np.log(0.25), np.log(1.0))))
    small = cv2.resize(tile, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    m = cv2.getRotationMatrix2D((0, 0), float(rng.choice([0, 90]) + rng.normal(0, 6)), 1.0)
    m[:, 2] += rng.uniform(0, small.shape[0], 2)
    cloth = cv2.warpAffine(small, m, (s, s), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    if rng.random() < 0.5:
        cloth = cloth[..., rng.permutation(3)]
    light = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    usual = max(8.0, float(np.median(light[mask > 127]))) if (mask > 127).any() else 128.0
    # A black garment's folds are faint and its noise is strong: less of both.
    shade = np.clip(light / usual, 0.35, 1.5) ** (0.9 if usual > 60 else 0.4)
    out = np.clip(cloth * cv2.merge([shade] * 3), 0, 255)
    a = cv2.merge([cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32) / 255] * 3)
    return (out * a + rgb * (1 - a)).astype(np.uint8)
