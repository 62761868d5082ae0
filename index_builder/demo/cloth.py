"""Cloth: a repeating tile of woven, printed or dyed fabric, and the big prints that go on a chest."""

from __future__ import annotations

import cv2
import numpy as np

from index_builder.demo.item import CATEGORIES, PALETTE, ItemPlan

# One tile is TILE pixels wide and stands for TILE_SPAN garment units (a garment unit is about 90 cm).
TILE = 512
TILE_SPAN = 0.44

_DRAW = 2  # tiles are drawn larger and averaged down, so that small motifs stay smooth


def cloth_tile(plan: ItemPlan) -> np.ndarray:
    """The fabric of an item: float32 (TILE, TILE, 3), RGB 0..255, repeating without a seam in both directions.

    Colourways of one pattern share the motif: it is drawn from (seed, category, pattern, cut), not from the item.
    """
    number = list(_PAINTERS).index(plan.pattern) if plan.pattern in _PAINTERS else 99
    rng = np.random.default_rng([plan.seed, 3, _row(plan), plan.cut_number, number])
    main, second, third = (np.array(PALETTE[name], np.float32) for name in (plan.colour, plan.second_colour, plan.third_colour))
    size = TILE * _DRAW
    canvas = np.empty((size, size, 3), np.float32)
    canvas[:] = main
    painter = _PAINTERS.get(plan.pattern)
    if painter is not None:
        painter(canvas, rng, _row(plan) + plan.cut_number, main, second, third)
    tile = cv2.resize(canvas, (TILE, TILE), interpolation=cv2.INTER_AREA)
    return np.clip(tile * _weave(rng, plan)[..., None], 0, 255).astype(np.float32)


def print_motif(plan: ItemPlan, size: int = 512) -> np.ndarray:
    """A big chest print: float32 (size, size, 4), RGB 0..255 and alpha 0..1. Its drawing depends on the cut."""
    rng = np.random.default_rng([plan.seed, 4, _row(plan), plan.cut_number])
    second, third = (_as_tuple(np.array(PALETTE[n])) for n in (plan.second_colour, plan.third_colour))
    main = _as_tuple(np.array(PALETTE[plan.colour]))
    big = 2 * size
    rgb = np.zeros((big, big, 3), np.uint8)
    alpha = np.zeros((big, big), np.uint8)

    def fill(points: np.ndarray, colour: tuple[float, ...]) -> None:
        fixed = [np.round(points * big * 16).astype(np.int32)]
        cv2.fillPoly(rgb, fixed, colour, cv2.LINE_8, 4)
        cv2.fillPoly(alpha, fixed, 255, cv2.LINE_8, 4)

    turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    disc = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    kind = (_row(plan) + plan.cut_number) % 5
    if kind == 0:  # sun behind two mountains
        fill(0.5 + disc * 0.42, second)
        fill(np.array([0.62, 0.32]) + disc * 0.11, third)
        fill(np.array([[0.1, 0.66], [0.36, 0.34], [0.62, 0.66]]), main)
        fill(np.array([[0.36, 0.70], [0.62, 0.44], [0.88, 0.70]]), third)
        fill(np.array([[0.16, 0.74], [0.84, 0.74], [0.72, 0.86], [0.28, 0.86]]), main)
    elif kind == 1:  # numeral in a frame
        text = str(int(rng.integers(10, 99)))
        for ink, width in ((second, 150), (third, 66)):
            for target, value in ((rgb, ink), (alpha, 255)):
                cv2.putText(target, text, (int(big * 0.04), int(big * 0.76)), cv2.FONT_HERSHEY_SIMPLEX, big / 46, value, width)
    elif kind == 2:  # star in a ring
        points = int(rng.integers(5, 9))
        fill(0.5 + disc * 0.44, second)
        fill(0.5 + disc * 0.37, main)
        a = np.arange(2 * points) * np.pi / points - np.pi / 2
        radius = np.where(np.arange(2 * points) % 2 == 0, 0.34, 0.15)[:, None]
        fill(0.5 + radius * np.stack([np.cos(a), np.sin(a)], axis=1), third)
    elif kind == 3:  # a word on a bar, with a wave above
        word = str(rng.choice(["NORTH", "RIVER", "STUDIO", "HARBOR", "ORBIT", "SUNDAY"]))
        x = np.linspace(0.06, 0.94, 80)
        for row, ink in enumerate((second, third, second)):
            y = 0.2 + 0.11 * row + 0.05 * np.sin(x * 14 + row)
            fill(np.concatenate([np.stack([x, y], 1), np.stack([x, y + 0.06], 1)[::-1]]), ink)
        fill(np.array([[0.04, 0.56], [0.96, 0.56], [0.96, 0.82], [0.04, 0.82]]), second)
        width = cv2.getTextSize(word, cv2.FONT_HERSHEY_DUPLEX, 1.0, 1)[0][0]
        scale = big * 0.8 / width
        cv2.putText(rgb, word, (int(big * 0.1), int(big * 0.75)), cv2.FONT_HERSHEY_DUPLEX, scale, main, 22)
    else:  # rays around a disc
        rays = int(rng.integers(9, 15))
        for i in range(rays):
            a = 2 * np.pi * i / rays + np.array([-0.14, 0.14])
            inner, outer = (0.5 + r * np.stack([np.cos(a), np.sin(a)], 1) for r in (0.24, 0.45))
            fill(np.concatenate([inner, outer[::-1]]), second if i % 2 else third)
        fill(0.5 + disc * 0.2, second)
        fill(np.array([0.5, 0.46]) + disc * 0.1, third)
    both = np.dstack([rgb.astype(np.float32), alpha.astype(np.float32) / 255])
    # Colour is averaged under its alpha; without that, edges would mix with the black of the empty canvas.
    both[..., :3] *= both[..., 3:]
    both = cv2.resize(both, (size, size), interpolation=cv2.INTER_AREA)
    both[..., :3] /= np.maximum(both[..., 3:], 1e-3)
    return both


