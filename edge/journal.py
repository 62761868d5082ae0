"""Journal: what staff looked up, confirmed, rejected and corrected; nothing in it is ever changed, only added to.

    DATA/journal.sqlite    look-ups, answers and events (edge/journal_store.py)
    DATA/photos/           photos and masks by day, deleted when their time is up (edge/journal_photos.py)
    DATA/corrections/      accepted outlines with their photos, kept to train on

Files come before the row that speaks of them: after a crash there may be files without a row, which pruning removes, never the reverse.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.config import Settings
from edge.errors import JournalError, PhotoError, PhotosGone
from edge.journal_answer import from_content, to_content
from edge.journal_history import History
from edge.journal_photos import PhotoFolder, mask_from_png, mask_to_png, to_jpeg
from edge.journal_prune import disk_use, prune
from edge.journal_rows import LONGEST_NAME, add_answer, add_event, events_of, insert, lookup_row, searched, shown_columns, state_columns
from edge.journal_store import Store, translated
from edge.journal_types import (
    DECISIONS,
    DiskUse,
    Event,
    EventKind,
    LookupEntry,
    Pruned,
    State,
    checked_id,
    cleaned,
    effective,
    new_id,
    replay,
    stamp,
)
from edge.photo import read_photo
from edge.types import Answer, Photo

PRUNE_EVERY_S = 3600.0


class Journal:
    """An open journal. Thread-safe, and several processes may have the same one open.

    Every method raises JournalError where the file or the disk fails, RequestError for an id that names no look-up. A failed call has
    changed nothing; the Answer is still the caller's, who shows it together with the error's sentence and may call again.
    """

    def __init__(self, store: Store, photos: PhotoFolder, settings: Settings) -> None:
        self.store, self.photos, self.settings = store, photos, settings
        self.history = History(store, photos)
        self._prune_lock, self._pruned_at = threading.Lock(), float("-inf")

    @classmethod
    def open(cls, settings: Settings) -> Journal:
        """Open the journal of settings.data_dir; a new one is made where there is none. Raises JournalError."""
        data_dir = Path(settings.data_dir).absolute()
        return cls(Store.open(data_dir / "journal.sqlite"), PhotoFolder(data_dir / "photos"), settings)

    def close(self) -> None:
        self.store.close()

    @property
    def corrections(self) -> Path:
        """The folder where accepted outlines are kept."""
        return Path(self.settings.data_dir).absolute() / "corrections"

    def record(
        self,
        answer: Answer,
        photos: Sequence[Photo | bytes],
        *,
        worker: str = "",
        batch: str = "",
        lookup_id: str | None = None,
        wishes: Mapping[str, object] | None = None,
        when: datetime | None = None,
    ) -> str:
        """Keep a look-up; gives its id. photos: as looked up (files' bytes or Photos), all of one item; those left out are not kept.

        worker: who asked; batch: the delivery it belongs to; lookup_id: from `new_id`, where the id was needed before the answer;
        wishes: what was asked beside the photo, as JSON can hold it; when: with a zone, now by default. Raises PhotoError too.
        """
        lookup_id = checked_id(lookup_id) if lookup_id else new_id()
        at = stamp(when or datetime.now(UTC))
        used = [photo for place, photo in enumerate(photos) if place not in answer.left_out]
        if not used:
            raise ValueError("a look-up has at least one photo")
        day = at[:10]
        files = {
            self.photos.photo_path(lookup_id, day, place): to_jpeg(
                photo, side_px=self.settings.photo_side_px, shown=None if place else answer.photo
            )
            for place, photo in enumerate(used)
        }
        files[self.photos.mask_path(lookup_id, day, 0)] = mask_to_png(answer.mask)
        content, vectors = to_content(answer, wishes=wishes or {})
        facts = {
            "id": lookup_id,
            "time": at,
            "worker": cleaned(worker, longest=LONGEST_NAME),
            "batch": cleaned(batch),
            "photos": len(used),
            "photo_bytes": sum(map(len, files.values())),
            **shown_columns(json.loads(content)),
            **state_columns(State()),
        }
        written = False
        try:
            # The files are written inside the transaction: the lock keeps a second record of the same id from touching them.
            with self.store.write() as connection:
                if connection.execute("SELECT 1 FROM lookups WHERE id = ?", (lookup_id,)).fetchone():
                    raise ValueError(f"the look-up {lookup_id} has been recorded before")
                number = insert(connection, "lookups", facts | {"searched": searched(facts)})
                add_answer(connection, number, 0, 0, content, vectors)
                with translated(self.photos.root, "written"):
                    self.photos.write(files)
                written = True
        except BaseException:
            if written:
                self.photos.delete(lookup_id, day, photos=len(used), masks=[0])
            raise
        self._prune_now_and_then()
        return lookup_id

    def confirm(self, lookup_id: str, item_id: str, *, title: str = "", worker: str = "", when: datetime | None = None) -> State:
        """ "This is it": the item, of the matches or found otherwise, is the one in the photo. Gives what the look-up has come to."""
        if not item_id:
            raise ValueError("an item needs an id")
        if not title:
            title = next((m.item.title for m in self.get(lookup_id).matches if m.item.item_id == item_id), "")
        return self._append(lookup_id, EventKind.CONFIRMED, worker, when, item_id=item_id, title=cleaned(title))

    def none_of_these(self, lookup_id: str, *, worker: str = "", when: datetime | None = None) -> State:
        """None of the matches shown is the item in the photo."""
        return self._append(lookup_id, EventKind.NONE_OF_THESE, worker, when)

    def keep_as_new(self, lookup_id: str, *, note: str = "", worker: str = "", when: datetime | None = None) -> State:
        """The item is not in the catalogue: on the list of new arrivals, with a note for those who will add it."""
        return self._append(lookup_id, EventKind.NEW_ARRIVAL, worker, when, note=cleaned(note, longest=500))

    def outline_corrected(self, lookup_id: str, answer: Answer, *, worker: str = "", when: datetime | None = None) -> State:
        """The answer found with a corrected outline takes the shown one's place; undoing brings that back."""
        return self._append(lookup_id, EventKind.OUTLINE_CORRECTED, worker, when, answer=answer)

    def refined(
        self, lookup_id: str, answer: Answer, *, wishes: Mapping[str, object], worker: str = "", when: datetime | None = None
    ) -> State:
        """The answer ranked anew by a person's wishes takes the shown one's place; wishes: as JSON can hold them."""
        return self._append(lookup_id, EventKind.REFINED, worker, when, answer=answer, wishes=wishes)

    def first_confidence(self, lookup_id: str) -> float:
        """Expected IoU of the outline that the network found, 0..1. Raises RequestError for an id that is not there."""
        rows = self.store.ask("SELECT content FROM answers JOIN lookups ON lookup = number WHERE id = ? AND place = 0", lookup_id)
        if not rows:
            self.get(lookup_id)  # says that it is not there
        return float(json.loads(rows[0][0])["mask_confidence"])

    def undo(
        self, lookup_id: str, *, worker: str = "", when: datetime | None = None, only_if: Callable[[State], bool] | None = None
    ) -> Event | None:
        """Take back the last event that still counts, and give it; None where there is none.

        only_if: asked of the state as it is now; nothing is taken back where it says no. A button pressed twice, or after somebody else
        decided, would else take what it was not meant for.
        """
        with self.store.write() as connection:
            row = lookup_row(connection, lookup_id)
            events = effective(events_of(connection, row["number"]))
            if not events or (only_if and not only_if(replay(events))):
                return None
            add_event(connection, row, EventKind.UNDONE, worker, when, undoes=events[-1].number)
            return events[-1]

    def get(self, lookup_id: str) -> LookupEntry:
        """All that is kept of a look-up but its arrays. Raises RequestError for an id that is not there."""
        return self.history.entry(lookup_id)

    def reopen(self, lookup_id: str) -> Answer:
        """The answer shown last, with photo, outline and vectors, as `Lookup.refine` and the page want it.

        The photo comes back through a JPEG and the mask in 8 bits; all numbers are exact. Where index_build is no longer the current one,
        its matches are what was seen then. Raises PhotosGone where the photos have been deleted, RequestError for an id that is not there.
        """
        entry = self.get(lookup_id)
        rows = self.store.ask(
            "SELECT content, vectors FROM answers JOIN lookups ON lookup = number WHERE id = ? AND place = ?",
            lookup_id,
            entry.line.state.answer,
        )
        if not entry.photo_paths or entry.mask_path is None:
            raise PhotosGone(lookup_id=lookup_id)
        path = entry.mask_path
        try:
            content, vectors = rows[0]
            mask = mask_from_png(path.read_bytes(), confidence=json.loads(content)["mask_confidence"])
            path = entry.photo_paths[0]
            photo = read_photo(path.read_bytes(), max_side=max(mask.alpha.shape))
            return from_content(content, vectors, photo=photo, mask=mask)
        except FileNotFoundError as error:
            raise PhotosGone(lookup_id=lookup_id) from error
        except OSError as error:
            raise JournalError(
                f"{path} cannot be read ({error.strerror}).", path=str(path), remedy="Look at the data folder's disk."
            ) from error
        except (PhotoError, ValueError, KeyError, TypeError, IndexError) as error:
            raise JournalError(
                f"The look-up is damaged ({error!r}).", path=str(path), remedy="Take a new photo to search again."
            ) from error

    def prune(self, now: datetime) -> Pruned:
        """Delete photos past their time, then the oldest over the cap, and leftovers; rows stay. `record` does it every hour by itself."""
        with self._prune_lock:
            self._pruned_at = time.monotonic()
            return prune(self.store, self.photos, now, keep_days=self.settings.keep_photos_days, max_gib=self.settings.max_photos_gib)

    def disk_use(self) -> DiskUse:
        """What the data folder's parts take."""
        return disk_use(self.store, self.photos, self.corrections)

    def _prune_now_and_then(self) -> None:
        """Once an hour; a pruning that fails must not fail the look-up that has been kept: the next hour tries again."""
        if time.monotonic() - self._pruned_at < PRUNE_EVERY_S or self._prune_lock.locked():
            return
        try:
            self.prune(datetime.now(UTC))
        except JournalError:
            pass

    def _append(
        self,
        lookup_id: str,
        kind: EventKind,
        worker: str,
        when: datetime | None,
        *,
        item_id: str = "",
        title: str = "",
        note: str = "",
        answer: Answer | None = None,
        wishes: Mapping[str, object] | None = None,
    ) -> State:
        written: Path | None = None
        try:
            with self.store.write() as connection:
                row = lookup_row(connection, lookup_id)
                place = row["answer"]
                if kind in DECISIONS:
                    events = events_of(connection, row["number"])
                    last = next(reversed(effective(events)), None)
                    if last and (last.kind, last.item_id, last.note) == (kind, item_id, note):
                        return replay(events)  # said twice: undone once, it is to be undone
                if answer is not None:
                    place, written = self._add_answer(connection, row, answer, wishes, new_mask=kind is EventKind.OUTLINE_CORRECTED)
                return add_event(connection, row, kind, worker, when, item_id=item_id, title=title, note=note, answer=place)
        except BaseException:
            if written is not None:
                written.unlink(missing_ok=True)
            raise

    def _add_answer(
        self, connection: sqlite3.Connection, row: Mapping[str, Any], answer: Answer, wishes: Mapping[str, object] | None, *, new_mask: bool
    ) -> tuple[int, Path | None]:
        """Add an answer, with a mask of its own or that of the answer it follows. Gives its place and the mask file written."""
        number = row["number"]
        place = connection.execute("SELECT max(place) + 1 FROM answers WHERE lookup = ?", (number,)).fetchone()[0]
        shown = connection.execute("SELECT mask, content FROM answers WHERE lookup = ? AND place = ?", (number, row["answer"])).fetchone()
        if wishes is None:
            wishes = json.loads(shown[1])["wishes"]  # a corrected outline leaves what was asked as it was
        content, vectors = to_content(answer, wishes=wishes)
        if not new_mask or row["photos_gone"] is not None:
            add_answer(connection, number, place, shown[0], content, vectors)
            return place, None
        add_answer(connection, number, place, place, content, vectors)
        path, png = self.photos.mask_path(row["id"], row["time"][:10], place), mask_to_png(answer.mask)
        connection.execute("UPDATE lookups SET photo_bytes = photo_bytes + ? WHERE number = ?", (len(png), number))
        with translated(self.photos.root, "written"):
            self.photos.write({path: png})
        return place, path


def _unreadable(path: Path, why: str) -> JournalError:
    return JournalError(f"The look-up cannot be shown again: {path} is damaged ({why}).", path=str(path), remedy="Take a new photo.")
