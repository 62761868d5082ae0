"""A contact sheet: photos with the outline that was found, beside the truth, best to worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

_WIDTH, _HEIGHT, _CAPTION, _COLUMNS = 150, 200, 18, 6


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """rgb uint8 (H, W, 3); mask and truth bool (H, W); iou 0..1; caption: a few words."""

    rgb: np.ndarray
    mask: np.ndarray
    truth: np.ndarray
    iou: float
    caption: str


def best_median_worst(ious: Sequence[float], count: int = 12) -> dict[str, list[int]]:
    """Places of the `count` best, middle and worst values, each from good to bad; with few photos the groups overlap."""
    order = np.argsort(-np.asarray(ious), kind="stable")
    start = max(0, (len(order) - count) // 2)
    groups = {"best": order[:count], "median": order[start : start + count], "worst": order[-count:]}
    return {name: [int(i) for i in places] for name, places in groups.items()}


def contact_sheet(groups: dict[str, Sequence[Judgement]]) -> np.ndarray:
    """Heading -> judgements, one block under the other. BGR uint8, ready to be written.

    Each cell: the photo with the found outline in red, then the truth cut out on grey.
    """
    width = _COLUMNS * (2 * _WIDTH + 12)
    blocks = []
    for heading, found in groups.items():
        bar = np.full((30, width, 3), 60, np.uint8)
        cv2.putText(bar, heading, (8, 21), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
        blocks.append(bar)
        for i in range(0, len(found), _COLUMNS):
            row = np.hstack([_cell(j) for j in found[i : i + _COLUMNS]])
            blocks.append(cv2.copyMakeBorder(row, 0, 0, 0, width - row.shape[1], cv2.BORDER_CONSTANT, value=(255, 255, 255)))
    return np.vstack(blocks)


def _cell(j: Judgement) -> np.ndarray:
    cell = np.full((_HEIGHT + _CAPTION + 6, 2 * _WIDTH + 12, 3), 255, np.uint8)
    s = min(_WIDTH / j.rgb.shape[1], _HEIGHT / j.rgb.shape[0])
    size = max(1, round(j.rgb.shape[1] * s)), max(1, round(j.rgb.shape[0] * s))
    small = cv2.resize(j.rgb, size, interpolation=cv2.INTER_AREA)[..., ::-1].copy()
    mask, truth = (cv2.resize(m.astype(np.float32), size, interpolation=cv2.INTER_AREA) for m in (j.mask, j.truth))
    outlines, _ = cv2.findContours((mask > 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    known = (small * truth[..., None] + 128 * (1 - truth[..., None])).astype(np.uint8)
    cv2.drawContours(small, outlines, -1, (40, 40, 255), 2)
    for k, picture in enumerate((small, known)):
        left = 3 + k * (_WIDTH + 3)
        cell[3 : 3 + size[1], left : left + size[0]] = picture
    cv2.putText(cell, f"{j.iou:.3f} {j.caption}"[:44], (4, _HEIGHT + _CAPTION), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return cell
