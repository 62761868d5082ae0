"""What the journal holds: look-ups, the events that befell them, and what both come to."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from edge.errors import RequestError
from edge.types import Match, Verdict

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0 o 1 i l: an id can be read out; one case: file systems may not tell two apart
_LENGTH = 16  # 31 ** 16 is 79 bits: nobody finds a look-up by guessing
_ID = re.compile(f"[{_ALPHABET}]{{{_LENGTH}}}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class EventKind(StrEnum):
    """What can befall a look-up. An UNDONE event takes back the one it names."""

    CONFIRMED = "confirmed"
    NONE_OF_THESE = "none_of_these"
    NEW_ARRIVAL = "new_arrival"
    OUTLINE_CORRECTED = "outline_corrected"
    REFINED = "refined"
    UNDONE = "undone"


DECISIONS = frozenset({EventKind.CONFIRMED, EventKind.NONE_OF_THESE, EventKind.NEW_ARRIVAL})
"""Those by which a person says what the item is."""


class Outcome(StrEnum):
    """What a look-up's events come to."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    NONE_OF_THESE = "none_of_these"
    NEW_ARRIVAL = "new_arrival"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. answer: place of the answer it was about, or brought; undoes: number of the event an UNDONE takes back."""

    number: int
    time: datetime
    worker: str
    kind: EventKind
    item_id: str = ""
    title: str = ""
    note: str = ""
    answer: int = 0
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Where a look-up stands. answer: place of the answer shown, 0 the first; item_id and title of the confirmed item; note as written."""

    outcome: Outcome = Outcome.OPEN
    answer: int = 0
    item_id: str = ""
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LookupLine:
    """A look-up as one line of the history. time: UTC. first_*: the first match shown, empty where there was none.

    probability: 0..1; total_ms: milliseconds; photos: how many were looked up; photos_kept: whether they are still there.
    """

    id: str
    time: datetime
    worker: str
    batch: str
    verdict: Verdict
    probability: float
    first_id: str
    first_title: str
    first_score: float
    state: State
    photos: int
    photos_kept: bool
    index_build: str
    total_ms: float


@dataclass(frozen=True, slots=True)
class LookupEntry:
    """All that is kept of a look-up but its arrays, which `Journal.reopen` gives.

    matches, confidence (expected IoU of the outline, 0..1), timings_ms, concepts and wishes belong to the answer that is shown now.
    photo_paths, mask_path: files under the data folder, empty and None once they are deleted. events: all, the undone ones too.
    """

    line: LookupLine
    matches: tuple[Match, ...]
    confidence: float
    timings_ms: Mapping[str, float]
    concepts: Mapping[str, object]
    left_out: Mapping[int, str]
    wishes: Mapping[str, object]
    events: tuple[Event, ...]
    photo_paths: tuple[Path, ...]
    mask_path: Path | None


@dataclass(frozen=True, slots=True)
class Search:
    """Which look-ups; an empty field asks nothing, a look-up has to satisfy every other.

    text: words that all have to occur in the worker, the batch, the note, the confirmed item or the first match (ids and titles; case
    does not matter). since is included, until is not; both with a time zone.
    """

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    verdict: Verdict | None = None
    outcome: Outcome | None = None
    worker: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some of the look-ups that were asked for, newest first, and how many there are in all."""

    lines: tuple[LookupLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day's look-ups: in all, by verdict, by outcome; names without look-ups are left out."""

    day: str
    lookups: int
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feedback:
    """A look-up to learn from. chosen: the confirmed item's id, "" where none of the shown ones was it.

    rejected: ids of the items a person saw and passed over, best first. matches: all shown, for calibrating the verdict.
    confidence: expected IoU of the outline that was searched with, 0..1.
    """

    lookup_id: str
    time: datetime
    photos: tuple[Path, ...]
    mask: Path | None
    chosen: str
    rejected: tuple[str, ...]
    matches: tuple[Match, ...]
    confidence: float
    index_build: str


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pruning deleted: look-ups past their time and over the cap, files in all (leftovers of broken-off writes too), bytes."""

    past_time: int
    over_cap: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes of each part of the data folder, and what its disk has free."""

    database: int
    photos: int
    corrections: int
    free: int


def new_id() -> str:
    """A look-up's id: 16 letters and digits that nobody can guess, fit for a URL and a file name."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def checked_id(lookup_id: str) -> str:
    """The id itself. Raises RequestError for anything `new_id` could not have given, so that no id ever leads out of a folder."""
    if not isinstance(lookup_id, str) or not _ID.fullmatch(lookup_id):
        raise unknown(lookup_id)
    return lookup_id


def unknown(lookup_id: object) -> RequestError:
    """The error for an id that names no look-up."""
    return RequestError(f"There is no look-up {str(lookup_id)[:40]!r}.", remedy="Open it from the history, or take the photo again.")


def replay(events: Iterable[Event]) -> State:
    """What events come to, in their order.

    "None of these" is said of the matches on the screen: another answer opens the question again. A confirmed item stays confirmed.
    """
    state = State()
    for event in effective(events):
        if event.kind in (EventKind.OUTLINE_CORRECTED, EventKind.REFINED):
            reopened = state.outcome is Outcome.NONE_OF_THESE
            outcome = Outcome.OPEN if reopened else state.outcome
            state = State(outcome, event.answer, state.item_id, state.title, "" if reopened else state.note)
        else:
            state = State(Outcome(event.kind.value), state.answer, event.item_id, event.title, event.note)
    return state


def effective(events: Iterable[Event]) -> list[Event]:
    """The events that still count: neither undone nor an undoing."""
    events = list(events)
    undone = {event.undoes for event in events}
    return [event for event in events if event.kind is not EventKind.UNDONE and event.number not in undone]


def cleaned(text: str, *, longest: int = 200) -> str:
    """Text from a person or a feed on one line, without control characters, at most `longest` characters."""
    return _CONTROL.sub(" ", text).strip()[:longest]


def stamp(time: datetime) -> str:
    """A time with its zone -> UTC text of fixed width, so that text order is time order. Raises ValueError without a zone."""
    if time.tzinfo is None:
        raise ValueError("a time needs its zone")
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def unstamp(text: str) -> datetime:
    """The reverse of `stamp`."""
    return datetime.fromisoformat(text)
