"""Our model of how a phone spoils a photo: lights along and off the Planckian locus, mixed light, exposure, haze, noise, tone curves, JPEG.

    good photo -> linear light -> light(s) in the camera's own primaries -> exposure -> noise -> haze -> tone curve, saturation -> JPEG

benchmarks/enhancement_lights.py, which judges, uses other lights, other mixtures and another chromatic adaptation on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from edge.develop import LUMINANCE, to_linear, to_srgb

_FROM_XYZ = np.array([[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]])
_LINEAR = to_linear(np.arange(256) / 255.0).astype(np.float32)
_ENCODED = np.clip(np.rint(to_srgb(np.arange(4097) / 4096.0) * 255), 0, 255).astype(np.uint8)
REACH = 1.6
"""The strongest light drawn, as logarithm of red / green or blue / green."""
_TOLD = 1.7
"""Tone curves make strong casts stronger; beyond this one channel is all but gone and the number means nothing."""
CARD = 0.2
"""The grey card that tells the light: how much of it the card reflects."""


@dataclass(frozen=True, slots=True, eq=False)
class Spoilt:
    """rgb: uint8 (H, W, 3). light: log(red / green), log(blue / green), linear sRGB, that a grey card on the
    garment shows in it. kind: which lights were drawn."""

    rgb: np.ndarray
    light: tuple[float, float]
    kind: str


def _lobe(x: np.ndarray, peak: float, left: float, right: float) -> np.ndarray:
    return np.exp(-0.5 * ((x - peak) / np.where(x < peak, left, right)) ** 2)


def _locus() -> tuple[np.ndarray, np.ndarray]:
    """Reciprocal megakelvins (64,) from 15000 K to 1700 K, and CIE 1960 (u, v) of black bodies (64, 2): Planck's law seen by the observer
    of Wyman, Sloan and Shirley (2013)."""
    nm = np.arange(380, 781, 5.0)
    xyz = np.stack(
        [
            1.056 * _lobe(nm, 599.8, 37.9, 31.0) + 0.362 * _lobe(nm, 442.0, 16.0, 26.7) - 0.065 * _lobe(nm, 501.1, 20.4, 26.2),
            0.821 * _lobe(nm, 568.8, 46.9, 40.5) + 0.286 * _lobe(nm, 530.9, 16.3, 31.1),
            1.217 * _lobe(nm, 437.0, 11.8, 36.0) + 0.681 * _lobe(nm, 459.0, 26.0, 13.8),
        ]
    )
    mired = np.linspace(1e6 / 15000, 1e6 / 1700, 64)
    spectra = nm[None] ** -5.0 / (np.exp(1.4388e7 / nm[None] * mired[:, None] / 1e6) - 1)
    x, y, z = xyz @ spectra.T
    below = x + 15 * y + 3 * z
    return mired, np.stack([4 * x / below, 6 * y / below], 1)


_MIRED, _UV = _locus()


def light_at(kelvin: float, off: float) -> np.ndarray:
    """Linear sRGB float64 (3,), luminance 1, of a light so far off the Planckian locus (Duv: CIE 1960 units, > 0 greener)."""
    mired = 1e6 / kelvin
    uv = np.array([np.interp(mired, _MIRED, _UV[:, i]) for i in (0, 1)])
    along = np.array([np.interp(mired + 3, _MIRED, _UV[:, i]) - np.interp(mired - 3, _MIRED, _UV[:, i]) for i in (0, 1)])
    across = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    u, v = uv + off * (across if across[1] > 0 else -across)
    x, y = 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)
    rgb = np.maximum(_FROM_XYZ @ np.array([x / y, 1.0, (1 - x - y) / y]), 0.03)
    return rgb / (LUMINANCE @ rgb)


def draw_light(rng: np.random.Generator, kind: str) -> np.ndarray:
    """What is left of a light after the phone's own white balance, which is seldom nothing and seldom all. float64 (3,), luminance 1."""
    if kind == "none":
        log = rng.normal(0, 0.015, 3)
    elif kind == "any":
        log = rng.normal(0, 0.3, 3) * (1, 0.5, 1)
    else:
        kelvin = 1e6 / rng.uniform(1e6 / 12000, 1e6 / 2100)
        off = float(np.clip(rng.normal(0, 0.004 if kind == "planckian" else 0.011), -0.022, 0.022))
        log = np.log(light_at(kelvin, off)) * rng.uniform(0.1, 1.0) + rng.normal(0, 0.02, 3)
    log = log - log[1]
    rgb = np.exp(log * min(1.0, REACH / max(np.abs(log).max(), 1e-6)))
    return rgb / (LUMINANCE @ rgb)


KINDS = (("none", 0.18), ("planckian", 0.32), ("off-locus", 0.22), ("any", 0.1), ("mixed", 0.18))


