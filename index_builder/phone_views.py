"""A studio cutout as a warehouse phone might see it: the demo's camera on somebody's own catalogue, for calibration without queries.

Neither the views that the network was trained on nor those it is judged on are made here: other warps, light and backgrounds.
"""

from __future__ import annotations

import cv2
import numpy as np

from index_builder.demo.item import plan_item
from index_builder.demo.phone import phone_view
from index_builder.demo.render import ITEM_SIZE, DrawnItem

SKIN = ((236, 200, 176), (205, 158, 128), (141, 96, 70), (92, 62, 48))


def alpha_of_white(rgb: np.ndarray) -> np.ndarray:
    """What is not the white around the garment: uint8 (S, S, 3) -> float32 (S, S) in 0..1. White inside the outline stays garment."""
    near_white = (rgb.min(2) >= 252).astype(np.uint8)
    padded = cv2.copyMakeBorder(near_white, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(padded, None, (0, 0), 2)
    inside = (padded[1:-1, 1:-1] != 2).astype(np.uint8)
    inside = cv2.erode(inside, np.ones((3, 3), np.uint8))  # the rim is already mixed with white and would shine as a halo
    return cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.7)


def phone_like_photo(cutout_rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8 (S, S, 3) on white -> uint8 (H, W, 3), at most 960 x 720: on a drawn background, warped, relit, noisy, compressed;
    some with the outline changed by the fold of a sleeve or hem, held by a hand, or partly out of the frame."""
    rgb = cv2.resize(cutout_rgb, (ITEM_SIZE, ITEM_SIZE), interpolation=cv2.INTER_LINEAR)
    alpha = cv2.resize(alpha_of_white(cutout_rgb), (ITEM_SIZE, ITEM_SIZE), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.35:
        alpha = folded_away(alpha, rng)
        rgb = (rgb * alpha[..., None] + 255 * (1 - alpha[..., None])).astype(np.uint8)
    # The plan only decides about hangers; without a hanger place there is none.
    photo, covered = phone_view(DrawnItem(rgb=rgb, alpha=alpha, plan=plan_item(0, 0), hanger=None), rng)
    if rng.random() < 0.2:
        photo = held(photo, covered, rng)
    if rng.random() < 0.2:
        photo = cut_by_frame(photo, covered, rng)
    return compressed(photo, rng)


def folded_away(alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A strip at the rim of the garment is gone, as where a sleeve or a hem is folded under. float32 (S, S) in and out."""
    ys, xs = np.nonzero(alpha > 0.5)
    if not len(ys):
        return alpha
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * xs + np.sin(angle) * ys
    limit = np.quantile(along, 1 - rng.uniform(0.01, 0.07))
    yy, xx = np.mgrid[0 : alpha.shape[0], 0 : alpha.shape[1]]
    keep = 1 / (1 + np.exp(np.clip((np.cos(angle) * xx + np.sin(angle) * yy - limit) / 1.5, -30, 30)))
    return (alpha * keep).astype(np.float32)


def held(photo: np.ndarray, covered: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A hand's fingers reach in over the garment's edge. uint8 (H, W, 3), float32 (H, W) -> uint8 (H, W, 3)."""
    ys, xs = np.nonzero(covered > 0.5)
    if not len(ys):
        return photo
    out = photo.copy()
    i = int(rng.integers(len(ys)))
    middle = np.array([xs.mean(), ys.mean()])
    edge = np.array([xs[i], ys[i]], float)
    away = (edge - middle) / max(1.0, float(np.linalg.norm(edge - middle)))
    while 0 <= edge[0] < photo.shape[1] and 0 <= edge[1] < photo.shape[0] and covered[int(edge[1]), int(edge[0])] > 0.5:
        edge += 4 * away
    size = float(np.ptp(ys) + np.ptp(xs)) / 2
    skin = np.array(SKIN[int(rng.integers(len(SKIN)))]) * rng.uniform(0.7, 1.1)
    aside = np.array([-away[1], away[0]])
    for k in range(int(rng.integers(1, 5))):
        at = edge + aside * size * 0.045 * (k - 1.5) - away * size * rng.uniform(0.0, 0.05)
        axes = (int(size * 0.09), int(size * 0.024))
        place = (int(at[0]), int(at[1]))
        cv2.ellipse(
            out, place, axes, float(np.degrees(np.arctan2(away[1], away[0]))), 0, 360, np.clip(skin, 0, 255).tolist(), -1, cv2.LINE_AA
        )
    return out


def cut_by_frame(photo: np.ndarray, covered: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The frame ends a little inside the garment on one side: 1 to 8 % of its extent are lost. uint8 in and out."""
    ys, xs = np.nonzero(covered > 0.5)
    if not len(ys):
        return photo
    lost = rng.uniform(0.01, 0.08)
    side = int(rng.integers(4))
    high, wide = int(lost * np.ptp(ys)), int(lost * np.ptp(xs))
    crops = (np.s_[ys.min() + high :], np.s_[: ys.max() - high], np.s_[:, xs.min() + wide :], np.s_[:, : xs.max() - wide])
    return np.ascontiguousarray(photo[crops[side]])


def compressed(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As a messenger or an old phone sends it: sometimes smaller, always through JPEG. uint8 (H, W, 3) -> uint8."""
    if rng.random() < 0.3:
        scale = rng.uniform(0.4, 0.8)
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 95))])[1]
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])
