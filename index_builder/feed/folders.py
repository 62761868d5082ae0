"""A folder as a feed: one of images (name = id), or Kaggle's layout of styles.csv beside images/."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from edge.types import CatalogueItem

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"}
_STYLES_FILES = ("styles.csv", "styles.csv.gz", "styles.tsv")


def styles_file(folder: Path) -> Path | None:
    """The table of a folder in Kaggle's layout; None for a folder of another kind."""
    if not (folder / "images").is_dir():
        return None
    return next((folder / name for name in _STYLES_FILES if (folder / name).is_file()), None)


def pictures_by_name(folder: Path) -> dict[str, str]:
    """Name without ending -> file name, of the images right in a folder; empty if there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return {}
    pictures: dict[str, str] = {}
    for stem, ending, name in ((*os.path.splitext(name), name) for name in names):
        if ending.lower() in IMAGE_ENDINGS and _speakable(name):
            pictures.setdefault(stem, name)
    return pictures


def images_below(folder: Path) -> Iterator[tuple[str, CatalogueItem | str]]:
    """(place, item) of each image in a folder and those below it, or (place, reason) for a file that gives none; in order of place.

    The id is the file's name without ending, the product type its subfolders. Hidden files and folders are left out.
    """
    first: dict[str, str] = {}
    root = os.path.abspath(folder)
    for path in sorted(_files(root)):
        place = os.path.relpath(path, root)
        stem, ending = os.path.splitext(os.path.basename(path))
        if not _speakable(path):
            yield place.encode(errors="backslashreplace").decode(), "its name, or a folder's above it, is not UTF-8: rename it"
        elif ending.lower() not in IMAGE_ENDINGS:
            yield place, "not named like an image"
        elif stem in first:
            yield place, f"the name {stem} is already taken by {first[stem]}"
        else:
            first[stem] = place
            yield place, CatalogueItem(stem, stem, path, product_type=" > ".join(Path(place).parent.parts))


def _speakable(name: str) -> bool:
    """Whether a file's name is text that can be written down; of bytes that are no UTF-8 Python makes surrogates, which cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _files(folder: str) -> Iterator[str]:
    for parent, below, names in os.walk(folder):
        below[:] = [name for name in below if not name.startswith(".")]
        yield from (os.path.join(parent, name) for name in names if not name.startswith(".") and os.path.isfile(os.path.join(parent, name)))
