"""The judge's generator of views. On purpose not the one of training/: waves instead of cubic bends, a homography from corners,
colour temperature instead of free gains, a lamp's fall-off instead of a ramp, backgrounds made by filling in the garment's place."""

from __future__ import annotations

import cv2
import numpy as np


def emptied(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The photo without its garment: filled in from around (Telea 2004) at 160 px, the photo's own grain laid over. uint8 (H, W, 3)."""
    h, w = rgb.shape[:2]
    s = 160 / max(h, w)
    small = cv2.resize(rgb, None, fx=s, fy=s, interpolation=cv2.INTER_AREA)
    hole = cv2.dilate((cv2.resize(alpha, small.shape[1::-1]) > 0.1).astype(np.uint8), np.ones((7, 7), np.uint8))
    filled = cv2.resize(cv2.inpaint(small, hole, 4, cv2.INPAINT_TELEA), (w, h), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    keep = cv2.GaussianBlur((cv2.dilate((alpha > 0.1).astype(np.uint8), np.ones((13, 13), np.uint8)) == 0).astype(np.float32), (0, 0), 3)[
        ..., None
    ]
    grain = rgb.astype(np.float32) - cv2.GaussianBlur(rgb, (0, 0), 4).astype(np.float32)
    grain = np.where(keep > 0.5, grain, grain[::-1, ::-1] * (keep[::-1, ::-1] > 0.5))
    return np.clip(rgb * keep + (filled + grain) * (1 - keep), 0, 255).astype(np.uint8)


def waves(rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator, amount: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sinusoidal bends in two directions; also the light that such folds would catch, float32 (H, W) about 1."""
    h, w = alpha.shape
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    mx, my, shade = xx.copy(), yy.copy(), np.ones((h, w), np.float32)
    for _ in range(3):
        a, length, phase = rng.uniform(0, np.pi), rng.uniform(0.25, 0.9) * max(h, w), rng.uniform(0, 2 * np.pi)
        k = 2 * np.pi / length
        wave = k * (np.cos(a) * xx + np.sin(a) * yy) + phase
        size = amount * rng.uniform(0.3, 1.0) * 0.012 * max(h, w)
        mx += size * np.sin(wave) * -np.sin(a)
        my += size * np.sin(wave) * np.cos(a)
        shade += amount * rng.uniform(0.0, 0.06) * np.cos(wave)
    return (
        cv2.remap(rgb, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        cv2.remap(alpha, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0),
        shade,
    )


def lamp(rgb: np.ndarray, rng: np.random.Generator, amount: float) -> np.ndarray:
    """Colour temperature (warm to cold), exposure, contrast curve, a lamp's fall-off. uint8 in and out."""
    h, w = rgb.shape[:2]
    warm = rng.normal(0, 0.09 * amount)
    x = (rgb.astype(np.float32) / 255.0) ** 2.2
    x = x * np.float32([1 + warm, 1 + 0.15 * warm, 1 - warm]) * 2 ** rng.normal(0, 0.35 * amount)
    cy, cx = rng.uniform(-0.3, 1.3) * h, rng.uniform(-0.3, 1.3) * w
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    fall = 1 / (1 + amount * 0.5 * ((yy - cy) ** 2 + (xx - cx) ** 2) / (h * h + w * w))
    x = np.clip(x * (fall / fall.mean())[..., None], 0, 1) ** (1 / 2.2)
    curve = rng.uniform(-0.2, 0.2) * amount
    x = x + curve * x * (1 - x) * (2 * x - 1) * 2
    return np.clip(x * 255, 0, 255).astype(np.uint8)


def composite_photo(rgb: np.ndarray, alpha: np.ndarray, background: np.ndarray, rng: np.random.Generator) -> bytes:
    """The garment laid on another photo's background, bent, tilted, relit, as a JPEG's bytes (480 x 640)."""
    return composite_with_mask(rgb, alpha, background, rng)[0]


def composite_with_mask(rgb: np.ndarray, alpha: np.ndarray, background: np.ndarray, rng: np.random.Generator) -> tuple[bytes, np.ndarray]:
    """`composite_photo`, and where its garment is: float32 (640, 480) in 0..1."""
    width, height = 480, 640
    back = cv2.resize(background, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    if rng.random() < 0.5:
        back = back[:, ::-1]
    rgb, alpha, shade = waves(rgb, alpha, rng, 1.0)
    ys, xs = np.nonzero(alpha > 0.5)
    corners = np.float32([[xs.min(), ys.min()], [xs.max(), ys.min()], [xs.max(), ys.max()], [xs.min(), ys.max()]])
    gw, gh = max(1, xs.max() - xs.min()), max(1, ys.max() - ys.min())
    scale = rng.uniform(0.62, 0.9) * min(width / gw, height / gh)
    box = np.float32([[-gw, -gh], [gw, -gh], [gw, gh], [-gw, gh]]) / 2 * scale
    box += rng.uniform(-0.04, 0.04, (4, 2)) * scale * max(gw, gh)
    turn = np.deg2rad(rng.uniform(-14, 14))
    box = box @ np.float32([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    box = np.float32(box - (box.min(0) + box.max(0)) / 2)
    fit = min(1.0, 0.97 * width / np.ptp(box[:, 0]), 0.97 * height / np.ptp(box[:, 1]))
    free = np.maximum(0, (np.float32([width, height]) - np.ptp(box, axis=0) * fit) / 2 - 4)
    box = box * fit + np.float32([width, height]) / 2 + np.float32(rng.uniform(-1, 1, 2) * free)
    m = cv2.getPerspectiveTransform(corners, np.float32(box))
    small = cv2.GaussianBlur(rgb, (0, 0), 0.6) if scale < 0.7 else rgb
    front = cv2.warpPerspective(
        (small.astype(np.float32) * shade[..., None]), m, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    a = np.clip(cv2.warpPerspective(alpha, m, (width, height), flags=cv2.INTER_LINEAR), 0, 1)
    a = cv2.GaussianBlur(a, (0, 0), 0.7)
    reach = float(rng.uniform(3, 10))
    shadow = cv2.GaussianBlur(np.roll(a, (int(reach), int(rng.integers(-6, 7))), (0, 1)), (0, 0), reach)
    back = back * (1 - rng.uniform(0.15, 0.5) * shadow[..., None])
    picture = front * a[..., None] + back * (1 - a[..., None])
    picture = lamp(np.clip(picture, 0, 255).astype(np.uint8), rng, 1.0)
    noisy = np.clip(picture + rng.normal(0, rng.uniform(1, 6), picture.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        noisy = cv2.GaussianBlur(noisy, (0, 0), float(rng.uniform(0.4, 1.1)))
    return cv2.imencode(".jpg", noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(65, 92))])[1].tobytes(), a


def studio_picture(rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """The checked cutout on white as a studio picture, uint8 (600, 600, 3); with a generator, bent and relit mildly first."""
    shade = None
    if rng is not None:
        rgb, alpha, shade = waves(rgb, alpha, rng, 0.7)
        rgb = lamp(np.clip(rgb * shade[..., None], 0, 255).astype(np.uint8), rng, 0.6)
    ys, xs = np.nonzero(alpha > 0.5)
    part, a = rgb[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1], alpha[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    white = part.astype(np.float32) * a[..., None] + 255 * (1 - a[..., None])
    scale = 520 / max(part.shape[:2])
    small = cv2.resize(
        white,
        (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    out = np.full((600, 600, 3), 255, np.uint8)
    top, left = (600 - small.shape[0]) // 2, (600 - small.shape[1]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = np.clip(small, 0, 255).astype(np.uint8)
    return out
