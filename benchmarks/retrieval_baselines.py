"""Cutout -> vector, by what one would try first: colour histogram, thumbnail correlation, TiefVision's way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edge.session import Session, read_model_folder
from edge.transforms import network_input, to_nchw
from edge.types import Cutout

Encoder = Callable[[Cutout], np.ndarray]
"""A cutout -> float (D,) of norm 1; the product of two is their similarity."""

TIEFVISION = ("raw", "learned")


def histogram(cut: Cutout) -> np.ndarray:
    """8 x 8 x 8 histogram in CIELAB without the white, roots taken (Bhattacharyya), norm 1."""
    small = cv2.resize(cut.rgb, (96, 96), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[small.min(2) < 250]
    h = np.histogramdd(lab, bins=(8, 8, 8), range=((0, 256),) * 3)[0].ravel() if len(lab) else np.zeros(512)
    h = np.sqrt(h)
    return (h / max(1e-9, np.linalg.norm(h))).astype(np.float32)


def thumbnail(cut: Cutout) -> np.ndarray:
    """16 x 16 RGB thumbnail, mean taken off, norm 1."""
    x = cv2.resize(cut.rgb, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    x -= x.mean()
    return x / max(1e-9, float(np.linalg.norm(x)))


def per_position(maps: np.ndarray) -> np.ndarray:
    """(C, H, W) -> float16 (C * H * W,) whose product with another is the mean over positions of the cosines of their encodings."""
    unit = maps / np.maximum(np.linalg.norm(maps, axis=0, keepdims=True), 1e-6)
    return (unit / np.sqrt(maps.shape[1] * maps.shape[2])).ravel().astype(np.float16)


class TiefVision:
    """TiefVision's way (P. Vilar 2016): one encoding per place of a feature map, similarity = mean over places of their cosines.

    `raw` takes the maps of our own network's backbone as they are, `learned` after a linear encoding trained with triplets.
    """

    def __init__(self, session: Session) -> None:
        spec = session.folder.spec
        self._session, self._size = session, int(spec["input_size"])
        self._mean, self._std = tuple(spec["mean"]), tuple(spec["std"])

    def __call__(self, cut: Cutout) -> np.ndarray:
        x = to_nchw(network_input(cut.rgb, self._size)[None], self._mean, self._std)
        return per_position(self._session.run(x)[0][0])


def baselines(tiefvision: Path) -> dict[str, Encoder]:
    """Name -> encoder; TiefVision's two only where `python -m training tiefvision` has written them into that folder."""
    found: dict[str, Encoder] = {"histogram": histogram, "thumbnail": thumbnail}
    for kind in TIEFVISION:
        if (tiefvision / kind / "model.onnx").is_file():
            found[f"tiefvision-{kind}"] = TiefVision(Session(read_model_folder(tiefvision / kind)))
    return found
