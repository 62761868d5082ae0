"""Photos with outlines of a warehouse: what its segmenter is adapted on and judged by.

    corrections that staff accepted, confirmed photos, studio images, drawn garments -> to fit (Garments), to choose by, to report on

A correction belongs to the item that its look-up found, and items are split as the embedder's are (adapt_data.part_of): nothing that is
reported on was learned from by either network.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.corrections import Correction, read_corrections
from edge.errors import PhotoError
from edge.lookup import Lookup
from edge.stages import Stages
from edge.transforms import letterbox_mirror
from index_builder.demo import draw_item, phone_view
from index_builder.demo.render import ITEM_SIZE
from training.adapt_data import FIT, HELD, TUNE, part_of
from training.adapt_scenes import judged_photo
from training.embedder_data import tight_square
from training.extra_masks import letterboxed
from training.feedback import CORRECTIONS_NAME, Seen
from training.segmenter_views import Garments
from training.train_segmenter import drawn_squares, join

FEWEST = 12
"""Accepted outlines under which the segmenter is left as it is: what so few teach cannot be told from chance."""
CORRECTED, MADE, DRAWN = "corrected", "made", "drawn"
_STUDIO, _CONFIRMED, _MADE, _DRAWN_FIT, _DRAWN_JUDGED = 300, 600, 100, 100, 40
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
    """The accepted outlines that `export-feedback` wrote, oldest first; of a look-up corrected twice the last."""
    found = read_corrections(folder / CORRECTIONS_NAME) if folder else []
    return list({c.lookup_id or c.photo_path.name: c for c in found}.values())


def outlines(lookup: Lookup, seen: Sequence[Seen], corrections: Sequence[Correction], *, size: int, tick: Callable[[int, int], None]) -> Outlines:  # fmt: skip # noqa: E501
    """Take corrections, confirmed photos and studio images through the segmenter in use. size: side of its input. tick: told how many of
    how many pictures are done. Raises FileNotFoundError where no correction can be read."""
    chosen = {s.lookup_id: s.chosen for s in seen}
    corrected = {s.lookup_id for s in seen} & {c.lookup_id for c in corrections}
    by_part: dict[int, list[Correction]] = {FIT: [], TUNE: [], HELD: []}
    for correction in corrections:
        by_part[part_of(chosen.get(correction.lookup_id) or correction.lookup_id or correction.photo_path.name)].append(correction)
    stages, studio = lookup.stages, _studio_images(lookup)
    photos = [s.photo for s in seen if s.chosen and part_of(s.chosen) == FIT and s.lookup_id not in corrected][:_CONFIRMED]
    to_fit = [paths for item, paths in studio if part_of(item) == FIT][:_STUDIO]
    to_judge = {part: [pair for pair in studio if part_of(pair[0]) == part][:_MADE] for part in (TUNE, HELD)}
    total = len(photos) + len(to_fit) + sum(map(len, to_judge.values()))
    done = 0

    def each(picture: list[tuple]) -> list[tuple]:
        nonlocal done
        done += 1
        tick(done, total)
        return picture

    rows = [row for path in photos for row in each(_by_own_mask([path], stages, size, 0.5))]
    rows += [row for paths in to_fit for row in each(_by_own_mask(paths, stages, size, 0.3))]
    fit = [letterboxed(by_part[FIT] or list(corrections), size), drawn_squares(_DRAWN_FIT, size, _FIT_SEED)]
    if rows:
        fit.append(_garments(rows))
    drawn = _exact([phone_view(draw_item(_JUDGED_SEED, i), np.random.default_rng((_JUDGED_SEED, i))) for i in range(_DRAWN_JUDGED)], size)
    judged: dict[int, By] = {}
    for part, pairs in to_judge.items():
        made = [view for item, paths in pairs for view in each(_made(item, paths, stages))]
        judged[part] = {DRAWN: drawn}
        if made:
            judged[part][MADE] = _exact(made, size)
        if by_part[part]:
            judged[part][CORRECTED] = letterboxed(by_part[part], size)
    return Outlines(join(*fit), judged[TUNE], judged[HELD], len(corrections))


def _studio_images(lookup: Lookup) -> list[tuple[str, list[Path]]]:
    """Each item's id and where its studio image may be read from, the picture itself first, in an order that says nothing of the feed's."""
    first: dict[str, list[Path]] = {}
    for row in lookup.catalogue.vectors():
        first.setdefault(row.item_id, [Path(row.image), lookup.folder / row.thumb])
    return sorted(first.items(), key=lambda pair: zlib.crc32(b"m" + pair[0].encode()))


def _by_own_mask(paths: Sequence[Path], stages: Stages, size: int, weight: float) -> list[tuple]:
    """(rgb, mask, known, whole, weight) of the first picture that can be read, by what our own segmenter is sure of; [] for none."""
    for path in paths:
        try:
            photo = stages.unframe(stages.read(path.read_bytes()))
            sure = stages.mask(photo).confidence >= _SURE_IOU
            chance = letterbox_mirror(stages.probability(photo), size)[0]
        except (OSError, PhotoError):
            continue
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
