"""For an item: the most similar ones of its category that are on the shelf, what differs, and the same in another colour.

item's views, or a photo's vector -> its category's items -> cosines -> best first -> per part: alike or not, and how
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.catalogue import Catalogue
from edge.colours import NAMED
from edge.embed import part_scores
from edge.errors import RequestError
from edge.filters import has_colour
from edge.index import Index, open_current
from edge.likeness import RandomPairs
from edge.looks_pieces import Piece, Pieces
from edge.rank import Parts, shares, weighted
from edge.types import Match

DIFFERS_BELOW = {"shape": 0.965, "pattern": 0.80, "colour": 0.80}
"""Percentile among random pairs under which a part counts as another one. Chosen on drawn catalogues set apart, where cut, pattern and
colour are known; a part that is not named here uses OTHER_PART."""
OTHER_PART = 0.90
SAME_COLOUR = 12.0
"""CIELAB: two colours that near are called one, whatever the parts say; folds and light make one cloth differ that much."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One part in which an alternative is another garment. ours, theirs: the colour's or pattern's name, "" where it has none."""

    part: str
    ours: str = ""
    theirs: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One item that may stand in. match: as of a look-up, percentiles among random pairs of this catalogue.

    Where a colour was asked for, score is the mean of the other parts' cosines by their weights. differs: parts that are not alike.
    colour_distance: CIELAB difference of the largest colours, None where one is not known.
    """

    match: Match
    differs: tuple[Difference, ...]
    colour_distance: float | None


class Alternatives:
    """Alternatives in one open index. Thread-safe."""

    def __init__(self, index: Index, catalogue: Catalogue, parts: Parts, pieces: Pieces) -> None:
        self.catalogue, self.pieces = catalogue, pieces
        self._vectors, self.parts = index.vectors, dict(parts)
        owners, ids = catalogue.owners()
        self._owners = np.array(owners, np.int64)
        by_item = np.argsort(self._owners, kind="stable")
        starts = np.searchsorted(self._owners[by_item], np.arange(1, len(ids)))
        self._labels = dict(zip(ids, np.split(by_item, starts), strict=True))
        self._pairs = RandomPairs(index.vectors, self._owners, self.parts)
        self._thumbs = [row.thumb for row in catalogue.vectors()]

    @classmethod
    def open(cls, index_root: Path, *, stages: Callable[[], object] | None = None, cache: Path | None = None) -> Alternatives:
        """Open the index in use. stages, cache: see `Pieces`. No network is loaded before one is needed. Raises SetupError."""
        folder, manifest = open_current(Path(index_root))
        index, catalogue = Index.open(folder, manifest=manifest), Catalogue.open(folder / "catalogue.sqlite")
        parts = {name: slice(*ends) for name, ends in manifest.parts.items()}
        return cls(index, catalogue, parts, Pieces(catalogue, folder, stages=stages, cache=cache))

    def item(self, item_id: str) -> Piece:
        """One item of the catalogue. Raises RequestError."""
        if item_id not in self.pieces.items or item_id not in self._labels:
            near = difflib.get_close_matches(item_id, list(self.pieces.items)[:200_000], 3, 0.6)
            raise RequestError(
                f"The catalogue has no item {item_id!r}.", remedy=f"Near to it: {', '.join(near)}." if near else "Take an id from the feed."
            )
        return self.pieces.of(item_id)

    def of(
        self, item_id: str, *, k: int = 5, colour: str = "", leave_out: Collection[str] = (), in_stock: bool = True
    ) -> tuple[Alternative, ...]:
        """The k items most similar to one of the catalogue, best first; none where its category has no other.

        colour: one of `colours`, only items of it, ranked by all other parts. in_stock: only what is on the shelf as far as the feed says.
        Raises RequestError for an item or a colour that is not there, and for an item whose category nobody knows.
        """
        piece = self.item(item_id)
        if not piece.category:
            raise RequestError(
                f"The category of {item_id} is not known.", remedy="Give it a product_type in the feed, or build with the concepts model."
            )
        return self.of_vectors(self.views(item_id), piece, k=k, colour=colour, leave_out={item_id, *leave_out}, in_stock=in_stock)

    def of_vectors(
        self, query: np.ndarray, piece: Piece, *, k: int = 5, colour: str = "", leave_out: Collection[str] = (), in_stock: bool = True
    ) -> tuple[Alternative, ...]:
        """float32 (V, D), a row per view of a garment, and what is known of it -> alternatives; see `of`."""
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        candidates = [c for c in self.pieces.of_category(piece.category) if c not in leave_out and c in self._labels]
        others = self.pieces.of_many(candidates) if in_stock or colour else []
        if in_stock:
            candidates, others = _only(candidates, others, lambda other: other.in_stock)
        if colour:
            wanted = self._colour(colour)
            candidates, others = _only(candidates, others, lambda other: _is_of(other, wanted))
        ranked = query if not colour else self._without_colour(query)
        scores = [(float((ranked @ self.views(c).T).max()), c) for c in candidates]
        best = sorted(scores, key=lambda pair: (-pair[0], pair[1]))[:k]
        return tuple(self._alternative(query, piece, item_id, rank, score) for rank, (score, item_id) in enumerate(best, start=1))

    def colours(self) -> tuple[str, ...]:
        """What may be asked for: the named colours, then the feed's own."""
        own = (value.strip().casefold() for value, _ in self.catalogue.values_of("color"))
        return tuple(dict.fromkeys([*NAMED, *own]))

    def likeness(self, one: str, other: str, part: str) -> float:
        """Cosine of a part of two items, each by the views that suit each other best, -1..1."""
        return self._best_pair(self.views(one), other)[1].get(part, 0.0)

    def nearest_of(self, item_id: str, candidates: Collection[str]) -> str:
        """Of some items, whatever they are, the one most like another; of equals the first. Raises ValueError where there is none."""
        query = self.views(item_id)
        return max(candidates, key=lambda c: float((query @ self.views(c).T).max()))

    def place_of(self, item_id: str) -> int:
        """The item's number in this index, the same for as long as it is open. Raises KeyError."""
        return int(self._owners[self._labels[item_id][0]])

    def views(self, item_id: str) -> np.ndarray:
        """float32 (V, D): the item's vectors. Raises KeyError."""
        return np.asarray(self._vectors[self._labels[item_id]])

    def _without_colour(self, query: np.ndarray) -> np.ndarray:
        """The query without its colour part, scores a mean of the others: among items of the wanted colour they decide."""
        if "colour" not in self.parts:
            return query
        weights = {name: float(name != "colour") for name in self.parts}
        return weighted(query, weights, self.parts, shares(query[0], self.parts))

    def _colour(self, text: str) -> str:
        name = text.strip().casefold()
        if name not in self.colours():
            near = difflib.get_close_matches(name, self.colours(), 3, 0.5) or self.colours()[:6]
            raise RequestError(f"There is no colour called {text!r}.", remedy=f"Known are {', '.join(near)} and others.")
        return name

    def _best_pair(self, query: np.ndarray, item_id: str) -> tuple[int, dict[str, float]]:
        """The label of the view that suits best, and each part's cosine."""
        products = query @ self.views(item_id).T
        row, column = np.unravel_index(int(products.argmax()), products.shape)
        label = int(self._labels[item_id][column])
        return label, part_scores(query[row], np.asarray(self._vectors[label]), self.parts)

    def _alternative(self, query: np.ndarray, piece: Piece, item_id: str, rank: int, score: float) -> Alternative:
        label, parts = self._best_pair(query, item_id)
        percentiles = {name: self._pairs.of_part(name, cosine) for name, cosine in parts.items()}
        other = self.pieces.of(item_id)
        distance = float(np.linalg.norm(piece.lab - other.lab))
        match = Match(
            item=self.pieces.items[item_id], score=score, parts=parts, rank=rank, thumb=self._thumbs[label],
            percentile=float(self._pairs.whole(np.array([score]))[0]), part_percentiles=percentiles,
        )  # fmt: skip
        known = None if np.isnan(distance) else distance
        return Alternative(match, differences(piece, other, percentiles, known), known)


