"""For an item: the most similar ones of its category that are on the shelf, what differs, and the same in another colour.

item's views, or a photo's vector -> its category's items -> cosines -> best first -> per part: alike or not, and how
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
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
from edge.rank import Parts
from edge.types import Match

RANKED_BY = {"shape": 1.0, "pattern": 0.5, "colour": 1.0}
"""How much a part's cosine counts when one item stands in for another; a part that is not named here counts 1. Looking up knows an item
again by its pattern; who takes another item wants the cut and the colour first. Chosen, like COLOUR_COST, on drawn catalogues set apart."""
COLOUR_COST = 0.008
"""What a CIELAB unit between the largest colours takes from the score: black for white about as much as another cut."""
LOOKED_AT = 200
"""Candidates whose pictures are read for their colours, the nearest ones first; reading all of a large category would take minutes."""
DIFFERS_BELOW = {"shape": 0.96, "pattern": 0.80, "colour": 0.80}
"""Percentile among random pairs under which a part counts as another one. For the shape chosen on drawn catalogues set apart, where the cut
is known and both mistakes are then equally frequent; a part that is not named here uses OTHER_PART."""
OTHER_PART = 0.90
UNKNOWN_DISTANCE = 40.0
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
    """One item that may stand in. match: percentiles are among random pairs of this catalogue.

    match.score: mean of the parts' cosines by RANKED_BY less COLOUR_COST; where a colour was asked for, mean of the other parts' alone.
    match.percentile: of that mean before the cost. differs: parts that are not alike.
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
        if in_stock:
            candidates = [c for c in candidates if self.pieces.in_stock(c)]
        wanted = self._colour(colour) if colour else ""
        means = self._means(query, candidates, without=("colour",) if wanted else ())
        order = sorted(range(len(candidates)), key=lambda n: (-means[n], candidates[n]))
        found: list[tuple[float, float, Piece]] = []
        for start in range(0, len(order), LOOKED_AT):
            chunk = order[start : start + LOOKED_AT]
            for n, other in zip(chunk, self.pieces.of_many(candidates[n] for n in chunk), strict=True):
                if not wanted or _is_of(other, wanted):
                    found.append((means[n] - (0.0 if wanted else COLOUR_COST * _distance(piece, other)), means[n], other))
            if not wanted or len(found) >= k:
                break
        best = sorted(found, key=lambda f: (-f[0], f[2].item.item_id))[:k]
        return tuple(self._alternative(query, piece, *one, rank=rank) for rank, one in enumerate(best, start=1))

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

    def nearest_first(self, item_id: str, candidates: Collection[str]) -> list[str]:
        """Items by how well they may stand in for another, their colours' names and stock aside; of equals by id."""
        ids = list(candidates)
        means = self._means(self.views(item_id), ids)
        return [ids[n] for n in sorted(range(len(ids)), key=lambda n: (-means[n], ids[n]))]

    def _means(self, query: np.ndarray, ids: Sequence[str], *, without: Collection[str] = ()) -> list[float]:
        """float32 (V, D) -> per item the mean of the parts' cosines by RANKED_BY, of the pair of views that suits best."""
        if not ids:
            return []
        weights = {name: 0.0 if name in without else RANKED_BY.get(name, 1.0) for name in self.parts}
        total = sum(weights.values()) or 1.0
        scaled = query.copy()
        for name, where in self.parts.items():
            # A part has the same length in every vector, so its product is its cosine times that length's square.
            scaled[:, where] *= np.float32(weights[name] / total / max(float(query[0, where] @ query[0, where]), 1e-12))
        labels = [self._labels[item_id] for item_id in ids]
        products = scaled @ np.asarray(self._vectors[np.concatenate(labels)]).T
        starts = np.cumsum([0, *map(len, labels[:-1])])
        return np.maximum.reduceat(products.max(0), starts).tolist()

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

    def _alternative(self, query: np.ndarray, piece: Piece, score: float, mean: float, other: Piece, *, rank: int) -> Alternative:
        label, parts = self._best_pair(query, other.item.item_id)
        percentiles = {name: self._pairs.of_part(name, cosine) for name, cosine in parts.items()}
        match = Match(
            item=other.item, score=score, parts=parts, rank=rank, thumb=self._thumbs[label],
            percentile=float(self._ranked_pairs(np.array([mean]))[0]), part_percentiles=percentiles,
        )  # fmt: skip
        known = _distance(piece, other) if piece.colours and other.colours else None
        return Alternative(match, differences(piece, other, percentiles, known), known)

    def _ranked_pairs(self, means: np.ndarray) -> np.ndarray:
        lengths = {name: float(self._vectors[0, where] @ self._vectors[0, where]) for name, where in self.parts.items()}
        total = sum(RANKED_BY.get(name, 1.0) for name in self.parts)
        return self._pairs.whole(means, {n: RANKED_BY.get(n, 1.0) / total / max(length, 1e-12) for n, length in lengths.items()})


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


def _distance(one: Piece, other: Piece) -> float:
    """CIELAB difference of the largest colours; where one is not known, what different colours differ by on the whole."""
    distance = float(np.linalg.norm(one.lab - other.lab))
    return UNKNOWN_DISTANCE if np.isnan(distance) else distance
