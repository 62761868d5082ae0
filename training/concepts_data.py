"""What the concepts are learned from: cutouts of every labelled photo in several views, drawn anew as training goes on.

By the checked mask where that is to be trusted, and by our own segmenter's, as at run time. Views are under online augmentation as the
source systems had it (crops, turns of up to 50 degrees, mirror images), bent, with light and outlines as cloth, phones and masks have
them; some plain garments are given a rare pattern.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from edge.cutout import cut_out
from edge.errors import NoGarmentFound, PhotoError
from edge.session import DEFAULT_MODELS, read_model_folder, usable_cpus
from edge.stages import PIPELINE_VERSION, Stages
from edge.transforms import network_input
from training.concepts_prints import PRINTED, printed
from training.data import NEARLY, Row, read_pair, read_rows
from training.embedder_data import tight_square
from training.embedder_views import light, warp, wrong_mask

LEFT_OUT = ("Not sure", "Other", "Skip")
"""Labels that say nothing about the garment: their photos are neither learned from nor judged."""
TURN, MIRROR, CROP, LIGHT, BEND, OUTLINE = "turn", "mirror", "crop", "light", "bend", "outline"
ALL_KINDS = (TURN, MIRROR, CROP, LIGHT, BEND, OUTLINE)
_PRINT_SHARE = 0.3
"""Share of a plain garment's augmented views that are given a pattern."""


@dataclass(frozen=True, slots=True, eq=False)
class Squares:
    """Garments with some of their background: rgb uint8 (N, S, S, 3), mask uint8 (N, S, S), whose they are, own: by our mask."""

    rgb: np.ndarray
    mask: np.ndarray
    rows: list[Row]
    own: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Cutouts:
    """x: uint8 (M, S, S, 3), one row of the table per picture; a picture's row says what is to be seen on it."""

    x: np.ndarray
    rows: list[Row]


def rows_of(data: Path, part: str) -> list[Row]:
    """The photos of a part whose label means something, those of no single garment left out."""
    return [r for r in read_rows(data) if r.part == part and r.label not in LEFT_OUT and r.mask != "set"]


def squares(data: Path, part: str, *, cache: Path, models: Path = DEFAULT_MODELS) -> Squares:
    """Every photo of a part by our own segmenter's mask, then by its checked one where that is good, repaired or minor.

    cache: folder in which they are kept for the next time. Raises ModelError.
    """
    cache.mkdir(parents=True, exist_ok=True)
    segmenter = read_model_folder(models / "segmenter").sha256[:8]
    path = cache / f"{part}-{segmenter}-{PIPELINE_VERSION}.npz"
    if not path.exists():
        stages, rows = Stages.open(models, threads=1, gpu=False), rows_of(data, part)

        def made(row: Row) -> list[tuple[np.ndarray, np.ndarray, bool]]:
            found = []
            try:
                photo = stages.unframe(stages.read((data / "images" / f"{row.image}.jpg").read_bytes()))
                alpha = (stages.mask(photo).alpha * 255).astype(np.uint8)
                found.append((*tight_square(photo.rgb, alpha), True))
            except PhotoError:
                pass  # nothing found: at run time nothing would be said of it
            if row.mask in NEARLY:
                found.append((*tight_square(*read_pair(data, row.image)), False))
            return found

        with ThreadPoolExecutor(usable_cpus()) as pool:  # decoding and the network let go of Python's lock
            got = [(row, each) for row, several in zip(rows, pool.map(made, rows), strict=True) for each in several]
        temporary = path.with_suffix(".tmp.npz")
        np.savez(
            temporary, rgb=np.stack([e[0] for _, e in got]), mask=np.stack([e[1] for _, e in got]), own=np.array([e[2] for _, e in got]),
            rows=np.array(json.dumps([asdict(row) for row, _ in got])),
        )  # fmt: skip
        temporary.replace(path)
    kept = np.load(path)
    return Squares(kept["rgb"], kept["mask"], [Row(**row) for row in json.loads(str(kept["rows"]))], kept["own"])


