"""Phone-like photos of a warehouse's own studio images: bent, laid on drawn grounds among other things, relit, kept as JPEG.

They go through the segmenter in use, so that what is learned from carries its real mistakes. The cameras of the drawn catalogue and of
benchmarks/judge_views.py are others on purpose: those judge.
"""

from __future__ import annotations

import cv2
import numpy as np

from index_builder.demo import DrawnItem, phone_view, plan_item
from training import segmenter_scenes as scenes
from training.embedder_views import smooth_noise, warp
from training.segmenter_views import composite, flat_background, relight

SIDE = 384


def grounds(count: int, seed: int) -> np.ndarray:
    """Floors, tables and racks, drawn: uint8 (count, SIDE, SIDE, 3)."""
    return np.stack([scenes.drawn_background(SIDE, np.random.default_rng((seed, i))) for i in range(count)])


def _ground(drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One of the drawn ones, another tint and scale every time; or a plain surface, smooth or blotchy."""
    kind = rng.random()
    if kind < 0.15:
        return flat_background(SIDE, rng)
    if kind < 0.4:
        blotches = smooth_noise(rng, int(rng.integers(3, 40)), SIDE, 3) * rng.uniform(2, 30)
        return np.clip(rng.uniform(20, 240, 3) + blotches, 0, 255).astype(np.uint8)
    picture = drawn[int(rng.integers(len(drawn)))]
    part = int(SIDE * rng.uniform(0.5, 1.0))
    x, y = (int(v) for v in rng.integers(0, SIDE - part + 1, 2))
    picture = cv2.resize(picture[y : y + part, x : x + part], (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return relight(picture[:, ::-1] if rng.random() < 0.5 else picture, rng)


def _placed(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The garment larger or smaller, wholly in the picture, somewhere about the middle."""
    ys, xs = np.nonzero(mask > 127)
    if not len(ys):
        return rgb, mask
    left, right, top, bottom = xs.min(), xs.max() + 1, ys.min(), ys.max() + 1
    zoom = rng.uniform(0.55, 0.95) * SIDE / max(right - left, bottom - top)
    free = np.maximum(0, SIDE - zoom * np.array([right - left, bottom - top]))
    at = free * np.clip(rng.normal(0.5, 0.2, 2), 0.02, 0.98)
    m = np.float32([[zoom, 0, at[0] - zoom * left], [0, zoom, at[1] - zoom * top]])
    return (
        cv2.warpAffine(rgb, m, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        cv2.warpAffine(mask, m, (SIDE, SIDE), flags=cv2.INTER_LINEAR),
    )


def phone_like(
    rgb: np.ndarray, mask: np.ndarray, drawn: np.ndarray, rng: np.random.Generator, other: tuple[np.ndarray, np.ndarray] | None = None
) -> bytes:
    """A made photo of the garment as a JPEG's bytes, SIDE pixels square.

    rgb uint8 (SIDE, SIDE, 3), mask uint8 (SIDE, SIDE). drawn: of `grounds`. other: another garment that may lie about, as the first two.
    """
    rgb, alpha = warp(rgb, mask.astype(np.float32) / 255, rng, float(rng.uniform(0.6, 1.2)))
    rgb, mask = _placed(rgb, (alpha * 255).astype(np.uint8), rng)
    back = _ground(drawn, rng)
    if (mask > 127).sum() > 200:
        if rng.random() < 0.2:
            back = scenes.camouflage(back, rgb, mask, rng)
        if rng.random() < 0.4:
            back = scenes.litter(back, rng, other if rng.random() < 0.5 else None)
        for _ in range(int(rng.random() < 0.5) + int(rng.random() < 0.25)):
            back = scenes.ghost(back, other[1] if other is not None else mask, rng)
        if rng.random() < 0.1:
            rgb = scenes.shade(rgb, mask, rng)
    photo = composite(rgb, mask, back, rng)
    if (mask > 127).sum() > 200 and rng.random() < 0.08:
        photo, _ = scenes.hold(photo, mask, rng)
    photo = relight(photo, rng)
    return cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 93))])[1].tobytes()


def judged_photo(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A photo to judge by, taken by the drawn catalogue's camera: rgb uint8 (ITEM_SIZE, ITEM_SIZE, 3), mask uint8 of 0..255 -> uint8
    (H, W, 3) and its exact mask, float32 (H, W) in 0..1."""
    alpha = mask.astype(np.float32) / 255
    white = (rgb * alpha[..., None] + 255 * (1 - alpha[..., None])).astype(np.uint8)
    return phone_view(DrawnItem(rgb=white, alpha=alpha, plan=plan_item(0, 0), hanger=None), rng)
