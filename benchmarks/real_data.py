"""The real photos that are only ever judged on: rows of the validation senders, photos and checked masks."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Judged:
    """image: its name; sender; label; mask: good or repaired."""

    image: str
    sender: str
    label: str
    mask: str


def checked_rows(data: Path, split: str) -> list[Judged]:
    """Photos of a split's senders ("train" or "val") whose masks were checked and found good or were redrawn."""
    with open(data / "images.csv", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == split and r["mask"] in ("good", "repaired")]
    return [Judged(r["image"], r["sender"], r["label"], r["mask"]) for r in rows]


def validation_rows(data: Path) -> list[Judged]:
    """The photos to judge on; none of their senders was trained on."""
    return checked_rows(data, "val")


def photo_bytes(data: Path, image: str) -> bytes:
    return (data / "images" / f"{image}.jpg").read_bytes()


def checked_mask(data: Path, image: str, shape: tuple[int, int]) -> np.ndarray:
    """float32 (H, W) in 0..1, brought to the photo's (H, W)."""
    mask = cv2.imread(str(data / "masks" / f"{image}.png"), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise FileNotFoundError(data / "masks" / f"{image}.png")
    mask = mask.astype(np.float32) / max(1, int(mask.max()))
    return mask if mask.shape == shape else cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_LINEAR)
