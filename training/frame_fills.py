"""What frames, walls and cloths are covered with, drawn cheaply: colours, gradients, stripes, checks, noise, rings, waves."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Fill = Callable[[np.random.Generator, int, int], np.ndarray]


def colour(rng: np.random.Generator) -> np.ndarray:
    """A colour as designers choose them: often saturated, black or grey, seldom anything. float32 (3,) in 0..255."""
    kind = rng.random()
    if kind < 0.25:
        return np.full(3, rng.uniform(0, 225), np.float32) + rng.normal(0, 3, 3).astype(np.float32)
    if kind < 0.65:
        hsv = np.array([[[rng.integers(180), rng.integers(60, 256), rng.integers(40, 256)]]], np.uint8)
        return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float32)
    return rng.uniform(0, 245, 3).astype(np.float32)


def two_colours(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two colours that can be told apart; one in three times shades of one."""
    first = colour(rng)
    if rng.random() < 0.33:
        return first, np.clip(first + rng.choice([-1, 1]) * rng.uniform(15, 60), 0, 255).astype(np.float32)
    return first, colour(rng)


def mixed(share: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """share float32 (H, W) in 0..1 of colour b over a -> uint8 (H, W, 3)."""
    return np.stack([share * float(b[k] - a[k]) + float(a[k]) for k in range(3)], axis=2).clip(0, 255).astype(np.uint8)


def plain(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    out = np.empty((h, w, 3), np.uint8)
    out[:] = np.clip(colour(rng), 0, 255).astype(np.uint8)
    return out


def gradient(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Linear in any direction, or from the middle outwards."""
    y, x = np.linspace(-1, 1, h, dtype=np.float32)[:, None], np.linspace(-1, 1, w, dtype=np.float32)[None]
    if rng.random() < 0.7:
        a = rng.uniform(0, 2 * np.pi)
        share = 0.5 + 0.5 * (np.cos(a) * x + np.sin(a) * y) / 1.42
    else:
        share = np.sqrt(x * x + y * y) / 1.42
    return mixed(np.broadcast_to(share, (h, w)), *two_colours(rng))


def stripes(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Straight stripes in any direction, hard or soft."""
    a = rng.choice([0, np.pi / 2, np.pi / 4, -np.pi / 4, rng.uniform(0, np.pi)])
    period = rng.uniform(0.015, 0.12) * max(h, w)
    y, x = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)[None]
    wave = np.sin((float(np.cos(a)) * x + float(np.sin(a)) * y) * float(2 * np.pi / period)) - float(rng.uniform(-0.5, 0.5))
    return mixed(np.clip(wave * float(rng.choice([0.6, 6])) + 0.5, 0, 1), *two_colours(rng))


def checks(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Checked cloth: two sets of bands that show through each other (gingham, tartan), or a chessboard."""
    y, x = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)[None]
    period, phase = rng.uniform(0.03, 0.2) * max(h, w), rng.uniform(0, 6, 2)
    k = float(2 * np.pi / period)
    across, down = (np.sin(x * k + float(phase[0])) > 0.1).astype(np.float32), (np.sin(y * k + float(phase[1])) > 0.1).astype(np.float32)
    share = np.abs(across - down) if rng.random() < 0.3 else 0.5 * across + 0.5 * down
    out = mixed(share, *two_colours(rng))
    if rng.random() < 0.4:
        thin = ((x + period / 3) % period < period * 0.08) | ((y + period / 3) % period < period * 0.08)
        out[np.broadcast_to(thin, (h, w))] = np.clip(colour(rng), 0, 255).astype(np.uint8)
    return out


def grain(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Noise at one or two scales, sometimes drawn out: paper, stone, brushed metal, felt."""
    share = np.full((h, w), 0.5, np.float32)
    for _ in range(int(rng.integers(1, 3))):
        cells = (max(2, int(h * rng.uniform(0.02, 0.5))), max(2, int(w * rng.uniform(0.02, 0.5))))
        small = rng.random(cells, dtype=np.float32) - np.float32(0.5)
        share += cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR) * np.float32(rng.uniform(0.3, 1.2))
    return mixed(np.clip(share, 0, 1), *two_colours(rng))


def rings(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Rings or scales on a grid."""
    y, x = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)[None]
    period = float(rng.uniform(0.04, 0.16) * max(h, w))
    dy, dx = (y % period) / period - 0.5, (x % period) / period - 0.5
    r = np.sqrt(dy * dy + dx * dx)
    inner = float(rng.uniform(0, 0.3))
    return mixed(((r < 0.42) & (r > inner)).astype(np.float32), *two_colours(rng))


def waves(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Wavy bands, as in marbled paper."""
    y, x = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)[None]
    if rng.random() < 0.5:
        y, x = x, y
    scale = float(2 * np.pi / (rng.uniform(0.05, 0.25) * max(h, w)))
    wave = np.sin(y * scale + 2 * np.sin(x * scale * float(rng.uniform(0.3, 1.2))))
    return mixed(0.5 + 0.5 * np.broadcast_to(wave, (h, w)), *two_colours(rng))


def blobs(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Confetti: squares, discs and lines strewn over a colour."""
    out = plain(rng, h, w)
    inks = [tuple(int(v) for v in np.clip(colour(rng), 0, 255)) for _ in range(3)]
    side = rng.uniform(0.01, 0.05) * max(h, w)
    for i, (x, y) in enumerate(rng.uniform(0, 1, (int(rng.integers(40, 160)), 2))):
        at, reach = (int(x * w), int(y * h)), max(1, int(side * rng.uniform(0.5, 1.2)))
        if i % 3 == 0:
            cv2.circle(out, at, reach, inks[0], -1)
        elif i % 3 == 1:
            cv2.rectangle(out, at, (at[0] + reach, at[1] + reach), inks[1], -1)
        else:
            cv2.line(out, at, (at[0] + 2 * reach, at[1] + reach), inks[2], max(1, reach // 3))
    return out


def plaid(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Tartan: the same row of bands of several colours and breadths along both axes, woven into each other, hard-edged."""
    sett = rng.uniform(0.06, 0.5) * min(h, w)
    count = int(rng.integers(3, 7))
    inks = np.stack([colour(rng) for _ in range(count)])
    ends = np.cumsum(rng.dirichlet(np.full(count, 1.5))) * sett
    lines = [inks[np.searchsorted(ends, (np.arange(n) + rng.uniform(0, sett)) % sett).clip(0, count - 1)] for n in (h, w)]
    share = float(rng.uniform(0.35, 0.65))
    return (lines[0][:, None] * share + lines[1][None] * (1 - share)).clip(0, 255).astype(np.uint8)


def boards(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Boards or bricks in courses, each of its own shade, with joints; lengthwise or across."""
    if rng.random() < 0.5:
        return np.ascontiguousarray(boards(rng, w, h).transpose(1, 0, 2)) if h != w else boards(rng, h + 1, w)[:h]
    out = plain(rng, h, w).astype(np.float32)
    base, joint = out[0, 0].copy(), float(rng.choice([0.5, 0.75, 1.25])) * out[0, 0]
    depth, length = rng.uniform(0.08, 0.4) * h, rng.uniform(0.15, 1.6) * w
    gap, spread = max(1, round(min(h, w) * rng.uniform(0.003, 0.015))), float(rng.uniform(0, 0.15))
    y = -rng.uniform(0, depth)
    while y < h:
        x = -rng.uniform(0, length)
        while x < w:
            box = (slice(max(0, int(y)), max(0, int(y + depth))), slice(max(0, int(x)), max(0, int(x + length))))
            out[box] = base * (1 + rng.normal(0, spread))
            out[box[0], max(0, int(x)) : max(0, int(x) + gap)] = joint
            x += length
        out[max(0, int(y)) : max(0, int(y) + gap)] = joint
        y += depth
    return out.clip(0, 255).astype(np.uint8)


def patchwork(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Patches of a few colours and cloths in a grid, as in a quilt."""
    rows, columns = (int(n) for n in rng.integers(2, 9, 2))
    kinds = [kind(rng, h, w) for kind in (plain, plain, stripes, grain)]
    pick = cv2.resize(rng.integers(0, len(kinds), (rows, columns)).astype(np.uint8), (w, h), interpolation=cv2.INTER_NEAREST)
    return np.choose(pick[..., None], kinds)


def argyle(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Lozenges or triangles in two colours, with a thin line across at times."""
    y, x = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)[None]
    side = float(rng.uniform(0.03, 0.15) * max(h, w))
    tall = side * float(rng.uniform(0.7, 2.0))
    u, v = x / side + y / tall, x / side - y / tall
    share = ((np.floor(u) + np.floor(v)) % 2 if rng.random() < 0.6 else np.floor(u) % 2 * (np.floor(y / tall) % 2)).astype(np.float32)
    out = mixed(share, *two_colours(rng))
    if rng.random() < 0.4:
        out[(u % 1 < 0.08) | (v % 1 < 0.08)] = np.clip(colour(rng), 0, 255).astype(np.uint8)
    return out


def honeycomb(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Hexagons with joints."""
    y, x = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)[None]
    side = float(rng.uniform(0.05, 0.3) * min(h, w))
    nearest = None
    for shift in (0.0, 0.5):
        dy = (y / (side * 1.732) + shift) % 1 - 0.5
        dx = (x / side + shift) % 1 - 0.5
        reach = np.maximum(np.abs(dx), 0.5 * np.abs(dx) + 1.5 * np.abs(dy))
        nearest = reach if nearest is None else np.minimum(nearest, reach)
    return mixed((nearest > 0.5 - float(rng.uniform(0.02, 0.06))).astype(np.float32), *two_colours(rng))


FILLS: tuple[Fill, ...] = (
    plain, plain, plain, gradient, gradient, stripes, checks, grain, grain, rings, waves, blobs, argyle, honeycomb, plaid,
)  # fmt: skip