def blend_map(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """How much of the second light falls on each place, float32 (H, W) 0..1, always soft: a ramp, a lamp's pool, or clouds."""
    yy, xx = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    form = rng.integers(3)
    if form == 0:
        a = rng.uniform(0, 2 * np.pi)
        field = (xx - 0.5) * np.cos(a) + (yy - 0.5) * np.sin(a) + rng.normal(0, 0.15)
    elif form == 1:
        field = rng.uniform(0.2, 0.7) - np.hypot(xx - rng.uniform(-0.2, 1.2), yy - rng.uniform(-0.2, 1.2))
    else:
        field = cv2.resize(rng.normal(0, 0.35, (4, 4)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return (1 / (1 + np.exp(-field * rng.uniform(3, 12)))).astype(np.float32)


def primaries(rng: np.random.Generator) -> np.ndarray:
    """sRGB -> a camera's primaries, float64 (3, 3), rows sum to 1: light acts on these, not on sRGB's."""
    m = np.eye(3) + np.abs(rng.normal(0, 0.09, (3, 3)))
    return m / m.sum(1, keepdims=True)


def curve(rng: np.random.Generator) -> np.ndarray:
    """A maker's tone curve on linear light 0..1 in 1025 steps: gamma and an S or its opposite, float32."""
    gamma, bend = float(np.exp(rng.normal(0, 0.15))), float(np.clip(rng.normal(0.1, 0.5), -0.95, 0.95))
    table = to_srgb(np.linspace(0, 1, 1025)) ** gamma
    table = np.clip(table + bend * table * (1 - table) * (2 * table - 1), 0, 1)
    return to_linear(table).astype(np.float32)


def spoil(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> Spoilt:
    """A good photo uint8 (H, W, 3) and its garment float32 (H, W), 0..1 -> the photo that a phone might have taken."""
    names, chances = zip(*KINDS, strict=True)
    kind = str(rng.choice(names, p=chances))
    height, width = rgb.shape[:2]
    camera = primaries(rng)
    back = np.linalg.inv(camera)
    drawn = [draw_light(rng, kind)] if kind != "mixed" else [draw_light(rng, "planckian"), draw_light(rng, "off-locus")]
    share = blend_map(rng, height, width)[..., None] if kind == "mixed" else np.zeros((1, 1, 1), np.float32)
    field = (1 - share) * np.float32(camera @ drawn[0]) + share * np.float32(camera @ drawn[-1])
    x = (_LINEAR[rgb] @ np.float32(camera.T) * field) @ np.float32(back.T)
    if kind == "mixed" and mask.sum() > 20:
        on_garment = (field * mask[..., None]).reshape(-1, 3).sum(0) / mask.sum()
    else:
        on_garment = np.broadcast_to(field, (height, width, 3)).reshape(-1, 3).mean(0)
    card = np.float32(CARD * (back @ on_garment.astype(np.float64)))[None, None]
    exposure, develop = np.float32(2.0 ** rng.normal(0, 0.45)), _rendering(rng)
    x, card = x * exposure, card * exposure
    if rng.random() < 0.5:
        strength = rng.uniform(0.002, 0.02)
        x = x + rng.standard_normal(x.shape, np.float32) * np.sqrt(
            np.maximum(x, 0) * np.float32(strength**2) + np.float32((strength / 8) ** 2)
        )
    out = _ENCODED[np.rint(np.clip(develop(x), 0, 1) * 4096).astype(np.int32)]
    if rng.random() < 0.15:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.2)))
    if rng.random() < 0.5:
        out = cv2.imdecode(cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 96))])[1], cv2.IMREAD_COLOR)
    red, green, blue = np.log(np.maximum(develop(card)[0, 0].astype(np.float64), 2e-3))
    return Spoilt(out, (float(np.clip(red - green, -_TOLD, _TOLD)), float(np.clip(blue - green, -_TOLD, _TOLD))), kind)


def _rendering(rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """What follows the light on its way to the file, the same for the photo and the card: haze, tone curve, saturation; linear light."""
    haze, air = (rng.uniform(0.005, 0.12), rng.uniform(0.4, 1.0)) if rng.random() < 0.35 else (0.0, 0.0)
    bend = curve(rng) if rng.random() < 0.75 else None
    factor = float(np.exp(rng.normal(-0.1, 0.22))) if rng.random() < 0.6 else 1.0

    def render(x: np.ndarray) -> np.ndarray:
        x = x * np.float32(1 - haze) + np.float32(haze * air)
        if bend is not None:
            x = bend[np.rint(np.clip(x, 0, 1) * 1024).astype(np.int32)]
        grey = (x @ LUMINANCE.astype(np.float32))[..., None]
        return np.maximum(grey + np.float32(factor) * (x - grey), 0) if factor != 1 else x

    return render
