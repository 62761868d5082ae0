"""A stylist's look with what is on the shelf: every piece that is out of stock replaced by its best alternative."""

from __future__ import annotations

from dataclasses import dataclass

from edge.alternatives import Alternative, Alternatives
from edge.errors import RequestError
from edge.looks_file import Look
from edge.types import CatalogueItem

CONSIDERED = 20
"""Alternatives of which the best that keeps the look quiet is taken."""


@dataclass(frozen=True, slots=True)
class MendedPiece:
    """One slot of a look. wanted: the stylist's item. replaced_by: None where that is in stock, or where nothing can stand in for it.

    reason: why the slot stays empty, "" where it does not.
    """

    slot: str
    wanted: CatalogueItem
    replaced_by: Alternative | None = None
    reason: str = ""

    @property
    def item(self) -> CatalogueItem | None:
        """What to take from the shelf."""
        if self.reason:
            return None
        return self.replaced_by.match.item if self.replaced_by else self.wanted


@dataclass(frozen=True, slots=True)
class MendedLook:
    """A look as it can be put together today."""

    look_id: str
    pieces: tuple[MendedPiece, ...]

    @property
    def complete(self) -> bool:
        return all(piece.item is not None for piece in self.pieces)

    @property
    def replaced(self) -> int:
        """How many pieces are others than the stylist's."""
        return sum(piece.replaced_by is not None for piece in self.pieces)


def mend(look: Look, alternatives: Alternatives) -> MendedLook:
    """Replace what is out of stock, each by its best alternative, none of them in the look already.

    A replacement that would bring a second loud pattern into a look that had none or one gives way to the best quiet one, where there is
    one. Raises RequestError for an unknown item.
    """
    taken = {piece.item_id for piece in look.pieces}
    loud = {piece.item_id for piece in look.pieces if alternatives.item(piece.item_id).loud}
    most_loud = max(1, len(loud))
    pieces = []
    for piece in look.pieces:
        wanted = alternatives.item(piece.item_id)
        if wanted.in_stock:
            pieces.append(MendedPiece(piece.slot, wanted.item))
            continue
        try:
            found = alternatives.of(piece.item_id, k=CONSIDERED, leave_out=taken)
            reason = "" if found else f"no other {wanted.category} is in stock"
        except RequestError as error:
            found, reason = (), str(error)
        loud.discard(piece.item_id)
        fits = [a for a in found if len(loud) < most_loud or not alternatives.item(a.match.item.item_id).loud]
        best = (fits or found)[:1]
        loud |= {a.match.item.item_id for a in best if alternatives.item(a.match.item.item_id).loud}
        taken |= {a.match.item.item_id for a in best}
        pieces.append(MendedPiece(piece.slot, wanted.item, best[0] if best else None, reason))
    return MendedLook(look.look_id, tuple(pieces))
