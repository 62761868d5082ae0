"""A warehouse's own pictures to adapt on and be judged by: studio crops, cutouts, made phone photos, confirmed photos; kept in the run.

Items are split by their id: most to fit, some to choose by (tune), a fifth to report on (held); a confirmed photo goes with its item.
What is judged on is made by the drawn catalogue's camera, what is trained on by training.adapt_scenes; both go the whole way, segmentation
included.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from edge.errors import NoGarmentFound, PhotoError, SetupError
from edge.lookup import Lookup
from edge.session import usable_cpus
from edge.stages import Stages
from edge.transforms import network_input
from edge.types import Photo
from index_builder.demo import draw_item
from index_builder.demo.render import ITEM_SIZE
from training.adapt_scenes import SIDE, grounds, judged_photo, phone_like
from training.data import Row
from training.embedder_data import SOURCE, Crops, tight_square
from training.feedback import Seen

FIT, TUNE, HELD, FOREIGN = 0, 1, 2, 3
STUDIO, MADE, CONFIRMED = 0, 1, 2
FEWEST_ITEMS = 40
DRAWN = 20_000_000
"""Drawn garments to fit are numbered from here: they keep those of other warehouses from being forgotten."""
_FOREIGN, _NOT_HERE, _FOREIGN_SEED, _DRAWN_SEED, _TWIN = 10_000_000, 30_000_000, 9001, 7001, 0.9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """items: most taken of a catalogue. judged: of how many of them photos are made to judge by, `views` each, half as many of a drawn
    garment. foreign, drawn: drawn garments that are judged and that are trained on; drawn_photos: those of the segmenter, to train on and
    to judge by. photos: made to train on in all, at most
    `most_photos` of a garment."""

    items: int = 3000
    judged: int = 1000
    views: int = 4
    foreign: int = 20
    drawn: int = 40
    drawn_photos: tuple[int, int] = (100, 40)
    photos: int = 2400
    most_photos: int = 12


@dataclass(slots=True)
class Prepared:
    """Arrays of one index and its feedback. Garments are numbered; N pictures to compare with, Q to look for, C crops to train on.

    gallery uint8 (N, S, S, 3), owner (N,): cutouts of the studio images, then of drawn garments that nobody trains on;
    query uint8 (Q, S, S, 3), truth (Q,), part (Q,) TUNE, HELD or FOREIGN, confirmed (Q,): a real photo, not a made one;
    rgb uint8 (C, 176, 176, 3), mask uint8 (C, 176, 176), group (C,), source (C,): of garments to fit, and of drawn ones from DRAWN on;
    source: STUDIO for a studio image, MADE or CONFIRMED for a photo with our own segmenter's mask;
    rejected (R, 2): a garment of the crops and one that a person passed over for it.
    """

    gallery: np.ndarray
    owner: np.ndarray
    query: np.ndarray
    truth: np.ndarray
    part: np.ndarray
    confirmed: np.ndarray
    rgb: np.ndarray
    mask: np.ndarray
    group: np.ndarray
    source: np.ndarray
    rejected: np.ndarray

    def crops(self) -> tuple[Crops, np.ndarray]:
        """To train on, garments numbered 0..G-1; and the number here of each of those."""
        names, group = np.unique(self.group, return_inverse=True)
        rows = [Row(f"{i}", "own", "fit", "", "", "", "", "good", 1.0) for i in range(len(group))]
        return Crops(self.rgb, self.mask, rows, group), names


def part_of(item_id: str) -> int:
    """FIT, TUNE or HELD, always the same for an id."""
    return (HELD, HELD, TUNE)[n] if (n := zlib.crc32(item_id.encode()) % 10) < 3 else FIT


def key_of(lookup: Lookup, stages: Stages, seen: Sequence[Seen], size: int, amounts: Amounts) -> str:
    """Says of what a preparation was made: index, models and feedback. Hex."""
    look_ups = [(s.photo.name, s.chosen, s.rejected) for s in seen]
    facts = [lookup.folder.name, dict(lookup.stages.model_ids), dict(stages.model_ids), size, asdict(amounts), look_ups]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def prepare(
    lookup: Lookup, seen: Sequence[Seen], run: Path, *, stages: Stages, size: int, amounts: Amounts, to_train: bool = True,
    tick: Callable[[int, int], None] | None = None,
) -> Prepared:  # fmt: skip
    """Take the index's studio images and the confirmed photos through the stages, or read what an earlier run of the same kept.

    stages: whose masks the cutouts are by. size: side of the embedder's input in pixels. to_train: False for what is judged alone, without
    crops. tick: told how many of how many garments and photos are done. Raises SetupError where too few items have a picture that can be
    used.
    """
    kind = "prepared" if to_train else "judged"
    path = run / f"{kind}-{key_of(lookup, stages, seen, size, amounts)}.npz"
    if path.is_file():
        with np.load(path, allow_pickle=False) as kept:
            return Prepared(**{f.name: kept[f.name] for f in fields(Prepared)})
    made = _Making(lookup, stages, size, amounts, to_train).of(seen, tick or (lambda done, total: None))
    run.mkdir(parents=True, exist_ok=True)
    for old in run.glob(f"{kind}-*.npz"):  # of another index or other look-ups: nobody would read it again
        old.unlink()
    temporary = path.with_suffix(".tmp")
    with open(temporary, "wb") as file:
        np.savez(file, **{f.name: getattr(made, f.name) for f in fields(Prepared)})
    temporary.replace(path)
    return made


def garments_of(lookup: Lookup, most: int) -> tuple[dict[str, int], list[tuple[str, str, str]]]:
    """Item id -> the garment's number, and (item id, image, thumbnail) of each garment: sizes of one article share their picture, and then
    they are one, in the part of the first of them. most: items taken, in an order that says nothing of the feed's."""
    rows: dict[str, tuple[int, str, str]] = {}
    for row in lookup.catalogue.vectors():
        rows.setdefault(row.item_id, (row.label, row.image, row.thumb))  # an item's further images show other sides of it
    ids = sorted(rows, key=lambda item_id: zlib.crc32(b"x" + item_id.encode()))[:most]
    vectors = np.asarray(lookup.index.vectors)[[rows[item_id][0] for item_id in ids]]
    number: dict[str, int] = {}
    first: list[tuple[str, str, str]] = []
    for i, item_id in enumerate(ids):
        same = np.flatnonzero(vectors[:i] @ vectors[i] > _TWIN)
        if len(same):
            number[item_id] = number[ids[same[0]]]
        else:
            number[item_id] = len(first)
            first.append((item_id, *rows[item_id][1:]))
    return number, first


