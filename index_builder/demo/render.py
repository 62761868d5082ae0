"""Cloth on a cut: paints an item's panels in order, with folds, edge shading, seams and buttons."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from index_builder.demo.cloth import TILE, TILE_SPAN, cloth_tile, print_motif, repeating_noise
from index_builder.demo.cuts import cut_garment
from index_builder.demo.garment import Button, Garment, Panel, Seam
from index_builder.demo.item import PALETTE, ItemPlan, plan_item

ITEM_SIZE = 720
_OVER = 2  # drawn this much larger, then averaged down
_CANVAS = ITEM_SIZE * _OVER
_FILL = 0.86  # the longer side of the garment over the side of the picture
# Folds are sampled from maps of this size that stand for 256 steps; sampling rounds to 1/32 of a map pixel, and a
# coarser map would show that as fine lines.
_FOLD_MAP = 1024
_LIGHT = np.array([-0.55, -0.83], np.float32)  # where the light comes from: above, a little left


@dataclass(frozen=True)
class DrawnItem:
    """One garment without a background.

    rgb is uint8 (ITEM_SIZE, ITEM_SIZE, 3), composited on white; alpha is float32 (ITEM_SIZE, ITEM_SIZE) in 0..1;
    hanger is (x, y, half width, scale) in pixels of rgb: where a hanger carries it, or None for what is laid down.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    plan: ItemPlan
    hanger: tuple[float, float, float, float] | None


def draw_item(seed: int, index: int) -> DrawnItem:
    """The item at an index of the endless catalogue of a seed. Pure: the same arguments give the same pixels."""
    return draw_plan(plan_item(seed, index))


def draw_plan(plan: ItemPlan) -> DrawnItem:
    """The drawing of a planned item; see `draw_item`."""
    garment = cut_garment(plan)
    scale, shift = _fit(garment)
    easel = _Easel(plan, garment, scale, shift)
    for piece in garment.pieces:
        if isinstance(piece, Panel):
            easel.panel(piece)
        elif isinstance(piece, Seam):
            easel.seam(piece)
        else:
            easel.button(piece)
    rgb, alpha = easel.finished()
    hanger = None
    if garment.hanger is not None:
        y, half = garment.hanger
        hanger = (shift[0] / _OVER, (y * scale + shift[1]) / _OVER, half * scale / _OVER, scale / _OVER)
    return DrawnItem(rgb=rgb, alpha=alpha, plan=plan, hanger=hanger)


def studio_view(item: DrawnItem, size: int = 600) -> np.ndarray:
    """The item on white with a soft shadow under it: RGB uint8 (size, size, 3)."""
    alpha = item.alpha[..., None]
    shadow = cv2.GaussianBlur(np.roll(item.alpha, (9, 3), axis=(0, 1)), (0, 0), 11)[..., None]
    white = 255 * (1 - 0.20 * shadow)
    # rgb is already on white, so only the white that shows through has to be darkened.
    picture = item.rgb.astype(np.float32) - (1 - alpha) * (255 - white)
    return np.clip(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA) + 0.5, 0, 255).astype(np.uint8)


def _fit(garment: Garment) -> tuple[float, np.ndarray]:
    points = np.concatenate([p.outline for p in garment.pieces if isinstance(p, Panel)])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = _FILL * _CANVAS / float((high - low).max())
    return scale, (_CANVAS / 2 - scale * (low + high) / 2).astype(np.float64)


