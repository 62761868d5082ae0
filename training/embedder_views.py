"""Training views of a garment for the embedder: what separates a phone photo from a studio picture, after its cutout.

The generator that judges (benchmarks/judge_views.py) uses other warps, light and backgrounds on purpose.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.cutout import cut_out
from edge.errors import NoGarmentFound


def smooth_noise(rng: np.random.Generator, cells: int, size: int, channels: int = 1) -> np.ndarray:
    """Low-frequency Gaussian noise, float32 (size, size, channels), about unit variance."""
    small = rng.standard_normal((cells, cells, channels)).astype(np.float32)
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC).reshape(size, size, channels)


def warp(rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Rotation, uneven scale, shear, perspective and an elastic bend, in one resampling."""
    s = rgb.shape[0]
    angle = np.deg2rad(rng.normal(0, 10 * strength) if rng.random() < 0.85 else rng.uniform(-45, 45) * strength)
    sx, sy = np.exp(rng.normal(0, 0.06 * strength, 2))
    shear = rng.normal(0, 0.05 * strength)
    c, n = np.cos(angle), np.sin(angle)
    m = np.array([[c, -n], [n, c]]) @ np.array([[sx, shear], [0, sy]])
    g = np.linspace(-1, 1, s, dtype=np.float32)
    xx, yy = np.meshgrid(g, g)
    w = 1 + (rng.normal(0, 0.07 * strength) * xx + rng.normal(0, 0.07 * strength) * yy)
    u = (m[0, 0] * xx + m[0, 1] * yy) / w
    v = (m[1, 0] * xx + m[1, 1] * yy) / w
    bend = smooth_noise(rng, int(rng.integers(3, 7)), s, 2) * 0.03 * strength
    mx = ((u + bend[..., 0] + 1) * (s - 1) / 2).astype(np.float32)
    my = ((v + bend[..., 1] + 1) * (s - 1) / 2).astype(np.float32)
    return (
        cv2.remap(rgb, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101),
        cv2.remap(alpha, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0),
    )


def wrong_mask(alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Errors a segmenter makes: an outline a few pixels in or out, bites and bulges, a strip of background. float32 in and out."""
    s = alpha.shape[0]
    soft = cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(1.0, 3.5)))
    soft = soft + smooth_noise(rng, int(rng.integers(5, 14)), s)[..., 0] * rng.uniform(0.0, 0.28) + rng.normal(0, 0.12)
    out = np.clip((soft - 0.5) * 6 + 0.5, 0, 1)
    if rng.random() < 0.12:  # a bite out of it, or something beside it taken along
        x, y = rng.integers(0, s, 2)
        cv2.ellipse(
            out,
            (int(x), int(y)),
            (int(s * rng.uniform(0.04, 0.14)), int(s * rng.uniform(0.04, 0.14))),
            0,
            0,
            360,
            float(rng.random() < 0.5),
            -1,
        )
    return out.astype(np.float32)


_NOISE = np.random.default_rng(0).integers(-16, 17, (320, 320, 3), dtype=np.int16)


def light(rgb: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """Fold shading, exposure, colour cast, gamma, saturation, blur, noise. uint8 in and out."""
    s = rgb.shape[0]
    k = float(np.exp(rng.normal(0, 0.15 * strength)))
    x = cv2.transform(rgb, np.full((3, 3), (1 - k) / 3) + np.eye(3) * k)  # saturation
    gain = np.exp(rng.normal(0, 0.07 * strength, 3) + rng.normal(0, 0.18 * strength))
    gamma = float(np.exp(rng.normal(0, 0.15 * strength)))
    table = np.clip(np.arange(256)[:, None] / 255.0 * gain, 0, 1) ** gamma
    if rng.random() < 0.3 * strength:
        table = table + rng.uniform(0, 0.12)  # haze: a lifted black
    x = cv2.LUT(x, np.clip(table * 255, 0, 255).astype(np.uint8)[None])
    shade = smooth_noise(rng, int(rng.integers(2, 5)), s) * 0.07 + smooth_noise(rng, int(rng.integers(6, 14)), s) * 0.04
    x = cv2.multiply(x, cv2.merge([1 + shade[..., 0] * np.float32(strength)] * 3), dtype=cv2.CV_8U)
    if rng.random() < 0.35 * strength:
        x = cv2.GaussianBlur(x, (0, 0), float(rng.uniform(0.5, 1.8)))
    if rng.random() < 0.5 * strength:
        top, left = rng.integers(0, 320 - s // 2, 2)
        noise = cv2.resize(_NOISE[top : top + s // 2, left : left + s // 2], (s, s), interpolation=cv2.INTER_NEAREST)
        x = cv2.add(x, noise, dtype=cv2.CV_8U)
    return x


def recolour(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same garment in another colour: hue turned, saturation and lightness changed in CIELAB. uint8 in and out.

    A colourway of one cut is another item; both of a pair's views take the same change.
    """
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    angle, chroma = rng.uniform(-np.pi, np.pi), float(np.exp(rng.normal(0, 0.3)))
    c, n = np.cos(angle) * chroma, np.sin(angle) * chroma
    turn = np.array([[1, 0, 0, 0], [0, c, -n, 128 * (1 - c + n)], [0, n, c, 128 * (1 - n - c)]])
    lab = cv2.transform(lab, turn)
    light = np.clip((np.arange(256) / 255.0) ** float(np.exp(rng.normal(0, 0.25))) * 255 + rng.normal(0, 12), 0, 255)
    lab[..., 0] = cv2.LUT(np.ascontiguousarray(lab[..., 0]), light.astype(np.uint8))
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)


def view(rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator, *, strength: float, size: int) -> np.ndarray:
    """One cutout, uint8 (size, size, 3). rgb uint8 (S, S, 3) on its own background, alpha float32 (S, S). strength .3 studio, 1 phone."""
    x, a = warp(rgb, alpha, rng, strength)
    x = light(x, rng, strength)
    if rng.random() < 0.5 + 0.4 * strength:
        if rng.random() < 0.6:  # what the wrong mask takes along is another background than this garment's own
            other = np.clip(rng.uniform(0, 255, 3) + smooth_noise(rng, 8, x.shape[0], 3) * rng.uniform(0, 50), 0, 255)
            x = (x * a[..., None] + other * (1 - a[..., None])).astype(np.uint8)
        a = wrong_mask(a, rng)
    if rng.random() < 0.15 * strength:  # a hand, a hanger, a label lies over it
        s = a.shape[0]
        cover = np.zeros_like(a)
        p = rng.integers(0, s, 2)
        cv2.line(cover, (int(p[0]), int(p[1])), tuple(int(v) for v in rng.integers(0, s, 2)), 1.0, int(s * rng.uniform(0.02, 0.09)))
        if rng.random() < 0.5:
            a = a * (1 - cover)
        else:
            x = np.where(cover[..., None] > 0, np.uint8(rng.integers(40, 230, 3)), x).astype(np.uint8)
    try:
        return cut_out(x, a, size=size)[0]
    except NoGarmentFound:
        return cut_out(rgb, alpha, size=size)[0]
