"""The worst mistakes of a retrieval run as one picture: photo, its cutout, the true item, what came first."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

SIDE, TEXT, COLUMNS = 150, 18, 2
KINDS = ("photo", "cutout", "true item", "came first")


def small_jpeg(rgb: np.ndarray) -> bytes:
    """uint8 (H, W, 3) -> JPEG of at most SIDE px; thousands of them fit into memory."""
    scale = SIDE / max(rgb.shape[:2])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    return cv2.imencode(".jpg", cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)[..., ::-1])[1].tobytes()


def tile(jpeg: bytes | None, caption: str) -> np.ndarray:
    """BGR uint8 (SIDE + TEXT, SIDE, 3)."""
    out = np.full((SIDE + TEXT, SIDE, 3), 255, np.uint8)
    if jpeg:
        small = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        out[: small.shape[0], : small.shape[1]] = small
    cv2.putText(out, caption, (3, SIDE + 13), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (40, 40, 40), 1, cv2.LINE_AA)
    return out


def write_sheet(path: Path, mistakes: list[tuple[str, list[bytes | None]]]) -> None:
    """mistakes: (caption, the four JPEGs in the order of KINDS), the worst first. Raises OSError where it cannot be written."""
    rows = []
    for caption, pictures in mistakes:
        cells = [tile(jpeg, caption if kind == "photo" else kind) for kind, jpeg in zip(KINDS, pictures, strict=True)]
        rows.append(cv2.copyMakeBorder(np.hstack(cells), 4, 4, 4, 14, cv2.BORDER_CONSTANT, value=(255, 255, 255)))
    blank = np.full((SIDE + TEXT + 8, 4 * SIDE + 18, 3), 255, np.uint8)
    rows += [blank] * (-len(rows) % COLUMNS or (COLUMNS if not rows else 0))
    sheet = np.vstack([np.hstack(rows[i : i + COLUMNS]) for i in range(0, len(rows), COLUMNS)])
    if not cv2.imwrite(str(path), sheet):
        raise OSError(f"{path} cannot be written")
