"""The journal's rows: how answers, events and states become columns and come back; all inside a caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from edge.journal_types import Event, EventKind, LookupLine, Outcome, State, checked_id, cleaned, replay, stamp, unknown, unstamp
from edge.types import Verdict

LONGEST_NAME = 60
EVENT_COLUMNS = "number, time, worker, kind, item_id, title, note, answer, undoes"
LINE_COLUMNS = (
    "id, time, worker, batch, verdict, probability, first_id, first_title, first_score, outcome, answer, item_id, item_title, note, "
    "photos, photos_gone, index_build, total_ms"
)


def insert(connection: sqlite3.Connection, table: str, values: Mapping[str, object]) -> int:
    """Insert a row; gives its number."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    return connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values())).lastrowid


def lookup_row(connection: sqlite3.Connection, lookup_id: str) -> dict[str, Any]:
    """All columns of a look-up. Raises RequestError for an id that is not there."""
    cursor = connection.execute("SELECT * FROM lookups WHERE id = ?", (checked_id(lookup_id),))
    row = cursor.fetchone()
    if row is None:
        raise unknown(lookup_id)
    return dict(zip((column[0] for column in cursor.description), row, strict=True))


def events_of(connection: sqlite3.Connection, number: int) -> list[Event]:
    """A look-up's events in their order."""
    rows = connection.execute(f"SELECT {EVENT_COLUMNS} FROM events WHERE lookup = ? ORDER BY number", (number,))
    return [to_event(row) for row in rows]


def add_answer(
    connection: sqlite3.Connection, number: int, place: int, mask: int, content: str, vectors: bytes | None
) -> None:  # fmt: skip
    """Add an answer at a place of its look-up; mask: the place of the answer whose mask it has."""
    insert(connection, "answers", {"lookup": number, "place": place, "mask": mask, "content": content, "vectors": vectors})


def add_event(
    connection: sqlite3.Connection, row: Mapping[str, Any], kind: EventKind, worker: str, when: datetime | None, **facts: object
) -> State:
    """Append an event and bring the look-up's present state up to date; gives the state."""
    values = {"lookup": row["number"], "time": stamp(when or datetime.now(UTC)), "worker": cleaned(worker, longest=LONGEST_NAME)}
    defaults = {"item_id": "", "title": "", "note": "", "answer": row["answer"], "undoes": None}
    insert(connection, "events", values | {"kind": kind.value} | defaults | facts)
    state = replay(events_of(connection, row["number"]))
    answer = connection.execute("SELECT content FROM answers WHERE lookup = ? AND place = ?", (row["number"], state.answer)).fetchone()
    changed = shown_columns(json.loads(answer[0])) | state_columns(state)
    del changed["total_ms"]  # stays the first answer's: what a person waited for the look-up
    changed["searched"] = searched({**row, **changed})
    names = ", ".join(f"{name} = ?" for name in changed)
    connection.execute(f"UPDATE lookups SET {names} WHERE number = ?", (*changed.values(), row["number"]))
    return state


def shown_columns(content: Mapping[str, Any]) -> dict[str, object]:
    """What the history shows of an answer's parsed content."""
    first = content["matches"][0] if content["matches"] else None
    return {
        "index_build": content["index_build"],
        "total_ms": total_ms(content["timings_ms"]),
        "verdict": content["verdict"],
        "probability": content["probability"],
        "first_id": first["item"]["item_id"] if first else "",
        "first_title": first["item"]["title"] if first else "",
        "first_score": first["score"] if first else 0.0,
    }


def total_ms(timings: Mapping[str, float]) -> float:
    """The time a look-up took: its total, with reading and segmenting where the total does not hold them."""
    if "total" not in timings:
        return float(sum(timings.values()))
    steps = sum(value for name, value in timings.items() if name != "total")
    return float(max(timings["total"], steps))


def state_columns(state: State) -> dict[str, object]:
    """A state as columns."""
    return {
        "outcome": state.outcome.value, "answer": state.answer, "item_id": state.item_id, "item_title": state.title, "note": state.note,
    }  # fmt: skip


def searched(row: Mapping[str, Any]) -> str:
    """The text that a search looks through: fields apart by line breaks, so that no word spans two; case folded, as SQLite cannot."""
    names = ("worker", "batch", "note", "item_id", "item_title", "first_id", "first_title")
    return "\n".join(str(row[name]) for name in names).casefold()


def to_event(row: Sequence[Any]) -> Event:
    """A row of EVENT_COLUMNS -> Event."""
    number, time, worker, kind, *rest = row
    return Event(number, unstamp(time), worker, EventKind(kind), *rest)


def to_line(row: Sequence[Any]) -> LookupLine:
    """A row of LINE_COLUMNS -> LookupLine."""
    (lookup_id, time, worker, batch, verdict, probability, first_id, first_title, first_score,
     outcome, answer, item_id, title, note, photos, gone, build, took) = row  # fmt: skip
    return LookupLine(
        id=lookup_id, time=unstamp(time), worker=worker, batch=batch, verdict=Verdict(verdict), probability=probability,
        first_id=first_id, first_title=first_title, first_score=first_score,
        state=State(Outcome(outcome), answer, item_id, title, note),
        photos=photos, photos_kept=gone is None, index_build=build, total_ms=took,
    )  # fmt: skip
