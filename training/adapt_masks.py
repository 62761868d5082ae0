"""Photos with outlines of a warehouse: what its segmenter is adapted on and judged by.

    corrections that staff accepted, confirmed photos, studio images, drawn garments -> to fit (Garments), to choose by, to report on

A correction belongs to the garment that its look-up found, and garments are split as the embedder's are (adapt_data): nothing that is
reported on was learned from by either network. One whose garment is not known any more is learned from and not judged by.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.corrections import Correction, read_corrections
from edge.errors import PhotoError
from edge.lookup import Lookup
from edge.stages import Stages
from edge.transforms import letterbox_mirror
from index_builder.demo import draw_item, phone_view
from index_builder.demo.render import ITEM_SIZE
from training.adapt_data import FIT, HELD, TUNE, garments_of, part_of
from training.adapt_scenes import judged_photo
from training.embedder_data import tight_square
from training.extra_masks import letterboxed
from training.feedback import CORRECTIONS_NAME, Seen
from training.segmenter_views import Garments
from training.train_segmenter import drawn_squares, join

FEWEST, FEWEST_TO_FIT = 12, 6
"""Accepted outlines in all, and of garments to fit, under which the segmenter is left as it is: too few teach nothing sure."""
CORRECTED, MADE, DRAWN = "corrected", "made", "drawn"
_STUDIO, _CONFIRMED, _MADE = 300, 600, 100
_SURE_IOU, _SURE = 0.93, 0.4
"""Expected IoU from which a garment is cut out for composites; distance of a pixel's chance from a half from which it is believed."""
_FIT_SEED, _JUDGED_SEED = 7001, 9001
By = dict[str, Garments]


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """fit: to train on; tune, held: to choose by and to report on, by kind: CORRECTED (staff's outlines), MADE (photos made of studio
    images, exact masks), DRAWN (drawn garments in drawn photos, exact masks; the same in both). corrections: how many accepted outlines."""

    fit: Garments
    tune: By
    held: By
    corrections: int


def corrections_of(folder: Path | None) -> list[Correction]:
    """The accepted outlines that `export-feedback` wrote, with pictures that can be read, oldest first; of a look-up corrected twice the
    last."""
    found = [c for c in read_corrections(folder / CORRECTIONS_NAME) if _readable(c)] if folder else []
    return list({c.lookup_id or c.photo_path.name: c for c in found}.values())


def _readable(correction: Correction) -> bool:
    return all(cv2.imread(str(p), cv2.IMREAD_REDUCED_GRAYSCALE_8) is not None for p in (correction.photo_path, correction.mask_path))


def by_part(lookup: Lookup, seen: Sequence[Seen], corrections: Sequence[Correction], most: int) -> dict[int, list[Correction]]:
    """FIT, TUNE and HELD -> the corrections of their garments; those of unknown garments to fit. most: as for adapt_data.garments_of."""
    number, first = garments_of(lookup, most)
    chosen = {s.lookup_id: s.chosen for s in seen}
    parts: dict[int, list[Correction]] = {FIT: [], TUNE: [], HELD: []}
    for correction in corrections:
        n = number.get(chosen.get(correction.lookup_id, ""))
        parts[FIT if n is None else part_of(first[n][0])].append(correction)
    return parts


