"""Pictures without a frame to judge on: photos and cutouts of the validation senders, and rectangles drawn otherwise than in training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.frame_styles import flat, ink
from benchmarks.real_data import checked_mask, photo_bytes, validation_rows


@dataclass(slots=True)
class Garments:
    """Validation photos, long side `side` px, and their checked masks float32 (H, W) in 0..1."""

    photos: list[np.ndarray]
    masks: list[np.ndarray]


def load_garments(data: Path, *, count: int, side: int = 720, seed: int = 3) -> Garments:
    """`count` of the validation senders' photos."""
    rows = validation_rows(data)
    photos, masks = [], []
    for i in np.random.default_rng(seed).permutation(len(rows))[:count].tolist():
        bgr = cv2.imdecode(np.frombuffer(photo_bytes(data, rows[i].image), np.uint8), cv2.IMREAD_COLOR)
        scale = side / max(bgr.shape[:2])
        bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        photos.append(np.ascontiguousarray(bgr[..., ::-1]))
        masks.append(checked_mask(data, rows[i].image, bgr.shape[:2]))
    return Garments(photos, masks)


def some_size(rng: np.random.Generator) -> tuple[int, int]:
    """Height and width as shops have them, 400 to 760 px."""
    long = int(rng.integers(400, 760))
    ratio = float(rng.choice([1, 1, 3 / 4, 4 / 5, 2 / 3, 4 / 3]))
    return (long, max(200, int(long * ratio))) if ratio <= 1 else (int(long / ratio), long)


