"""Training views for the segmenter: geometry, light, and composites of cutouts on other photos' backgrounds."""

from __future__ import annotations

import cv2
import numpy as np


def warp_pair(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """One random affine + mild perspective for both; what lies outside mirrors the edge, as letterbox_mirror does."""
    s = rgb.shape[0]
    angle = rng.normal(0, 10) if rng.random() < 0.8 else rng.uniform(-180, 180)
    zoom = float(np.exp(rng.uniform(np.log(0.75), np.log(1.35))))
    m = np.vstack([cv2.getRotationMatrix2D((s / 2, s / 2), angle, zoom * size / s), [0, 0, 1]])
    m[0, 2] += size / 2 - s / 2 + rng.uniform(-0.12, 0.12) * size
    m[1, 2] += size / 2 - s / 2 + rng.uniform(-0.12, 0.12) * size
    corners = np.float32([[0, 0], [size, 0], [size, size], [0, size]])
    jitter = corners + rng.normal(0, 0.03 * size, (4, 2)).astype(np.float32)
    m = cv2.getPerspectiveTransform(corners, jitter) @ m
    if rng.random() < 0.5:
        m = np.array([[-1, 0, size - 1], [0, 1, 0], [0, 0, 1.0]]) @ m
    kw = dict(dsize=(size, size), borderMode=cv2.BORDER_REFLECT_101)
    return cv2.warpPerspective(rgb, m, flags=cv2.INTER_LINEAR, **kw), cv2.warpPerspective(mask, m, flags=cv2.INTER_LINEAR, **kw)


def relight(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gain per channel, gamma, saturation, a light gradient; uint8 in, uint8 out."""
    x = rgb.astype(np.float32) / 255.0
    if rng.random() < 0.8:
        x = x * np.exp(rng.normal(0, 0.08, 3) + rng.normal(0, 0.22)).astype(np.float32)
        x = np.clip(x, 0, 1) ** float(np.exp(rng.normal(0, 0.22)))
    if rng.random() < 0.4:
        gray = x.mean(2, keepdims=True)
        x = gray + (x - gray) * float(rng.uniform(0.2, 1.6))
    if rng.random() < 0.3:
        h, w = x.shape[:2]
        yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
        a = rng.uniform(0, 2 * np.pi)
        ramp = (np.cos(a) * (xx / w - 0.5) + np.sin(a) * (yy / h - 0.5)) * rng.uniform(0.2, 0.8)
        x = x * (1 + ramp[..., None])
    x = np.clip(x * 255.0, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        x = cv2.GaussianBlur(x, (0, 0), float(rng.uniform(0.4, 1.6)))
    if rng.random() < 0.3:
        noise = rng.integers(-14, 15, x.shape, dtype=np.int16)
        x = np.clip(x.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    return x


def background_of(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """A garment-free picture from a photo's largest clear rectangle, mirrored outward; None where none is large enough."""
    s = rgb.shape[0]
    best = None
    for _ in range(24):
        w, h = rng.integers(s // 6, s // 2, 2)
        x, y = rng.integers(0, s - w), rng.integers(0, s - h)
        if mask[y : y + h, x : x + w].max() < 30 and (best is None or w * h > best[2] * best[3]):
            best = (x, y, w, h)
    if best is None:
        return None
    x, y, w, h = best
    patch = rgb[y : y + h, x : x + w]
    scale = max(1.0, 0.5 * s / min(w, h) * rng.uniform(0.6, 1.2))
    patch = cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    ph, pw = patch.shape[:2]
    return cv2.copyMakeBorder(
        patch, 0, max(0, s - ph), 0, max(0, s - pw), cv2.BORDER_REFLECT_101 if max(s - ph, s - pw) < min(ph, pw) else cv2.BORDER_REFLECT
    )[:s, :s]


def flat_background(size: int, rng: np.random.Generator) -> np.ndarray:
    """A studio's: white or nearly so, or one colour, with a faint gradient. uint8 (size, size, 3)."""
    colour = rng.uniform(225, 258, 3) if rng.random() < 0.7 else rng.uniform(20, 255, 3)
    if rng.random() < 0.5:
        colour = np.full(3, colour.mean())
    ramp = np.linspace(-1, 1, size)[:, None, None] * rng.uniform(-12, 12) + np.linspace(-1, 1, size)[None, :, None] * rng.uniform(-12, 12)
    return np.clip(colour + ramp * (rng.random() < 0.6), 0, 255).astype(np.uint8)


def composite(rgb: np.ndarray, mask: np.ndarray, background: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put the garment on another background, with a soft rim and, half of the time, a cast shadow."""
    alpha = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32)[..., None] / 255.0
    base = background.astype(np.float32)
    if rng.random() < 0.5:
        dx, dy = rng.uniform(-0.04, 0.04, 2) * mask.shape[0]
        shadow = cv2.warpAffine(mask, np.float32([[1, 0, dx], [0, 1, dy]]), mask.shape[::-1])
        shadow = cv2.GaussianBlur(shadow, (0, 0), float(rng.uniform(2, 8))).astype(np.float32)[..., None] / 255.0
        base = base * (1 - rng.uniform(0.2, 0.6) * shadow)
    return (rgb * alpha + base * (1 - alpha)).astype(np.uint8)


def training_view(
    rgb: np.ndarray, mask: np.ndarray, background: np.ndarray | None, rng: np.random.Generator, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """One view: uint8 (size, size, 3) and mask uint8 (size, size)."""
    if background is not None:
        rgb = composite(rgb, mask, background, rng)
    rgb, mask = warp_pair(rgb, mask, rng, size)
    return relight(rgb, rng), mask
