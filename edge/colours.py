"""The dominant colours of a garment, by name: its pixels gathered in CIELAB, lightness counting less than hue, then named.

    photo, mask -> light evened out -> garment's pixels, small -> groups in CIELAB -> nearest named colour -> shares

Folds and exposure move lightness, so it counts for a third between pixels of one cloth and for 0.6 between names. A cast moves all
colours: seven tenths of what the photo as a whole suggests ("shades of grey", Finlayson and Trezzi 2004) is taken back, not all of it,
since the photo of a red dress on a red bed has no grey in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge.transforms import shrunk

_SAME_CLOTH = np.array((0.35, 1.0, 1.0), np.float32)
_SAME_NAME = np.array((0.6, 1.0, 1.0), np.float32)
_REACH = 15.0
"""Distance from a group's middle, CIELAB units with lightness as in _SAME_CLOTH, within which a pixel is of the same cloth."""
_BIN = 6.0
_PIXELS = 72
_MOST_GROUPS = 6
_EVENED = 0.7
_STRONGEST_CAST = 1.25
_NORM = 6

# Several typical sRGB values per name, from dark to light where a colour keeps its name in shade.
NAMED: dict[str, tuple[int, ...]] = {
    "black": (0x101012, 0x232325, 0x323030),
    "grey": (0x525254, 0x6B6B6E, 0x8C8C8E, 0xA9A9AB),
    "white": (0xD2D0CE, 0xE6E4E2, 0xF8F8F8, 0xC6C8CC),
    "beige": (0xD8C8A8, 0xC4AE8C, 0xE6DAC2, 0xB9A58A),
    "brown": (0x3E2A1E, 0x5C3F2C, 0x7A5236, 0x94714F),
    "red": (0x7A1420, 0xA41C28, 0xC8282E, 0xDE3C3C, 0x58141E),
    "pink": (0xE89CB0, 0xF2BFCB, 0xD8688C, 0xDA8FA0, 0xE0457B),
    "orange": (0xE2702A, 0xF08A3C, 0xC65A1E, 0xF0A070),
    "yellow": (0xE8C832, 0xF2DE6A, 0xD6A630, 0xF4EAA0),
    "olive": (0x4A4C30, 0x686A3E, 0x86844E),
    "green": (0x12402C, 0x1E5C3A, 0x2E8048, 0x5AA85A, 0x9CCB8E, 0x9CD4BC),
    "turquoise": (0x14606A, 0x1E8C94, 0x3CB4B8, 0x96D4D6),
    "blue": (0x1E3C8C, 0x2E5AAE, 0x3C78C8, 0x6CA0DC, 0xA4C4E6, 0x5A7896, 0x44607C, 0x8CA4C0),
    "navy": (0x12162C, 0x1A2240, 0x222E52),
    "purple": (0x3C1E50, 0x5E3278, 0x8450A0, 0xB098D0, 0x6E3060),
}


@dataclass(frozen=True, slots=True)
class ColourShare:
    """A colour of the garment. share: of its area, 0..1. rgb: the mean of its pixels as photographed, 0..255 each."""

    name: str
    share: float
    rgb: tuple[int, int, int]


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """uint8 (..., 3) sRGB -> float32 (..., 3) CIELAB under D65: L 0..100, a and b about -100..100."""
    flat = np.ascontiguousarray(rgb, np.uint8).reshape(1, -1, 3).astype(np.float32) / 255
    return cv2.cvtColor(flat, cv2.COLOR_RGB2LAB).reshape(rgb.shape)


_NAMES = tuple(name for name, values in NAMED.items() for _ in values)
_TYPICAL = to_lab(np.array([[v >> 16, v >> 8 & 255, v & 255] for values in NAMED.values() for v in values], np.uint8)) * _SAME_NAME


def name_of(lab: np.ndarray) -> str:
    """The name of one colour, float (3,) CIELAB: that of the nearest typical value."""
    return _NAMES[int(np.argmin(((_TYPICAL - np.asarray(lab, np.float32) * _SAME_NAME) ** 2).sum(1)))]


