"""A photo with its three better versions, as a session keeps it: JPEGs and numbers, no arrays. No drawing here."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
from PIL import Image

from app_pages.pictures import jpeg
from edge.develop import Development, develop
from edge.enhance import Enhancer, enhance
from edge.photo import read_photo

FULL_SIDE, SHOWN_SIDE, SMALL_SIDE = 2560, 900, 320  # longest side in pixels: to download and search with; to compare; side by side
ORIGINAL = "original"


@dataclass(frozen=True, slots=True)
class Version:
    """name: a key of edge.enhance.WORDS, or ORIGINAL. shown, small: JPEGs to compare and side by side."""

    name: str
    development: Development
    shown: bytes
    small: bytes


@dataclass(frozen=True, slots=True)
class Improved:
    """name: as uploaded. full: the photo as a JPEG of at most FULL_SIDE; size: width and height of what is shown, pixels.

    fine: it needs none of the better versions. versions: the original, then the better ones, best first.
    """

    name: str
    full: bytes
    size: tuple[int, int]
    fine: bool
    versions: tuple[Version, ...]

    def version(self, name: str) -> Version:
        """The version of that name. Raises StopIteration where there is none."""
        return next(version for version in self.versions if version.name == name)

    def developed(self, name: str) -> bytes:
        """A version as a JPEG of at most FULL_SIDE."""
        if name == ORIGINAL:
            return self.full
        return _fine_jpeg(develop(read_photo(self.full, max_side=FULL_SIDE).rgb, self.version(name).development))

    def file_name(self, version: str) -> str:
        """A name for the download."""
        return f"{PurePath(self.name).stem or 'photo'}-{version}.jpg"


def improve(name: str, data: bytes, model: Enhancer) -> Improved:
    """A photo's bytes -> its versions, read off a copy of ordinary size. Raises PhotoError."""
    photo = read_photo(data, max_side=FULL_SIDE)
    small = read_photo(jpeg(photo.rgb, SHOWN_SIDE))
    found = enhance(small, model)
    made = ((ORIGINAL, Development(), small.rgb), *((s.name, s.development, s.rgb) for s in found.suggestions))
    versions = tuple(Version(name, development, jpeg(rgb, SHOWN_SIDE), jpeg(rgb, SMALL_SIDE)) for name, development, rgb in made)
    height, width = small.rgb.shape[:2]
    return Improved(name, _fine_jpeg(photo.rgb), (width, height), found.fine, versions)


def zipped(chosen: Sequence[tuple[Improved, str]]) -> bytes:
    """The chosen version of each photo as a zip; a name that comes twice gets a number."""
    out, names = io.BytesIO(), set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as pack:  # JPEGs do not get smaller
        for number, (photo, version) in enumerate(chosen, 1):
            name = photo.file_name(version)
            name = f"{number}-{name}" if name in names else name
            names.add(name)
            pack.writestr(name, photo.developed(version))
    return out.getvalue()


def _fine_jpeg(rgb: np.ndarray) -> bytes:
    """uint8 (H, W, 3) -> a JPEG as cameras write it: it is developed, and looked up, once more."""
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "JPEG", quality=94, subsampling=0)
    return out.getvalue()