def outlines(
    lookup: Lookup, seen: Sequence[Seen], parts: dict[int, list[Correction]], *, size: int, drawn: tuple[int, int], most: int,
    tick: Callable[[int, int], None],
) -> Outlines:  # fmt: skip
    """Take corrections, confirmed photos and studio images through the segmenter in use. parts: of `by_part`, some to fit. size: side of
    its input. drawn: how many drawn photos to train on and to judge by. tick: told how many of how many pictures are done."""
    number, garments = garments_of(lookup, most)
    corrected = {c.lookup_id for several in parts.values() for c in several}
    stages = lookup.stages
    order = sorted(garments, key=lambda garment: zlib.crc32(b"m" + garment[0].encode()))
    studio = [(item, [Path(image), lookup.folder / thumb]) for item, image, thumb in order]

    def part(item_id: str) -> int | None:
        return part_of(garments[number[item_id]][0]) if item_id in number else None

    photos = [s.photo for s in seen if part(s.chosen) == FIT and s.lookup_id not in corrected][:_CONFIRMED]
    to_fit = [paths for item, paths in studio if part_of(item) == FIT][:_STUDIO]
    to_judge = {judge: [pair for pair in studio if part_of(pair[0]) == judge][:_MADE] for judge in (TUNE, HELD)}
    total = len(photos) + len(to_fit) + sum(map(len, to_judge.values()))
    done = 0

    def each(picture: list[tuple]) -> list[tuple]:
        nonlocal done
        done += 1
        tick(done, total)
        return picture

    rows = [row for path in photos for row in each(_by_own_mask([path], stages, size, 0.5))]
    rows += [row for paths in to_fit for row in each(_by_own_mask(paths, stages, size, 0.3))]
    fit = [letterboxed(parts[FIT], size), drawn_squares(drawn[0], size, _FIT_SEED)]
    if rows:
        fit.append(_garments(rows))
    foreign = _exact([phone_view(draw_item(_JUDGED_SEED, i), np.random.default_rng((_JUDGED_SEED, i))) for i in range(drawn[1])], size)
    judged: dict[int, By] = {}
    for judge, pairs in to_judge.items():
        made = [view for item, paths in pairs for view in each(_made(item, paths, stages))]
        judged[judge] = {DRAWN: foreign}
        if made:
            judged[judge][MADE] = _exact(made, size)
        if parts[judge]:
            judged[judge][CORRECTED] = letterboxed(parts[judge], size)
    return Outlines(join(*fit), judged[TUNE], judged[HELD], sum(map(len, parts.values())))


def _by_own_mask(paths: Sequence[Path], stages: Stages, size: int, weight: float) -> list[tuple]:
    """(rgb, mask, known, whole, weight) of the first picture that can be read, by what our own segmenter is sure of; [] for none."""
    for path in paths:
        try:
            photo = stages.unframe(stages.read(path.read_bytes()))
            mask = stages.mask(photo)
        except (OSError, PhotoError):
            continue
        sure, chance = mask.confidence >= _SURE_IOU, letterbox_mirror(mask.alpha, size)[0]
        known = np.abs(chance - 0.5) > _SURE
        return [(letterbox_mirror(photo.rgb, size)[0], (chance > 0.5).astype(np.uint8) * 255, known.astype(np.uint8) * 255, sure, weight)]
    return []


def _made(item: str, paths: Sequence[Path], stages: Stages) -> list[tuple[np.ndarray, np.ndarray]]:
    """A made photo of the item with its exact mask; [] where its picture cannot be read."""
    for path in paths:
        try:
            photo = stages.unframe(stages.read(path.read_bytes()))
            alpha = (stages.mask(photo).alpha * 255).astype(np.uint8)
        except (OSError, PhotoError):
            continue
        rng = np.random.default_rng((zlib.crc32(item.encode()), 3))
        return [judged_photo(*tight_square(photo.rgb, alpha, side=ITEM_SIZE), rng)]
    return []


def _exact(views: Sequence[tuple[np.ndarray, np.ndarray]], size: int) -> Garments:
    whole = np.full((size, size), 255, np.uint8)
    return _garments(
        [(letterbox_mirror(rgb, size)[0], letterbox_mirror((a * 255).astype(np.uint8), size)[0], whole, True, 1.0) for rgb, a in views]
    )


def _garments(rows: Sequence[tuple]) -> Garments:
    rgb, mask, known, whole, weight = zip(*rows, strict=True)
    kinds = ["extra"] * len(rows)
    return Garments(np.stack(rgb), np.stack(mask), np.stack(known), kinds, np.array(whole, bool), np.array(weight, np.float64))
