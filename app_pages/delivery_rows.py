"""A delivery as rows: for each photo what is known of it now, and what that is called. No drawing here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app_pages.delivery_store import DeliveryPhoto, DeliveryStore, Failure
from edge.catalogue import Catalogue
from edge.journal import Journal
from edge.journal_types import LookupLine, Outcome, Search
from edge.types import CatalogueItem, Verdict


class Kind(StrEnum):
    """What a row comes to, the worker's word before the program's."""

    CHOOSE = "choose"
    FAILED = "failed"
    OUT = "out"
    NEW = "new"
    IN = "in"
    WAITING = "waiting"


_OF_VERDICT = {Verdict.IN_CATALOGUE: Kind.IN, Verdict.UNSURE: Kind.CHOOSE, Verdict.NOT_IN_CATALOGUE: Kind.OUT}
_OF_OUTCOME = {Outcome.CONFIRMED: Kind.IN, Outcome.NONE_OF_THESE: Kind.OUT, Outcome.NEW_ARRIVAL: Kind.NEW}


@dataclass(frozen=True, slots=True)
class Row:
    """One photo. number: its place in the delivery, from 1. item: what it is, or None; closest: what comes nearest where it is none.

    by_hand: a worker decided. line: None until it is looked up; failure: why it cannot be.
    """

    number: int
    photo: DeliveryPhoto
    kind: Kind
    line: LookupLine | None = None
    item: CatalogueItem | None = None
    closest: CatalogueItem | None = None
    by_hand: bool = False
    failure: Failure | None = None

    @property
    def doubtful(self) -> bool:
        """Whether somebody should look at it."""
        return self.kind in (Kind.CHOOSE, Kind.FAILED) or (self.kind is Kind.OUT and not self.by_hand)


def rows_of(delivery_id: str, store: DeliveryStore, journal: Journal, catalogue: Catalogue) -> list[Row]:
    """All rows in the order the photos came. Raises JournalError, OSError."""
    # What waits and what failed before the journal: a photo that is finished in between is then found in the journal.
    photos = store.photos(delivery_id)
    waiting = {photo.id for photo in store.waiting(delivery_id)}
    failures = store.failures(delivery_id)
    delivery = store.get(delivery_id)
    # From when it began, less a day for a clock that was set back: the journal of years need not be walked.
    since = delivery.time - timedelta(days=1) if delivery else None
    lines = {line.id: line for line in journal.history.every(Search(batch=delivery_id, since=since))}
    return [
        _row(number, photo, lines.get(photo.id), failures.get(photo.id), photo.id in waiting, catalogue)
        for number, photo in enumerate(photos, start=1)
    ]


def _row(number: int, photo: DeliveryPhoto, line: LookupLine | None, failure: Failure | None, waits: bool, catalogue: Catalogue) -> Row:
    if line is None:
        if failure is None and not waits:
            failure = Failure(photo.id, "gone", "", "")  # its upload was deleted before it was its turn
        return Row(number, photo, Kind.FAILED if failure else Kind.WAITING, failure=failure)
    state = line.state
    kind = _OF_OUTCOME.get(state.outcome) or _OF_VERDICT[line.verdict]
    first = _item(catalogue, line.first_id, line.first_title)
    item = _item(catalogue, state.item_id, state.title) if state.outcome is Outcome.CONFIRMED else first if kind is Kind.IN else None
    return Row(
        number, photo, kind, line, item, closest=None if item else first, by_hand=state.outcome is not Outcome.OPEN,
    )  # fmt: skip


def _item(catalogue: Catalogue, item_id: str, title: str) -> CatalogueItem | None:
    """The item as the catalogue has it today: its shelf and stock may have changed since. None without an id."""
    if not item_id:
        return None
    return catalogue.find(item_id) or CatalogueItem(item_id, title, image="-")


def counts(rows: Sequence[Row]) -> Counter[Kind]:
    """How many rows there are of each kind."""
    return Counter(row.kind for row in rows)


def totals(rows: Sequence[Row]) -> list[tuple[CatalogueItem, int]]:
    """Items of the delivery with the number of photos that show them, most first."""
    found = Counter(row.item.item_id for row in rows if row.item)
    items = {row.item.item_id: row.item for row in rows if row.item}
    return sorted(((items[item_id], count) for item_id, count in found.items()), key=lambda pair: (-pair[1], pair[0].item_id))
