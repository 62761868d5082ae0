"""What the journal is asked: one look-up, the history with search and paging, times, counts, and what there is to learn from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from edge.journal_answer import left_out_in, matches_in
from edge.journal_photos import PhotoFolder
from edge.journal_rows import EVENT_COLUMNS, LINE_COLUMNS, to_event, to_line
from edge.journal_store import Store
from edge.journal_types import (
    DayCount,
    Feedback,
    HistoryPage,
    LookupEntry,
    LookupLine,
    Outcome,
    Search,
    checked_id,
    stamp,
    unknown,
)  # fmt: skip
from edge.types import Match, Verdict

_NEWEST_FIRST = "ORDER BY time DESC, number DESC"


class History:
    """Reads the journal; never changes it. Thread-safe. Every method raises JournalError where the file cannot be read."""

    def __init__(self, store: Store, photos: PhotoFolder) -> None:
        self._store, self._photos = store, photos

    def entry(self, lookup_id: str) -> LookupEntry:
        """All that is kept of a look-up but its arrays. Raises RequestError for an id that is not there."""
        rows = self._store.ask(
            f"SELECT {_of('lookups', LINE_COLUMNS)}, lookups.number, content, mask FROM lookups JOIN answers "
            "ON answers.lookup = lookups.number AND answers.place = lookups.answer WHERE id = ?",
            checked_id(lookup_id),
        )
        if not rows:
            raise unknown(lookup_id)
        *columns, number, content, mask = rows[0]
        line, raw = to_line(columns), json.loads(content)
        events = self._store.ask(f"SELECT {EVENT_COLUMNS} FROM events WHERE lookup = ? ORDER BY number", number)
        day = stamp(line.time)[:10]
        paths = [self._photos.photo_path(line.id, day, place) for place in range(line.photos)] if line.photos_kept else []
        outline = self._photos.mask_path(line.id, day, mask) if line.photos_kept else None
        return LookupEntry(
            line=line,
            matches=matches_in(raw),
            confidence=raw["confidence"],
            timings_ms=raw["timings_ms"],
            concepts=raw["concepts"],
            left_out=left_out_in(raw),
            wishes=raw["wishes"],
            events=tuple(to_event(row) for row in events),
            photo_paths=tuple(path for path in paths if path.is_file()),
            mask_path=outline if outline and outline.is_file() else None,
        )

    def page(self, search: Search | None = None, *, limit: int = 50, offset: int = 0) -> HistoryPage:
        """Look-ups that satisfy the search, newest first; `limit` of them after the first `offset`."""
        where, values = _where(search or Search())
        rows = self._store.ask(f"SELECT {LINE_COLUMNS} FROM lookups {where} {_NEWEST_FIRST} LIMIT ? OFFSET ?", *values, limit, offset)
        return HistoryPage(tuple(map(to_line, rows)), self._store.ask(f"SELECT count(*) FROM lookups {where}", *values)[0][0])

    def every(self, search: Search | None = None) -> Iterator[LookupLine]:
        """All look-ups that satisfy the search, newest first, without holding them all in memory."""
        where, values = _where(search or Search())
        number, at = 2**62, "9"
        while True:
            # Continues behind the last row rather than counting off rows: look-ups that come in meanwhile shift nothing.
            behind = f"{where} {'AND' if where else 'WHERE'} (time, number) < (?, ?)"
            rows = self._store.ask(f"SELECT number, {LINE_COLUMNS} FROM lookups {behind} {_NEWEST_FIRST} LIMIT 500", *values, at, number)
            if not rows:
                return
            yield from (to_line(row[1:]) for row in rows)
            number, at = rows[-1][0], rows[-1][2]

    def workers(self) -> tuple[str, ...]:
        """The names that looked something up, most look-ups first."""
        return tuple(
            row[0] for row in self._store.ask("SELECT worker FROM lookups WHERE worker != '' GROUP BY 1 ORDER BY count(*) DESC, 1")
        )

    def latencies(self, now: datetime, *, minutes: float = 60.0) -> list[tuple[datetime, float]]:
        """When each look-up of the last minutes was, and how many milliseconds it took, oldest first."""
        since = stamp(now - timedelta(minutes=minutes))
        rows = self._store.ask("SELECT time, total_ms FROM lookups WHERE time >= ? AND time <= ? ORDER BY time", since, stamp(now))
        return [(datetime.fromisoformat(at), took) for at, took in rows]

    def counts_per_day(self, first: date, last: date, *, zone: tzinfo = UTC) -> list[DayCount]:
        """Look-ups of each day from first to last, both included, as the days begin in `zone`."""
        counts = []
        for n in range((last - first).days + 1):
            day = first + timedelta(days=n)
            begin, end = (stamp(datetime.combine(day + timedelta(days=d), time(), zone)) for d in (0, 1))
            rows = self._store.ask("SELECT verdict, outcome, count(*) FROM lookups WHERE time >= ? AND time < ? GROUP BY 1, 2", begin, end)
            verdicts, outcomes = Counter(), Counter()
            for verdict, outcome, count in rows:
                verdicts[Verdict(verdict)] += count
                outcomes[Outcome(outcome)] += count
            counts.append(DayCount(day.isoformat(), sum(verdicts.values()), dict(verdicts), dict(outcomes)))
        return counts

    def confirmed(
        self, since: datetime | None = None, until: datetime | None = None, *, per_item_cap: int | None = None
    ) -> Iterator[Feedback]:
        """Confirmed look-ups whose photos are still there, newest first, at most `per_item_cap` of each item.

        rejected: the matches that stood above the chosen one, all of them where it was found otherwise; items of the chosen one's group
        are left out, because sizes of one garment look the same.
        """
        if per_item_cap is not None and per_item_cap < 1:
            raise ValueError(f"per_item_cap must be at least 1, got {per_item_cap}")
        given: Counter[str] = Counter()
        for entry in self._with_photos(Search(since=since, until=until, outcome=Outcome.CONFIRMED)):
            chosen = entry.line.state.item_id
            if per_item_cap is None or given[chosen] < per_item_cap:
                given[chosen] += 1
                yield _feedback(entry, chosen, _passed_over(entry.matches, chosen))

    def rejected(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Feedback]:
        """Look-ups where none of the matches was it, new arrivals too, whose photos are still there, newest first; chosen is ""."""
        for outcome in (Outcome.NONE_OF_THESE, Outcome.NEW_ARRIVAL):
            for entry in self._with_photos(Search(since=since, until=until, outcome=outcome)):
                yield _feedback(entry, "", tuple(match.item.item_id for match in entry.matches))

    def _with_photos(self, search: Search) -> Iterator[LookupEntry]:
        for line in self.every(search):
            if line.photos_kept:
                entry = self.entry(line.id)
                # Asked again, for someone may have undone it since the page of rows was read.
                if entry.photo_paths and entry.line.state == line.state:
                    yield entry


def _passed_over(matches: tuple[Match, ...], chosen: str) -> tuple[str, ...]:
    places = [place for place, match in enumerate(matches) if match.item.item_id == chosen]
    group = matches[places[0]].item.item_group_id if places else ""
    above = matches[: places[0]] if places else matches
    return tuple(match.item.item_id for match in above if not group or match.item.item_group_id != group)


def _feedback(entry: LookupEntry, chosen: str, rejected: tuple[str, ...]) -> Feedback:
    line = entry.line
    return Feedback(
        line.id, line.time, entry.photo_paths, entry.mask_path, chosen, rejected, entry.matches, entry.confidence, line.index_build
    )


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{name}" for name in columns.split(", "))


def _where(search: Search) -> tuple[str, list[object]]:
    """A search as SQL and its values; words are matched as they stand, without wildcards."""
    tests = ["instr(searched, ?)"] * len(search.text.split())
    values: list[object] = [word.casefold() for word in search.text.split()]
    for test, value in (
        ("time >= ?", search.since and stamp(search.since)),
        ("time < ?", search.until and stamp(search.until)),
        ("verdict = ?", search.verdict and search.verdict.value),
        ("outcome = ?", search.outcome and search.outcome.value),
        ("worker = ?", search.worker),
        ("batch = ?", search.batch),
    ):
        if value:
            tests.append(test)
            values.append(value)
    return (f"WHERE {' AND '.join(tests)}" if tests else ""), values
