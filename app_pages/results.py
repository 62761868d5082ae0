"""One look-up as a session remembers it: small pictures and numbers, no arrays, no upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app_pages.pictures import PICTURE_SIDE, jpeg_uri, mask_png
from edge.journal_types import Outcome, State, new_id
from edge.lookup import Lookup
from edge.rank import moved
from edge.types import Answer, Match, Verdict

NEW = 0
"""The place before of an item that was not in the list before."""


@dataclass(frozen=True, slots=True)
class Card:
    """One candidate: its match, its picture as a data URI ("" without one), and its place before the last change, if that changed it."""

    match: Match
    picture: str
    before: int | None = None


@dataclass(slots=True)
class Wishes:
    """What the worker said matters: weight words by part ("less", "more"; absent: normal), items liked and disliked, in order."""

    weights: dict[str, str] = field(default_factory=dict)
    liked: list[str] = field(default_factory=list)
    disliked: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.weights or self.liked or self.disliked)


@dataclass(kw_only=True, slots=True, weakref_slot=True)
class Result:
    """Changes as the worker corrects and refines. `error` instead of an answer where there is none; jpegs: the photos, small.

    first_mask, mask: the network's outline and the one last searched with, as written by `mask_png`. photos: more than one if they show one
    item; left_out: how many of them could not be used. outline_by_hand: the network found no garment, there is no first outline to go back
    to. parts: the parts of a likeness, in order. recorded: whether the journal has it; unkept: a sentence why the last thing could not be
    written there; state: what staff decided; gone: its photos' time is up; build: the index it was found in.
    """

    digest: str
    name: str
    lookup_id: str = field(default_factory=new_id)
    recorded: bool = False
    unkept: str = ""
    state: State = State()
    gone: bool = False
    build: str = ""
    jpegs: tuple[bytes, ...] = ()
    error: str = ""
    no_garment: bool = False
    outline_by_hand: bool = False
    verdict: Verdict = Verdict.UNSURE
    probability: float = 0.0
    trials: int = 0
    cutout: str = ""
    cards: tuple[Card, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    confidence: float = 0.0
    first_confidence: float = 0.0
    check_outline: bool = False
    first_mask: bytes = b""
    mask: bytes = b""
    left_out: int = 0
    strokes: list = field(default_factory=list)
    box: list[float] | None = None
    kept: bool = False
    wishes: Wishes = field(default_factory=Wishes)
    changed: bool = False

    @property
    def corrected(self) -> bool:
        return self.mask != self.first_mask or (self.outline_by_hand and bool(self.mask))

    @property
    def parts(self) -> list[str]:
        return list(self.cards[0].match.parts) if self.cards else []

    @property
    def decided(self) -> bool:
        return self.state.outcome is not Outcome.OPEN

    def take(self, answer: Answer, lookup: Lookup, *, compare: bool) -> None:
        """Show this answer from now on; `compare` notes how its order differs from the one shown before."""
        self.changed = compare and bool(self.cards)
        changes = moved([card.match for card in self.cards], answer.matches) if self.changed else ()
        before = {change.item.item_id: change.before or NEW for change in changes}
        pictures = {card.match.thumb: card.picture for card in self.cards} if self.build == answer.index_build else {}
        self.cards = tuple(
            Card(match, pictures.get(match.thumb) or card_picture(lookup, match, answer.index_build), before.get(match.item.item_id))
            for match in answer.matches
        )
        self.build = answer.index_build
        self.verdict, self.probability, self.timings_ms = answer.verdict, answer.probability, dict(answer.timings_ms)
        self.trials = int((lookup.report().calibration or {}).get("trials") or 0)
        self.cutout = jpeg_uri(answer.cutout.rgb, PICTURE_SIDE)
        self.mask, self.confidence = mask_png(answer.mask.alpha), answer.mask.confidence
        if not self.first_mask:
            self.first_mask, self.first_confidence = self.mask, self.confidence
        self.error, self.no_garment = "", False


def card_picture(lookup: Lookup, match: Match, build: str) -> str:
    """The match's picture as a data URI, "" without one. A picture's file name means something in its own build only."""
    if build == lookup.report().index_build:
        thumb = lookup.thumb_path(match)
    else:
        rows = lookup.catalogue.vectors_of(match.item.item_id)
        thumb = next((path for row in rows if row.thumb and (path := lookup.folder / row.thumb).is_file()), None)
    return jpeg_uri(thumb, PICTURE_SIDE) if thumb else ""
