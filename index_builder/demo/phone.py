"""The same garment as a warehouse phone would photograph it: warped, lit, blurred, noisy, in front of something."""

from __future__ import annotations

import cv2
import numpy as np

from index_builder.demo.backgrounds import background
from index_builder.demo.cloth import repeating_noise
from index_builder.demo.render import ITEM_SIZE, DrawnItem

PHOTO_WIDTH, PHOTO_HEIGHT = 720, 960

# Tops that keep their shape on a hanger; a hood or a thin strap would not.
_HANGS = ("t-shirt", "shirt", "polo", "longsleeve", "blazer", "outwear", "dress")


def phone_view(item: DrawnItem, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One photo of the item and its exact mask. Pure but for the generator, which it advances.

    Returns RGB uint8 (960, 720, 3) and alpha float32 (960, 720) in 0..1: how much of a pixel the garment covers.
    The garment is wholly in the frame; the side that fills the frame most covers 66 to 88 % of it.
    """
    hanging = item.hanger is not None and item.plan.category in _HANGS and rng.random() < 0.35
    scene = background(rng, PHOTO_WIDTH, PHOTO_HEIGHT, hanging=hanging)
    map_x, map_y, folds = _camera(item, rng, hanging)

    colour, alpha = _warped(item.rgb, item.alpha, map_x, map_y)
    if hanging:
        hook, hook_alpha = _warped(*_hanger(item, rng), map_x + _HOOK_ROOM, map_y + _HOOK_ROOM)
        scene = _shade_under(scene, hook_alpha, 8, 6, 9, 0.3)
        scene = scene * (1 - hook_alpha[..., None]) + hook
    # Where the light comes from decides on which side the cast shadow lies.
    aside, below = float(rng.uniform(-12, 12)), float(rng.uniform(3, 14))
    distance = 2.2 if hanging else 1.0
    scene = _shade_under(scene, alpha, aside * distance, below * distance, 10 * distance, float(rng.uniform(0.3, 0.5)))
    scene = _shade_under(scene, alpha, aside * 0.2, 2, 3, 0.35)
    picture = scene * (1 - alpha[..., None]) + colour * folds[..., None]
    return _developed(picture, rng), alpha


# Room around the item's own picture, in which the hook of a hanger is drawn.
_HOOK_ROOM = 160


def _camera(item: DrawnItem, rng: np.random.Generator, hanging: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where in the item's picture each photo pixel looks (two float32 maps), and the light on the new folds."""
    outline = _outline(item.alpha)
    middle = ITEM_SIZE / 2
    turn = np.radians(rng.normal(0, 2.5) if hanging else rng.normal(0, 9))
    lean_x, lean_y = rng.normal(0, 1.3e-4), rng.normal(0, 1.9e-4)
    stretch, skew = float(rng.uniform(0.95, 1.05)), float(rng.normal(0, 0.025))
    to_middle = np.array([[1, 0, -middle], [0, 1, -middle], [0, 0, 1.0]])
    c, s = np.cos(turn), np.sin(turn)
    rotate = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[stretch, skew, 0], [0, 1, 0], [0, 0, 1]])
    view = np.array([[1, 0, 0], [0, 1, 0], [lean_x, lean_y, 1]]) @ rotate @ to_middle
    seen = cv2.perspectiveTransform(outline[None].astype(np.float64), view)[0]
    low, high = seen.min(axis=0), seen.max(axis=0)

    # Soft deformation, in photo pixels; its reach is kept free at the border.
    reach = float(rng.uniform(4, 12)) * (0.5 if item.plan.category in ("shoes", "hat") else 1.0)
    fill = float(rng.uniform(0.66, 0.88))
    frame = np.array([PHOTO_WIDTH, PHOTO_HEIGHT], float)
    scale = float((fill * frame / (high - low)).min())
    spare = np.maximum(frame - scale * (high - low) - 2 * (3 * reach + 8), 0)
    at = 3 * reach + 8 + spare * np.clip(rng.normal(0.5, 0.16, 2), 0.05, 0.95)
    if hanging:
        at[1] = max(at[1], min(0.16 * PHOTO_HEIGHT, spare[1]))
    place = np.array([[scale, 0, at[0] - scale * low[0]], [0, scale, at[1] - scale * low[1]], [0, 0, 1]]) @ view

    size = max(PHOTO_WIDTH, PHOTO_HEIGHT)
    crop = np.s_[:PHOTO_HEIGHT, :PHOTO_WIDTH]
    sway_x, sway_y = (np.clip(repeating_noise(rng, size, 4), -2, 2)[crop] * reach for _ in range(2))
    sway_x = sway_x + np.clip(repeating_noise(rng, size, 11), -2, 2)[crop] * 0.22 * reach
    firm = item.plan.category in ("shoes", "hat")
    strength = float(rng.uniform(0.6, 1.1)) * (0.2 if firm else 0.65 if hanging else 1.0)
    light, slope_x, slope_y = (field[crop] for field in _crumple(rng, size))
    # The pattern bends over the same folds that the light shows.
    sway_x = sway_x + np.clip(3.0 * strength * slope_x, -4, 4)
    sway_y = sway_y + np.clip(3.0 * strength * slope_y, -4, 4)
    y, x = np.mgrid[0:PHOTO_HEIGHT, 0:PHOTO_WIDTH].astype(np.float32)
    back = np.linalg.inv(place)
    u, v = x + sway_x.astype(np.float32), y + sway_y.astype(np.float32)
    w = back[2, 0] * u + back[2, 1] * v + back[2, 2]
    map_x = ((back[0, 0] * u + back[0, 1] * v + back[0, 2]) / w).astype(np.float32)
    map_y = ((back[1, 0] * u + back[1, 1] * v + back[1, 2]) / w).astype(np.float32)

    folds = 1 + strength * light
    return map_x, map_y, folds.astype(np.float32)


