"""New looks that follow a reference: the same slots, other items, colours and patterns that stand to each other as the reference's do.

reference look, seed -> the seed's slot -> per slot what may stand there -> harmony.follow -> a proposal; its items gone, the next
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from edge.alternatives import Alternatives
from edge.errors import RequestError
from edge.harmony import Pool, colour_error, follow
from edge.looks_file import Look
from edge.looks_pieces import Piece

PATTERN_COST = 12.0
"""What it costs, in CIELAB units, that a slot which was quiet in the reference is loud now, or the other way round: as much as another
colour name. A second loud piece is not a matter of cost; it is left out."""
CUT_COST = 8.0
"""What the most different cut costs against the reference's piece: enough to decide between colours that do equally well."""
MOST_OFFERED = 300
"""Candidates per slot, the likest ones: more would only bring colours that the nearest hundreds have too, and pictures to read."""
_SEED = -1


@dataclass(frozen=True, slots=True, eq=False)
class NewPiece:
    """One slot of a proposal. piece.item is None for a garment that is only known by its photo."""

    slot: str
    piece: Piece
    is_seed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class NewLook:
    """A proposal. colour_error: how far its colours' relations are from the reference's, mean over pairs, CIELAB units."""

    follows: str
    pieces: tuple[NewPiece, ...]
    colour_error: float

    @property
    def in_stock(self) -> bool:
        return all(p.piece.in_stock for p in self.pieces)


def new_looks(
    look: Look, alternatives: Alternatives, *, seed: Piece | None = None, count: int = 3, leave_out: Collection[str] = ()
) -> tuple[NewLook, ...]:
    """Up to `count` looks like the reference, best first, no item in two of them but the seed; fewer where the shelves give no more.

    seed: a garment that every proposal has, in the slot whose category it has, or failing that whose piece is worn where it is worn; None
    for proposals without one. The reference's own items are left out, and those in `leave_out`. What is out of stock is taken only where
    the category has nothing else. Raises RequestError where the look has no slot for the seed, or a piece of unknown category.
    """
    pieces = [alternatives.item(p.item_id) for p in look.pieces]
    for piece in pieces:
        if not piece.category:
            raise RequestError(f"The category of {piece.item.item_id} is not known.", remedy="Give it a product_type in the feed.")
    at = None if seed is None else _slot_of(seed, look, pieces, alternatives)
    used = {p.item_id for p in look.pieces} | set(leave_out) | ({seed.item.item_id} if seed and seed.item else set())
    reference = np.array([p.lab for p in pieces], np.float64)
    most_loud = max(1, sum(p.loud for p in pieces))
    proposals: list[NewLook] = []
    while len(proposals) < count:
        offered = [[seed] if slot == at else _offered(piece, alternatives, used) for slot, piece in enumerate(pieces)]
        pools = [_pool(piece, candidates, alternatives) for piece, candidates in zip(pieces, offered, strict=True)]
        chosen = follow(pools, reference, most_loud=most_loud)
        if chosen is None:
            break
        taken = [candidates[place] for candidates, place in zip(offered, chosen, strict=True)]
        used |= {p.item.item_id for p in taken if p.item}
        error = colour_error(np.array([p.lab for p in taken], np.float64), reference)
        shown = [NewPiece(p.slot, piece, n == at) for n, (p, piece) in enumerate(zip(look.pieces, taken, strict=True))]
        proposals.append(NewLook(look.look_id, tuple(shown), error))
        if len(shown) == (at is not None):
            break  # nothing but the seed: there is only one such look
    return tuple(proposals)


def _slot_of(seed: Piece, look: Look, pieces: list[Piece], alternatives: Alternatives) -> int:
    near = [alternatives.pieces.near(seed.category, piece.category) for piece in pieces]
    if not near or not max(near):
        slots = ", ".join(f"{p.slot} ({piece.category})" for p, piece in zip(look.pieces, pieces, strict=True))
        garment = seed.item.item_id if seed.item else "this garment"
        raise RequestError(
            f"The look {look.look_id} has no place for {garment} ({seed.category or 'category unknown'}).",
            remedy=f"Its places are {slots}.",
        )
    return near.index(max(near))


def _offered(piece: Piece, alternatives: Alternatives, used: Collection[str]) -> list[Piece]:
    """What the slot may hold, the likest to the reference's piece first; what is out of stock only where there is nothing else."""
    pieces = alternatives.pieces
    free = [i for i in pieces.of_category(piece.category) if i not in used]
    ids = [i for i in free if pieces.in_stock(i)] or free
    return pieces.of_many(alternatives.nearest_first(piece.item.item_id, ids)[:MOST_OFFERED])


def _pool(reference: Piece, offered: list[Piece], alternatives: Alternatives) -> Pool:
    keys = np.array([_key(alternatives, p) for p in offered], np.int64)
    labs = np.array([p.lab for p in offered], np.float64).reshape(-1, 3)
    loud = np.array([p.loud for p in offered], bool)
    cut = [alternatives.likeness(reference.item.item_id, p.item.item_id, "shape") if p.item else 1.0 for p in offered]
    own = PATTERN_COST * (loud != reference.loud) + CUT_COST * (1 - np.array(cut, np.float64)) / 2
    return Pool(keys, labs, loud, own)


def _key(alternatives: Alternatives, piece: Piece) -> int:
    """A number of its own for each item."""
    return alternatives.place_of(piece.item.item_id) if piece.item else _SEED