def ground(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A studio's white or nearly white."""
    return np.full((h, w, 3), 255 if rng.random() < 0.7 else int(rng.integers(226, 255)), np.uint8)


def taken(g: Garments, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A photo as taken, cropped to the size."""
    rgb = g.photos[int(rng.integers(len(g.photos)))]
    scale = max(h / rgb.shape[0], w / rgb.shape[1])
    rgb = cv2.resize(rgb, (max(w, round(rgb.shape[1] * scale)), max(h, round(rgb.shape[0] * scale))), interpolation=cv2.INTER_AREA)
    y, x = (rgb.shape[0] - h) // 2, (rgb.shape[1] - w) // 2
    return np.ascontiguousarray(rgb[y : y + h, x : x + w])


def shop(g: Garments, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A garment cut out on white, or on a colour, with the margin that shops leave."""
    i = int(rng.integers(len(g.photos)))
    rgb, mask = g.photos[i], g.masks[i]
    ys, xs = np.nonzero(mask > 0.5)
    rgb, mask = rgb[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1], mask[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    scale = rng.uniform(0.7, 0.97) * min(h / rgb.shape[0], w / rgb.shape[1])
    size = (max(2, int(rgb.shape[1] * scale)), max(2, int(rgb.shape[0] * scale)))
    front, alpha = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.resize(mask, size, interpolation=cv2.INTER_AREA)[..., None]
    out = ground(rng, h, w) if rng.random() < 0.75 else flat(h, w, ink(rng, darkest=60, lightest=245))
    y, x = (h - size[1]) // 2, (w - size[0]) // 2
    window = out[y : y + size[1], x : x + size[0]]
    window[:] = (front * alpha + window * (1 - alpha)).astype(np.uint8)
    return out


def _laid(front: np.ndarray, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A rectangular thing in the middle of white ground, straight or up to 3 degrees off, with a soft shadow at times."""
    out = ground(rng, h, w)
    fh, fw = front.shape[:2]
    angle = 0.0 if rng.random() < 0.6 else rng.uniform(-3, 3)
    m = cv2.getRotationMatrix2D((fw / 2, fh / 2), angle, 1)
    m[:, 2] += ((w - fw) / 2, (h - fh) / 2)
    alpha = cv2.warpAffine(np.ones((fh, fw), np.float32), m, (w, h), flags=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        shadow = cv2.GaussianBlur(np.roll(alpha, (4, 3), (0, 1)), (0, 0), float(rng.uniform(3, 12)))
        out = (out * (1 - rng.uniform(0.1, 0.45) * shadow[..., None])).astype(np.uint8)
    turned = cv2.warpAffine(front, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return (turned * alpha[..., None] + out * (1 - alpha[..., None])).astype(np.uint8)


def _room(rng: np.random.Generator, h: int, w: int) -> tuple[int, int]:
    """Height and width of a thing that leaves a margin of 2 to 18 % on either side of each axis."""
    return int(h * (1 - 2 * rng.uniform(0.02, 0.18))), int(w * (1 - 2 * rng.uniform(0.02, 0.18)))


def box(g: Garments, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A cardboard box from the front: flutes, tape, a label."""
    fh, fw = _room(rng, h, w)
    brown = np.float32([rng.uniform(150, 200), rng.uniform(115, 150), rng.uniform(75, 110)])
    front = np.clip(brown * np.linspace(1.08, 0.9, fh, dtype=np.float32)[:, None, None] + rng.normal(0, 3, (fh, fw, 1)), 0, 255).astype(
        np.uint8
    )
    if rng.random() < 0.7:
        cv2.rectangle(front, (int(fw * 0.44), 0), (int(fw * 0.56), fh), tuple(int(v) for v in np.clip(brown * 0.85, 0, 255)), -1)
    x, y = int(fw * rng.uniform(0.05, 0.6)), int(fh * rng.uniform(0.1, 0.7))
    cv2.rectangle(front, (x, y), (x + fw // 4, y + fh // 7), (240, 240, 236), -1)
    for k in range(12):
        cv2.line(front, (x + 5 + k * fw // 60, y + 4), (x + 5 + k * fw // 60, y + fh // 9), (20, 20, 20), 1 + k % 3)
    return _laid(front, rng, h, w)


def towel(g: Garments, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A scarf or towel laid out: woven bands near two ends or all round, terry grain, fringes at times."""
    fh, fw = _room(rng, h, w)
    front = flat(fh, fw, ink(rng, lightest=230))
    for d in sorted(rng.uniform(0.02, 0.2, int(rng.integers(1, 4)))):
        band, thick = ink(rng, lightest=245), max(2, int(min(fh, fw) * rng.uniform(0.006, 0.03)))
        if rng.random() < 0.4:
            inset = int(d * min(fh, fw))
            cv2.rectangle(front, (inset, inset), (fw - inset, fh - inset), band, thick)
        else:
            for y in (int(d * fh), fh - int(d * fh)):
                cv2.line(front, (0, y), (fw, y), band, thick)
    front = np.clip(front + rng.normal(0, rng.uniform(2, 9), (fh, fw, 1)), 0, 255).astype(np.uint8)
    return _laid(front, rng, h, w)


def phone(g: Garments, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A phone or tablet: dark or silver body, a screen of icons over a photo."""
    fh, fw = _room(rng, h, w)
    fw = int(fw * rng.uniform(0.55, 1)) if rng.random() < 0.6 else fw
    front = flat(fh, fw, (rng.integers(10, 60),) * 3 if rng.random() < 0.7 else (rng.integers(150, 215),) * 3)
    rim, top = max(2, int(fw * rng.uniform(0.02, 0.07))), max(3, int(fh * rng.uniform(0.02, 0.1)))
    front[top : fh - top, rim : fw - rim] = taken(g, rng, fh - 2 * top, fw - 2 * rim)
    for k in range(12):
        x, y = rim * 2 + (k % 4) * (fw - 4 * rim) // 4, 2 * top + (k // 4) * fh // 8
        cv2.rectangle(front, (x, y), (x + fw // 8, y + fw // 8), ink(rng), -1)
    return _laid(front, rng, h, w)


def book(g: Garments, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A book or poster: cover, title, a picture in it."""
    fh, fw = _room(rng, h, w)
    front = flat(fh, fw, ink(rng))
    part = taken(g, rng, max(8, fh // 2), max(8, int(fw * 0.7)))
    front[fh // 3 : fh // 3 + part.shape[0], int(fw * 0.15) : int(fw * 0.15) + part.shape[1]] = part[: fh - fh // 3]
    cv2.putText(
        front, "THE RAIN", (fw // 10, fh // 5), cv2.FONT_HERSHEY_COMPLEX, fw / 260, ink(rng, darkest=150, lightest=255), 2, cv2.LINE_AA
    )
    cv2.line(front, (int(fw * 0.03), 0), (int(fw * 0.03), fh), (30, 30, 30), 1)
    return _laid(front, rng, h, w)


def tiles(g: Garments, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A tiled wall or floor that fills the picture, with a garment's cutout on it at times."""
    out, grout = flat(h, w, ink(rng, darkest=60, lightest=245)), ink(rng, darkest=30, lightest=240)
    step = int(min(h, w) * rng.uniform(0.12, 0.4))
    for x in range(int(rng.integers(step)), w, step):
        cv2.line(out, (x, 0), (x, h), grout, max(1, step // 30))
    for y in range(int(rng.integers(step)), h, step):
        cv2.line(out, (0, y), (w, y), grout, max(1, step // 30))
    out = np.clip(out + cv2.resize(rng.normal(0, 8, (8, 8)).astype(np.float32), (w, h))[..., None], 0, 255)
    m = cv2.getRotationMatrix2D((w / 2, h / 2), rng.uniform(-4, 4), 1.12)
    return cv2.warpAffine(out.astype(np.uint8), m, (w, h), borderMode=cv2.BORDER_REFLECT)


def gingham(g: Garments, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Checked cloth that fills the picture, three shades, uneven light."""
    y, x = np.mgrid[0:h, 0:w]
    p = max(6, int(min(h, w) * rng.uniform(0.04, 0.25)))
    a, b = ((x + rng.integers(p)) // p % 2)[..., None], ((y + rng.integers(p)) // p % 2)[..., None]
    out = np.float32(ink(rng)) * (a + b) / 2 + np.float32(ink(rng, darkest=150, lightest=255)) * (1 - (a + b) / 2)
    out *= cv2.resize(rng.uniform(0.75, 1.05, (3, 3)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)[..., None]
    return np.clip(out, 0, 255).astype(np.uint8)


def door(g: Garments, rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """A photo taken through or beside a door: posts and lintel with profiles, not quite straight, light from one side."""
    out, paint = taken(g, rng, h, w), np.float32(ink(rng, darkest=110, lightest=245))
    for side in (0, 1, 2) if rng.random() < 0.35 else (int(rng.integers(3)),):
        depth, lean = rng.uniform(0.05, 0.25), rng.choice([-1, 1]) * rng.uniform(0.015, 0.06)
        corners = ([(0, 0), (depth + lean, 0), (depth, 1), (0, 1)], [(1, 0), (1 - depth - lean, 0), (1 - depth, 1), (1, 1)],
                   [(0, 0), (1, 0), (1, depth), (0, depth + lean)])[side]  # fmt: skip
        points = (np.array(corners) * [w, h]).astype(np.int32)
        mask = cv2.GaussianBlur(cv2.fillPoly(np.zeros((h, w), np.float32), [points], 1.0), (0, 0), 1.2)[..., None]
        light = cv2.resize(rng.uniform(0.55, 1.05, (3, 3)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)[..., None]
        out = (out * (1 - mask) + np.clip(paint * light, 0, 255) * mask).astype(np.uint8)
        cv2.line(out, *(tuple(int(v) for v in points[k] * [0.94, 1]) for k in (1, 2)), tuple(int(v) for v in paint * 0.6), 2, cv2.LINE_AA)
    return out


Picture = Callable[[Garments, np.random.Generator, int, int], np.ndarray]
RECTANGLES: dict[str, Picture] = {"box": box, "towel": towel, "phone": phone, "book": book}
OTHERS: dict[str, Picture] = {"photo": taken, "shop picture": shop, "tiles": tiles, "gingham": gingham, "door": door}
