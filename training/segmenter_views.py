"""Training views for the segmenter: geometry, light, and composites of cutouts on other photos' backgrounds."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge.transforms import letterbox_mirror
from training import segmenter_scenes as scenes


@dataclass(slots=True)
class Garments:
    """Photos to train on, letterboxed: rgb uint8 (N, S, S, 3); mask uint8 (N, S, S); known uint8 (N, S, S), 255 where the mask is to be
    believed; kinds: good, repaired, minor, bad, drawn or extra; whole: the mask is exact enough to cut the garment out; weight: how often
    a photo is drawn, besides how badly it goes."""

    rgb: np.ndarray
    mask: np.ndarray
    known: np.ndarray
    kinds: list[str]
    whole: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.rgb)


def warp_all(
    rgb: np.ndarray, mask: np.ndarray, known: np.ndarray, rng: np.random.Generator, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One random affine + mild perspective for all three. What lies outside mirrors the edge, as letterbox_mirror does, but its mask is
    not known: half a garment mirrored is none of the photo's."""
    s = rgb.shape[0]
    angle = rng.normal(0, 10) if rng.random() < 0.8 else rng.uniform(-180, 180)
    zoom = float(np.exp(rng.uniform(np.log(0.75), np.log(1.35))))
    m = np.vstack([cv2.getRotationMatrix2D((s / 2, s / 2), angle, zoom * size / s), [0, 0, 1]])
    m[0, 2] += size / 2 - s / 2 + rng.uniform(-0.12, 0.12) * size
    m[1, 2] += size / 2 - s / 2 + rng.uniform(-0.12, 0.12) * size
    if rng.random() < 0.5:
        m = np.array([[-1, 0, size - 1], [0, 1, 0], [0, 0, 1.0]]) @ m
    if rng.random() < 0.5:
        corners = np.float32([[0, 0], [size, 0], [size, size], [0, size]])
        m = cv2.getPerspectiveTransform(corners, corners + rng.normal(0, 0.03 * size, (4, 2)).astype(np.float32)) @ m

        def warp(x: np.ndarray, border: int) -> np.ndarray:
            return cv2.warpPerspective(x, m, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)
    else:  # a third of the time of the former

        def warp(x: np.ndarray, border: int) -> np.ndarray:
            return cv2.warpAffine(x, m[:2], (size, size), flags=cv2.INTER_LINEAR, borderMode=border)

    mirror = cv2.BORDER_REFLECT_101
    return warp(rgb, mirror), warp(mask, mirror), (warp(known, cv2.BORDER_CONSTANT) > 250).astype(np.uint8) * 255


