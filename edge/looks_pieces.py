"""What is known of each catalogue item to stand in for another or in a look: category, colours, pattern, stock.

Colours are read off the pictures that the index keeps, when they are first asked for, and remembered in a file beside the journal: the
index itself is never changed. What the feed says of category and pattern is taken; what it leaves out the concepts network tells.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from edge.catalogue import Catalogue
from edge.colours import NAMED, ColourShare, cast_table, dominant_colours, to_lab
from edge.errors import PhotoError
from edge.filters import on_shelf
from edge.manifest import write_durably
from edge.photo import read_photo
from edge.taxonomy import Taxonomy
from edge.types import CatalogueItem, Mask, Photo

PLAIN_SHARE = 0.82
"""Where nobody says a pattern: a garment of which this share has one colour counts as plain. Of drawn garments two thirds of the plain ones
reach it and three quarters of the patterned ones do not; a feed's word or the network's is far better."""
_FORMAT = 1
_PATTERNS = {
    "plain": ("solid", "uni", "uni colour", "einfarbig", "none"),
    "striped": ("stripe", "stripes", "gestreift", "streifen"),
    "checked": ("check", "checks", "checkered", "chequered", "plaid", "tartan", "gingham", "kariert", "karo"),
    "dotted": ("dot", "dots", "polka dot", "polka dots", "gepunktet", "punkte"),
    "floral": ("flower", "flowers", "flowery", "geblümt", "blumen"),
    "graphic": ("graphic print", "print", "printed", "logo", "slogan", "motiv"),
    "allover": ("all over", "allover print", "all over print", "animal print", "camouflage", "paisley"),
    "colourblock": ("colour block", "colour blocked", "color block", "color blocked", "colorblock"),
}
_TAG_OF = {called: tag for tag, names in _PATTERNS.items() for called in (tag, *names)}


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A garment of the catalogue, or of a photo (item None). category: node of the taxonomy, or the feed's own word where that knows none.

    colours: largest first, none where nothing tells. pattern: tag of the taxonomy, "" where nobody says. in_stock: as far as is known.
    """

    item: CatalogueItem | None
    category: str
    colours: tuple[ColourShare, ...] = ()
    pattern: str = ""
    in_stock: bool = True

    @property
    def lab(self) -> np.ndarray:
        """float32 (3,) CIELAB of the largest colour; NaN where none is known."""
        return to_lab(np.array(self.colours[0].rgb, np.uint8)) if self.colours else np.full(3, np.nan, np.float32)

    @property
    def colour(self) -> str:
        """Name of the largest colour, "" where none is known."""
        return self.colours[0].name if self.colours else ""

    @property
    def loud(self) -> bool:
        """Whether it draws the eye by a pattern; several colours count where nobody says a pattern."""
        if self.pattern:
            return self.pattern != "plain"
        return bool(self.colours) and self.colours[0].share < PLAIN_SHARE


