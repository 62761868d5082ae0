"""A folder of outlines that staff corrected and accepted: photo, mask and time, kept to train on.

corrections.jsonl        one line per correction, appended
<time>-<digest>.jpg      the photo, JPEG, without any metadata
<time>-<digest>.png      the mask, 8 bits, the photo's size
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from edge.manifest import sync_folder, write_durably
from edge.types import Mask, Photo

LIST_NAME = "corrections.jsonl"
_JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Correction:
    """One accepted outline. when: with its time zone; lookup_id: the look-up it came from, empty where there was none."""

    photo_path: Path
    mask_path: Path
    when: datetime
    lookup_id: str = ""


def keep_correction(folder: Path, photo: Photo, mask: Mask, *, when: datetime, lookup_id: str = "") -> Path:
    """Add a correction; gives the photo's path. A naive `when` is local time. Raises OSError where the disk does not take it.

    The pictures are there before the line that names them, so a power cut leaves no line without its pictures. Keeping the same photo
    again at another time adds another line: the later one holds.
    """
    if mask.alpha.shape != photo.rgb.shape[:2]:
        raise ValueError(f"mask {mask.alpha.shape} and photo {photo.rgb.shape[:2]} differ in size")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    when = when.astimezone(UTC)
    jpeg = cv2.imencode(".jpg", cv2.cvtColor(photo.rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
    png = cv2.imencode(".png", np.round(np.clip(mask.alpha, 0.0, 1.0) * 255).astype(np.uint8))[1].tobytes()
    name = f"{when:%Y%m%dT%H%M%S%f}-{hashlib.sha256(jpeg + png).hexdigest()[:12]}"
    photo_path, mask_path = folder / f"{name}.jpg", folder / f"{name}.png"
    write_durably(photo_path, jpeg)
    write_durably(mask_path, png)
    line = {"photo": photo_path.name, "mask": mask_path.name, "when": when.isoformat(), "lookup_id": lookup_id}
    _append_line(folder / LIST_NAME, json.dumps(line, ensure_ascii=False))
    return photo_path


def read_corrections(folder: Path) -> list[Correction]:
    """All corrections whose pictures are still there, oldest first; none where the folder holds no list.

    A line that a power cut left unfinished is passed over.
    """
    folder = Path(folder)
    try:
        lines = (folder / LIST_NAME).read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            raw = json.loads(line)
            # Names alone: a line cannot point out of the folder.
            photo, mask = folder / Path(raw["photo"]).name, folder / Path(raw["mask"]).name
            correction = Correction(photo, mask, datetime.fromisoformat(raw["when"]), str(raw.get("lookup_id", "")))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if photo.is_file() and mask.is_file():
            found.append(correction)
    return sorted(found, key=lambda c: c.when.timestamp())


def _append_line(path: Path, text: str) -> None:
    """Append a line in one write and wait until it is on the disk; several processes may append. Begins anew after an unfinished line."""
    new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        data = (("\n" if torn else "") + text + "\n").encode()
        if os.write(handle, data) != len(data):
            raise OSError("the disk is full")
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        sync_folder(path.parent)
