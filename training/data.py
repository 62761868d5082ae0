"""The real photos: their table, and arrays of them at working size, cached as one .npz per size."""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.outlines import known_outlines

MOST_OF_A_TUNE_SENDER = 200
CHECKED = ("good", "repaired", "redrawn")
"""Kinds of masks that a person has found right."""
NEARLY = (*CHECKED, "minor")
"""Those and the ones up to a tenth wrong."""
DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of images.csv. part: fit / tune (both from train senders) or val (senders never trained on). mask: what was seen of it; or
    "redrawn", where this project has an outline of its own in its place (training/outlines.py)."""

    image: str
    sender: str
    part: str
    label: str
    pattern: str
    sleeve: str
    presentation: str
    mask: str
    agreement: float


def read_rows(data: Path) -> list[Row]:
    """All photos. A twelfth of the train senders, chosen by a hash of their name, is set apart to tune on; senders of more than
    MOST_OF_A_TUNE_SENDER photos are too much of the data to do without."""
    with open(data / "images.csv", newline="") as file:
        table = list(csv.DictReader(file))
    outlines = known_outlines()
    photos = Counter(r["sender"] for r in table)

    def part_of(r: dict[str, str]) -> str:
        if r["split"] != "train":
            return r["split"]
        sender = r["sender"]
        return "tune" if zlib.crc32(sender.encode()) % 12 == 0 and photos[sender] <= MOST_OF_A_TUNE_SENDER else "fit"

    return [
        Row(r["image"], r["sender"], part_of(r), r["label"], r["pattern"], r["sleeve"], r["presentation"],
            "redrawn" if r["image"] in outlines else r["mask"], float(r["agreement"] or 0))
        for r in table
    ]  # fmt: skip


def read_pair(data: Path, image: str) -> tuple[np.ndarray, np.ndarray]:
    """rgb uint8 (H, W, 3) and mask uint8 (H, W) of 0/255, the mask, ours where there is one, brought to the photo's size."""
    bgr = cv2.imread(str(data / "images" / f"{image}.jpg"), cv2.IMREAD_COLOR)
    outline = known_outlines().get(image)
    mask = outline.mask() if outline else cv2.imread(str(data / "masks" / f"{image}.png"), cv2.IMREAD_GRAYSCALE)
    if bgr is None or mask is None:
        raise FileNotFoundError(f"photo or mask of {image} under {data}")
    if mask.max() == 1:
        mask = mask * 255
    if mask.shape != bgr.shape[:2]:
        mask = cv2.resize(mask, (bgr.shape[1], bgr.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), mask