class Pieces:
    """The items of one build as pieces. Thread-safe."""

    def __init__(
        self, catalogue: Catalogue, folder: Path, *, stages: Callable[[], object] | None = None, cache: Path | None = None
    ) -> None:
        """folder: the build's. stages: gives the networks where a picture's background is not plain or the feed says no category or
        pattern; None does without. cache: folder for what was read off pictures, made when needed; None remembers nothing."""
        self._folder, self._stages = folder, stages
        self._file = cache / f"pieces-{folder.name}.json" if cache else None
        self._tree = Taxonomy.read()
        self._items = {item.item_id: item for item in catalogue.items()}
        self._thumbs: dict[str, str] = {}
        for row in catalogue.vectors():
            self._thumbs.setdefault(row.item_id, row.thumb)
        self._lock = threading.RLock()
        self._seen: dict[str, Mapping] = self._remembered()
        self._by_category: dict[str, list[str]] = {}
        for item_id, item in self._items.items():
            self._by_category.setdefault(self._category(item), []).append(item_id)

    @property
    def items(self) -> Mapping[str, CatalogueItem]:
        """All items by id, in the order of ids."""
        return self._items

    def category_of(self, item_id: str) -> str:
        """The item's category without looking at its picture, "" where that is not known. Raises KeyError."""
        return self._category(self._items[item_id])

    def of_category(self, category: str) -> tuple[str, ...]:
        """Ids of all items of a category, by id; a node of the taxonomy stands for all below it."""
        known = set(self._tree.nodes)
        inside = [c for c in self._by_category if c == category or (c in known and category in known and self._tree.within(c, category))]
        return tuple(sorted(item_id for c in inside for item_id in self._by_category[c])) if category else ()

    def in_stock(self, item_id: str) -> bool:
        """Whether the item is on the shelf as far as the feed says. Raises KeyError."""
        item = self._items[item_id]
        return on_shelf(item.availability, item.quantity)

    def near(self, one: str, other: str) -> int:
        """How near two categories are: 2 where one lies over the other, 1 where both hang from one node below the root, else 0."""
        if one == other and one:
            return 2
        if not {one, other} <= set(self._tree.nodes):
            return 0
        if not self._tree.disagree(one, other):
            return 2 if self._tree.root not in (one, other) else 0
        shared = set(self._tree.path(one)) & set(self._tree.path(other)) - {self._tree.root}
        return 1 if shared else 0

    def of(self, item_id: str) -> Piece:
        """One item. Raises KeyError."""
        return self.of_many([item_id])[0]

    def of_many(self, item_ids: Iterable[str]) -> list[Piece]:
        """Several items, in order; pictures not seen before are read now. Raises KeyError."""
        ids = list(item_ids)
        with self._lock:
            new = [item_id for item_id in dict.fromkeys(ids) if item_id not in self._seen]
            for item_id in new:
                self._seen[item_id] = self._look_at(self._items[item_id])
            if new:
                self._remember()
            return [self._piece(self._items[item_id], self._seen[item_id]) for item_id in ids]

    def of_photo(self, photo: Photo, mask: Mask, *, category: str, pattern: str = "") -> Piece:
        """A photographed garment that is no item of the catalogue."""
        evened = cv2.LUT(photo.rgb, cast_table(photo.rgb))  # so that the colours' values too are without the cast
        return Piece(None, category, dominant_colours(evened, mask.alpha, strength=0.0), pattern)

    def likeliest_pattern(self, tags: Mapping[str, float]) -> str:
        """The likeliest pattern among tags with probabilities, "" where none is a pattern."""
        patterns = {tag: p for tag, p in tags.items() if tag in self._tree.tags["pattern"].values}
        return max(patterns, key=patterns.__getitem__, default="")

    def _piece(self, item: CatalogueItem, seen: Mapping) -> Piece:
        colours = tuple(ColourShare(name, share, tuple(rgb)) for name, share, rgb in seen["colours"]) or _said_colours(item.color)
        return Piece(
            item, self._category(item) or seen["category"], colours, pattern_tag(item.pattern) or seen["pattern"],
            on_shelf(item.availability, item.quantity),
        )  # fmt: skip

    def _category(self, item: CatalogueItem) -> str:
        return self._of_type(item.product_type) or item.product_type.strip().casefold()

    def _of_type(self, product_type: str) -> str:
        return _node(self._tree, product_type)

    def _look_at(self, item: CatalogueItem) -> Mapping:
        """What the picture tells, as JSON takes it."""
        found = {"colours": [], "category": "", "pattern": ""}
        thumb = self._thumbs.get(item.item_id, "")
        if not thumb:
            return found
        try:
            photo = read_photo((self._folder / thumb).read_bytes())
            alpha = garment_on_white(photo.rgb)
            stages = self._stages() if self._stages else None
            ask = stages is not None and not stages.concepts_note and not (self._category(item) and pattern_tag(item.pattern))
            if stages is not None and (alpha is None or ask):
                alpha = (mask := stages.mask(photo)).alpha
            if ask:
                said = stages.concepts(photo, mask, stages.cutout(photo, mask))
                found |= {
                    "category": said.category if said.category != self._tree.root else "",
                    "pattern": self.likeliest_pattern(said.tags),
                }
        except (PhotoError, OSError):
            return found
        if alpha is not None:
            found["colours"] = [(c.name, round(c.share, 4), list(c.rgb)) for c in dominant_colours(photo.rgb, alpha)]
        return found

    def _remembered(self) -> dict[str, Mapping]:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8")) if self._file else {}
            return dict(kept["items"]) if kept.get("format") == _FORMAT else {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}  # it can all be read off the pictures again

    def _remember(self) -> None:
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._file, json.dumps({"format": _FORMAT, "items": self._seen}).encode())
            for old in self._file.parent.glob("pieces-*.json"):
                if old != self._file and not (self._folder.parent / old.stem.removeprefix("pieces-")).is_dir():
                    old.unlink(missing_ok=True)  # its build is gone
        except OSError:
            pass  # a full disk only means that the pictures are read again next time


@lru_cache(maxsize=4096)
def _node(tree: Taxonomy, product_type: str) -> str:
    return tree.of_product_type(product_type)


def pattern_tag(text: str) -> str:
    """A feed's word for a pattern ("Colour-blocked", "plaid") -> the taxonomy's tag, "" where it is not known."""
    return _TAG_OF.get(re.sub(r"[\s_-]+", " ", text.strip().casefold()), "")


def _said_colours(color: str) -> tuple[ColourShare, ...]:
    """The feed's colour in place of a picture, where it is one of the named: its middle typical value."""
    name = color.split("/")[0].strip().casefold()
    if name not in NAMED:
        return ()
    value = NAMED[name][len(NAMED[name]) // 2]
    return (ColourShare(name, 1.0, (value >> 16, value >> 8 & 255, value & 255)),)


def garment_on_white(rgb: np.ndarray) -> np.ndarray | None:
    """uint8 (H, W, 3) -> float32 (H, W), 1 on the garment, where it lies on a white background; None for any other picture.

    Background is what is nearly white and joined to the border. A white garment whose inside runs out through its rim leaves holes in
    its outline's hull; then nothing is said.
    """
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    if (border.min(1) >= 244).mean() < 0.9:
        return None
    lab = to_lab(rgb)
    white = ((lab[..., 0] > 96.5) & (np.hypot(lab[..., 1], lab[..., 2]) < 3)).astype(np.uint8)
    count, labels = cv2.connectedComponents(white, connectivity=4)
    outside = np.zeros(count, bool)
    outside[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    outside[0] = False  # what is not white
    inside = cv2.morphologyEx((~outside[labels]).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outlines = [o for o in outlines if cv2.contourArea(o) > 0.002 * inside.size]
    hull = sum(cv2.contourArea(cv2.convexHull(o)) for o in outlines)
    if not hull or inside.sum() < 0.45 * hull or inside.mean() > 0.95:
        return None
    return inside.astype(np.float32)