def repeating_noise(rng: np.random.Generator, size: int, cells: int, cells_y: int | None = None) -> np.ndarray:
    """Smooth noise that wraps around: float32 (size, size), mean about 0, spread about 1."""
    rows, columns = cells_y or cells, cells
    grid = rng.standard_normal((rows, columns)).astype(np.float32)
    pad = 3
    grid = np.pad(grid, pad, mode="wrap")
    x = (np.arange(size, dtype=np.float32) + 0.5) / size * columns - 0.5 + pad
    y = (np.arange(size, dtype=np.float32) + 0.5) / size * rows - 0.5 + pad
    noise = cv2.remap(grid, *np.meshgrid(x, y), interpolation=cv2.INTER_CUBIC)
    return (noise / max(float(noise.std()), 1e-6)).astype(np.float32)


def _row(plan: ItemPlan) -> int:
    return list(CATEGORIES).index(plan.category)


def _weave(rng: np.random.Generator, plan: ItemPlan) -> np.ndarray:
    """Brightness of the threads, float32 (TILE, TILE) around 1: twill for trousers, knit for jerseys, plain otherwise."""
    y, x = np.mgrid[0:TILE, 0:TILE].astype(np.float32)
    if plan.category in ("pants", "shorts", "outwear", "hat"):
        threads = 0.035 * np.sin(2 * np.pi * (x + y) * (64 / TILE))
    elif plan.category in ("hoodie", "longsleeve", "t-shirt", "polo"):
        threads = 0.025 * np.sin(2 * np.pi * x * (86 / TILE)) * np.sin(2 * np.pi * y * (72 / TILE))
    else:
        threads = 0.018 * np.sin(2 * np.pi * x * (96 / TILE)) + 0.018 * np.sin(2 * np.pi * y * (96 / TILE))
    grain = 0.018 * rng.standard_normal((TILE, TILE)).astype(np.float32)
    melange = 0.0
    if plan.pattern in ("plain", "graphic") and plan.cut_number % 3 == 1:
        melange = 0.05 * repeating_noise(rng, TILE, 200, 60)
    return (1 + threads + grain + melange).astype(np.float32)


def _as_tuple(colour: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in colour)


