"""Contact sheet of an enhancement run: before, three suggestions, truth; one photo to a line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

SIDE, TEXT, ACROSS = 170, 18, 2


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """pictures: uint8 (H, W, 3) each; captions: a few words under each."""

    pictures: list[np.ndarray]
    captions: list[str]


def line(case: Case) -> np.ndarray:
    """BGR uint8 (SIDE + TEXT + 6, n * (SIDE + 4) + 12, 3)."""
    cells = []
    for rgb, caption in zip(case.pictures, case.captions, strict=True):
        cell = np.full((SIDE + TEXT + 6, SIDE + 4, 3), 255, np.uint8)
        scale = SIDE / max(rgb.shape[:2])
        size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
        cell[2 : 2 + size[1], 2 : 2 + size[0]] = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)[..., ::-1]
        cv2.putText(cell, caption, (4, SIDE + 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (40, 40, 40), 1, cv2.LINE_AA)
        cells.append(cell)
    return cv2.copyMakeBorder(np.hstack(cells), 0, 0, 0, 12, cv2.BORDER_CONSTANT, value=(255, 255, 255))


def write_sheet(path: Path, cases: list[Case]) -> None:
    """Two cases beside one another. Raises OSError where it cannot be written."""
    lines = [line(case) for case in cases]
    lines += [np.full_like(lines[0], 255)] * (-len(lines) % ACROSS)
    sheet = np.vstack([np.hstack(lines[i : i + ACROSS]) for i in range(0, len(lines), ACROSS)])
    if not cv2.imwrite(str(path), sheet):
        raise OSError(f"{path} cannot be written")