class _Easel:
    """A canvas of premultiplied colour, and what is needed to lay one more piece on it."""

    def __init__(self, plan: ItemPlan, garment: Garment, scale: float, shift: np.ndarray) -> None:
        self.garment, self.scale, self.shift = garment, scale, shift
        self.rgb = np.zeros((_CANVAS, _CANVAS, 3), np.float32)
        self.alpha = np.zeros((_CANVAS, _CANVAS), np.float32)
        self.tile = cloth_tile(plan)
        self.blocks = plan.pattern == "colour-blocked"
        self.motif = print_motif(plan) if plan.pattern == "graphic" else None
        main, second, third = (np.array(PALETTE[n], np.float32) for n in (plan.colour, plan.second_colour, plan.third_colour))
        dark = float(main.mean()) < 90
        self.inks = {
            "main": main,
            "second": second,
            "third": third,
            "inside": main * 0.55 + (8 if dark else 0),
            "lining": second * 0.75,
            "trim": main * 0.9,
            "thread": main * 1.45 + 26 if dark else main * 0.76,
            "topstitch": np.array([206, 150, 70], np.float32) if main.sum() < 460 else main * 0.66,
            "cord": second if plan.cut_number % 2 else np.array([232, 230, 224], np.float32),
            "lace": np.array([238, 236, 230], np.float32) if float(second.mean()) < 150 else np.array([60, 58, 62], np.float32),
            "rubber": np.array([234, 231, 222], np.float32),
            "metal": np.array([176, 176, 180], np.float32),
            "bone": np.array([238, 232, 218], np.float32),
            "dark": np.array([46, 40, 38], np.float32),
        }
        # Folds are the item's own: two garments of one cut do not lie alike.
        self.rng = np.random.default_rng([plan.seed, 6, plan.index])
        self.folds = [repeating_noise(self.rng, _FOLD_MAP, 12), repeating_noise(self.rng, _FOLD_MAP, 14)]
        stiff = plan.category in ("shoes", "hat", "blazer")
        self.drape = float(self.rng.uniform(0.75, 1.15)) * (0.45 if stiff else 1.0)
        self.number = 0

    def panel(self, panel: Panel) -> None:
        points = panel.outline * self.scale + self.shift
        left, top = np.maximum(np.floor(points.min(axis=0)).astype(int) - 30, 0)
        right, bottom = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 30, _CANVAS)
        cover = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillPoly(cover, [np.round((points - (left, top)) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        alpha = cover.astype(np.float32) / 255
        y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
        x = (x - np.float32(self.shift[0])) / np.float32(self.scale)
        y = (y - np.float32(self.shift[1])) / np.float32(self.scale)
        light, bend_x, bend_y = self._folds(panel, x, y)
        colour = self._colour(panel, x, y, bend_x, bend_y)
        light = light * self._edge(alpha, panel.relief)
        light = light * self._texture(panel, x, y)
        # Black cloth shows its folds by gloss, not by darkening.
        colour = colour * light[..., None] + (26 * (light - 1))[..., None]

        region = np.s_[top:bottom, left:right]
        under = self.alpha[region]
        if panel.relief > 0:
            cast = cv2.GaussianBlur(alpha, (0, 0), 4 + 5 * panel.relief)
            cast = np.roll(cast, (int(5 * panel.relief), int(3 * panel.relief)), axis=(0, 1))
            self.rgb[region] *= (1 - 0.42 * min(panel.relief, 1.0) * cast)[..., None]
        self.rgb[region] = self.rgb[region] * (1 - alpha[..., None]) + np.clip(colour, 0, 255) * alpha[..., None]
        self.alpha[region] = under * (1 - alpha) + alpha

    def seam(self, seam: Seam) -> None:
        points = seam.points * self.scale + self.shift
        width = max(2, round(seam.width * self.scale))
        lines = _dashes(points, 9.0 if width < 6 else 7.0, 5.0) if seam.dashed else [points]
        soft = seam.ink in ("shadow", "crease")
        raised = seam.ink in ("cord", "lace")
        layer = np.zeros((_CANVAS, _CANVAS), np.uint8)
        cv2.polylines(layer, [np.round(line * 16).astype(np.int32) for line in lines], False, 255, width, cv2.LINE_AA, 4)
        x, y, w, h = cv2.boundingRect(layer)
        if w == 0:
            return
        region = np.s_[max(y - 12, 0) : y + h + 12, max(x - 12, 0) : x + w + 12]
        strength = layer[region].astype(np.float32) / 255
        if soft:
            strength = cv2.GaussianBlur(strength, (0, 0), 2.0 if seam.ink == "shadow" else 5.0) * 0.75
        if raised:
            under = np.roll(cv2.GaussianBlur(strength, (0, 0), 4), (5, 3), axis=(0, 1))
            self.rgb[region] *= (1 - 0.4 * under)[..., None]
        if soft:
            # A dent in the cloth darkens whatever pattern runs through it.
            self.rgb[region] *= (1 - (0.55 if seam.ink == "shadow" else 0.2) * strength)[..., None]
            return
        ink = self.inks[seam.ink]
        if raised:
            core = cv2.GaussianBlur(strength, (0, 0), width * 0.3)
            ink = ink * (0.72 + 0.3 * core)[..., None]
        # A seam never reaches beyond the cloth, except for cords, which hang free.
        if not raised:
            strength = strength * self.alpha[region]
        amount = (strength * (0.8 if seam.dashed else 1.0))[..., None]
        self.rgb[region] = self.rgb[region] * (1 - amount) + ink * amount
        if raised:
            self.alpha[region] = np.maximum(self.alpha[region], strength)

    def button(self, button: Button) -> None:
        turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        centre = np.array([button.x, button.y])
        self.panel(Panel(centre + button.radius * ring, button.ink, "trim", relief=0.5))
        if button.ink in ("bone", "dark"):
            tone = "dark" if button.ink == "bone" else "bone"
            for hole in ring[5::10]:
                spot = centre + 0.3 * button.radius * hole
                at = np.round((spot * self.scale + self.shift) * 16).astype(int)
                ink = tuple(float(v) for v in self.inks[tone] * 0.8)
                across = round(16 * max(1.2, 0.11 * button.radius * self.scale))
                cv2.circle(self.rgb, (int(at[0]), int(at[1])), across, ink, -1, cv2.LINE_AA, 4)

    def finished(self) -> tuple[np.ndarray, np.ndarray]:
        size = (ITEM_SIZE, ITEM_SIZE)
        alpha = np.clip(cv2.resize(self.alpha, size, interpolation=cv2.INTER_AREA), 0, 1)
        rgb = cv2.resize(self.rgb, size, interpolation=cv2.INTER_AREA) + 255 * (1 - alpha[..., None])
        return np.clip(rgb + 0.5, 0, 255).astype(np.uint8), alpha

    def _folds(self, panel: Panel, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Light on the folds (about 1) and by how much they shift the cloth, at a quarter of the size and back."""
        self.number += 1
        if panel.ink not in ("cloth", "second", "third") or min(x.shape) < 16:
            flat = np.zeros_like(x)
            return 1 + flat, flat, flat
        small = (max(4, x.shape[1] // 4), max(4, x.shape[0] // 4))
        sx, sy = cv2.resize(x, small, interpolation=cv2.INTER_AREA), cv2.resize(y, small, interpolation=cv2.INTER_AREA)
        c, s = np.float32(np.cos(panel.grain)), np.float32(np.sin(panel.grain))
        across, along = sx * c + sy * s, -sx * s + sy * c
        if panel.fan:
            across = across / (1 + np.float32(panel.fan) * np.maximum(along, 0))
        body = panel.part != "trim"
        shift = np.float32(17.3 * self.number if panel.part == "sleeve" else 0)
        height = self._noise(0, across * 150 + shift, along * (20 if panel.fan else 42)) * (0.013 if panel.fan else 0.007)
        if body and not panel.fan:
            # Two slanting families of soft folds, as in a garment that was laid down by hand.
            height += self._noise(1, (across + 0.7 * along) * 70 + shift, (along - 0.7 * across) * 30) * 0.0115
            height += self._noise(1, (across - 0.8 * along) * 60 + 90, (along + 0.8 * across) * 26) * 0.0095
        height = cv2.GaussianBlur(height, (0, 0), 1.6)
        height = height * np.float32(self.drape * (1.0 if body else 0.4))
        step = 4 / self.scale
        gy, gx = np.gradient(height, step)
        light = 1 + 0.95 * (gx * _LIGHT[0] + gy * _LIGHT[1])
        light = 1 + 0.32 * np.tanh((light - 1) * 2.6)
        big = (x.shape[1], x.shape[0])
        up = lambda a: cv2.resize(a.astype(np.float32), big, interpolation=cv2.INTER_CUBIC)  # noqa: E731
        return up(light), up(np.clip(gx * 0.018, -0.01, 0.01)), up(np.clip(gy * 0.018, -0.01, 0.01))

    def _noise(self, which: int, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        places = ((x * 4 % _FOLD_MAP).astype(np.float32) for x in (u, v))
        return cv2.remap(self.folds[which], *places, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)

    def _colour(self, panel: Panel, x: np.ndarray, y: np.ndarray, bend_x: np.ndarray, bend_y: np.ndarray) -> np.ndarray:
        if panel.ink != "cloth":
            colour = np.empty((*x.shape, 3), np.float32)
            colour[:] = self.inks[panel.ink]
            return colour
        if self.blocks:
            return self._blocked(panel, y + bend_y)
        c, s = np.float32(np.cos(panel.grain)), np.float32(np.sin(panel.grain))
        u, v = x + bend_x, y + bend_y
        u, v = u * c + v * s, -u * s + v * c
        per_unit = np.float32(TILE / TILE_SPAN)
        colour = cv2.remap(self.tile, (u * per_unit) % TILE, (v * per_unit) % TILE, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        if self.motif is not None and panel.part == "body" and self.garment.print_box is not None:
            cx, cy, side = self.garment.print_box
            size = self.motif.shape[0]
            mx = (x + bend_x - np.float32(cx - side / 2)) * np.float32(size / side)
            my = (y + bend_y - np.float32(cy - side / 2)) * np.float32(size / side)
            ink = cv2.remap(self.motif, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            a = 0.94 * ink[..., 3:]
            colour = colour * (1 - a) + ink[..., :3] * a
        return colour

    def _blocked(self, panel: Panel, y: np.ndarray) -> np.ndarray:
        colour = np.empty((*y.shape, 3), np.float32)
        colour[:] = self.inks["second" if panel.part == "sleeve" else "main"]
        if panel.part == "body":
            first, last = self.garment.block_lines
            colour[y > first] = self.inks["second"]
            colour[y > last] = self.inks["third"]
            for line in (first, last):
                colour[np.abs(y - line) < 0.0016] *= 0.6
        return colour

    def _edge(self, alpha: np.ndarray, relief: float) -> np.ndarray:
        """Cloth turns away at its edges: darker at the rim, and lit on the side that faces the light."""
        if relief <= 0:
            return np.ones_like(alpha)
        half = cv2.resize(alpha, (max(2, alpha.shape[1] // 3), max(2, alpha.shape[0] // 3)), interpolation=cv2.INTER_AREA)
        sigma = 3.5 if min(half.shape) > 60 else 1.5
        soft = cv2.GaussianBlur(half, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
        wide = cv2.GaussianBlur(half, (0, 0), sigma * 4, borderType=cv2.BORDER_CONSTANT)
        gx, gy = cv2.Sobel(wide, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(wide, cv2.CV_32F, 0, 1, scale=0.25)
        facing = -(gx * _LIGHT[0] + gy * _LIGHT[1]) * sigma * 3.0
        shade = 1 - 0.26 * relief * (1 - np.clip(2 * soft - 1, 0, 1)) - 0.10 * (1 - np.clip(2 * wide - 1, 0, 1)) - 0.30 * facing
        return cv2.resize(shade, (alpha.shape[1], alpha.shape[0]), interpolation=cv2.INTER_LINEAR)

    def _texture(self, panel: Panel, x: np.ndarray, y: np.ndarray) -> np.ndarray | float:
        if not panel.texture:
            return 1.0
        c, s = np.float32(np.cos(panel.grain)), np.float32(np.sin(panel.grain))
        across, along = x * c + y * s, -x * s + y * c
        if panel.fan:
            across = across / (1 + np.float32(panel.fan) * np.maximum(along, 0))
        phase = across * np.float32(panel.steps)
        if panel.texture == "rib":
            return 1 + 0.13 * np.sin(2 * np.pi * phase)
        if panel.texture == "quilt":
            row = (along * np.float32(panel.steps)) % 1
            puckers = 0.05 * np.sin(across * 120 + 9 * np.sin(along * 31)) * np.exp(-np.minimum(row, 1 - row) * 9)
            return 0.70 + 0.46 * np.sqrt(np.maximum(np.sin(np.pi * row), 0)) - 0.16 * (row - 0.5) + puckers
        if panel.texture == "pleat":
            # Knife pleats: each rises slowly and ends in a dark step.
            fall = phase % 1
            return 0.86 + 0.24 * fall - 0.34 * np.exp(-fall * 14)
        if panel.texture == "gather":
            fade = 1.0 / (1 + 3 * np.maximum(along % 0.3, 0))
            return 1 + 0.10 * fade * np.sin(2 * np.pi * phase + 1.7 * np.sin(phase * 0.9))
        if panel.texture == "fur":
            return 1 + 0.16 * np.sin(phase * 9 + 5 * np.sin(along * 130)) * np.sin(along * 190 + 3 * np.sin(across * 90))
        raise ValueError(f"no such texture: {panel.texture}")


def _dashes(points: np.ndarray, on: float, off: float) -> list[np.ndarray]:
    """The pieces of a polyline that a dashed pen would draw, lengths in pixels."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    run = np.concatenate([[0], np.cumsum(steps)])
    starts = np.arange(0, run[-1], on + off)
    out = []
    for start in starts:
        at = np.linspace(start, min(start + on, run[-1]), 3)
        out.append(np.stack([np.interp(at, run, points[:, 0]), np.interp(at, run, points[:, 1])], axis=1))
    return out
