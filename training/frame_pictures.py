"""Pictures without a frame: photos, studio pictures, and what could be mistaken for framed (rectangles, checks, table edges)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from index_builder.demo import draw_item, phone_view
from index_builder.demo.render import studio_view
from training import frame_fills as fills
from training.data import CHECKED, read_pair, read_rows


@dataclass(slots=True)
class Sources:
    """photos: uint8 (H, W, 3), long side `side` px. garments: those whose mask is good, with it as uint8 (H, W) of 0..255."""

    photos: list[np.ndarray]
    garments: list[tuple[np.ndarray, np.ndarray]]


def load_sources(data: Path, part: str, *, count: int, side: int = 256, drawn: int = 24) -> Sources:
    """Up to `count` real photos of a part of the senders ("fit", "tune"), and some drawn ones."""
    photos, garments = [], []
    rows = [r for r in read_rows(data) if r.part == part]
    for i in np.random.default_rng(11).permutation(len(rows))[:count].tolist():
        rgb, mask = read_pair(data, rows[i].image)
        scale = side / max(rgb.shape[:2])
        size = (max(3, round(rgb.shape[1] * scale)), max(3, round(rgb.shape[0] * scale)))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        photos.append(rgb)
        if rows[i].mask in CHECKED:
            garments.append((rgb, cv2.resize(mask, size, interpolation=cv2.INTER_AREA)))
    for i in range(drawn):
        item = draw_item(7301 if part == "fit" else 7302, i)
        rgb, alpha = phone_view(item, np.random.default_rng((7303, i)))
        small = cv2.resize(rgb, (side * rgb.shape[1] // rgb.shape[0], side), interpolation=cv2.INTER_AREA)
        photos.append(small)
        studio = cv2.resize(studio_view(item), (side, side), interpolation=cv2.INTER_AREA)
        photos.append(studio)
        garments.append((studio, ((studio.min(2) < 248) * 255).astype(np.uint8)))
    return Sources(photos, garments)


def cached_sources(data: Path, part: str, *, count: int, cache: Path) -> Sources:
    """`load_sources`, kept in a .npz under `cache`: decoding takes longer than some minutes' share of a busy machine allows."""
    file = cache / f"sources-{part}-{count}.npz"
    if not file.exists():
        s = load_sources(data, part, count=count)
        arrays = {f"photo{i}": rgb for i, rgb in enumerate(s.photos)}
        arrays |= {f"{name}{i}": pair[k] for i, pair in enumerate(s.garments) for k, name in enumerate(("garment", "mask"))}
        temporary = file.with_suffix(".tmp.npz")
        np.savez(temporary, **arrays)
        temporary.replace(file)
    with np.load(file) as kept:
        photos = [kept[f"photo{i}"] for i in range(sum(name.startswith("photo") for name in kept.files))]
        count = sum(name.startswith("mask") for name in kept.files)
        return Sources(photos, [(kept[f"garment{i}"], kept[f"mask{i}"]) for i in range(count)])


