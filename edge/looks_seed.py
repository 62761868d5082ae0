"""The garment of a photo as the seed of a look: the catalogue's item where it is one, else what the photo tells."""

from __future__ import annotations

from collections import Counter

from edge.alternatives import Alternatives
from edge.looks_pieces import Piece
from edge.lookup import Lookup
from edge.types import Answer, Verdict

_ASKED = 5


def seed_of_photo(data: bytes, lookup: Lookup, alternatives: Alternatives) -> Piece:
    """A photo's bytes -> the seed. Raises PhotoError."""
    return seed_of_answer(lookup.look_up(data, k=_ASKED), alternatives)


def seed_of_answer(answer: Answer, alternatives: Alternatives) -> Piece:
    """A look-up's answer -> its first match where the garment is in the catalogue, in stock or not: it is in the hand; else a piece of
    no item, its category and pattern as the concepts say, or as most of its nearest items have it."""
    if answer.matches and answer.verdict is Verdict.IN_CATALOGUE:
        return alternatives.item(answer.matches[0].item.item_id)
    nearest = alternatives.pieces.of_many(m.item.item_id for m in answer.matches[:_ASKED])
    said = answer.concepts.get("category")
    category = said["leaf"] if said else _most_frequent([p.category for p in nearest])
    probabilities = answer.concepts.get("tag_probabilities") or {}
    pattern = alternatives.pieces.likeliest_pattern(probabilities) or _most_frequent([p.pattern for p in nearest])
    return alternatives.pieces.of_photo(answer.photo, answer.mask, category=category, pattern=pattern)


def _most_frequent(values: list[str]) -> str:
    """Of equally frequent ones the nearest item's."""
    counted = Counter(v for v in values if v)
    return counted.most_common(1)[0][0] if counted else ""
