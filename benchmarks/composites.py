"""Made phone photos whose garment's share of every pixel is known exactly: cutouts and drawings on photographed and drawn places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.judge_views import emptied, lamp
from benchmarks.real_data import checked_mask, photo_bytes, validation_rows
from edge.photo import read_photo
from index_builder.demo import draw_item, phone_view
from index_builder.demo.backgrounds import background

KINDS = ("cutout on photo", "cutout on drawing", "drawing on photo", "drawing on drawing")
_SEED = 90210  # neither the demo catalogue's nor the training's


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """rgb uint8 (H, W, 3); alpha float32 (H, W) in 0..1, exact; kind: one of KINDS."""

    rgb: np.ndarray
    alpha: np.ndarray
    kind: str


def composite(data: Path, index: int) -> Composite:
    """The picture at an index of an endless row; the same index gives the same pixels. Kinds take turns.

    Photos and cutouts are of validation senders, cutouts of masks found good. A cutout loses two pixels of its rim first, so that
    what is called garment holds nothing of its old background. Raises FileNotFoundError where a photo is missing.
    """
    kind = KINDS[index % len(KINDS)]
    rng = np.random.default_rng((_SEED, index))
    if kind == "drawing on drawing":
        picture, alpha = phone_view(draw_item(_SEED, index), rng)
        scale = 640 / max(alpha.shape)
        size = round(alpha.shape[1] * scale), round(alpha.shape[0] * scale)
        return Composite(*(cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (picture, alpha)), kind)
    rows = validation_rows(data)
    colour, alpha = _cutout(data, rows, rng) if kind.startswith("cutout") else _drawing(index)
    if kind.endswith("photo"):
        row = rows[int(rng.integers(len(rows)))]
        rgb = read_photo(photo_bytes(data, row.image)).rgb
        scene = emptied(rgb, checked_mask(data, row.image, rgb.shape[:2])).astype(np.float32)
        scene = scene[:, ::-1] if rng.random() < 0.5 else scene
    else:
        scene = background(rng, 480, 640, hanging=False)
    return Composite(*_lay(colour, alpha, scene, rng), kind)


def _cutout(data: Path, rows: list, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Colour x alpha float32 (H, W, 3) and alpha float32 (H, W) of a photo's garment."""
    good = [r for r in rows if r.mask == "good"]
    row = good[int(rng.integers(len(good)))]
    rgb = read_photo(photo_bytes(data, row.image)).rgb
    inside = (checked_mask(data, row.image, rgb.shape[:2]) > 0.5).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    alpha = cv2.GaussianBlur(cv2.erode(inside, kernel).astype(np.float32), (0, 0), 0.8)
    return rgb * alpha[..., None], alpha


def _drawing(index: int) -> tuple[np.ndarray, np.ndarray]:
    """The same of a drawn garment, whose own picture lies on white."""
    item = draw_item(_SEED, index)
    return np.maximum(item.rgb - 255 * (1 - item.alpha[..., None]), 0).astype(np.float32), item.alpha


def _lay(colour: np.ndarray, alpha: np.ndarray, scene: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Garment on scene: turned, sized to 55 to 90 % of the frame, a cast shadow, a lamp, noise, JPEG. uint8 rgb and its alpha."""
    height, width = scene.shape[:2]
    x, y, w, h = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    turn = np.deg2rad(rng.uniform(-14, 14))
    c, s = np.cos(turn), np.sin(turn)
    reach = np.array([w * abs(c) + h * abs(s), w * abs(s) + h * abs(c)])
    scale = rng.uniform(0.55, 0.9) * float((np.array([width, height]) / reach).min())
    free = np.maximum(0, np.array([width, height]) - scale * reach) / 2 - 3
    middle = np.array([width, height]) / 2 + rng.uniform(-1, 1, 2) * np.maximum(0, free)
    m = np.column_stack([scale * np.array([[c, -s], [s, c]]), np.zeros(2)])
    m[:, 2] = middle - m[:, :2] @ np.array([x + w / 2, y + h / 2])
    lifted = np.dstack([colour, alpha]).astype(np.float32)
    if scale < 1:  # what a pixel of the smaller picture takes in
        lifted = cv2.GaussianBlur(lifted, (0, 0), 0.5 * float(np.sqrt(max(1e-3, 1 / scale**2 - 1))))
    front = cv2.warpAffine(lifted, m, (width, height), flags=cv2.INTER_LINEAR)
    colour, alpha = front[..., :3], np.clip(front[..., 3], 0, 1)
    blur = float(rng.uniform(3, 10))
    shadow = cv2.GaussianBlur(alpha, (0, 0), blur)
    shadow = cv2.warpAffine(shadow, np.float32([[1, 0, rng.uniform(-8, 8)], [0, 1, blur]]), (width, height))
    picture = colour + scene * (1 - rng.uniform(0.15, 0.5) * shadow[..., None]) * (1 - alpha[..., None])
    picture = lamp(np.clip(picture, 0, 255).astype(np.uint8), rng, 1.0)
    noisy = np.clip(picture + rng.normal(0, rng.uniform(1, 6), picture.shape), 0, 255).astype(np.uint8)
    jpeg = cv2.imencode(".jpg", noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 92))])[1]
    return np.ascontiguousarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1]), alpha
