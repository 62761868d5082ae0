"""Frames to judge on, of kinds that training never draws: another photo, dots, mitred wood, stitches, zigzag, flowers, banners."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

LEAST_WIDTH, GREATEST_WIDTH = 0.01, 0.15
"""Shares of the shorter side."""

Style = Callable[[np.random.Generator, int, int, np.ndarray], np.ndarray]
"""(generator, height, width, any other photo) -> uint8 (H, W, 3), of which the frame will be cut."""


def ink(rng: np.random.Generator, *, darkest: int = 0, lightest: int = 205) -> tuple[int, int, int]:
    """A colour in HLS steps, never nearly white: a white frame is a margin."""
    hls = np.array([[[rng.integers(180), rng.integers(darkest, lightest), rng.integers(0, 256)]]], np.uint8)
    return tuple(int(v) for v in cv2.cvtColor(hls, cv2.COLOR_HLS2RGB)[0, 0])


def flat(h: int, w: int, value: tuple[int, int, int]) -> np.ndarray:
    out = np.empty((h, w, 3), np.uint8)
    out[:] = value
    return out


def photo_style(rng: np.random.Generator, h: int, w: int, other: np.ndarray) -> np.ndarray:
    """Another photo, sharp or blurred, so dark that it cannot pass for a white margin."""
    out = cv2.resize(other, (w, h), interpolation=cv2.INTER_AREA)
    out = cv2.GaussianBlur(out, (0, 0), 9) if rng.random() < 0.4 else out
    return cv2.convertScaleAbs(out, alpha=float(rng.uniform(0.5, 0.85)))


def dots_style(rng: np.random.Generator, h: int, w: int, other: np.ndarray) -> np.ndarray:
    out, spot = flat(h, w, ink(rng)), ink(rng)
    step = max(6, int(min(h, w) * rng.uniform(0.02, 0.06)))
    for row, y in enumerate(range(0, h + step, step)):
        for x in range(step // 2 * (row % 2), w + step, step):
            cv2.circle(out, (x, y), max(1, int(step * 0.24)), spot, -1, cv2.LINE_AA)
    return out


def mitred_style(rng: np.random.Generator, h: int, w: int, other: np.ndarray) -> np.ndarray:
    """Wood with a grain along each side, the sides lit differently and joined at 45 degrees."""
    base = np.array(ink(rng, darkest=40, lightest=170), np.float32)
    out, reach = np.zeros((h, w, 3), np.float32), min(h, w) // 2
    for k, light in enumerate(rng.permutation([0.75, 0.9, 1.0, 1.15])):
        upright = k % 2 == 0
        grain = rng.normal(0, 1, (max(2, h // 60), w) if upright else (h, max(2, w // 60))).astype(np.float32)
        grain = cv2.GaussianBlur(cv2.resize(grain, (w, h), interpolation=cv2.INTER_LINEAR), (0, 0), 1.0)
        side = base * np.float32(light) + 22 * grain[..., None]
        inner = [(reach, reach), (w - reach, reach), (w - reach, h - reach), (reach, h - reach)]
        outer = [(0, 0), (w, 0), (w, h), (0, h)]
        corners = [outer[k - 1], outer[k], inner[k], inner[k - 1]]  # k 0: left, then top, right, bottom
        mask = cv2.fillPoly(np.zeros((h, w), np.uint8), [np.array(corners)], 1)
        out[mask > 0] = side[mask > 0]
    return np.clip(out, 0, 225).astype(np.uint8)


def stitched_style(rng: np.random.Generator, h: int, w: int, other: np.ndarray) -> np.ndarray:
    """Felt with seams: dashes along the rim."""
    out, thread = flat(h, w, ink(rng)), ink(rng, darkest=120, lightest=250)
    inset, dash = max(2, int(min(h, w) * rng.uniform(0.006, 0.02))), max(4, int(min(h, w) * 0.02))
    for x in range(0, w, 2 * dash):
        for y in (inset, h - inset):
            cv2.line(out, (x, y), (x + dash, y), thread, max(1, dash // 8))
    for y in range(0, h, 2 * dash):
        for x in (inset, w - inset):
            cv2.line(out, (x, y), (x, y + dash), thread, max(1, dash // 8))
    return np.clip(out + rng.normal(0, 6, (h, w, 1)), 0, 255).astype(np.uint8)


def zigzag_style(rng: np.random.Generator, h: int, w: int, other: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    p = float(min(h, w) * rng.uniform(0.03, 0.1))
    up = np.abs((x % p) / p - 0.5) * p
    band = (((y + up) % p) < p * 0.5)[..., None]
    return np.where(band, np.uint8(ink(rng)), np.uint8(ink(rng)))


def flower_style(rng: np.random.Generator, h: int, w: int, other: np.ndarray) -> np.ndarray:
    out, petals = flat(h, w, ink(rng)), [ink(rng, darkest=60) for _ in range(3)]
    size = min(h, w) * rng.uniform(0.015, 0.035)
    for x, y, turn in rng.uniform(0, 1, (int(h * w / (size * size * 14)), 3)):
        middle = np.array([x * w, y * h])
        for k in range(5):
            a = 2 * np.pi * (turn + k / 5)
            at = middle + size * np.array([np.cos(a), np.sin(a)])
            axes = (max(1, int(size * 0.8)), max(1, int(size * 0.45)))
            cv2.ellipse(out, (int(at[0]), int(at[1])), axes, np.degrees(a), 0, 360, petals[int(turn * 3)], -1, cv2.LINE_AA)
        cv2.circle(out, (int(middle[0]), int(middle[1])), max(1, int(size * 0.5)), petals[2], -1, cv2.LINE_AA)
    return out


def banner_style(rng: np.random.Generator, h: int, w: int, other: np.ndarray) -> np.ndarray:
    """A shop's banner: slanted fields of two colours, badges, prices."""
    out = flat(h, w, ink(rng))
    for x in range(-h, w, max(8, int(min(h, w) * rng.uniform(0.2, 0.5)))):
        cv2.fillPoly(out, [np.array([(x, h), (x + h, 0), (x + h + w // 12, 0), (x + w // 12, h)])], ink(rng))
    badge = max(2, int(min(h, w) * 0.035))
    for x, y in rng.uniform(0, 1, (14, 2)):
        at = (int(x * w), int(round(y)) * (h - 3 * badge) + int(1.5 * badge))
        cv2.circle(out, at, badge, ink(rng), -1, cv2.LINE_AA)
        cv2.putText(out, f"{rng.integers(5, 70)}%", (at[0] + badge, at[1]), cv2.FONT_HERSHEY_DUPLEX, badge / 24, ink(rng), 1, cv2.LINE_AA)
    return out


STYLES: dict[str, Style] = {
    "photo": photo_style, "dots": dots_style, "mitred wood": mitred_style, "stitched": stitched_style, "zigzag": zigzag_style,
    "flowers": flower_style, "banner": banner_style,
}  # fmt: skip


def frame_widths(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Pixels on left, top, right, bottom, int (4,): one to four sides, 1 to 15 % of the shorter side."""
    count = int(rng.choice([1, 2, 3, 4], p=[0.25, 0.15, 0.1, 0.5]))
    sides = np.isin(np.arange(4), rng.choice(4, count, replace=False))
    share = rng.uniform(LEAST_WIDTH, GREATEST_WIDTH, 4) if rng.random() < 0.4 else np.full(4, rng.uniform(LEAST_WIDTH, GREATEST_WIDTH))
    return np.maximum(3, np.rint(share * min(h, w))).astype(int) * sides


def framed(content: np.ndarray, style: str, rng: np.random.Generator, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A picture with a frame of a style around it: uint8 of the content's size, which shrinks or is covered, and the widths in pixels.

    Corners are rounded and the rim shaded at times.
    """
    h, w = content.shape[:2]
    widths = frame_widths(rng, h, w)
    left, top, right, bottom = widths.tolist()
    out = STYLES[style](rng, h, w, other)
    ih, iw = h - top - bottom, w - left - right
    inner = cv2.resize(content, (iw, ih), interpolation=cv2.INTER_AREA) if rng.random() < 0.5 else content[top : top + ih, left : left + iw]
    keep = np.ones((ih, iw), np.float32)
    if widths.all() and rng.random() < 0.2:
        r = max(2, int(rng.uniform(0.02, 0.08) * min(ih, iw)))
        small = np.pad(np.ones((ih - 2 * r, iw - 2 * r), np.float32), r)
        keep = np.minimum(1, 1.0 * (cv2.distanceTransform((small == 0).astype(np.uint8), cv2.DIST_L2, 5) <= r)).astype(np.float32)
    window = out[top : top + ih, left : left + iw]
    window[:] = (inner * keep[..., None] + window * (1 - keep[..., None])).astype(np.uint8)
    if rng.random() < 0.2:
        light = np.pad(np.full((ih, iw), 1.0, np.float32), ((top, bottom), (left, right)), constant_values=float(rng.uniform(0.55, 0.85)))
        light = np.where(light < 1, 1, cv2.GaussianBlur(light, (0, 0), float(rng.uniform(2, 9))))
        out = (out * light[..., None]).astype(np.uint8)
    return out, widths
