"""The journal's pictures: photos as JPEGs without EXIF and masks as PNGs, a folder for each day; written whole or not at all.

    PHOTOS/2026-11-21/<id>-1.jpg     the first photo of a look-up
                      <id>-mask0.png the mask of its first answer, 8 bits

Names are made from the look-up's day, id and counts alone; nothing a person or a database says becomes a path.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from inspect import signature
from pathlib import Path

import cv2
import numpy as np

from edge.journal_types import checked_id
from edge.manifest import sync_folder
from edge.photo import read_photo
from edge.types import Mask, Photo

JPEG_QUALITY = 88  # at 1600 pixels some 350 KB, and no visible blocks on knitwear
_READ_SIDE = signature(read_photo).parameters["max_side"].default
_NAME = re.compile(r"\.?([a-z0-9]{16})-(?:\d+\.jpg|mask\d+\.png)(?:\.tmp)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the folder: the look-up it belongs to, its size in bytes and when it was written, seconds since 1970."""

    lookup_id: str
    path: Path
    bytes: int
    written: float


class PhotoFolder:
    """Photos and masks by look-up. Methods raise OSError where the disk fails and RequestError for an id that cannot be one."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def photo_path(self, lookup_id: str, day: str, place: int) -> Path:
        """The look-up's photo; place counts from 0, as the photos were given."""
        return self._day(day) / f"{checked_id(lookup_id)}-{int(place) + 1}.jpg"

    def mask_path(self, lookup_id: str, day: str, answer: int) -> Path:
        """The mask of the look-up's answer at that place."""
        return self._day(day) / f"{checked_id(lookup_id)}-mask{int(answer)}.png"

    def write(self, files: Mapping[Path, bytes]) -> int:
        """Write a look-up's files, all of one day's folder, durably; after an error none of them is left. Gives their bytes in all."""
        folder = next(iter(files)).parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        done: list[Path] = []
        try:
            for path, content in files.items():
                temporary = path.with_name(f".{path.name}.tmp")
                done += [temporary, path]
                with open(temporary, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, path)
            sync_folder(folder)
        except BaseException:
            for path in done:
                path.unlink(missing_ok=True)
            raise
        return sum(len(content) for content in files.values())

    def delete(self, lookup_id: str, day: str, *, photos: int, masks: Sequence[int]) -> tuple[int, int]:
        """Delete a look-up's photos and the masks of its answers at these places. Gives how many files there were and their bytes."""
        paths = [self.photo_path(lookup_id, day, place) for place in range(photos)]
        return _remove(paths + [self.mask_path(lookup_id, day, answer) for answer in masks])

    def delete_files(self, files: Sequence[Kept]) -> tuple[int, int]:
        """Delete the listed files. Gives how many there were and their bytes."""
        return _remove([kept.path for kept in files])

    def drop_empty_days(self, *, before: str) -> None:
        """Remove the folders of days before the given one that hold nothing any more."""
        for day in self._days():
            if day < before:
                try:
                    (self.root / day).rmdir()
                except OSError as error:
                    if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                        raise

    def files(self) -> Iterator[Kept]:
        """Everything the journal wrote in the folder, leftovers of broken-off writes too; what it did not write is never named."""
        for day in self._days():
            yield from self._listed(self.root / day)

    def _days(self) -> list[str]:
        try:
            entries = list(os.scandir(self.root))
        except FileNotFoundError:
            return []
        return sorted(entry.name for entry in entries if _DAY.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False))

    def _day(self, day: str) -> Path:
        return self.root / date.fromisoformat(day).isoformat()

    def _listed(self, folder: Path) -> Iterator[Kept]:
        try:
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            return
        for entry in entries:
            named = _NAME.fullmatch(entry.name)
            if named:
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # another process prunes as well
                    continue
                yield Kept(named[1], Path(entry.path), facts.st_size, facts.st_mtime)


def _remove(paths: Sequence[Path]) -> tuple[int, int]:
    count = size = 0
    for path in paths:
        try:
            bytes_there = path.lstat().st_size
            path.unlink()
        except FileNotFoundError:  # deleted before, or by another process at the same time
            continue
        count, size = count + 1, size + bytes_there
    return count, size


def to_jpeg(photo: Photo | bytes, *, side_px: int, shown: Photo | None = None) -> bytes:
    """A photo, or a picture file's bytes, -> JPEG upright in sRGB, longest side at most `side_px`, nothing but pixels in it.

    shown: the photo that the outline belongs to, where this is its file. The file has more pixels, but if it does not show the same, as
    where a frame was cut away, those of `shown` are kept: outline and photo have to agree. Raises PhotoError for bytes that are no photo.
    """
    full = read_photo(photo, max_side=side_px) if isinstance(photo, bytes) else photo
    rgb = shown.rgb if shown is not None and not _shows_the_same(full, shown) else full.rgb
    height, width = rgb.shape[:2]
    scale = side_px / max(height, width)
    if scale < 1:
        rgb = cv2.resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise OSError(errno.EIO, "the photo could not be encoded")
    return data.tobytes()


def _shows_the_same(full: Photo, shown: Photo) -> bool:
    """Whether `shown` is all of the picture in `full`, reduced as `read_photo` does."""
    scale = min(1.0, _READ_SIDE / max(full.source_size))
    expected = [length * scale for length in full.source_size[::-1]]
    fits = all(abs(length - wanted) < 1 for length, wanted in zip(shown.rgb.shape, expected, strict=False))
    return fits and shown.origin == (0, 0) and shown.source_size == full.source_size


def mask_to_png(mask: Mask) -> bytes:
    """A mask -> grey PNG of its size, 255 garment. Run lengths alone pack an outline as small as the slow search does."""
    done, data = cv2.imencode(".png", np.rint(mask.alpha * 255).astype(np.uint8), [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE])
    if not done:
        raise OSError(errno.EIO, "the mask could not be encoded")
    return data.tobytes()


def mask_from_png(data: bytes, *, confidence: float) -> Mask:
    """The reverse of `mask_to_png`, to within 1/510. Raises ValueError for bytes that are no PNG."""
    grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if grey is None:
        raise ValueError("not a picture")
    return Mask(grey.astype(np.float32) / 255, confidence)
