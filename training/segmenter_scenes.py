"""Hard scenes for the segmenter, made from a garment with a known mask: what it failed on, drawn on purpose.

Low contrast (a background or half of the garment in the other's colour), things lying about (other garments cut by the edge,
paper, boxes), hangers and fingers, prints in the background's colour.
"""

from __future__ import annotations

import cv2
import numpy as np


def _shift(region: np.ndarray, target: np.ndarray, strength: float) -> np.ndarray:
    """float32 pixels (N, 3): move their mean towards `target`, keeping the texture."""
    return region + (target - region.mean(0)) * strength


def _colour_inside(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mean colour of a patch of the garment: for a two-coloured garment one of its colours. float32 (3,)."""
    ys, xs = np.nonzero(mask > 127)
    k = int(rng.integers(len(ys)))
    s = mask.shape[0] // 12
    y, x = int(ys[k]), int(xs[k])
    window = (slice(max(0, y - s), y + s + 1), slice(max(0, x - s), x + s + 1))
    return rgb[window][mask[window] > 127].astype(np.float32).mean(0)


def camouflage(background: np.ndarray, rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A background brought near a colour of the garment. uint8 (S, S, 3) in and out."""
    flat = background.reshape(-1, 3).astype(np.float32)
    mean = flat.mean(0)
    target = _colour_inside(rgb, mask, rng) + rng.normal(0, 14, 3)
    texture = rng.uniform(0.3, 1.0)
    return (
        np.clip((flat - mean) * texture + mean + (target - mean) * rng.uniform(0.75, 1.0), 0, 255)
        .reshape(background.shape)
        .astype(np.uint8)
    )


def _zone(size: int, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A part of the garment: one side of a line, a band, or a blob. bool (S, S)."""
    ys, xs = np.nonzero(mask > 127)
    k = int(rng.integers(len(ys)))
    angle = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)])
    yy, xx = np.mgrid[0:size, 0:size]
    across = np.cos(angle) * (xx - xs[k]) + np.sin(angle) * (yy - ys[k])
    kind = rng.random()
    if kind < 0.45:
        zone = across > 0
    elif kind < 0.8:
        zone = np.abs(across) < size * rng.uniform(0.04, 0.15)
    else:
        zone = (xx - xs[k]) ** 2 + (yy - ys[k]) ** 2 < (size * rng.uniform(0.06, 0.2)) ** 2
    return zone & (mask > 127)


def fade_part(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Recolour part of the garment: half of the time to the background's colour beside it, else to any colour (two-tone)."""
    zone = _zone(rgb.shape[0], mask, rng)
    if zone.sum() < 30:
        return rgb
    target = rng.uniform(15, 250, 3).astype(np.float32)
    if rng.random() < 0.5:
        rim = (cv2.dilate(zone.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0) & (mask < 30)
        if rim.sum() > 30:
            target = rgb[rim].astype(np.float32).mean(0) + rng.normal(0, 12, 3)
    out = rgb.astype(np.float32)
    out[zone] = _shift(out[zone], target, float(rng.uniform(0.7, 1.0)))
    return np.clip(out, 0, 255).astype(np.uint8)


def print_on(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A print on the garment, often in the background's colour: box, disc or lettering. The mask keeps it."""
    inside = cv2.erode((mask > 127).astype(np.uint8), np.ones((9, 9), np.uint8))
    ys, xs = np.nonzero(inside)
    if len(ys) < 200:
        return rgb
    size = rgb.shape[0]
    k = int(rng.integers(len(ys)))
    x, y = int(xs[k]), int(ys[k])
    w, h = (int(size * v) for v in rng.uniform(0.05, 0.2, 2))
    outside = rgb[mask < 30]
    colour = outside[int(rng.integers(len(outside)))] if len(outside) and rng.random() < 0.6 else rng.integers(0, 256, 3)
    colour = tuple(int(c) for c in colour)
    draw = rgb.copy()
    kind = rng.random()
    if kind < 0.4:
        cv2.rectangle(draw, (x - w, y - h), (x + w, y + h), colour, -1)
    elif kind < 0.7:
        cv2.ellipse(draw, (x, y), (w, h), 0, 0, 360, colour, -1, cv2.LINE_AA)
    else:
        text = "".join(chr(int(c)) for c in rng.integers(65, 91, int(rng.integers(2, 7))))
        cv2.putText(
            draw,
            text,
            (x - w, y),
            int(rng.integers(0, 8)),
            size / 224 * rng.uniform(0.6, 1.8),
            colour,
            int(rng.integers(1, 6)),
            cv2.LINE_AA,
        )
    return np.where(inside[..., None] > 0, draw, rgb)


def litter(background: np.ndarray, rng: np.random.Generator, other: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
    """Things under and beside the garment: paper, box lids, strips, and another garment that the picture's edge cuts. uint8 in and out."""
    out = background.copy()
    s = out.shape[0]
    for _ in range(int(rng.integers(0, 3))):
        centre = tuple(float(v) for v in rng.uniform(0, s, 2))
        size = tuple(float(v) for v in s * rng.uniform(0.1, 0.7, 2))
        points = cv2.boxPoints((centre, size, float(rng.uniform(0, 90)))).astype(np.int32)
        colour = rng.uniform(200, 255) * np.ones(3) if rng.random() < 0.5 else rng.uniform(10, 250, 3)
        cv2.fillConvexPoly(out, points, tuple(float(v) for v in colour), cv2.LINE_AA)
    if other is not None:
        rgb, mask = other
        angle, zoom = float(rng.uniform(0, 360)), float(rng.uniform(0.5, 1.1))
        m = cv2.getRotationMatrix2D((s / 2, s / 2), angle, zoom)
        side = rng.uniform(0, 2 * np.pi)
        m[:, 2] += np.array([np.cos(side), np.sin(side)]) * s * rng.uniform(0.6, 0.8)
        a = cv2.warpAffine(mask, m, (s, s)).astype(np.float32)[..., None] / 255.0
        out = (cv2.warpAffine(rgb, m, (s, s)) * a + out * (1 - a)).astype(np.uint8)
    return out


def box_under(background: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The box a pair of shoes stands on, with a darker side below. uint8 (S, S, 3) in and out."""
    ys, xs = np.nonzero(mask > 127)
    if len(ys) == 0:
        return background
    out = background.copy()
    centre = xs.mean() + rng.normal(0, 6), ys.mean() + rng.normal(0, 10)
    width, height = (max(12.0, float(np.ptp(v)) * rng.uniform(0.7, 1.3)) for v in (xs, ys))
    angle = float(rng.normal(0, 6))
    colour = np.clip(rng.uniform(15, 250) + rng.normal(0, 10, 3), 0, 255)
    for shift, light in ((rng.uniform(0.1, 0.4) * height, rng.uniform(0.5, 0.9)), (0.0, 1.0)):
        points = cv2.boxPoints(((centre[0], centre[1] + shift), (width, height), angle)).astype(np.int32)
        cv2.fillConvexPoly(out, points, tuple(float(v) for v in colour * light), cv2.LINE_AA)
    return cv2.addWeighted(out, 0.85, background, 0.15, 0)


def shade(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A hollow or a fold of the garment in deep shade: a hood's inside, under a collar. uint8 (S, S, 3) in and out."""
    zone = cv2.GaussianBlur(_zone(rgb.shape[0], mask, rng).astype(np.float32), (0, 0), float(rng.uniform(1.5, 8)))
    return np.clip(rgb * (1 - rng.uniform(0.4, 0.85) * zone[..., None]), 0, 255).astype(np.uint8)


def ghost(background: np.ndarray, shape: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A smooth blot in a garment's shape, darker or lighter than what lies around: out of focus, a stain, a shadow, a reflection.

    The network took such blots for garments. shape: a mask, uint8 (S, S). uint8 (S, S, 3) in and out.
    """
    s = background.shape[0]
    m = cv2.getRotationMatrix2D((s / 2, s / 2), float(rng.uniform(0, 360)), float(rng.uniform(0.4, 1.1)))
    m[:, 2] += rng.uniform(-0.35, 0.35, 2) * s
    soft = cv2.GaussianBlur(cv2.warpAffine(shape, m, (s, s)), (0, 0), float(rng.uniform(1.5, 7))).astype(np.float32)[..., None] / 255.0
    cells = int(rng.integers(3, 12))
    smooth = cv2.resize(cv2.resize(background, (cells, cells), interpolation=cv2.INTER_AREA), (s, s), interpolation=cv2.INTER_CUBIC)
    smooth = smooth.astype(np.float32) * np.exp(rng.normal(0, 0.2) + rng.normal(0, 0.06, 3))
    return np.clip(background * (1 - soft) + smooth * soft, 0, 255).astype(np.uint8)


def hold(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A hanger's wire over the top, or fingers over the rim: not garment. Returns rgb and mask, both new."""
    rgb, mask = rgb.copy(), mask.copy()
    s = mask.shape[0]
    ys, xs = np.nonzero(mask > 127)
    if rng.random() < 0.5:
        top = int(ys.min())
        x = int(xs[ys <= top + s // 20].mean())
        colour = tuple(
            float(v)
            for v in (rng.uniform(20, 240) * np.ones(3) if rng.random() < 0.6 else np.array([150, 105, 60]) * rng.uniform(0.6, 1.4))
        )
        thick = max(1, int(s * rng.uniform(0.008, 0.03)))
        cv2.line(rgb, (x, top + s // 30), (x, max(0, top - int(s * rng.uniform(0.03, 0.2)))), colour, thick, cv2.LINE_AA)
        cv2.line(mask, (x, top), (x, 0), 0, 1)
        return rgb, mask
    contour = max(cv2.findContours((mask > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len)[:, 0]
    px, py = (int(v) for v in contour[int(rng.integers(len(contour)))])
    skin = np.array([224, 172, 140]) * rng.uniform(0.35, 1.1) + rng.normal(0, 8, 3)
    away = np.arctan2(py - ys.mean(), px - xs.mean())
    for i in range(int(rng.integers(1, 5))):
        shift = (i - 1.5) * s * 0.035
        qx, qy = px - np.sin(away) * shift, py + np.cos(away) * shift
        ends = [
            (int(qx - np.cos(away) * s * 0.05), int(qy - np.sin(away) * s * 0.05)),
            (int(qx + np.cos(away) * s * 0.4), int(qy + np.sin(away) * s * 0.4)),
        ]
        thick = max(2, int(s * rng.uniform(0.03, 0.045)))
        cv2.line(rgb, *ends, tuple(float(v) for v in np.clip(skin + rng.normal(0, 6), 0, 255)), thick, cv2.LINE_AA)
        cv2.line(mask, *ends, 0, thick)
    return rgb, mask


def drawn_background(size: int, rng: np.random.Generator) -> np.ndarray:
    """A floor, table or rack drawn by the demo's code. uint8 (size, size, 3)."""
    from index_builder.demo.backgrounds import background

    return np.clip(background(rng, size, size, hanging=bool(rng.random() < 0.3)), 0, 255).astype(np.uint8)