def _crumple(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Light on a crumpled surface, about 0, and its slope to the right and down: three float32 (size, size)."""
    half = size // 2  # soft by nature, so half the resolution shows the same
    angle = float(rng.uniform(0, 180))
    ridges = repeating_noise(rng, half, int(rng.integers(9, 16)), 4)
    ridges = np.abs(ridges) ** 0.8 * np.sign(ridges)
    turn = cv2.getRotationMatrix2D((half / 2, half / 2), angle, 1.45)
    ridges = cv2.warpAffine(ridges, turn, (half, half), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    # A few long sharp creases: where a smooth field changes its sign, and only in patches.
    crease = np.exp(-((repeating_noise(rng, half, 4) / 0.16) ** 2)) * np.clip(repeating_noise(rng, half, 5), 0, 1.5)
    height = 3.2 * ridges + 5.5 * repeating_noise(rng, half, 5) + 4.5 * crease
    height = cv2.GaussianBlur(height.astype(np.float32), (0, 0), 1.6)
    gx, gy = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=0.125)
    light = np.tanh(-2.4 * (0.5 * gx + 0.85 * gy)) * 0.36
    light, gx, gy = (cv2.resize(field, (size, size), interpolation=cv2.INTER_LINEAR) for field in (light, gx, gy))
    return light, gx, gy


def _outline(alpha: np.ndarray) -> np.ndarray:
    """The convex hull of what is covered, float32 (N, 2)."""
    found = np.argwhere(alpha > 0.02)[:, ::-1].astype(np.int32)
    return cv2.convexHull(found)[:, 0].astype(np.float32)


def _warped(rgb: np.ndarray, alpha: np.ndarray, map_x: np.ndarray, map_y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Premultiplied colour float32 (H, W, 3) and alpha float32 (H, W), sampled from a picture on white."""
    lifted = np.dstack([rgb.astype(np.float32) - 255 * (1 - alpha[..., None]), alpha])
    seen = cv2.remap(lifted, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    seen = np.maximum(seen, 0)
    return seen[..., :3], np.minimum(seen[..., 3], 1).astype(np.float32)


def _hanger(item: DrawnItem, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A wooden or wire hanger on white, in the item's pixels plus a margin of _HOOK_ROOM: RGB uint8 and alpha."""
    assert item.hanger is not None
    x, y, half, scale = item.hanger
    x, y = x + _HOOK_ROOM, y + _HOOK_ROOM
    size = ITEM_SIZE + 2 * _HOOK_ROOM
    rgb = np.full((size, size, 3), 255, np.uint8)
    mask = np.zeros((size, size), np.uint8)
    wood = rng.random() < 0.6
    ink = (166, 120, 74) if wood else (60, 62, 66)
    thick = max(4, int((0.03 if wood else 0.012) * scale))
    bar = np.array([[x - 0.7 * half, y + 0.10 * scale], [x, y + 0.012 * scale], [x + 0.7 * half, y + 0.10 * scale]])
    t = np.linspace(-np.pi * 0.5, np.pi, 30)
    r = 0.045 * scale
    hook = np.stack([x + r * np.cos(t), y - 0.10 * scale - r * np.sin(t)], 1)
    stem = np.array([[x, y + 0.01 * scale], [x, y - 0.055 * scale]])
    for line, colour, width in ((np.vstack([stem, hook]), (176, 178, 182), max(3, int(0.010 * scale))), (bar, ink, thick)):
        fixed = [np.round(line * 16).astype(np.int32)]
        cv2.polylines(mask, fixed, False, 255, width, cv2.LINE_AA, 4)
        cv2.polylines(rgb, fixed, False, colour, width, cv2.LINE_AA, 4)
    return rgb, mask.astype(np.float32) / 255


def _shade_under(scene: np.ndarray, alpha: np.ndarray, dx: float, dy: float, blur: float, amount: float) -> np.ndarray:
    small = cv2.resize(alpha, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), max(0.8, blur / 2))
    shift = np.array([[1, 0, dx / 2], [0, 1, dy / 2]], np.float32)
    soft = cv2.warpAffine(soft, shift, (small.shape[1], small.shape[0]))
    soft = cv2.resize(soft, (alpha.shape[1], alpha.shape[0]), interpolation=cv2.INTER_LINEAR)
    return scene * (1 - amount * soft[..., None])


def _developed(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light of the room, exposure, white balance, blur and sensor noise: float32 RGB in, uint8 RGB out."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width - 0.5, y / height - 0.5
    angle = float(rng.uniform(0, 2 * np.pi))
    light = 1 + float(rng.uniform(0.05, 0.3)) * (x * np.cos(angle) + y * np.sin(angle))
    light *= 1 - float(rng.uniform(0.1, 0.4)) * (x * x + y * y)
    if rng.random() < 0.35:  # the shadow of whoever holds the phone
        cx, cy = float(rng.uniform(-0.5, 0.5)), float(rng.uniform(0.3, 0.6))
        light *= 1 - 0.28 / (1 + np.exp((np.hypot(x - cx, y - cy) - 0.42) * 14))
    warmth, tint = float(rng.normal(0, 0.055)), float(rng.normal(0, 0.02))
    cast = np.array([1 + warmth, 1 + tint, 1 - warmth], np.float32)
    exposure = float(np.clip(rng.normal(0.98, 0.12), 0.7, 1.22))
    out = picture * light[..., None].astype(np.float32) * cast * np.float32(exposure)
    # A phone lifts shadows and rolls off highlights instead of clipping them.
    out = 255 * (1 - np.exp(-np.maximum(out, 0) / 255 * 1.55)) / (1 - np.exp(-1.55)) * 0.55 + out * 0.45
    blur = rng.random()
    if blur < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.1)))
    elif blur < 0.65:
        length = int(rng.integers(3, 7))
        kernel = np.zeros((7, 7), np.float32)
        direction = rng.uniform(-1, 1, 2)
        direction /= np.linalg.norm(direction) + 1e-6
        for t in np.linspace(-length / 2, length / 2, 15):
            kernel[round(3 + t * direction[1]), round(3 + t * direction[0])] = 1
        out = cv2.filter2D(out, -1, kernel / kernel.sum())
    level = float(rng.uniform(1.5, 6))
    grain = rng.standard_normal((height, width, 1), dtype=np.float32) * level
    chroma = rng.standard_normal((height // 2, width // 2, 3), dtype=np.float32) * level * 0.8
    chroma = cv2.resize(chroma, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(out + grain + chroma + 0.5, 0, 255).astype(np.uint8)