def photo(s: Sources, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A photo as taken, or a random part of it."""
    rgb = s.photos[int(rng.integers(len(s.photos)))]
    if rng.random() < 0.6:
        scale = rng.uniform(0.55, 1)
        ph, pw = max(3, int(rgb.shape[0] * scale)), max(3, int(rgb.shape[1] * scale))
        y, x = int(rng.integers(rgb.shape[0] - ph + 1)), int(rng.integers(rgb.shape[1] - pw + 1))
        rgb = rgb[y : y + ph, x : x + pw]
    return cv2.resize(rgb, (w, h), interpolation=cv2.INTER_LINEAR)


def backdrop(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A studio's background: white, nearly white, any colour, or fading."""
    kind = rng.random()
    if kind < 0.55:
        return np.full((h, w, 3), 255 if rng.random() < 0.7 else int(rng.integers(232, 256)), np.uint8)
    if kind < 0.75:
        return fills.plain(rng, h, w)
    a = fills.colour(rng) if rng.random() < 0.5 else np.full(3, rng.uniform(190, 255), np.float32)
    b = np.clip(a + rng.normal(0, 22), 0, 255).astype(np.float32)
    y, x = np.linspace(0, 1, h, dtype=np.float32)[:, None], np.linspace(-1, 1, w, dtype=np.float32)[None]
    return fills.mixed(np.clip(0.6 * y + 0.4 * x * x, 0, 1), a, b)


def studio(s: Sources, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A garment cut out, on a studio's background, near the rim or cut by it at times."""
    out = backdrop(rng, h, w)
    rgb, mask = s.garments[int(rng.integers(len(s.garments)))]
    scale = rng.uniform(0.6, 1.15) * min(h / rgb.shape[0], w / rgb.shape[1])
    m = np.float32([[scale, 0, 0], [0, scale, 0]])
    m[0, 2] = (w - scale * rgb.shape[1]) / 2 + rng.normal(0, 0.04) * w
    m[1, 2] = (h - scale * rgb.shape[0]) / 2 + rng.normal(0, 0.04) * h
    alpha = cv2.warpAffine(mask, m, (w, h), flags=cv2.INTER_LINEAR)
    front = cv2.warpAffine(rgb, m, (w, h), flags=cv2.INTER_LINEAR)
    return _over(out, front, alpha)


def rectangle(s: Sources, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A rectangular product on a studio's background: phone, scarf laid out, card, poster. Straight more often than not."""
    out = backdrop(rng, h, w)
    gaps = rng.uniform(0.015, 0.16, 4) if rng.random() < 0.6 else np.full(4, rng.uniform(0.015, 0.14))
    # Straight on a colour it would be a frame to anyone, unless it is too narrow for one.
    pale = out.min() >= 225
    if rng.random() < (0.35 if pale else 0.6):  # narrow, as a phone is
        gaps[[0, 2] if rng.random() < 0.7 else [1, 3]] = rng.uniform(0.1, 0.32) if pale else rng.uniform(0.2, 0.34)
    narrow = gaps.max() > 0.19
    left, top, right, bottom = gaps * [w, h, w, h]
    box_w, box_h = max(8, round(w - left - right)), max(8, round(h - top - bottom))
    front = (
        photo(s, rng, box_h, box_w) if pale and rng.random() < 0.15 else fills.FILLS[int(rng.integers(len(fills.FILLS)))](rng, box_h, box_w)
    )
    alpha = np.full((box_h, box_w), 255, np.uint8)
    kind = rng.random()
    if kind < 0.3:  # a phone: dark rim, screen, rounded
        rim = max(2, round(min(box_h, box_w) * rng.uniform(0.02, 0.08)))
        screen = front[rim:-rim, rim:-rim].copy()
        front[:] = rng.integers(0, 70)
        front[rim:-rim, rim:-rim] = screen
        alpha = rounded(box_h, box_w, rng.uniform(0.04, 0.14) * min(box_h, box_w))
    elif kind < 0.45:  # a woven rim or a hem
        rim = max(1, round(min(box_h, box_w) * rng.uniform(0.01, 0.1)))
        cv2.rectangle(front, (rim, rim), (box_w - rim, box_h - rim), tuple(int(v) for v in rng.integers(0, 256, 3)), max(1, rim // 2))
    elif kind < 0.6:
        alpha = rounded(box_h, box_w, rng.uniform(0.01, 0.08) * min(box_h, box_w))
    elif kind < 0.8:
        _label(front, rng)
    straight = rng.random() < 0.55 and (pale or narrow)
    turn = 0.0 if straight else rng.choice([-1, 1]) * (0.8 + abs(rng.normal(0, 2.5)))
    m = cv2.getRotationMatrix2D((box_w / 2, box_h / 2), turn, 1)
    m[:, 2] += (left, top)
    alpha = cv2.warpAffine(alpha, m, (w, h), flags=cv2.INTER_LINEAR)
    if rng.random() < 0.5:  # it lies on something, so it throws a shadow
        dx, dy, reach = *(int(v) for v in rng.integers(-3, 6, 2)), float(rng.uniform(1, 6))
        shade = cv2.GaussianBlur(np.roll(alpha, (dy, dx), (0, 1)), (0, 0), reach)
        out = _over(out, np.zeros_like(out), (shade * rng.uniform(0.1, 0.5)).astype(np.uint8))
    return _over(out, cv2.warpAffine(front, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), alpha)


def _label(front: np.ndarray, rng: np.random.Generator) -> None:
    """Fields and lines of writing, as on a ticket, a card or a calendar; drawn into `front`."""
    h, w = front.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        x0, y0 = int(rng.uniform(0, 0.7) * w), int(rng.uniform(0, 0.7) * h)
        x1, y1 = x0 + max(2, int(rng.uniform(0.1, 0.6) * w)), y0 + max(2, int(rng.uniform(0.1, 0.5) * h))
        cv2.rectangle(front, (x0, y0), (x1, y1), tuple(float(v) for v in fills.colour(rng)), -1)
    ink = tuple(float(v) for v in fills.colour(rng))
    for k in range(int(rng.integers(0, 8))):
        y = int(h * (0.1 + 0.1 * k))
        cv2.line(front, (int(w * 0.08), y), (int(w * rng.uniform(0.3, 0.95)), y), ink, max(1, h // 60))


def cloth(s: Sources, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Cloth that fills the picture: checks, stripes, anything woven or printed, sometimes slightly turned or creased."""
    kinds = (fills.checks, fills.checks, fills.plaid, fills.plaid, fills.boards, fills.boards, fills.patchwork, fills.stripes, fills.grain,
             fills.argyle, fills.honeycomb, fills.honeycomb, fills.rings, fills.waves, fills.blobs, fills.gradient)  # fmt: skip
    big = kinds[int(rng.integers(len(kinds)))](rng, h + h // 8, w + w // 8)
    turn = 0.0 if rng.random() < 0.5 else rng.normal(0, 5)
    m = cv2.getRotationMatrix2D((w / 2, h / 2), turn, 1.15)
    out = cv2.warpAffine(big, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return _shaded(out, rng) if rng.random() < 0.5 else out


def table(s: Sources, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A photo or a studio picture with one or two things that reach in from a side: a table's edge, a shelf; seldom quite straight."""
    out = photo(s, rng, h, w) if rng.random() < 0.6 else studio(s, rng, h, w)
    for _ in range(int(rng.integers(1, 3))):
        side, depth = int(rng.integers(4)), rng.uniform(0.02, 0.3)
        slope = rng.choice([-1, 1]) * rng.uniform(0.012, 0.12)
        y, x = np.linspace(0, 1, h, dtype=np.float32)[:, None], np.linspace(0, 1, w, dtype=np.float32)[None]
        along, across = ((y, x), (x, y), (y, 1 - x), (x, 1 - y))[side]
        soft = rng.uniform(0.003, 0.012)
        share = np.clip((float(depth) + (along - 0.5) * float(slope) - across) / float(soft) + 0.5, 0, 1)
        alpha = (np.broadcast_to(share, (h, w)) * 255).astype(np.uint8)
        fill = fills.FILLS[int(rng.integers(len(fills.FILLS)))](rng, h, w)
        out = _over(out, _shaded(fill, rng), alpha)
    return out


def rounded(h: int, w: int, radius: float) -> np.ndarray:
    """uint8 (h, w): 255 inside a rectangle with rounded corners."""
    r = int(np.clip(radius, 1, min(h, w) // 2 - 1))
    out = np.zeros((h, w), np.uint8)
    cv2.rectangle(out, (r, 0), (w - 1 - r, h - 1), 255, -1)
    cv2.rectangle(out, (0, r), (w - 1, h - 1 - r), 255, -1)
    for x in (r, w - 1 - r):
        for y in (r, h - 1 - r):
            cv2.circle(out, (x, y), r, 255, -1, cv2.LINE_AA)
    return out


def _over(back: np.ndarray, front: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """uint8 pictures and uint8 (H, W) share of the front."""
    a = cv2.merge([alpha] * 3)
    return cv2.add(cv2.multiply(front, a, scale=1 / 255), cv2.multiply(back, cv2.bitwise_not(a), scale=1 / 255))


def _shaded(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light that changes slowly over the picture, as folds and lamps make it."""
    h, w = rgb.shape[:2]
    light = cv2.resize(rng.uniform(0.6, 1.1, (4, 4)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    return cv2.multiply(rgb, cv2.merge([light] * 3), dtype=cv2.CV_8U)


Picture = Callable[[Sources, np.random.Generator, int, int], np.ndarray]
PICTURES: tuple[tuple[Picture, float], ...] = ((photo, 0.24), (studio, 0.2), (rectangle, 0.26), (cloth, 0.18), (table, 0.12))
"""Kinds of pictures without a frame, and how often each is drawn."""
