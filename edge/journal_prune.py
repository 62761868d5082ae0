"""Retention: photos past their time, or over the cap on their size, are deleted; what was found and chosen stays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from edge.journal_photos import PhotoFolder
from edge.journal_store import Store, translated
from edge.journal_types import DiskUse, Pruned, stamp

_LEFTOVER_AGE_S = 3600.0  # a file younger than this may belong to a look-up that is being recorded
_AT_ONCE = 500


def prune(store: Store, photos: PhotoFolder, now: datetime, *, keep_days: float, max_gib: float) -> Pruned:
    """Delete photos older than `keep_days` at `now`, then the oldest until `max_gib` is kept, then files that belong to no look-up.

    Files go before their rows say so: a pruning that breaks off is completed by the next. Raises JournalError.
    """
    with translated(photos.root, "pruned"):
        count = size = past_time = over_cap = 0
        until = stamp(now - timedelta(days=keep_days))
        while due := store.ask(f"{_KEPT} AND time < ? ORDER BY time LIMIT {_AT_ONCE}", until):
            files, freed = _delete(store, photos, due, now)
            count, size, past_time = count + files, size + freed, past_time + len(due)
        cap = int(max_gib * 2**30)
        while (excess := _kept_bytes(store) - cap) > 0:
            due, freed_by_rows = [], 0
            for row in store.ask(f"{_KEPT} ORDER BY time LIMIT {_AT_ONCE}"):
                if freed_by_rows >= excess:
                    break
                due.append(row)
                freed_by_rows += row[4]
            files, freed = _delete(store, photos, due, now)
            count, size, over_cap = count + files, size + freed, over_cap + len(due)
        kept_ids = {row[0] for row in store.ask("SELECT id FROM lookups WHERE photos_gone IS NULL")}
        oldest = now.timestamp() - _LEFTOVER_AGE_S
        left = [kept for kept in photos.files() if kept.lookup_id not in kept_ids and kept.written < oldest]
        files, freed = photos.delete_files(left)
        photos.drop_empty_days(before=stamp(now)[:10])
    return Pruned(past_time, over_cap, count + files, size + freed)


_KEPT = "SELECT id, time, photos, number, photo_bytes FROM lookups WHERE photos_gone IS NULL"


def _kept_bytes(store: Store) -> int:
    return store.ask("SELECT coalesce(sum(photo_bytes), 0) FROM lookups WHERE photos_gone IS NULL")[0][0]


def _delete(store: Store, photos: PhotoFolder, due: Sequence[tuple], now: datetime) -> tuple[int, int]:
    """Delete the photos and masks of these look-ups, then say so in their rows. Gives files and bytes."""
    count = size = 0
    for lookup_id, time, taken, number, _ in due:
        masks = [row[0] for row in store.ask("SELECT DISTINCT mask FROM answers WHERE lookup = ?", number)]
        files, freed = photos.delete(lookup_id, time[:10], photos=taken, masks=masks)
        count, size = count + files, size + freed
    with store.write() as connection:
        connection.executemany("UPDATE lookups SET photos_gone = ? WHERE number = ?", [(stamp(now), row[3]) for row in due])
    return count, size


def disk_use(store: Store, photos: PhotoFolder, corrections: Path) -> DiskUse:
    """What the database with its log, the photos and the corrections take, counted on the disk. Raises JournalError."""
    with translated(store.path, "measured"):
        database = sum(file.stat().st_size for file in store.path.parent.glob(f"{store.path.name}*"))
        taken = sum(kept.bytes for kept in photos.files())
        kept = sum(
            os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(corrections) for name in names
        )  # fmt: skip
        return DiskUse(database, taken, kept, shutil.disk_usage(store.path.parent).free)