def differences(ours: Piece, theirs: Piece, percentiles: Mapping[str, float], distance: float | None) -> tuple[Difference, ...]:
    """What is not alike, the least alike first. percentiles: part -> place among random pairs, 0..1; distance: CIELAB, None unknown.

    A pattern that the feed or the network names on both sides is compared by name, colours by what is seen; the embedding decides the rest.
    """
    found = []
    for part, percentile in sorted(percentiles.items(), key=lambda pair: pair[1]):
        differs = percentile < DIFFERS_BELOW.get(part, OTHER_PART)
        names = ("", "")
        if part == "pattern" and ours.pattern and theirs.pattern:
            names, differs = (ours.pattern, theirs.pattern), ours.pattern != theirs.pattern
        if part == "colour" and distance is not None:
            names, differs = (ours.colour, theirs.colour), distance > SAME_COLOUR
        if differs:
            found.append(Difference(part, *names))
    return tuple(found)


def _is_of(piece: Piece, colour: str) -> bool:
    """Whether a piece has this colour: as the feed names it, or as its picture shows it most."""
    return piece.colour == colour or (piece.item is not None and has_colour(piece.item.color, colour))


def _only(ids: list[str], pieces: list[Piece], passes: Callable[[Piece], bool]) -> tuple[list[str], list[Piece]]:
    kept = [(i, p) for i, p in zip(ids, pieces, strict=True) if passes(p)]
    return [i for i, _ in kept], [p for _, p in kept]
