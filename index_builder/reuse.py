"""Embeddings kept between runs, by the content they were made of: a journal of the run at work, and the index built before.

A journal file is a header line, then records of: length, sha256 of the payload cut to 16 bytes, payload (key, frame, vector,
what is said with its length, thumbnail).
It is only ever appended to. A record that a kill or a power cut tore is recognised by its checksum; it and what follows are dropped.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from edge.errors import IndexFolderError
from edge.index import VECTORS_NAME
from edge.manifest import read_manifest, sha256_of, sync_folder, write_durably
from edge.stages import PIPELINE_VERSION, Stages

WORK_NAME = ".work"
SOURCES_NAME = "sources.json"
_RECORD = struct.Struct("<I16s")
_KEY_BYTES = 32
_FRAME = struct.Struct("<4I")
_LENGTH = struct.Struct("<I")
NO_FRAME = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Kept:
    """What an image gave when it was embedded. vector: float32 (D,); thumb: JPEG bytes.

    frame: pixels of a decorative frame that were cut from left, top, right and bottom. said: what the garment is, as `predicted.said_of`
    writes it.
    """

    vector: np.ndarray
    thumb: bytes
    frame: tuple[int, int, int, int] = NO_FRAME
    said: str = ""


def recipe_of(stages: Stages, *, thumb: tuple[int, int], frames: bool) -> str:
    """Hex digest of all that decides what an image's bytes become: models, pipeline version, parts, thumbnail (side px, quality), whether
    frames are cut away, and what garments are told by."""
    parts = {name: (part.start, part.stop) for name, part in stages.parts.items()}
    facts = {"models": dict(stages.model_ids), "pipeline": PIPELINE_VERSION, "parts": parts, "thumb": thumb, "frames": frames,
             "concepts": stages.concepts_id}  # fmt: skip
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


class Journal:
    """out/.work/embedded.journal: what this run and the interrupted ones before it have embedded. Safe to read from several threads."""

    def __init__(self, out: Path, *, recipe: str, dim: int) -> None:
        """Open or begin the journal; records of another recipe are dropped. Raises OSError."""
        self._folder = out / WORK_NAME
        self._folder.mkdir(exist_ok=True)
        self._path = self._folder / "embedded.journal"
        self._dim = dim
        self._places: dict[bytes, tuple[int, int]] = {}
        header = f"racklens embeddings 3 {recipe}\n".encode()
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if os.pread(self._file, len(header), 0) != header:
                os.ftruncate(self._file, 0)
                _write_all(self._file, header, 0)
                sync_folder(self._folder)
            self._end = self._read_places(len(header))
            os.ftruncate(self._file, self._end)
        except BaseException:
            os.close(self._file)
            raise

    def __len__(self) -> int:
        return len(self._places)

    def get(self, content: str) -> Kept | None:
        """What the image with this sha256 (hex) gave, or None."""
        place = self._places.get(bytes.fromhex(content))
        return None if place is None else self._parse(os.pread(self._file, place[1], place[0]))

    def append(self, made: Iterable[tuple[str, Kept]]) -> None:
        """Add (sha256 hex, Kept) and fsync. Raises OSError; then the file ends where it ended before."""
        block, places = bytearray(), {}
        for content, kept in made:
            said = kept.said.encode()
            payload = bytes.fromhex(content) + _FRAME.pack(*kept.frame) + kept.vector.astype("<f4").tobytes()
            payload += _LENGTH.pack(len(said)) + said + kept.thumb
            block += _RECORD.pack(len(payload), sha256(payload).digest()[:16])
            places[payload[:_KEY_BYTES]] = (self._end + len(block), len(payload))
            block += payload
        try:
            _write_all(self._file, bytes(block), self._end)
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._end)
            raise
        self._end += len(block)
        self._places |= places

    def close(self, *, done: bool = False) -> None:
        """Let go of the file; `done` deletes it, as a finished index holds the same. So does a journal in which nothing is."""
        os.close(self._file)
        if done or not self._places:
            self._path.unlink(missing_ok=True)
            if not any(self._folder.iterdir()):
                self._folder.rmdir()

    def _read_places(self, at: int) -> int:
        """Note where each whole record lies; gives the end of the last one."""
        size = os.fstat(self._file).st_size
        shortest = _KEY_BYTES + _FRAME.size + 4 * self._dim + _LENGTH.size
        while at + _RECORD.size <= size:
            length, digest = _RECORD.unpack(os.pread(self._file, _RECORD.size, at))
            if length < shortest or at + _RECORD.size + length > size:
                break
            payload = os.pread(self._file, length, at + _RECORD.size)
            if sha256(payload).digest()[:16] != digest:
                break
            self._places[payload[:_KEY_BYTES]] = (at + _RECORD.size, length)
            at += _RECORD.size + length
        return at

    def _parse(self, payload: bytes) -> Kept:
        vector_start = _KEY_BYTES + _FRAME.size
        vector_end = vector_start + 4 * self._dim
        vector = np.frombuffer(payload[vector_start:vector_end], "<f4").astype(np.float32)
        said_start = vector_end + _LENGTH.size
        said_end = said_start + _LENGTH.unpack_from(payload, vector_end)[0]
        frame = _FRAME.unpack_from(payload, _KEY_BYTES)
        return Kept(vector, payload[said_end:], frame, payload[said_start:said_end].decode())


class BuiltBefore:
    """The vectors and thumbnails of a finished index, by content. Holds nothing where the index was made by another recipe."""

    def __init__(self, folder: Path, *, recipe: str) -> None:
        self._folder = folder
        self._labels: dict[bytes, int] = {}
        self._frames: dict[str, list[int]] = {}
        self._said: list[str] = []
        try:
            manifest = read_manifest(folder)
            sources = json.loads((folder / SOURCES_NAME).read_bytes())
            whole = all(sha256_of(folder / name) == manifest.files[name] for name in (VECTORS_NAME, SOURCES_NAME))
            if whole and sources["recipe"] == recipe:
                self._files = manifest.files
                self._vectors = np.load(folder / VECTORS_NAME, mmap_mode="r", allow_pickle=False)
                self._frames, self._said = sources["frames"], sources["said"]
                self._labels = {bytes.fromhex(content): label for label, content in enumerate(sources["contents"])}
        except (OSError, ValueError, KeyError, TypeError, IndexFolderError):
            self._labels = {}  # a damaged or older index has nothing to give; everything is embedded anew

    def __len__(self) -> int:
        return len(self._labels)

    def get(self, content: str) -> Kept | None:
        """What the image with this sha256 (hex) gave, or None, also where its thumbnail was damaged since."""
        label = self._labels.get(bytes.fromhex(content))
        if label is None:
            return None
        name = f"thumbs/{label}.jpg"
        try:
            thumb = (self._folder / name).read_bytes()
        except OSError:
            return None
        left, top, right, bottom = self._frames.get(str(label), NO_FRAME)
        return (
            Kept(np.array(self._vectors[label]), thumb, (left, top, right, bottom), self._said[label])
            if sha256(thumb).hexdigest() == self._files.get(name)
            else None
        )


def write_sources(
    folder: Path, *, recipe: str, contents: list[str], frames: Mapping[int, tuple[int, int, int, int]], said: list[str]
) -> None:
    """Note the recipe and, by label, the sha256 (hex) of the image file that each vector was made of, the frames that were cut away, and
    what its garment is said to be. Raises OSError."""
    cut = {str(label): frame for label, frame in frames.items()}
    sources = {"recipe": recipe, "contents": contents, "frames": cut, "said": said}
    write_durably(folder / SOURCES_NAME, json.dumps(sources, indent=0).encode())


def read_contents(folder: Path) -> list[str] | None:
    """By label, the sha256 (hex) of each vector's image file; None where the index does not say."""
    try:
        return [str(content) for content in json.loads((folder / SOURCES_NAME).read_bytes())["contents"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_all(file: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, at)
        view, at = view[written:], at + written