def augmented(rgb: np.ndarray, mask: np.ndarray, rng: np.random.Generator, kinds: Sequence[str], *, size: int) -> np.ndarray:
    """uint8 (S, S, 3) and uint8 (S, S) of 0..255 around the garment -> its cutout, uint8 (size, size, 3). kinds: of ALL_KINDS.

    As the source systems did: crops, turns of up to 50 degrees either way, mirror images; and bends, light and outline as cloth, phones and
    masks have it.
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
    if BEND in kinds and rng.random() < 0.5:
        x, a = warp(x, a, rng, 0.8)
    if OUTLINE in kinds and rng.random() < 0.6:
        a = wrong_mask(a, rng)
    return _cut(x, a, rgb, mask, size)


def _cut(x: np.ndarray, a: np.ndarray, rgb: np.ndarray, mask: np.ndarray, size: int) -> np.ndarray:
    """The view's cutout, the garment's own where nothing is left of it. By way of the run time's size, as the network will see it."""
    for picture, alpha in ((x, a), (rgb, mask.astype(np.float32) / 255)):
        try:
            return network_input(cut_out(picture, alpha, size=2 * size)[0], size)
        except NoGarmentFound:
            continue
    raise NoGarmentFound(coverage=0.0)


def still(garments: Squares, *, size: int, own: bool = True) -> Cutouts:
    """Cutouts without augmentation, by our own masks or the checked ones."""
    chosen = np.flatnonzero(garments.own == own)
    x = _mapped(lambda i: augmented(garments.rgb[i], garments.mask[i], np.random.default_rng(0), (), size=size), chosen.tolist())
    return Cutouts(x, [garments.rows[i] for i in chosen.tolist()])


class Pool:
    """Every garment as it is and in `views` augmentations, M pictures: x uint8 (M, S, S, 3), rows what is to be seen on each.

    kinds: of ALL_KINDS. prints: some plain ones are given rare patterns, the same picture always the same one, so that rows hold
    whenever it is drawn anew.
    """

    def __init__(
        self, garments: Squares, *, views: int, size: int, seed: int, kinds: Sequence[str] = ALL_KINDS, prints: bool = True
    ) -> None:  # fmt: skip
        self._garments, self._size, self._seed, self._kinds, self._each = garments, size, seed, kinds, 1 + views
        self._numbers = [i for i in range(len(garments.rows)) for _ in range(1 + views)]
        plans = np.random.default_rng(seed).random(len(self._numbers)) < _PRINT_SHARE
        self._printed: dict[int, str] = {}
        for place, i in enumerate(self._numbers):
            plain = garments.rows[i].pattern == "plain" and garments.rows[i].label != "Shoes"
            if prints and plans[place] and place % (1 + views) and plain:
                self._printed[place] = PRINTED[place % len(PRINTED)]
        self.rows = [
            replace(garments.rows[i], pattern=self._printed.get(at, garments.rows[i].pattern)) for at, i in enumerate(self._numbers)
        ]
        self.x = _mapped(self._view, range(len(self._numbers)))
        self._renewed = 0

    def renew(self, count: int) -> None:
        """Draw `count` augmented pictures anew, those that were drawn longest ago."""
        varied = [place for place in range(len(self._numbers)) if place % self._each]
        for _ in range(count if varied else 0):
            round_, at = divmod(self._renewed, len(varied))
            place = varied[at * 7919 % len(varied)] if len(varied) % 7919 else varied[at]  # spread over the garments
            self.x[place] = self._view(place, 1 + round_)
            self._renewed += 1

    def _view(self, place: int, round_: int = 0) -> np.ndarray:
        i, rng = self._numbers[place], np.random.default_rng((self._seed, place, round_) if round_ else (self._seed, place))
        rgb, mask = self._garments.rgb[i], self._garments.mask[i]
        if place in self._printed:
            rgb = printed(rgb, mask, self._printed[place], rng)
        # Our own masks are wrong in their own ways already.
        kinds = tuple(kind for kind in self._kinds if not (kind == OUTLINE and self._garments.own[i])) if place % self._each else ()
        return augmented(rgb, mask, rng, kinds, size=self._size)


def _mapped(view: Callable[[int], np.ndarray], numbers: Sequence[int]) -> np.ndarray:
    with ThreadPoolExecutor(usable_cpus()) as threads:
        return np.stack(list(threads.map(view, numbers)))
