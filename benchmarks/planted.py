"""A catalogue in which it is known what looks the same: drawn and real studio pictures, and planted copies of some of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.judge_views import lamp, studio_picture, waves
from benchmarks.real_data import checked_mask, photo_bytes
from edge.photo import read_photo
from index_builder.demo import draw_plan, plan_item, studio_view
from index_builder.demo.item import PALETTE

COPIES = ("re-shot", "re-cropped", "mirrored", "recoloured", "laid again")
"""laid again: the same garment with other folds; drawn ones only."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One picture. design: what cut and pattern it is; colour: which colour of it. Same both: duplicate; same design alone: colourway.

    copy: the kind of copy it is and `of` the item it was made from; empty for what is not planted.
    """

    item_id: str
    rgb: np.ndarray
    quality: int
    design: str
    colour: str
    title: str
    copy: str = ""
    of: str = ""


def drawn_catalogue(*, seed: int, items: int, copies: int) -> Iterator[Planted]:
    """`items` drawn garments and `copies` copies of each kind, all of different originals while there are enough."""
    rng = np.random.default_rng([seed, 31])
    chosen = rng.permutation(items)
    kinds = {int(chosen[i % items]): COPIES[i // copies] for i in range(copies * len(COPIES))}
    for index in range(items):
        plan = plan_item(seed, index)
        design = f"{plan.category}/{plan.cut_number}/{plan.pattern}"
        drawn = draw_plan(plan)
        picture = studio_view(drawn)
        yield Planted(plan.id, picture, 92, design, plan.colour, plan.title)
        kind = kinds.get(index)
        if kind is None:
            continue
        colour = plan.colour
        if kind == "recoloured":
            colour = _far_colour(plan.colour, rng)
            recoloured = draw_plan(replace(plan, colour=colour))
            copy = _developed(studio_view(recoloured), recoloured.alpha, rng, amount=0.3)
        elif kind == "laid again":
            again = draw_plan(replace(plan, index=plan.index + 13 * 100_003))  # folds are drawn from the index, cut and motif are not
            copy = _developed(studio_view(again), again.alpha, rng, amount=0.5)
        else:
            copy = _COPY[kind](picture, drawn.alpha, rng)
        yield Planted(f"{plan.id}-copy", copy, int(rng.integers(60, 93)), design, colour, f"{plan.title} ({kind})", kind, plan.id)


def real_catalogue(data: Path, images: list[str], *, seed: int, copies: int) -> Iterator[Planted]:
    """Studio-like cutouts of real photos, and copies of some. A photo's known second photo shares its design and colour."""
    rng = np.random.default_rng([seed, 32])
    made = [kind for kind in COPIES if kind != "laid again"]
    chosen = rng.permutation(len(images))
    kinds = {int(chosen[i % len(images)]): made[i // copies] for i in range(copies * len(made))}
    same = _same_garment(data)
    for i, image in enumerate(images):
        photo = read_photo(photo_bytes(data, image))
        alpha = checked_mask(data, image, photo.rgb.shape[:2])
        picture = studio_picture(photo.rgb, alpha)
        flat = cv2.resize(_alpha_of_studio(photo.rgb, alpha), picture.shape[1::-1])
        design = f"real/{same.get(image, image)}"
        yield Planted(image[:8], picture, 92, design, "own", f"Real {image[:8]}")
        kind = kinds.get(i)
        if kind is None:
            continue
        if kind == "recoloured":
            copy = _developed(recoloured_in_lab(picture, flat, rng), flat, rng, amount=0.3)
        else:
            copy = _COPY[kind](picture, flat, rng)
        colour = "other" if kind == "recoloured" else "own"
        yield Planted(f"{image[:8]}-copy", copy, int(rng.integers(60, 93)), design, colour, f"Real {image[:8]} ({kind})", kind, image[:8])


def recoloured_in_lab(rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The garment in another dye: CIELAB turned and moved until its mean is at least 25 away; folds and pattern stay. uint8 in and out."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    inside = alpha > 0.5
    mean = lab[inside].mean(0)
    while True:
        target = np.float32([rng.uniform(28, 78), rng.uniform(-45, 45), rng.uniform(-45, 45)])
        if np.linalg.norm(target - mean) >= 25:
            break
    turn = rng.uniform(-np.pi, np.pi)
    rest = lab - mean
    a, b = rest[..., 1].copy(), rest[..., 2].copy()
    rest[..., 1], rest[..., 2] = a * np.cos(turn) - b * np.sin(turn), a * np.sin(turn) + b * np.cos(turn)
    other = cv2.cvtColor((rest + target).astype(np.float32), cv2.COLOR_LAB2RGB)
    soft = alpha[..., None]
    return np.clip((np.clip(other, 0, 1) * soft + rgb / 255.0 * (1 - soft)) * 255 + 0.5, 0, 255).astype(np.uint8)


def _developed(rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator, *, amount: float) -> np.ndarray:
    """Another light on the garment, another white around it, another size. alpha float32 of the drawing, any size."""
    alpha = cv2.resize(alpha, rgb.shape[1::-1])[..., None]
    lit = lamp(rgb, rng, amount).astype(np.float32)
    white = float(rng.uniform(240, 255))
    shadow = rgb.astype(np.float32) / 255 * white
    return _resized(np.clip(lit * alpha + shadow * (1 - alpha), 0, 255).astype(np.uint8), rng)


def _reshot(rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other light, slightly bent, turned and seen at a slant, other size."""
    alpha = cv2.resize(alpha, rgb.shape[1::-1])
    bent, alpha, shade = waves(rgb, alpha, rng, 0.35)
    h, w = alpha.shape
    corners = np.float32([[0, 0], [w, 0], [w, h], [0, h]])
    turn = np.deg2rad(rng.uniform(-5, 5))
    around = (corners - (w / 2, h / 2)) * rng.uniform(0.82, 1.0)
    moved = around @ np.float32([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + (w / 2, h / 2)
    moved += rng.uniform(-0.015, 0.015, (4, 2)) * w
    m = cv2.getPerspectiveTransform(corners, np.float32(moved))
    bent = np.clip(bent * (1 + (shade[..., None] - 1) * alpha[..., None]), 0, 255).astype(np.uint8)
    seen = cv2.warpPerspective(bent, m, (w, h), flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    return _developed(seen, np.clip(cv2.warpPerspective(alpha, m, (w, h)), 0, 1), rng, amount=0.6)


def _recropped(rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """5 to 18 % of the garment's box cut off at one or two neighbouring sides, the others cropped anew; a touch of light; other size."""
    alpha = cv2.resize(alpha, rgb.shape[1::-1])
    ys, xs = np.nonzero(alpha > 0.5)
    box = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], float)
    size = np.array([box[2] - box[0], box[3] - box[1]] * 2)
    outward = np.array([-1, -1, 1, 1]) * size
    sides = box + outward * rng.uniform(0.01, 0.2, 4)
    first = int(rng.integers(4))
    for side in {first, (first + 1) % 4} if rng.random() < 0.4 else {first}:
        sides[side] = box[side] - outward[side] * rng.uniform(0.05, 0.18)
    left, top, right, bottom = np.clip(sides, 0, [*rgb.shape[1::-1]] * 2).astype(int)
    lit = lamp(rgb, rng, 0.2).astype(np.float32) * alpha[..., None] + rgb * (1 - alpha[..., None])
    return _resized(np.clip(lit[top:bottom, left:right], 0, 255).astype(np.uint8), rng)


def _mirrored(rgb: np.ndarray, alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return _developed(rgb[:, ::-1], cv2.resize(alpha, rgb.shape[1::-1])[:, ::-1], rng, amount=0.3)


_COPY = {"re-shot": _reshot, "re-cropped": _recropped, "mirrored": _mirrored}


def _resized(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    scale = float(rng.uniform(0.5, 1.4))
    return cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _far_colour(colour: str, rng: np.random.Generator) -> str:
    lab = {name: cv2.cvtColor(np.float32([[rgb]]) / 255, cv2.COLOR_RGB2LAB)[0, 0] for name, rgb in PALETTE.items()}
    return str(rng.choice([name for name in PALETTE if np.linalg.norm(lab[name] - lab[colour]) >= 25]))


def _alpha_of_studio(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The mask, placed as `studio_picture` places the garment: float32 in 0..1."""
    return 1 - studio_picture(np.zeros_like(rgb), alpha).min(2).astype(np.float32) / 255


def _same_garment(data: Path) -> dict[str, str]:
    """Photo -> name shared with its other photo."""
    with open(data / "pairs.csv", newline="") as file:
        pairs = [(r["photo_a"], r["photo_b"]) for r in csv.DictReader(file)]
    return {photo: first for first, second in pairs for photo in (first, second)}