def close_up(rgb: np.ndarray, mask: np.ndarray, known: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photo taken too near: the picture mostly ends within the garment on one side or more. rgb, mask and known as in Garments, each
    letterboxed again; the same come back where there is no garment."""
    ys, xs = np.nonzero(mask > 127)
    if len(ys) == 0:
        return rgb, mask, known
    s = mask.shape[0]
    ends = []
    for low, high in ((xs.min(), xs.max() + 1), (ys.min(), ys.max() + 1)):
        length = high - low
        a, b = (float(rng.uniform(0.05, 0.35)) * length if rng.random() < 0.5 else -s for _ in range(2))
        ends.append((int(max(0, low + a)), int(min(s, high - b))))
    (left, right), (top, bottom) = ends
    window = slice(top, max(bottom, top + 8)), slice(left, max(right, left + 8))
    square, place = letterbox_mirror(rgb[window], s)
    inside = slice(place.top, place.top + place.height), slice(place.left, place.left + place.width)
    near_known = np.zeros_like(known)
    near_known[inside] = cv2.resize(known[window], (place.width, place.height), interpolation=cv2.INTER_NEAREST)
    return square, letterbox_mirror(mask[window], s)[0], near_known


_NOISE = np.random.default_rng(0).normal(0, 8, (640, 640, 3)).clip(-24, 24).astype(np.int16)


def relight(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gain per channel, gamma, saturation, a light gradient, blur, noise; uint8 in, uint8 out."""
    x = rgb
    h, w = x.shape[:2]
    if rng.random() < 0.4:
        k = rng.uniform(0.2, 1.6)
        x = cv2.transform(x, np.full((3, 3), (1 - k) / 3) + np.eye(3) * k)
    if rng.random() < 0.8:
        gain = np.exp(rng.normal(0, 0.08, 3) + rng.normal(0, 0.22))
        gamma = float(np.exp(rng.normal(0, 0.22)))
        table = np.clip(np.arange(256)[:, None] / 255.0 * gain, 0, 1) ** gamma * 255.0
        x = cv2.LUT(x, table.astype(np.uint8)[None])
    if rng.random() < 0.3:
        a, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.8)
        ramp = 1 + strength * (
            np.cos(a) * np.linspace(-0.5, 0.5, w, dtype=np.float32)[None] + np.sin(a) * np.linspace(-0.5, 0.5, h, dtype=np.float32)[:, None]
        )
        x = cv2.multiply(x, cv2.merge([ramp.astype(np.float32)] * 3), dtype=cv2.CV_8U)
    if rng.random() < 0.25:
        x = cv2.GaussianBlur(x, (0, 0), float(rng.uniform(0.4, 1.6)))
    if rng.random() < 0.3:
        top, left = rng.integers(0, 640 - h), rng.integers(0, 640 - w)
        x = cv2.add(x, _NOISE[top : top + h, left : left + w], dtype=cv2.CV_8U)
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
    garments: Garments, i: int, drawn: np.ndarray, rng: np.random.Generator, size: int, *, composites: float = 0.5, near: float = 0.08
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One view of photo i: uint8 rgb (size, size, 3), mask (size, size), and where the mask is known, (size, size), 0 or 255.
    composites: how many views have another background, near: how many are close-ups, 0..1."""
    rgb, mask, known = garments.rgb[i], garments.mask[i], garments.known[i]
    if garments.whole[i] and rng.random() < composites:
        background = None
        j = int(rng.integers(len(garments.rgb)))
        kind = rng.random()
        if kind < 0.18:
            background = flat_background(rgb.shape[0], rng)
        elif kind < 0.33 and len(drawn):
            background = drawn[int(rng.integers(len(drawn)))]
            background = background[:, ::-1] if rng.random() < 0.5 else background
        else:
            background = background_of(garments.rgb[j], garments.mask[j], rng)
        if background is not None:
            if rng.random() < 0.06:
                background = scenes.box_under(background, mask, rng)
            if rng.random() < 0.4:
                background = scenes.camouflage(background, rgb, mask, rng)
            if rng.random() < 0.45:
                k = int(rng.integers(len(garments.rgb)))
                background = scenes.litter(background, rng, (garments.rgb[k], garments.mask[k]) if rng.random() < 0.5 else None)
            for _ in range(int(rng.random() < 0.6) + int(rng.random() < 0.3)):
                background = scenes.ghost(background, garments.mask[int(rng.integers(len(garments.rgb)))], rng)
            rgb = composite(rgb, mask, background, rng)
            known = np.full_like(mask, 255)
    if garments.whole[i]:
        if rng.random() < 0.2:
            rgb = scenes.fade_part(rgb, mask, rng)
        if rng.random() < 0.08:
            rgb = scenes.shade(rgb, mask, rng)
        if rng.random() < 0.12:
            rgb = scenes.print_on(rgb, mask, rng)
        if rng.random() < 0.08:
            rgb, mask = scenes.hold(rgb, mask, rng)
    if rng.random() < near:
        rgb, mask, known = close_up(rgb, mask, known, rng)
    rgb, mask, known = warp_all(rgb, mask, known, rng, size)
    return relight(rgb, rng), mask, known
