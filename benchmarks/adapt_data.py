"""One sender's garments as a warehouse: what it adapts on (catalogue, confirmed look-ups), and cutouts to judge by, kept in a file."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from benchmarks.judge_views import composite_photo, emptied, studio_picture
from benchmarks.real_data import Judged, checked_mask, checked_rows, photo_bytes
from edge.errors import PhotoError
from edge.lookup import Lookup
from edge.stages import Stages
from edge.transforms import network_input
from edge.types import Photo

SETS = ("held out", "held out, as taken", "adapted on", "other senders")
_SHOWN, _OTHERS, _GROUNDS = 10, 400, 100


@dataclass(frozen=True, slots=True)
class Warehouse:
    """adapt, held: the halves of the chosen senders' garments; others: garments of the split's other senders."""

    adapt: list[Judged]
    held: list[Judged]
    others: list[Judged]


@dataclass(slots=True)
class JudgedOn:
    """gallery uint8 (N, S, S, 3): the studio pictures' cutouts of all three, in that order. query uint8 (Q, S, S, 3), truth (Q,) their
    rows in the gallery, kind (Q,) places in SETS; found (Q,): False where no garment was found (query is all white there)."""

    gallery: np.ndarray
    query: np.ndarray
    truth: np.ndarray
    kind: np.ndarray
    found: np.ndarray


def warehouse(data: Path, split: str, senders: Sequence[str]) -> Warehouse:
    """The garments of these senders in two halves by a fixed seed; by default those of the split's largest sender."""
    rows = checked_rows(data, split)
    chosen = set(senders) or {Counter(r.sender for r in rows).most_common(1)[0][0]}
    mine, others = [r for r in rows if r.sender in chosen], [r for r in rows if r.sender not in chosen]
    order, rest = np.random.default_rng(41).permutation(len(mine)), np.random.default_rng(43).permutation(len(others))[:_OTHERS]
    half = len(mine) // 2
    return Warehouse([mine[i] for i in order[:half]], [mine[i] for i in order[half:]], [others[i] for i in np.sort(rest)])


def _loaded(data: Path, row: Judged, stages: Stages) -> tuple[Photo, np.ndarray]:
    photo = stages.read(photo_bytes(data, row.image))
    return photo, checked_mask(data, row.image, photo.rgb.shape[:2])


def _studio(photo: Photo, mask: np.ndarray, row: Judged) -> np.ndarray:
    """The garment's studio picture: bent and relit, so that the photo as taken is no copy of it. uint8 (600, 600, 3)."""
    return studio_picture(photo.rgb, mask, np.random.default_rng((29, int(row.image[:8], 16))))


def write_catalogue(house: Warehouse, data: Path, out: Path, stages: Stages) -> None:
    """Studio pictures of the half to adapt on, named by their item."""
    out.mkdir(parents=True, exist_ok=True)
    for row in house.adapt:
        cv2.imwrite(str(out / f"{row.image}.png"), _studio(*_loaded(data, row, stages), row)[..., ::-1])


def write_look_ups(house: Warehouse, data: Path, out: Path, lookup: Lookup) -> int:
    """Confirmed look-ups as `python -m training export-feedback` writes them: the photos as taken of every second garment to adapt on, and
    the items that came above the right one. Gives how many."""
    (out / "photos").mkdir(parents=True, exist_ok=True)
    count = 0
    with open(out / "feedback.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("photo", "mask", "chosen", "rejected", "time", "lookup_id"))
        for row in house.adapt[::2]:
            picture = photo_bytes(data, row.image)
            try:
                shown = [m.item.item_id for m in lookup.look_up(picture, k=_SHOWN).matches]
            except PhotoError:
                continue
            above = shown[: shown.index(row.image)] if row.image in shown else shown
            (out / "photos" / f"{row.image}-1.jpg").write_bytes(picture)
            writer.writerow((f"photos/{row.image}-1.jpg", "", row.image, json.dumps(above), datetime.now(UTC).isoformat(), row.image))
            count += 1
    return count


def judged_on(house: Warehouse, data: Path, stages: Stages, *, views: int, size: int, keep: Path) -> JudgedOn:
    """Make the cutouts, or read those that an earlier run kept. views: composites of a held-out garment, half as many of the others of the
    warehouse, one of other senders'. size: side of the embedder's input."""
    if keep.is_file():
        with np.load(keep) as kept:
            return JudgedOn(**{f.name: kept[f.name] for f in fields(JudgedOn)})
    white = np.full((size, size, 3), 255, np.uint8)

    def cut(photo: Photo) -> tuple[np.ndarray, bool]:
        try:
            return network_input(stages.cutout(photo, stages.mask(photo)).rgb, size), True
        except PhotoError:
            return white, False

    grounds = []
    for row in [house.others[i] for i in np.random.default_rng(5).permutation(len(house.others))[:_GROUNDS]]:
        photo, mask = _loaded(data, row, stages)
        grounds.append((emptied(photo.rgb, mask), row.sender))
    gallery, rows = [], []
    for place, row in enumerate([*house.adapt, *house.held, *house.others]):
        photo, mask = _loaded(data, row, stages)
        made = _studio(photo, mask, row)
        gallery.append(cut(Photo(made, (made.shape[1], made.shape[0]), "made"))[0])
        kind = 2 if place < len(house.adapt) else 0 if place < len(house.adapt) + len(house.held) else 3
        if kind == 0:
            rows.append((*cut(photo), place, 1))
        for view in range({0: views, 2: views // 2, 3: 1}[kind]):
            rng = np.random.default_rng((17, place, view))
            ground, owner = grounds[int(rng.integers(len(grounds)))]
            while owner == row.sender:
                ground, owner = grounds[int(rng.integers(len(grounds)))]
            rows.append((*cut(stages.read(composite_photo(photo.rgb, mask, ground, rng))), place, kind))
    query, found, truth, kinds = (np.array(column) for column in zip(*rows, strict=True))
    out = JudgedOn(np.stack(gallery), query, truth, kinds, found)
    keep.parent.mkdir(parents=True, exist_ok=True)
    np.savez(keep, **{f.name: getattr(out, f.name) for f in fields(JudgedOn)})
    return out