def _striped(canvas: np.ndarray, rng: np.random.Generator, variety: int, main: np.ndarray, second: np.ndarray, third: np.ndarray) -> None:
    size = canvas.shape[0]
    vertical = rng.random() < 0.4
    repeats = int(rng.choice([3, 4, 5, 7, 9, 12]))
    kind = variety % 4
    phase = (np.arange(size) + 0.5) / size * repeats % 1
    line = np.tile(main, (size, 1))
    if kind == 0:
        line[phase < 0.5] = second
    elif kind == 1:
        line[phase < 0.22] = second
    elif kind == 2:
        line[phase < 0.36] = second
        line[(phase > 0.5) & (phase < 0.62)] = third
    else:
        line[(phase < 0.12) | ((phase > 0.22) & (phase < 0.34))] = second
    canvas[:] = line[None] if vertical else line[:, None]


def _checked(canvas: np.ndarray, rng: np.random.Generator, variety: int, main: np.ndarray, second: np.ndarray, third: np.ndarray) -> None:
    size = canvas.shape[0]
    repeats = int(rng.choice([2, 3, 4, 6, 8]))
    phase = (np.arange(size) + 0.5) / size * repeats % 1
    kind = variety % 4
    weight = np.zeros(size, np.float32)
    fine = np.zeros(size, np.float32)
    if kind == 0:  # gingham
        weight[phase < 0.5] = 0.5
    elif kind == 1:  # windowpane
        weight[phase < 0.07] = 0.8
    elif kind == 2:  # tartan
        weight[phase < 0.42] = 0.45
        fine[(phase > 0.18) & (phase < 0.24)] = 0.8
        fine[(phase > 0.66) & (phase < 0.71)] = 0.8
    else:  # draughtboard
        dark = ((phase < 0.5)[:, None] ^ (phase < 0.5)[None]).astype(np.float32)[..., None]
        canvas[:] = canvas * (1 - dark) + second * dark
        return
    for axis in (0, 1):
        for amount, ink in ((weight, second), (fine, third)):
            a = amount[:, None, None] if axis == 0 else amount[None, :, None]
            canvas[:] = canvas * (1 - a) + ink * a


def _dotted(canvas: np.ndarray, rng: np.random.Generator, variety: int, main: np.ndarray, second: np.ndarray, third: np.ndarray) -> None:
    size = canvas.shape[0]
    across = int(rng.choice([4, 6, 8, 12]))
    step = size / across
    radius = step * float(rng.uniform(0.16, 0.34))
    two = rng.random() < 0.35
    for row in range(2 * across):
        for column in range(across):
            ink = third if two and (row + column) % 3 == 0 else second
            _disc(canvas, (column + 0.5 * (row % 2)) * step, row * step / 2, radius * 0.8, ink)


def _floral(canvas: np.ndarray, rng: np.random.Generator, variety: int, main: np.ndarray, second: np.ndarray, third: np.ndarray) -> None:
    size = canvas.shape[0]
    petals = int(rng.integers(5, 8))
    radius = size * float(rng.choice([0.045, 0.06, 0.085]))
    leaf = np.array(PALETTE[str(rng.choice(["bottle green", "olive", "teal"]))], np.float32)
    if np.linalg.norm(leaf - main) < 90:
        leaf = np.array(PALETTE["mint"], np.float32)
    placed = _spread(rng, size, 2.5 * radius, 240)
    for n, (x, y) in enumerate(placed):
        spin = float(rng.uniform(0, 2 * np.pi))
        grown = radius * float(rng.uniform(0.75, 1.15))
        for side in (0.9, 2.6):
            _petal(canvas, x, y, spin + side, 1.75 * grown, 0.34 * grown, leaf)
        ink, heart = (second, third) if n % 3 else (third, second)
        for p in range(petals):
            _petal(canvas, x, y, spin + 2 * np.pi * p / petals, grown, 0.36 * grown, ink * (0.94 + 0.06 * (p % 2)))
        _disc(canvas, x, y, 0.24 * grown, heart)