def cast_table(rgb: np.ndarray, *, strength: float = _EVENED) -> np.ndarray:
    """A whole photo, uint8 (H, W, 3) -> uint8 (1, 256, 3) for cv2.LUT, which takes a share `strength`, 0..1, of its cast back.

    Brightness stays. See the module's note.
    """
    small = shrunk(rgb, (48, 48)).reshape(-1, 3).astype(np.float64) / 255
    cube = small * small * small  # a general power takes three times as long
    light = np.einsum("ij,ij->j", cube, cube) / len(small)
    light = light ** (1 / _NORM) + 1e-6
    gain = np.clip(np.exp(np.log(light).mean()) / light, 1 / _STRONGEST_CAST, _STRONGEST_CAST) ** strength
    return np.clip(np.arange(256)[:, None] * gain + 0.5, 0, 255).astype(np.uint8)[None]


def dominant_colours(
    rgb: np.ndarray, alpha: np.ndarray, *, most: int = 3, least: float = 0.12, strength: float = _EVENED
) -> tuple[ColourShare, ...]:
    """uint8 (H, W, 3) and its mask float32 (H, W) in 0..1 -> up to `most` colours, largest first, each at least a share `least`.

    The first is always given; none only for an empty mask. Shares are of the whole garment, so they may add up to less than 1.
    """
    pixels, seen = _garment_pixels(rgb, alpha, strength)
    if len(pixels) == 0:
        return ()
    groups = _groups(pixels)
    found: dict[str, np.ndarray] = {}
    seen = seen.astype(np.float32)
    for group in range(int(groups.max()) + 1):
        of_it = groups == group
        name = name_of(np.median(pixels[of_it], 0))
        found[name] = found.get(name, np.zeros(len(pixels), bool)) | of_it
    ranked = sorted(found.items(), key=lambda pair: -int(pair[1].sum()))
    colours = [ColourShare(name, float(of_it.mean()), tuple(int(round(v)) for v in _mean(seen, of_it).tolist())) for name, of_it in ranked]
    return tuple(c for place, c in enumerate(colours[:most]) if place == 0 or c.share >= least)


def _garment_pixels(rgb: np.ndarray, alpha: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """(P, 3) CIELAB without cast and (P, 3) rgb as seen, of the garment's inside brought to a small size."""
    x, y, width, height = cv2.boundingRect(cv2.compare(alpha, 0.5, cv2.CMP_GT))
    if width == 0 or height == 0:
        return np.empty((0, 3), np.float32), np.empty((0, 3), np.uint8)
    where = slice(y, y + height), slice(x, x + width)
    scale = min(1.0, _PIXELS / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    seen = shrunk(rgb[where], size)
    small = cv2.LUT(seen, cast_table(rgb, strength=strength))
    inside = shrunk(alpha[where], size)
    sure = inside > 0.95  # the rim holds some of the background
    if sure.sum() < 20:
        sure = inside >= min(0.5, float(inside.max()))
    return to_lab(small[sure]), seen[sure]


def _mean(x: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """Mean of the marked lines of (P, 3), float32 (3,); as a product, since numpy takes ten times as long to add up lines of three."""
    return marked.astype(np.float32) @ x / np.float32(np.count_nonzero(marked))


def _near(x: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Which of (P, 3) lie within a group's reach of its middle (3,)."""
    apart = x - middle
    return np.einsum("ij,ij->i", apart, apart) < _REACH**2


def _groups(pixels: np.ndarray) -> np.ndarray:
    """(P, 3) CIELAB -> int (P,), the number of each pixel's group: the densest place takes all within reach, then the next.

    Deterministic, unlike k-means from random starts, and the number of groups is found on the way.
    """
    x = pixels * _SAME_CLOTH
    # A place's bin as one number: numpy finds equal rows a tenth as fast as equal numbers.
    a, b, c = (np.floor(x / _BIN).astype(np.int64) + 512).T
    _, bins = np.unique((a << 20) | (b << 10) | c, return_inverse=True)
    group = np.full(len(x), -1)
    middles: list[np.ndarray] = []
    while len(middles) < _MOST_GROUPS and (free := np.flatnonzero(group < 0)).size > 0.04 * len(x):
        left = x[free]
        middle = _mean(left, bins[free] == np.bincount(bins[free]).argmax())
        for _ in range(3):
            middle = _mean(left, _near(left, middle))
        group[free[_near(left, middle)]] = len(middles)
        middles.append(middle)
    rest = group < 0
    group[rest] = np.argmin(((x[rest, None] - np.stack(middles)[None]) ** 2).sum(2), 1)
    return group
