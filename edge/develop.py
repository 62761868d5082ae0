"""Development of a photo: light, exposure, contrast, shadows and saturation changed in linear light. Pure pixel functions.

sRGB uint8 -> table: linear light x gain of the channel x exposure -> matrix: saturation
    -> table: shadows, contrast, sRGB uint8; what was clipped white stays white
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import cv2
import numpy as np

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Share of each linear sRGB channel in the luminance (ITU-R BT.709)."""
PIVOT = 0.46
"""The sRGB value, 0..1, that contrast leaves alone: a card that reflects 18 %."""
MOST_SHADOWS = 0.3
"""The shadows' slider ends here: further out the curve of tones would turn back."""
_HEADROOM = 2.0
"""The 16-bit steps between the two tables reach up to this linear value: a channel may pass white until saturation is undone."""
_WHITE_FROM, _WHITE_AT = 235, 252
"""Between these values of the least channel a pixel passes from coloured to clipped."""
_SHARE = np.clip((np.arange(256, dtype=np.float32) - _WHITE_FROM) / (_WHITE_AT - _WHITE_FROM), 0, 1)
_STRIP = 128_000
"""Pixels worked on at a time, so that the 16-bit steps between stay in a core's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Development:
    """What is done to a photo; all zero: nothing.

    red, blue: the light that the photo shows, as log(red / green) and log(blue / green) of what should be grey, natural logarithm, linear
    sRGB; it is divided out. exposure: stops (factor 2). contrast: logarithm of the tone curve's slope at mid-grey. shadows: > 0 opens dark
    tones, < 0 takes haze off them, -0.3..0.3. saturation: logarithm of the factor on the distance from grey.
    """

    red: float = 0.0
    blue: float = 0.0
    exposure: float = 0.0
    contrast: float = 0.0
    shadows: float = 0.0
    saturation: float = 0.0

    def share(self, part: float) -> Development:
        """The way towards this development, 0..1: 0.5 is half way."""
        return Development(**{f.name: part * getattr(self, f.name) for f in fields(self)})

    def as_json(self) -> dict[str, float]:
        return {f.name: round(float(getattr(self, f.name)), 4) for f in fields(self)}


def light_rgb(red: float, blue: float) -> np.ndarray:
    """The light's colour, float64 (3,), linear sRGB, luminance 1."""
    rgb = np.exp([red, 0.0, blue])
    return rgb / (LUMINANCE @ rgb)


def gains_of(development: Development) -> np.ndarray:
    """Factor of each linear channel, float64 (3,): grey under the light becomes grey of the same luminance, then exposure."""
    return 2.0**development.exposure / light_rgb(development.red, development.blue)


def angle_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Angular error of lights (..., 3) in degrees, whatever their brightness (Finlayson, Hordley and Morovic 2005)."""
    a = first / np.linalg.norm(first, axis=-1, keepdims=True)
    b = second / np.linalg.norm(second, axis=-1, keepdims=True)
    return np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2, 0, 1)))


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """sRGB 0..1 -> linear light 0..1 (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((np.maximum(srgb, 0.04045) + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: np.ndarray) -> np.ndarray:
    """Linear light 0 or more -> sRGB; above 1 it goes on as the curve does."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)


def tone(srgb: np.ndarray, *, contrast: float, shadows: float) -> np.ndarray:
    """The tone curve on sRGB values 0 or more -> 0..1. Rises everywhere; white stays white, and black black unless haze is taken off."""
    x = np.clip(srgb, 0.0, 1.0)
    s = float(np.clip(shadows, -MOST_SHADOWS, MOST_SHADOWS))
    x = np.clip(x + s * (1 - x) ** 3 * (4 * x if s > 0 else 1.0), 0.0, 1.0)
    k = float(np.exp(contrast))
    dark, bright = PIVOT * (x / PIVOT) ** k, 1 - (1 - PIVOT) * ((1 - x) / (1 - PIVOT)) ** k
    return np.where(x < PIVOT, dark, bright)


def saturation_matrix(saturation: float) -> np.ndarray:
    """float64 (3, 3) on linear light: distance from grey of the same luminance times exp(saturation)."""
    k = float(np.exp(saturation))
    return k * np.eye(3) + (1 - k) * np.tile(LUMINANCE, (3, 1))


def keep_white(before: np.ndarray, after: np.ndarray, *, white: float) -> np.ndarray:
    """Developed pixels uint8 (H, W, 3); those that were clipped in the photo before get its hue back, softly.

    white: what becomes of white, 0..1. Where all channels are full the light's colour is lost, and dividing by it would paint lamps and
    windows in the opposite colour.
    """
    if not cv2.countNonZero(cv2.inRange(before, (_WHITE_FROM + 1,) * 3, (255,) * 3)):
        return after
    red, green, blue = cv2.split(before)
    share = cv2.LUT(cv2.min(cv2.min(red, green), blue), _SHARE)
    return cv2.blendLinear(cv2.convertScaleAbs(before, alpha=white), after, share, 1 - share)


def develop(rgb: np.ndarray, development: Development) -> np.ndarray:
    """uint8 (H, W, 3) sRGB -> the same developed. Deterministic; a development of all zeros gives the photo back, value for value."""
    if development == Development():
        return rgb.copy()
    steps = 65535 / _HEADROOM
    linear = to_linear(np.arange(256) / 255.0)[None, :, None] * gains_of(development)
    first = np.clip(np.rint(linear * steps), 0, 65535).astype(np.uint16)
    back = tone(to_srgb(np.arange(65536) / steps), contrast=development.contrast, shadows=development.shadows)
    second = np.clip(np.rint(back * 255), 0, 255).astype(np.uint8)
    white = float(tone(to_srgb(np.float64(2.0**development.exposure)), contrast=development.contrast, shadows=development.shadows))
    matrix = saturation_matrix(development.saturation)
    height, width = rgb.shape[:2]
    rows = max(1, _STRIP // width)
    out = np.empty_like(rgb)

    def strip(top: int) -> None:
        x = cv2.LUT(rgb[top : top + rows], first)
        if development.saturation:
            x = cv2.transform(x, matrix)
        out[top : top + rows] = keep_white(rgb[top : top + rows], cv2.LUT(x, second), white=white)

    if rows >= height:
        strip(0)
    else:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(strip, range(0, height, rows)))
    return out
