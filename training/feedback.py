"""A data set folder of what a warehouse's days have taught: written from a journal in one piece, read back to train on.

DIR/feedback.csv                  photo, mask, chosen, rejected, time, lookup_id: a row per photo, newest first
DIR/photos/<look-up>-<n>.jpg      as the journal keeps them
DIR/photos/<look-up>-mask.png     the outline of the first photo; 8 bits
DIR/corrections/                  accepted outlines, as `edge.corrections` keeps them, for `python -m training segmenter --extra`

chosen is empty where none of the items shown was it; rejected is a JSON list of item ids, best first.
"""

from __future__ import annotations

import csv
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from edge.corrections import LIST_NAME, Correction, read_corrections
from edge.errors import SetupError
from edge.journal import Journal
from edge.journal_types import Feedback, Outcome, Search
from edge.manifest import sync_folder

COLUMNS = ("photo", "mask", "chosen", "rejected", "time", "lookup_id")
FEEDBACK_NAME, CORRECTIONS_NAME = "feedback.csv", "corrections"
PER_ITEM = 40
_LEARNED_FROM = (Outcome.CONFIRMED, Outcome.NONE_OF_THESE, Outcome.NEW_ARRIVAL)


@dataclass(frozen=True, slots=True)
class Seen:
    """One photo of a look-up that was decided. mask: None for all but a look-up's first photo. chosen: item id, "" for none shown.

    rejected: ids of items a person saw and passed over, best first. time: with its zone.
    """

    photo: Path
    mask: Path | None
    chosen: str
    rejected: tuple[str, ...]
    time: datetime
    lookup_id: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote: look-ups confirmed and rejected, their photos, corrections; left out: look-ups whose photos' time is up,
    and photos that could not be read, with the reason."""

    confirmed: int
    rejected: int
    photos: int
    corrections: int
    past_keeping: int
    failed: tuple[tuple[str, str], ...]


def export_feedback(
    journal: Journal, out: Path, *, since: datetime | None = None, until: datetime | None = None, per_item: int = PER_ITEM,
    now: datetime | None = None,
) -> Exported:  # fmt: skip
    """Write the folder; nothing of it is seen before all of it is there, and an export that was there before is replaced in whole.

    since is included, until is not, both with a zone. per_item: at most so many confirmed look-ups of one item, the newest ones.
    Photos past the journal's keeping time are left out even where pruning has not come by yet. Raises SetupError where there is nothing
    to write or `out` holds something else, JournalError, OSError.
    """
    if per_item < 1:
        raise ValueError(f"per_item must be at least 1, got {per_item}")
    out = Path(out).absolute()
    if out.exists() and not (out / FEEDBACK_NAME).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise SetupError(f"{out} is there already and is no export of feedback.", remedy="Name a new folder with --out.")
    now = now or datetime.now(UTC)
    oldest = now - timedelta(days=journal.settings.keep_photos_days)
    history, kept_since = journal.history, max(since or oldest, oldest)
    past = 0
    for outcome in _LEARNED_FROM:
        lines = history.every(Search(since=since, until=until, outcome=outcome))
        past += sum(line.time < oldest or not line.photos_kept for line in lines)
    confirmed = list(history.confirmed(kept_since, until, per_item_cap=per_item))
    rejected = list(history.rejected(kept_since, until))
    corrections = [c for c in read_corrections(journal.corrections) if (not since or c.when >= since) and (not until or c.when < until)]
    if not (confirmed or rejected or corrections):
        gone = f" The photos of {past} look-ups have been deleted or are past their time." if past else ""
        raise SetupError(
            f"There is nothing to learn from in {journal.settings.data_dir} in that time.{gone}",
            remedy="Confirm or reject look-ups on the page first, or widen --from and --to.",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    building = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    failed: list[tuple[str, str]] = []
    try:
        (building / "photos").mkdir(parents=True)
        rows = [row for one in (*confirmed, *rejected) for row in _copy(one, building, failed)]
        with open(building / FEEDBACK_NAME, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(rows)
        kept = sum(_copy_correction(correction, building / CORRECTIONS_NAME, failed) for correction in corrections)
        os.sync()
        _put_in_place(building, out)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return Exported(len(confirmed), len(rejected), len(rows), kept, past, tuple(failed))


def read_feedback(folder: Path) -> list[Seen]:
    """The photos of a folder that `export_feedback` wrote, those that are still there. Raises SetupError where it is none."""
    folder, path = Path(folder), Path(folder) / FEEDBACK_NAME
    try:
        with open(path, newline="", encoding="utf-8") as file:
            raw = list(csv.DictReader(file))
        seen = [
            # Names alone: a row cannot point out of the folder.
            Seen(
                folder / "photos" / Path(r["photo"]).name, folder / "photos" / Path(r["mask"]).name if r["mask"] else None, r["chosen"],
                tuple(map(str, json.loads(r["rejected"]))), datetime.fromisoformat(r["time"]), r["lookup_id"],
            )
            for r in raw
        ]  # fmt: skip
    except FileNotFoundError as error:
        raise SetupError(f"{folder} is no folder of feedback.", remedy="Make it: `python -m training export-feedback`.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{path} cannot be read ({error!r}).", remedy="Export it again: `python -m training export-feedback`.") from error
    return [one for one in seen if one.photo.is_file()]


def _copy(one: Feedback, folder: Path, failed: list[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Copy a look-up's photos and mask; gives the rows of those that are whole pictures."""
    rows, first = [], one.photos[0] if one.photos else None
    for photo in one.photos:
        try:
            _copy_picture(photo, folder / "photos" / photo.name)
        except (OSError, ValueError) as error:
            failed.append((str(photo), str(error)))
            continue
        mask = ""
        # Photo 1 alone has an outline; where it is gone, the second photo must not inherit it.
        if one.mask is not None and photo is first and photo.stem.endswith("-1"):
            mask = f"photos/{one.lookup_id}-mask.png"
            try:
                _copy_picture(one.mask, folder / mask)
            except (OSError, ValueError) as error:
                failed.append((str(one.mask), str(error)))
                mask = ""
        rows.append((f"photos/{photo.name}", mask, one.chosen, json.dumps(one.rejected), one.time.isoformat(), one.lookup_id))
    return rows


def _copy_correction(correction: Correction, folder: Path, failed: list[tuple[str, str]]) -> bool:
    folder.mkdir(exist_ok=True)
    try:
        for path in (correction.photo_path, correction.mask_path):
            _copy_picture(path, folder / path.name)
    except (OSError, ValueError) as error:
        failed.append((str(correction.photo_path), str(error)))
        return False
    line = {
        "photo": correction.photo_path.name, "mask": correction.mask_path.name, "when": correction.when.isoformat(),
        "lookup_id": correction.lookup_id,
    }  # fmt: skip
    with open(folder / LIST_NAME, "a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return True


def _copy_picture(source: Path, target: Path) -> None:
    """Copy a picture after a look whether it can be opened. Raises OSError, ValueError."""
    data = source.read_bytes()
    # From bytes: OpenCV's own reading ends the process at a path that is no text.
    if not data or cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8) is None:
        raise ValueError("it cannot be read as a picture; left out.")
    target.write_bytes(data)


def _put_in_place(building: Path, out: Path) -> None:
    """Rename the finished folder to its name; what was there before goes only then."""
    old = out.with_name(f".{out.name}.old-{secrets.token_hex(4)}")
    if out.exists():
        os.rename(out, old)
    os.rename(building, out)
    sync_folder(out.parent)
    shutil.rmtree(old, ignore_errors=True)
