"""One sender's garments as a warehouse: what it adapts on (catalogue, decided look-ups, corrected outlines), and photos to judge by."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from benchmarks.judge_views import composite_photo, composite_with_mask, emptied, studio_picture
from benchmarks.real_data import DEFAULT_DATA, Judged, checked_mask, checked_rows, photo_bytes
from edge.corrections import keep_correction
from edge.errors import PhotoError
from edge.lookup import Lookup
from edge.seen import readings_of
from edge.session import usable_cpus
from edge.stages import Stages
from edge.types import Mask, Photo

SETS = ("held out", "held out, as taken", "adapted on", "other senders")
CORRECTED_UNDER = 0.9
"""IoU with the exact mask under which staff see that an outline is wrong, and correct it."""
_SHOWN, _OTHERS, _GROUNDS = 10, 400, 100


@dataclass(frozen=True, slots=True)
class Warehouse:
    """adapt, held: the halves of the chosen senders' garments; others: garments of the split's other senders."""

    adapt: list[Judged]
    held: list[Judged]
    others: list[Judged]
    data: Path = DEFAULT_DATA

    def loaded(self, row: Judged, stages: Stages) -> tuple[Photo, np.ndarray]:
        photo = stages.read(photo_bytes(self.data, row.image))
        return photo, checked_mask(self.data, row.image, photo.rgb.shape[:2])

    def grounds(self, stages: Stages, part: int) -> list[tuple[np.ndarray, str]]:
        """Backgrounds of other senders' photos and whose they are. part 0: those that look-ups were made on; 1: those to judge on."""
        chosen = np.random.default_rng(5).permutation(len(self.others))[:_GROUNDS]
        rows = [self.others[i] for i in chosen[part::2]]
        return [(emptied(photo.rgb, mask), row.sender) for row in rows for photo, mask in [self.loaded(row, stages)]]


@dataclass(slots=True)
class JudgedOn:
    """Vectors by one set of models. gallery float32 (N, D): the studio pictures of all three parts, in that order. query (R, D): the
    readings of all photos one after the other, zeros where no garment was found; of (R,): which photo. truth (Q,): each photo's row in the
    gallery; kind (Q,): places in SETS."""

    gallery: np.ndarray
    query: np.ndarray
    of: np.ndarray
    truth: np.ndarray
    kind: np.ndarray

    def readings(self) -> list[np.ndarray]:
        """(R, D) per photo."""
        return [self.query[self.of == i] for i in range(len(self.truth))]


def warehouse(data: Path, split: str, senders: Sequence[str]) -> Warehouse:
    """The garments of these senders in two halves by a fixed seed; by default those of the split's largest sender."""
    rows = checked_rows(data, split)
    chosen = set(senders) or {Counter(r.sender for r in rows).most_common(1)[0][0]}
    mine, others = [r for r in rows if r.sender in chosen], [r for r in rows if r.sender not in chosen]
    order, rest = np.random.default_rng(41).permutation(len(mine)), np.random.default_rng(43).permutation(len(others))[:_OTHERS]
    half = len(mine) // 2
    return Warehouse([mine[i] for i in order[:half]], [mine[i] for i in order[half:]], [others[i] for i in np.sort(rest)], data)


def _studio(photo: Photo, mask: np.ndarray, row: Judged) -> np.ndarray:
    """The garment's studio picture: bent and relit, so that the photo as taken is no copy of it. uint8 (600, 600, 3)."""
    return studio_picture(photo.rgb, mask, np.random.default_rng((29, int(row.image[:8], 16))))


def write_catalogue(house: Warehouse, out: Path, stages: Stages) -> None:
    """Studio pictures of the half to adapt on, named by their item."""
    out.mkdir(parents=True, exist_ok=True)
    for row in house.adapt:
        cv2.imwrite(str(out / f"{row.image}.png"), _studio(*house.loaded(row, stages), row)[..., ::-1])


def _ground(grounds: Sequence[tuple[np.ndarray, str]], sender: str, rng: np.random.Generator) -> np.ndarray:
    """One of them that is not of the garment's own sender."""
    while True:
        ground, owner = grounds[int(rng.integers(len(grounds)))]
        if owner != sender:
            return ground