def _allover(canvas: np.ndarray, rng: np.random.Generator, variety: int, main: np.ndarray, second: np.ndarray, third: np.ndarray) -> None:
    size = canvas.shape[0]
    kind = variety % 6
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    if kind == 0:  # camouflage
        for ink, cells, level in ((second, 6, 0.35), (third, 8, 0.7), (main * 0.6, 9, 1.0)):
            canvas[repeating_noise(rng, size, cells) + 0.3 * repeating_noise(rng, size, 3 * cells) > level] = ink
    elif kind == 1:  # zigzag
        n = int(rng.choice([4, 6, 8]))
        phase = (y * n * 1.5 + np.abs((x * n) % 1 - 0.5)) % 1
        canvas[phase < 0.45] = second
        canvas[(phase > 0.62) & (phase < 0.72)] = third
    elif kind == 2:  # spots of a big cat
        for px, py in _spread(rng, size, size * 0.085, 300):
            spin = float(rng.uniform(0, 2 * np.pi))
            for k in range(3):
                a = spin + 2.1 * k
                r = size * 0.027
                _petal(canvas, px + r * np.cos(a), py + r * np.sin(a), a + 1.2, size * 0.026, size * 0.013, second)
            _disc(canvas, px, py, size * 0.016, 0.5 * main + 0.5 * third)
    elif kind == 3:  # triangles
        n = int(rng.choice([6, 8, 10]))
        fx, fy = (x * n) % 1, (y * n) % 1
        inside = (fy > 0.15) & (np.abs(fx - 0.5) < 0.45 * (fy - 0.1))
        inside &= fy < 0.85
        odd = (np.floor(x * n) + np.floor(y * n)) % 2 == 0
        canvas[inside & odd] = second
        canvas[inside & ~odd] = third
    elif kind == 4:  # scales
        n = int(rng.choice([4, 6]))
        for row in range(2 * n + 1):
            for column in range(n):
                cx, cy = (column + 0.5 * (row % 2)) * size / n, row * size / (2 * n)
                for r, ink in ((0.5, second), (0.4, main), (0.27, third), (0.16, main)):
                    _disc(canvas, cx, cy, r * size / n, ink)
    else:  # scattered leaves
        for k, (px, py) in enumerate(_spread(rng, size, size * 0.11, 200)):
            spin = float(rng.uniform(0, 2 * np.pi))
            for s in (-0.75, -0.25, 0.25, 0.75):
                _petal(canvas, px, py, spin + s, size * 0.085, size * 0.014, second if k % 2 else third)


_PAINTERS = {
    "striped": _striped,
    "checked": _checked,
    "dotted": _dotted,
    "floral": _floral,
    "allover": _allover,
}


def _spread(rng: np.random.Generator, size: int, gap: float, most: int) -> list[tuple[float, float]]:
    """Random places on a wrapping square, no two nearer than the gap."""
    kept: list[tuple[float, float]] = []
    for x, y in rng.uniform(0, size, (8 * most, 2)):
        if len(kept) == most:
            break
        if kept:
            apart = np.abs(np.array(kept) - (x, y))
            apart = np.minimum(apart, size - apart)
            if np.min(np.hypot(*apart.T)) < gap:
                continue
        kept.append((float(x), float(y)))
    return kept


def _wrapped(canvas: np.ndarray, x: float, y: float, reach: float) -> list[tuple[float, float]]:
    """Where a motif has to be drawn so that what leaves on one side enters on the other."""
    size = canvas.shape[0]
    x, y = x % size, y % size
    xs = [x] + ([x + size] if x < reach else []) + ([x - size] if x > size - reach else [])
    ys = [y] + ([y + size] if y < reach else []) + ([y - size] if y > size - reach else [])
    return [(a, b) for a in xs for b in ys]


def _disc(canvas: np.ndarray, x: float, y: float, radius: float, ink: np.ndarray) -> None:
    for cx, cy in _wrapped(canvas, x, y, radius + 2):
        cv2.circle(canvas, (round(cx * 16), round(cy * 16)), round(radius * 16), _as_tuple(ink), -1, cv2.LINE_8, 4)


def _petal(canvas: np.ndarray, x: float, y: float, angle: float, length: float, width: float, ink: np.ndarray) -> None:
    """An ellipse that starts at (x, y) and points along the angle."""
    t = np.linspace(0, 2 * np.pi, 26, endpoint=False)
    along, across = 0.5 * length * (1 + np.cos(t)), width * np.sin(t)
    c, s = np.cos(angle), np.sin(angle)
    shape = np.stack([along * c - across * s, along * s + across * c], axis=1)
    for cx, cy in _wrapped(canvas, x, y, length + 2):
        fixed = np.round((shape + (cx, cy)) * 16).astype(np.int32)
        cv2.fillPoly(canvas, [fixed], _as_tuple(ink), cv2.LINE_8, 4)
