"""manifest.json of an index folder: what it was built with, and the sha256 of every file in it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from edge.errors import IndexFolderError

FORMAT_VERSION = 2
"""Raised whenever older code could not open a newer index folder, or the other way round. 2: the graph holds projected vectors."""
_READABLE = (1, FORMAT_VERSION)

MANIFEST_NAME = "manifest.json"
REBUILD = "Build it again: `python -m index_builder build FEED --out INDEX_DIR`."


@dataclass(frozen=True, slots=True)
class Manifest:
    """Facts about one build. parts: name -> [start, stop) in the vector. files: name relative to the folder -> sha256 hex.

    count is the number of vectors, dim their length; space is hnswlib's name of the metric; calibration as calibrated, or None.
    """

    build_id: str
    created: str
    model_ids: Mapping[str, str]
    parts: Mapping[str, tuple[int, int]]
    dim: int
    count: int
    pipeline_version: int
    files: Mapping[str, str] = field(default_factory=dict)
    space: str = "cosine"
    m: int = 16
    ef_search: int = 64
    calibration: Mapping[str, Any] | None = None
    format_version: int = FORMAT_VERSION

    @property
    def projected(self) -> bool:
        """Whether the graph holds projected vectors."""
        return self.format_version > 1

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str, *, path: str) -> Manifest:
        """The reverse of to_json; `path` is only named in the IndexFolderError raised for anything that does not fit."""
        try:
            raw = json.loads(text)
            version = raw["format_version"]
            if version not in _READABLE:
                raise IndexFolderError(
                    f"The index has format {version}, this program reads formats {' and '.join(map(str, _READABLE))}.",
                    path=path,
                    remedy=REBUILD,
                )
            raw["parts"] = {str(name): (int(start), int(stop)) for name, (start, stop) in raw["parts"].items()}
            manifest = cls(**{f.name: raw[f.name] for f in fields(cls)})
            numbers = (manifest.dim, manifest.count, manifest.m, manifest.ef_search)
            if not all(isinstance(n, int) and n > 0 for n in numbers) or not all(
                isinstance(d, dict) for d in (manifest.files, manifest.model_ids)
            ):
                raise ValueError("values of the wrong kind")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexFolderError(f"The index's {MANIFEST_NAME} is damaged ({error!r}).", path=path, remedy=REBUILD) from error
        return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read a build's manifest.json. Raises IndexFolderError."""
    path = folder / MANIFEST_NAME
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise IndexFolderError(f"The index's {MANIFEST_NAME} cannot be read ({error}).", path=str(path), remedy=REBUILD) from error
    return Manifest.from_json(text, path=str(path))


def write_durably(path: Path, content: bytes) -> None:
    """Write or replace a file so that after a power cut it holds either the old content or the new, never half. Raises OSError."""
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """fsync a folder, which makes renames in it durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """sha256 of a file's content, hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged_files(folder: Path, manifest: Manifest, names: Iterable[str] | None = None) -> dict[str, str]:
    """Name -> what is wrong, of the listed files (default: all in the manifest) that are missing or whose sha256 differs."""
    wrong: dict[str, str] = {}
    for name in manifest.files if names is None else names:
        try:
            if name not in manifest.files:
                wrong[name] = "not in the manifest"
            elif sha256_of(folder / name) != manifest.files[name]:
                wrong[name] = "changed since the build"
        except OSError as error:
            wrong[name] = f"cannot be read ({error.strerror})"
    return wrong