def write_look_ups(house: Warehouse, out: Path, lookup: Lookup, *, drawn: int) -> tuple[int, int]:
    """Decided look-ups as `python -m training export-feedback` writes them: the photos as taken of every second garment to adapt on,
    `drawn` composites of each of them, the items that came above the right one; and outlines corrected where ours were visibly wrong.
    Gives how many look-ups and corrections."""
    stages, (count, corrected) = lookup.stages, (0, 0)
    grounds = house.grounds(stages, 0)
    (out / "photos").mkdir(parents=True, exist_ok=True)

    def photos() -> Iterator[tuple[Judged, str, bytes, np.ndarray]]:
        for place, row in enumerate(house.adapt):
            photo, mask = house.loaded(row, stages)
            if place % 2 == 0:
                yield row, row.image, photo_bytes(house.data, row.image), mask
            for view in range(drawn):
                rng = np.random.default_rng((19, place, view))
                yield row, f"{row.image}-{view}", *composite_with_mask(photo.rgb, mask, _ground(grounds, row.sender, rng), rng)

    with open(out / "feedback.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("photo", "mask", "chosen", "rejected", "time", "lookup_id"))
        for row, name, picture, mask in photos():
            photo = stages.read(picture)
            try:
                shown = [m.item.item_id for m in lookup.look_up(picture, k=_SHOWN).matches]
                own = stages.mask(photo).alpha > 0.5
            except PhotoError:
                shown, own = [], np.zeros(photo.rgb.shape[:2], bool)
            above = shown[: shown.index(row.image)] if row.image in shown else shown
            (out / "photos" / f"{name}-1.jpg").write_bytes(picture)
            writer.writerow((f"photos/{name}-1.jpg", "", row.image, json.dumps(above), datetime.now(UTC).isoformat(), name))
            count += 1
            exact = mask > 0.5
            if (own & exact).sum() < CORRECTED_UNDER * (own | exact).sum():
                keep_correction(out / "corrections", photo, Mask(mask, 1.0), when=datetime.now(UTC), lookup_id=name)
                corrected += 1
    return count, corrected


def judged_on(house: Warehouse, stages: Stages, *, views: int, keep: Path) -> JudgedOn:
    """Take everything the whole way through a set of models, other readings included, or read what an earlier run kept. views: composites
    of a held-out garment, half as many of the others of the warehouse, one of other senders'."""
    if keep.is_file():
        with np.load(keep) as kept:
            return JudgedOn(**{f.name: kept[f.name] for f in fields(JudgedOn)})
    grounds = house.grounds(stages, 1)

    def readings(photo: Photo) -> np.ndarray:
        try:
            return np.stack([one.vector for one in readings_of(photo, stages.mask(photo), stages)])
        except PhotoError:
            return np.zeros((1, stages.dim), np.float32)

    def of(place: int, row: Judged) -> tuple[np.ndarray, list[tuple[np.ndarray, int, int]]]:
        photo, mask = house.loaded(row, stages)
        made = _studio(photo, mask, row)
        kind = 2 if place < len(house.adapt) else 0 if place < len(house.adapt) + len(house.held) else 3
        rows = [(readings(photo), place, 1)] if kind == 0 else []
        for view in range({0: views, 2: views // 2, 3: 1}[kind]):
            rng = np.random.default_rng((17, place, view))
            picture = composite_photo(photo.rgb, mask, _ground(grounds, row.sender, rng), rng)
            rows.append((readings(stages.read(picture)), place, kind))
        return readings(Photo(made, (made.shape[1], made.shape[0]), "made"))[0], rows

    with ThreadPoolExecutor(usable_cpus()) as pool:
        got = list(pool.map(lambda pair: of(*pair), enumerate([*house.adapt, *house.held, *house.others])))
    queries = [query for _, rows in got for query in rows]
    vectors, truth, kind = zip(*queries, strict=True)
    of_photo = np.repeat(np.arange(len(vectors)), [len(v) for v in vectors])
    out = JudgedOn(np.stack([v for v, _ in got]), np.concatenate(vectors), of_photo, np.array(truth), np.array(kind))
    keep.parent.mkdir(parents=True, exist_ok=True)
    temporary = keep.with_suffix(".tmp.npz")
    np.savez(temporary, **{f.name: getattr(out, f.name) for f in fields(JudgedOn)})
    temporary.replace(keep)
    return out