class _Making:
    def __init__(self, lookup: Lookup, stages: Stages, size: int, amounts: Amounts, to_train: bool) -> None:
        self.stages, self.to_train = stages, to_train
        # Photos are made by the masks in use, whichever segmenter is judged: one that loses a sleeve must not be asked for sleeveless ones.
        self.in_use = lookup.stages
        self.amounts = amounts
        self.folder, self.size = lookup.folder, size
        self.number, self.first = garments_of(lookup, amounts.items)
        fit = sum(part_of(item_id) == FIT for item_id, _, _ in self.first) + amounts.drawn
        self.photos = min(amounts.most_photos, max(1, amounts.photos // max(1, fit)))
        self.grounds = grounds(48, 31)
        lying = (draw_item(_DRAWN_SEED, amounts.drawn + i) for i in range(6))
        self.others = [tight_square(one.rgb, (one.alpha * 255).astype(np.uint8), side=SIDE) for one in lying]

    def of(self, seen: Sequence[Seen], tick: Callable[[int, int], None]) -> Prepared:
        jobs: list[Callable[[], list]] = [lambda n=n: self._item(n) for n in range(len(self.first))]
        jobs += [lambda i=i: self._foreign(i) for i in range(self.amounts.foreign)]
        jobs += [lambda i=i: self._drawn(i) for i in range(self.amounts.drawn if self.to_train else 0)]
        order = {one.lookup_id: i for i, one in reversed(list(enumerate(seen)))}  # several photos of one look-up show one garment
        jobs += [lambda s=s: self._seen(order[s.lookup_id], s) for s in seen]
        out: list[tuple] = []
        with ThreadPoolExecutor(usable_cpus()) as pool:
            for done, got in enumerate(pool.map(lambda job: job(), jobs), 1):
                out += got
                tick(done, len(jobs))

        def column(kind: str, place: int, shape: tuple[int, ...], dtype: type) -> np.ndarray:
            got = [row[place] for row in out if row[0] == kind]
            return np.array(got, dtype) if got else np.empty((0, *shape), dtype)

        picture, crop = (self.size, self.size, 3), (SOURCE, SOURCE, 3)
        if sum(n < _FOREIGN for n in column("gallery", 2, (), int)) < FEWEST_ITEMS:
            raise SetupError(f"Fewer than {FEWEST_ITEMS} items have a picture to learn from.", remedy="Adapt to a larger catalogue.")
        return Prepared(
            column("gallery", 1, picture, np.uint8), column("gallery", 2, (), np.int64), column("query", 1, picture, np.uint8),
            column("query", 2, (), np.int64), column("query", 3, (), np.int64), column("query", 4, (), bool),
            column("crop", 1, crop, np.uint8), column("crop", 2, crop[:2], np.uint8), column("crop", 3, (), np.int64),
            column("crop", 4, (), np.uint8), column("rejected", 1, (2,), np.int64),
        )  # fmt: skip

    def _item(self, n: int) -> list[tuple]:
        item_id, image, thumb = self.first[n]
        part = part_of(item_id)
        # The thumbnail holds enough pixels for a crop of 176; an image behind a link is not fetched again.
        for path in (Path(image), self.folder / thumb):
            try:
                photo = self.stages.unframe(self.stages.read(path.read_bytes()))
                mask = self.in_use.mask(photo)
            except (OSError, PhotoError):
                continue
            out: list[tuple] = [("gallery", self._seen_as(photo), n)]
            alpha = (mask.alpha * 255).astype(np.uint8)
            if part == FIT:
                if not self.to_train:
                    return out
                return [*out, ("crop", *tight_square(photo.rgb, alpha), n, STUDIO), *self._photos(photo.rgb, alpha, n)]
            return out + self._queries(*tight_square(photo.rgb, alpha, side=ITEM_SIZE), n, part)
        return []

    def _foreign(self, i: int) -> list[tuple]:
        drawn, n = draw_item(_FOREIGN_SEED, i), _FOREIGN + i
        photo = Photo(drawn.rgb, (ITEM_SIZE, ITEM_SIZE), "drawn")
        return [
            ("gallery", self._seen_as(photo), n),
            *self._queries(drawn.rgb, (drawn.alpha * 255).astype(np.uint8), n, FOREIGN),
        ]

    def _drawn(self, i: int) -> list[tuple]:
        drawn, n = draw_item(_DRAWN_SEED, i), DRAWN + i
        alpha = (drawn.alpha * 255).astype(np.uint8)
        return [("crop", *tight_square(drawn.rgb, alpha), n, STUDIO), *self._photos(drawn.rgb, alpha, n)]

    def _photos(self, rgb: np.ndarray, alpha: np.ndarray, n: int) -> list[tuple]:
        """Crops of made photos, each by its own segmented mask."""
        out: list[tuple] = []
        # Little room around the garment: where it lies in the photo is chosen anew each time.
        large = tight_square(rgb, alpha, side=SIDE, margin=0.1)
        for k in range(self.photos):
            rng = np.random.default_rng((n, k, 5))
            other = self.others[int(rng.integers(len(self.others)))]
            photo = self.stages.read(phone_like(*large, self.grounds, rng, other))
            try:
                out.append(("crop", *self._seen_crop(photo), n, MADE))
            except PhotoError:
                continue
        return out

    def _seen_crop(self, photo: Photo) -> tuple[np.ndarray, np.ndarray]:
        """A crop around what our own segmenter takes for the garment. Raises PhotoError."""
        alpha = (self.stages.mask(photo).alpha * 255).astype(np.uint8)
        if not (alpha > 127).any():
            raise NoGarmentFound()
        return tight_square(photo.rgb, alpha)

    def _queries(self, rgb: np.ndarray, alpha: np.ndarray, n: int, part: int) -> list[tuple]:
        out: list[tuple] = []
        views = self.amounts.views // 2 if part == FOREIGN else self.amounts.views if n < self.amounts.judged else 0
        for view in range(views):
            made, _ = judged_photo(rgb, alpha, np.random.default_rng((n, view)))
            photo = Photo(made, (made.shape[1], made.shape[0]), "made")
            out.append(("query", self._seen_as(photo), n, part, False))
        return out

    def _seen_as(self, photo: Photo) -> np.ndarray:
        """A picture's cutout; all white, like nothing else, where no garment is found: that counts as an error, whoever missed it."""
        try:
            return network_input(self.stages.cutout(photo, self.stages.mask(photo)).rgb, self.size)
        except PhotoError:
            return np.full((self.size, self.size, 3), 255, np.uint8)

    def _seen(self, i: int, seen: Seen) -> list[tuple]:
        """A decided photo: to fit where its item is, else a query; one of nothing in the catalogue is a garment of its own."""
        n = self.number.get(seen.chosen, -1) if seen.chosen else _NOT_HERE + i
        part = part_of(self.first[n][0]) if 0 <= n < len(self.first) else FIT
        if n < 0:
            return []
        try:
            photo = self.stages.unframe(self.stages.read(seen.photo.read_bytes()))
            if part != FIT:
                return [("query", self._seen_as(photo), n, part, True)]
            if not self.to_train:
                return []
            crop = self._seen_crop(photo)
        except (OSError, PhotoError):
            return []
        passed = {self.number[r] for r in seen.rejected if r in self.number and part_of(self.first[self.number[r]][0]) == FIT}
        return [("crop", *crop, n, CONFIRMED), *(("rejected", (n, other)) for other in sorted(passed - {n}))]
