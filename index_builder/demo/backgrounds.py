"""Drawn places on which a garment is photographed: floors, tables, a rack, with things lying about."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from index_builder.demo.cloth import repeating_noise


def background(rng: np.random.Generator, width: int, height: int, *, hanging: bool) -> np.ndarray:
    """A scene without a garment: float32 (height, width, 3), RGB 0..255. A hanging garment gets a wall or a rack."""
    size = int(1.35 * max(width, height))
    if hanging:
        painter = _UPRIGHT[int(rng.integers(len(_UPRIGHT)))]
    else:
        painter = _LYING[int(rng.integers(len(_LYING)))]
    scene = painter(rng, size)
    if not hanging:
        scene = _tilted(scene, rng)
        _clutter(scene, rng, (size - width) // 2, (size - height) // 2, width, height)
    top, left = (size - height) // 2, (size - width) // 2
    return np.clip(scene[top : top + height, left : left + width], 0, 255).copy()


def _flat(size: int, colour: tuple[float, float, float] | np.ndarray) -> np.ndarray:
    scene = np.empty((size, size, 3), np.float32)
    scene[:] = np.asarray(colour, np.float32)
    return scene


def _wood(rng: np.random.Generator, size: int) -> np.ndarray:
    base = np.array([(168, 122, 80), (120, 82, 54), (196, 164, 124), (142, 128, 112)][int(rng.integers(4))], np.float32)
    planks = int(rng.integers(6, 12))
    edges = np.linspace(0, size, planks + 1).astype(int)
    scene = _flat(size, base)
    x = np.arange(size, dtype=np.float32)
    grain_noise = repeating_noise(rng, size, 5, 60)
    for a, b in zip(edges, edges[1:], strict=False):
        y = np.arange(a, b, dtype=np.float32)[:, None]
        wave = 7 * np.sin(x / size * float(rng.uniform(3, 9)) + float(rng.uniform(0, 6)))[None] + 5 * grain_noise[a:b]
        rings = 0.05 * np.sin((y + wave) * 0.55) + 0.04 * np.sin((y + 1.6 * wave) * 0.21)
        tone = float(rng.uniform(0.86, 1.1))
        scene[a:b] *= (tone * (1 + rings + 0.03 * grain_noise[a:b]))[..., None]
        scene[a : a + 3] *= 0.45
        cut = int(rng.integers(0, size))
        scene[a:b, cut : cut + 3] *= 0.5
    return scene if rng.random() < 0.5 else np.ascontiguousarray(scene.transpose(1, 0, 2))


def _tiles(rng: np.random.Generator, size: int) -> np.ndarray:
    base = np.array([(206, 200, 190), (150, 156, 160), (188, 160, 138), (92, 98, 104)][int(rng.integers(4))], np.float32)
    scene = _flat(size, base)
    step = int(rng.integers(150, 300))
    joint = base * (0.6 if base.mean() > 120 else 1.6)
    for top in range(0, size, step):
        for left in range(0, size, step):
            scene[top : top + step, left : left + step] *= float(rng.uniform(0.94, 1.05))
    scene *= (1 + 0.03 * repeating_noise(rng, size, 14) + 0.02 * repeating_noise(rng, size, 90))[..., None]
    for at in range(0, size, step):
        scene[at : at + 5] = joint
        scene[:, at : at + 5] = joint
    return cv2.GaussianBlur(scene, (0, 0), 0.8)


def _carpet(rng: np.random.Generator, size: int) -> np.ndarray:
    base = np.array([(120, 116, 112), (74, 82, 98), (150, 132, 108), (110, 66, 62), (86, 104, 90)][int(rng.integers(5))], np.float32)
    scene = _flat(size, base)
    if rng.random() < 0.4:  # a border of a darker tone
        inset = int(size * rng.uniform(0.16, 0.24))
        cv2.rectangle(scene, (inset, inset), (size - inset, size - inset), tuple(float(v) for v in base * 1.3), 26)
    pile = rng.standard_normal((size, size)).astype(np.float32)
    pile = cv2.GaussianBlur(pile, (0, 0), 1.3) * 2.2 + 0.5 * pile
    return scene * (1 + 0.11 * pile + 0.05 * repeating_noise(rng, size, 9))[..., None]


def _quilt(rng: np.random.Generator, size: int) -> np.ndarray:
    base = np.array([(218, 212, 204), (172, 186, 202), (206, 178, 172), (150, 160, 140)][int(rng.integers(4))], np.float32)
    scene = _flat(size, base)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    step = float(rng.uniform(110, 190))
    u, v = (x + y) / step, (x - y) / step
    puff = np.sqrt(np.abs(np.sin(np.pi * u) * np.sin(np.pi * v)))
    crease = 18 * repeating_noise(rng, size, 6) + 6 * repeating_noise(rng, size, 16)
    light = 0.78 + 0.24 * puff + (np.gradient(crease, axis=0) + np.gradient(crease, axis=1)) * 0.12
    if rng.random() < 0.4:
        stripe = ((x / float(rng.uniform(60, 120))) % 1 < 0.3).astype(np.float32)[..., None]
        scene = scene * (1 - stripe) + scene * np.array([0.82, 0.86, 0.95], np.float32) * stripe
    return scene * light[..., None]


def _concrete(rng: np.random.Generator, size: int) -> np.ndarray:
    scene = _flat(size, float(rng.uniform(110, 185)) * np.array([1.0, 0.99, 0.96]))
    mottle = 0.06 * repeating_noise(rng, size, 7) + 0.04 * repeating_noise(rng, size, 30) + 0.03 * repeating_noise(rng, size, 160)
    scene *= (1 + mottle)[..., None]
    for _ in range(int(rng.integers(1, 4))):
        walk = np.cumsum(rng.standard_normal((60, 2)) * 7 + rng.uniform(-14, 14, 2), axis=0) + rng.uniform(0, size, 2)
        cv2.polylines(scene, [walk.astype(np.int32)], False, (88.0, 86.0, 82.0), 1, cv2.LINE_AA)
    return scene


def _cardboard(rng: np.random.Generator, size: int) -> np.ndarray:
    scene = _flat(size, (186, 150, 108))
    y = np.arange(size, dtype=np.float32)[:, None]
    ridges = 0.02 * np.sin(y * 0.7) + 0.03 * repeating_noise(rng, size, 8) + 0.02 * repeating_noise(rng, size, 120)
    scene *= (1 + ridges)[..., None]
    middle = int(size * rng.uniform(0.35, 0.65))
    scene[middle : middle + 5] *= 0.5
    cv2.rectangle(scene, (0, middle - 34), (size, middle + 40), (204.0, 172.0, 120.0), -1)
    return scene


def _wall(rng: np.random.Generator, size: int) -> np.ndarray:
    base = np.array([(214, 208, 198), (186, 198, 200), (204, 188, 170), (168, 172, 178)][int(rng.integers(4))], np.float32)
    scene = _flat(size, base)
    scene *= (1 + 0.012 * repeating_noise(rng, size, 150) + 0.025 * repeating_noise(rng, size, 4))[..., None]
    floor = int(size * rng.uniform(0.8, 0.88))
    scene[floor:] = (118, 92, 70)
    scene[floor - 34 : floor] = base * 1.1
    scene[floor - 36 : floor - 33] *= 0.7
    if rng.random() < 0.6:  # a door beside
        x = int(size * (0.16 if rng.random() < 0.5 else 0.68))
        cv2.rectangle(scene, (x, -10), (x + int(size * 0.22), floor), tuple(float(v) for v in base * 0.84), -1)
        cv2.rectangle(scene, (x, -10), (x + int(size * 0.22), floor), tuple(float(v) for v in base * 0.66), 4, cv2.LINE_AA)
    return scene


def _rack(rng: np.random.Generator, size: int) -> np.ndarray:
    """A shelf of folded cloth and cartons, out of focus, behind a hanging garment."""
    scene = _flat(size, (92, 90, 92))
    rows = int(rng.integers(4, 6))
    for row in range(rows):
        top, bottom = int(row * size / rows), int((row + 1) * size / rows)
        x = -int(rng.integers(0, 80))
        while x < size:
            w = int(rng.integers(90, 210))
            carton = rng.random() < 0.4
            if carton:
                h = int((bottom - top) * rng.uniform(0.5, 0.8))
                cv2.rectangle(scene, (x, bottom - h), (x + w, bottom), (176.0, 140.0, 98.0), -1)
                cv2.rectangle(scene, (x + w // 3, bottom - h), (x + w // 2, bottom - h // 2), (212.0, 188.0, 140.0), -1)
                cv2.rectangle(scene, (x + w // 2, bottom - h // 3), (x + w - 14, bottom - 16), (228.0, 226.0, 220.0), -1)
            else:
                y = bottom
                for _ in range(int(rng.integers(3, 6))):
                    h = int(rng.integers(18, 34))
                    ink = tuple(float(v) for v in rng.uniform(50, 220, 3))
                    cv2.rectangle(scene, (x + 6, y - h), (x + w - 6, y - 3), ink, -1)
                    y -= h
            x += w + int(rng.integers(4, 26))
        cv2.rectangle(scene, (0, bottom - 12), (size, bottom + 6), (146.0, 150.0, 156.0), -1)
    for x in range(int(rng.integers(0, 200)), size, int(rng.integers(340, 520))):
        cv2.rectangle(scene, (x, 0), (x + 22, size), (132.0, 136.0, 142.0), -1)
    return cv2.GaussianBlur(scene, (0, 0), float(rng.uniform(2.5, 5)))


_LYING = (_wood, _tiles, _carpet, _quilt, _concrete, _cardboard, _wood, _concrete)
_UPRIGHT = (_wall, _rack, _concrete)


def _tilted(scene: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The floor as a hand-held camera sees it: turned and receding a little, nothing but floor in view."""
    size = scene.shape[0]
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), float(rng.uniform(-14, 14)), 1.25)
    lean = np.array([[1, 0, 0], [0, 1, 0], [float(rng.normal(0, 4e-5)), float(rng.normal(0, 7e-5)), 1]])
    middle = np.array([[1, 0, -size / 2], [0, 1, -size / 2], [0, 0, 1.0]])
    whole = np.linalg.inv(middle) @ lean @ middle @ np.vstack([turn, [0, 0, 1]])
    return cv2.warpPerspective(scene, whole, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _clutter(scene: np.ndarray, rng: np.random.Generator, left: int, top: int, width: int, height: int) -> None:
    """Things near the border of the view, drawn in place: cartons, paper, tape, pens, cable, fabric."""
    for _ in range(int(rng.integers(1, 5))):
        side = int(rng.integers(4))
        x = left + (width * float(rng.random()) if side < 2 else (0.03 * width if side == 2 else 0.97 * width))
        y = top + (height * float(rng.random()) if side >= 2 else (0.03 * height if side == 0 else 0.97 * height))
        kind = int(rng.integers(6))
        angle = float(rng.uniform(0, 180))
        if kind == 0:
            _slab(scene, x, y, rng.uniform(120, 240), rng.uniform(90, 180), angle, np.array([190, 152, 106]))
        elif kind == 1:
            _slab(scene, x, y, 120, 160, angle, np.array([238, 238, 234]))
            for row in range(-5, 6):
                c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
                a = (int(x - 45 * c - 12 * row * s), int(y - 45 * s + 12 * row * c))
                b = (int(x + 40 * c - 12 * row * s), int(y + 40 * s + 12 * row * c))
                cv2.line(scene, a, b, (160.0, 160.0, 164.0), 2, cv2.LINE_AA)
        elif kind == 2:
            _shadowed(scene, lambda m: cv2.circle(m, (int(x), int(y)), 52, 255, -1, cv2.LINE_AA), np.array([206, 176, 96]))
            cv2.circle(scene, (int(x), int(y)), 34, (150.0, 120.0, 82.0), -1, cv2.LINE_AA)
            cv2.circle(scene, (int(x), int(y)), 28, (96.0, 84.0, 70.0), -1, cv2.LINE_AA)
        elif kind == 3:
            c, s = 75 * np.cos(np.radians(angle)), 75 * np.sin(np.radians(angle))
            ink = rng.uniform(20, 200, 3)
            _shadowed(scene, lambda m: cv2.line(m, (int(x - c), int(y - s)), (int(x + c), int(y + s)), 255, 11, cv2.LINE_AA), ink)
        elif kind == 4:
            t = np.linspace(0, 1, 60)
            loop = np.stack([x + 130 * np.sin(5 * t + angle) * t, y + 110 * np.cos(4 * t + angle)], 1).astype(np.int32)
            _shadowed(scene, lambda m: cv2.polylines(m, [loop], False, 255, 6, cv2.LINE_AA), np.array([36, 36, 40]))
        else:
            t = np.linspace(0, 2 * np.pi, 50, endpoint=False)
            r = 105 * (1 + 0.18 * np.sin(3 * t + angle) + 0.1 * np.sin(5 * t))
            blob = np.stack([x + r * np.cos(t), y + 0.8 * r * np.sin(t)], 1).astype(np.int32)
            _shadowed(scene, lambda m: cv2.fillPoly(m, [blob], 255, cv2.LINE_AA), rng.uniform(60, 220, 3), folds=True)


def _slab(scene: np.ndarray, x: float, y: float, w: float, h: float, angle: float, ink: np.ndarray) -> None:
    box = cv2.boxPoints(((float(x), float(y)), (float(w), float(h)), angle)).astype(np.int32)
    _shadowed(scene, lambda m: cv2.fillPoly(m, [box], 255, cv2.LINE_AA), ink)


def _shadowed(scene: np.ndarray, draw: Callable[[np.ndarray], object], ink: np.ndarray, folds: bool = False) -> None:
    """Lays a thing of one colour on the scene, with its shadow; draw fills its shape with 255 in an empty mask."""
    mask = np.zeros(scene.shape[:2], np.uint8)
    draw(mask)
    x, y, w, h = cv2.boundingRect(mask)
    if w == 0:
        return
    region = np.s_[max(0, y - 30) : y + h + 30, max(0, x - 30) : x + w + 30]
    part = mask[region].astype(np.float32)[..., None] / 255
    fall = np.roll(cv2.GaussianBlur(part[..., 0], (0, 0), 8), (7, 5), axis=(0, 1))[..., None]
    colour = np.broadcast_to(np.asarray(ink, np.float32), (*part.shape[:2], 3))
    if folds:
        yy, xx = np.mgrid[0 : part.shape[0], 0 : part.shape[1]].astype(np.float32)
        colour = colour * (0.9 + 0.16 * np.sin(xx * 0.07 + 2 * np.sin(yy * 0.04)))[..., None]
    scene[region] = scene[region] * (1 - 0.45 * fall) * (1 - part) + colour * part
