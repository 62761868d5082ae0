"""What the concepts are learned from: features of every photo in several views, computed once with the exported embedder and kept on disk.

plain   the garment by its checked mask, as at run time        own    the same by our own segmenter's mask
view-N  the checked mask under online augmentation: turned up to 50 degrees, cropped, mirrored, other light, a wrong outline
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.concepts import features_of
from edge.cutout import cut_out
from edge.embed import Embedder, network_input
from edge.errors import NoGarmentFound, PhotoError
from edge.session import Session, read_model_folder, usable_cpus
from edge.stages import PIPELINE_VERSION, Stages
from edge.types import Box, Cutout
from training.data import Row, read_pair, read_rows
from training.embedder_data import tight_square
from training.embedder_views import light, wrong_mask

LEFT_OUT = ("Not sure", "Other", "Skip")
"""Labels that say nothing about the garment: their photos are neither learned from nor judged."""
TURN, MIRROR, CROP, LIGHT, OUTLINE = "turn", "mirror", "crop", "light", "outline"
ALL_KINDS = (TURN, MIRROR, CROP, LIGHT, OUTLINE)
LAYERS = (64, 192, 384)
"""Mean and standard deviation of the embedder's stages 2, 3 and 4: what low, middle and high layers saw."""
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Features:
    """x: float32 (N, 928), one row per photo of `rows`."""

    x: np.ndarray
    rows: list[Row]


def rows_of(data: Path, part: str) -> list[Row]:
    """The photos of a part whose label means something, those of no single garment left out."""
    return [r for r in read_rows(data) if r.part == part and r.label not in LEFT_OUT and r.mask != "set"]


def augmented(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator, kinds: Sequence[str], *, size: int) -> np.ndarray:
    """uint8 (S, S, 3) and uint8 (S, S) of 0/255 around the garment -> its cutout, uint8 (size, size, 3). kinds: of ALL_KINDS.

    As the source systems did: crops, turns of up to 50 degrees either way, mirror images; light and outline as phones and masks have it.
    """
    x, a, s = rgb, mask.astype(np.float32) / 255, rgb.shape[0]
    if MIRROR in kinds and rng.random() < 0.5:
        x, a = np.ascontiguousarray(x[:, ::-1]), np.ascontiguousarray(a[:, ::-1])
    angle = float(rng.uniform(-50, 50)) if TURN in kinds and rng.random() < 0.6 else 0.0
    if angle:
        m = cv2.getRotationMatrix2D((s / 2, s / 2), angle, 1.0)
        x = cv2.warpAffine(x, m, (s, s), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        a = cv2.warpAffine(a, m, (s, s), flags=cv2.INTER_LINEAR, borderValue=0)
    if CROP in kinds and rng.random() < 0.5:  # a side of the garment lies outside the photo
        side = int(rng.integers(4))
        a = np.rot90(a, side).copy()
        lines = np.flatnonzero((a > 0.5).any(1))
        if lines.size:
            a[: lines[0] + round(len(lines) * float(rng.uniform(0.08, 0.3)))] = 0
        a = np.ascontiguousarray(np.rot90(a, -side))
    if LIGHT in kinds:
        x = light(x, rng, float(rng.uniform(0.2, 1.0)))
    if OUTLINE in kinds and rng.random() < 0.6:
        a = wrong_mask(a, rng)
    try:
        return cut_out(x, a, size=size)[0]
    except NoGarmentFound:
        return cut_out(rgb, mask.astype(np.float32) / 255, size=size)[0]


class FeatureStore:
    """Features by kind of view, computed when first asked for. A folder per embedder and pipeline, a file per segmenter for own masks."""

    def __init__(self, *, data: Path, run: Path, models: Path, threads: int | None = None) -> None:
        """models: folder with embedder, segmenter and frame. Raises ModelError."""
        self._data, self._models, self._threads = data, models, threads
        self.layers = LAYERS
        folder = read_model_folder(models / "embedder")
        self.embedder_id, self._spec = folder.sha256, folder.spec
        self._size = int(folder.spec["input_size"])
        self._stage = Embedder(Session(folder, threads=threads, gpu=False), folder.spec, folder.sha256)
        self._cache = run / "features" / f"{self.embedder_id[:12]}-{PIPELINE_VERSION}"
        self._cache.mkdir(parents=True, exist_ok=True)

    def plain(self, part: str) -> Features:
        """By the checked masks."""

        def cutouts(row: Row) -> np.ndarray:
            rgb, mask = read_pair(self._data, row.image)
            return cut_out(rgb, mask.astype(np.float32) / 255)[0]

        return self._features(part, "plain", cutouts)

    def own(self, part: str) -> Features:
        """By our own segmenter's masks; photos on which it finds no garment are left out."""
        folder = read_model_folder(self._models / "segmenter")
        stages = functools.cache(lambda: Stages.open(self._models, threads=1, gpu=False))  # only where nothing is kept yet

        def cutouts(row: Row) -> np.ndarray | None:
            try:
                photo = stages().unframe(stages().read((self._data / "images" / f"{row.image}.jpg").read_bytes()))
                return stages().cutout(photo, stages().mask(photo)).rgb
            except PhotoError:
                return None

        return self._features(part, f"own-{folder.sha256[:8]}", cutouts)

    def view(self, part: str, number: int, kinds: Sequence[str] = ALL_KINDS) -> Features:
        """The number-th augmentation, the same each time it is asked for."""

        def cutouts(row: Row) -> np.ndarray:
            seed = int.from_bytes(hashlib.sha256(f"{row.image}/{number}".encode()).digest()[:8], "little")
            square = tight_square(*read_pair(self._data, row.image))
            return augmented(*square, np.random.default_rng(seed), kinds, size=self._size)

        return self._features(part, "-".join(("view", *(kinds if tuple(kinds) != ALL_KINDS else ("all",)), str(number))), cutouts)

    def _features(self, part: str, kind: str, cutout_of: Callable[[Row], np.ndarray | None]) -> Features:
        rows = rows_of(self._data, part)
        path = self._cache / f"{part}-{kind}.npz"
        if not path.exists():
            names, found = [], []
            with ThreadPoolExecutor(usable_cpus()) as pool:  # decoding and warping let go of Python's lock
                for start in range(0, len(rows), _CHUNK):
                    chunk = rows[start : start + _CHUNK]
                    made = [(r.image, c) for r, c in zip(chunk, pool.map(cutout_of, chunk), strict=True) if c is not None]
                    if made:
                        names += [name for name, _ in made]
                        found.append(self._embed([c for _, c in made]))
            temporary = path.with_suffix(".tmp.npz")
            np.savez(temporary, x=np.concatenate(found).astype(np.float16), images=np.array(json.dumps(names)))
            temporary.replace(path)
            print(f"{path.name}: {len(names)} photos", flush=True)
        kept = np.load(path)
        by_name = {r.image: r for r in rows}
        images = json.loads(str(kept["images"]))
        return Features(kept["x"].astype(np.float32), [by_name[name] for name in images])

    def _embed(self, cutouts: Sequence[np.ndarray]) -> np.ndarray:
        small = [network_input(c, self._size) for c in cutouts]
        embeddings = self._stage.embed([Cutout(c, Box(0, 0, 1, 1), 1.0) for c in small])
        if embeddings[0].layers is None or len(embeddings[0].layers) != sum(self.layers):
            raise RuntimeError(f"the embedder must tell {sum(self.layers)} numbers of its layers; export it again")
        return features_of(embeddings)
