"""The judge's photos under wrong lights. On purpose not training's camera: CIE lamps and coloured LEDs instead of drawn colours, full
chromatic adaptation by cones (Bradford) instead of a camera's primaries, hard edges between two lights instead of soft ones."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge.develop import LUMINANCE, angle_between, to_linear, to_srgb

_TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
_CONES = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_CARD = 0.2
_LINEAR = to_linear(np.arange(256) / 255.0)
CIE_LAMPS = {
    "F2": (0.3721, 0.3751), "F3": (0.4091, 0.3941), "F4": (0.4402, 0.4031), "F6": (0.3779, 0.3882), "F8": (0.3458, 0.3586),
    "F9": (0.3741, 0.3727), "F11": (0.3805, 0.3769), "F12": (0.4370, 0.4042), "HP2": (0.4778, 0.4158), "HP3": (0.4302, 0.4075),
    "HP4": (0.3812, 0.3797), "HP5": (0.3776, 0.3713), "LED-B1": (0.4560, 0.4078), "LED-B3": (0.3756, 0.3723),
    "LED-RGB1": (0.4557, 0.4211), "LED-V2": (0.3781, 0.3775),
}  # fmt: skip
"""Chromaticity x, y of CIE illuminants (CIE 15:2004 and 15:2018), discharge and LED lamps; none of them lies on the locus."""
KINDS = ("bulb", "lamp", "coloured", "two lights")
HELD_OUT = ("lamp", "coloured", "two lights")
"""Kinds of light that training never draws: real lamps' colours; greener or pinker than any it draws; hard edges between two lights."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """rgb: uint8 (H, W, 3), spoilt. light: float64 (3,), linear sRGB, the light on the garment (the mean over it of two)."""

    rgb: np.ndarray
    light: np.ndarray
    kind: str


def _planck_xy(kelvin: float) -> tuple[float, float]:
    """The locus by the cubic approximation of Kim et al. (US patent 7024034), 1667..25000 K."""
    t = 1000.0 / kelvin
    if kelvin <= 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if kelvin <= 2222:
        return x, -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    if kelvin <= 4000:
        return x, -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    return x, 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483


def _off_locus_xy(kelvin: float, off: float) -> tuple[float, float]:
    x, y = _planck_xy(kelvin)
    u, v = 4 * x / (-2 * x + 12 * y + 3), 6 * y / (-2 * x + 12 * y + 3)
    u, v = u - 0.25 * off, v + 0.97 * off  # across the locus, nearly the same direction at all these temperatures
    return 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)


def adaptation(xy: tuple[float, float], amount: float) -> np.ndarray:
    """Linear sRGB -> linear sRGB as it looks under a light of this chromaticity, float64 (3, 3), white's luminance kept.

    amount: how much of the light is left after the phone's white balance, as a power of the cones' ratios.
    """
    x, y = xy
    white, light = _TO_XYZ @ np.ones(3), np.array([x / y, 1.0, (1 - x - y) / y])
    ratio = np.maximum((_CONES @ light) / (_CONES @ white), 0.02) ** amount
    m = np.linalg.inv(_TO_XYZ) @ np.linalg.inv(_CONES) @ np.diag(ratio) @ _CONES @ _TO_XYZ
    return m / (LUMINANCE @ m.sum(1))


def draw_xy(rng: np.random.Generator, kind: str) -> tuple[float, float]:
    """A light of a kind ("bulb", "lamp" or "coloured")."""
    if kind == "bulb":
        return _planck_xy(rng.uniform(2300, 3600) if rng.random() < 0.7 else rng.uniform(8500, 14000))
    if kind == "lamp":
        return CIE_LAMPS[str(rng.choice(list(CIE_LAMPS)))]
    return _off_locus_xy(rng.uniform(3500, 8000), float(rng.choice([-1, 1])) * rng.uniform(0.03, 0.055))


def hard_edge(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Where the second light falls, float32 (H, W) 0..1: a band, as from a window, or all on one side of a shadow's edge."""
    field = np.zeros((height, width), np.float32)
    a, centre = rng.uniform(0, np.pi), rng.uniform(0.25, 0.75, 2) * (width, height)
    along, across = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
    long, wide = 2.0 * max(height, width), rng.uniform(0.15, 0.35) * max(height, width)
    low, high = (0.0, long) if rng.random() < 0.5 else (-wide, wide)
    corners = [centre + i * long * along + (low if j == 0 else high) * across for i, j in ((-1, 0), (1, 0), (1, 1), (-1, 1))]
    cv2.fillConvexPoly(field, np.int32(np.rint(corners)), 1.0)
    return cv2.GaussianBlur(field, (0, 0), 1.0)


def lit(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator, kind: str, *, degrees: float | None = None) -> Judged:
    """A photo uint8 (H, W, 3) and its garment float32 (H, W) under another light of a kind.

    degrees: the light's angle to white, reached by leaving more or less of it (nearest possible); None draws how much is left.
    """
    kinds = [kind] if kind != "two lights" else ["bulb", "coloured" if rng.random() < 0.5 else "lamp"]
    turns = []
    for k in kinds:
        xy, amount = draw_xy(rng, k), rng.uniform(0.25, 0.9)
        if degrees is not None:
            tried = np.linspace(0, 2.5, 126)
            angles = [angle_between(adaptation(xy, a).sum(1), np.ones(3)) for a in tried]
            amount = float(tried[int(np.abs(np.array(angles) - degrees).argmin())])
        turns.append(adaptation(xy, amount))
    x = _LINEAR[rgb]
    if len(turns) == 1:
        return Judged(_photo(x @ turns[0].T), turns[0].sum(1), kind)
    share = hard_edge(rng, *rgb.shape[:2])[..., None]
    power = float(2.0 ** rng.uniform(-0.6, 0.6))
    out = (1 - share) * (x @ turns[0].T) + share * power * (x @ turns[1].T)
    here = float((share[..., 0] * mask).sum() / max(mask.sum(), 1e-6))
    return Judged(_photo(out), (1 - here) * turns[0].sum(1) + here * power * turns[1].sum(1), kind)


def _photo(linear: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(to_srgb(np.clip(linear, 0, 1)) * 255), 0, 255).astype(np.uint8)


def worn(photo: Judged, rng: np.random.Generator) -> Judged:
    """What else goes wrong: exposure, veiling glare, a flat or hard film curve, pale colours; in the file alone grain and JPEG. The light
    told is then what a grey card on the garment shows in the file, through all of it: what a person would click on."""
    gain, glare = 2.0 ** rng.uniform(-0.8, 0.6), rng.uniform(0.01, 0.1) if rng.random() < 0.35 else 0.0
    hard, pale = rng.uniform(-0.6, 0.6), rng.uniform(0.0, 0.3)
    low, high = 1 / (1 + np.exp(2.0)), 1 / (1 + np.exp(-2.0))

    def rendered(linear: np.ndarray) -> np.ndarray:
        y = np.clip(to_srgb(np.clip(linear * gain + glare, 0, 1)), 0, 1)
        y = (1 - hard) * y + hard * (1 / (1 + np.exp(-4 * (y - 0.5))) - low) / (high - low)
        return (1 - pale) * y + pale * y.mean(-1, keepdims=True)

    y = rendered(_LINEAR[photo.rgb])
    y = y + rng.normal(0, rng.uniform(0.0, 0.02), y.shape)
    out = np.clip(np.rint(y * 255), 0, 255).astype(np.uint8)
    jpeg = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 94))])[1]
    return Judged(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.maximum(to_linear(rendered(_CARD * photo.light)), 2e-3), photo.kind)
