"""Garment outlines drawn by hand, for photos of the train senders whose own masks were found wrong: the hard ones, of which there are few.

outlines.jsonl: a line per photo, its size in pixels and closed polygons [x, y, x, y, ...]; a polygon within another one is a hole.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.errors import RequestError

OUTLINES = Path(__file__).with_name("outlines.jsonl")
_EXACT = 0.6
"""How far in pixels a polygon may run beside the mask's rim."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A photo's garment. size: (width, height) in pixels; polygons: int (N, 2) each, x and y."""

    image: str
    size: tuple[int, int]
    polygons: tuple[np.ndarray, ...]

    def mask(self) -> np.ndarray:
        """uint8 (height, width), 255 for garment."""
        width, height = self.size
        return cv2.fillPoly(np.zeros((height, width), np.uint8), list(self.polygons), 255)


def read_outlines(path: Path = OUTLINES) -> dict[str, Outline]:
    """By photo; none where there is no such file. Raises RequestError, which names the line, for one that is damaged."""
    return {outline.image: outline for outline in _lines(path)} if path.is_file() else {}


@functools.cache
def known_outlines() -> dict[str, Outline]:
    """The repository's own, read once."""
    return read_outlines()


def _lines(path: Path) -> Iterator[Outline]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            raw = json.loads(line)
            polygons = tuple(np.array(p, np.int32).reshape(-1, 2) for p in raw["polygons"])
            yield Outline(str(raw["image"]), (int(raw["size"][0]), int(raw["size"][1])), polygons)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise RequestError(f"{path}, line {number}: no outline ({error}). Take it out, or fetch the file anew.") from error


def outline_of(image: str, mask: np.ndarray) -> Outline:
    """A mask, uint8 (H, W), garment above 127, as polygons. Raises RequestError where it is empty."""
    contours, _ = cv2.findContours((mask > 127).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    polygons = [cv2.approxPolyDP(c, _EXACT, True).reshape(-1, 2) for c in contours]
    polygons = [p for p in polygons if len(p) > 2]
    if not polygons:
        raise RequestError(f"The mask of {image} is empty. Draw the garment, or leave the file out.")
    return Outline(image, (mask.shape[1], mask.shape[0]), tuple(polygons))


def write_outlines(outlines: dict[str, Outline], path: Path = OUTLINES) -> None:
    """All of them, in the order of their photos' names."""
    lines = (
        json.dumps({"image": o.image, "size": o.size, "polygons": [p.reshape(-1).tolist() for p in o.polygons]}, separators=(",", ":"))
        for _, o in sorted(outlines.items())
    )
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def add_masks(folder: Path, path: Path = OUTLINES) -> tuple[int, int]:
    """Take a folder of masks drawn by hand, <image>.png, 8 bits, into the file, in place of earlier ones; gives how many were read and how
    many outlines there are. Raises RequestError where there is none, and for one that is empty or no picture."""
    masks = sorted(folder.glob("*.png"))
    if not masks:
        raise RequestError(f"There are no masks (IMAGE.png) in {folder}.")
    outlines = read_outlines(path)
    for file in masks:
        data = np.frombuffer(file.read_bytes(), np.uint8)
        mask = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if len(data) else None
        if mask is None:
            raise RequestError(f"{file} cannot be read as a picture.")
        outlines[file.stem] = outline_of(file.stem, mask)
    write_outlines(outlines, path)
    return len(masks), len(outlines)
