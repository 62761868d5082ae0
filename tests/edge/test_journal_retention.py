"""Photos go when their time is up or the cap is reached, rows stay; what the journal did not write is never touched."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from edge.errors import PhotosGone
from edge.journal_types import Outcome, new_id
from tests.made_answer import made_answer, open_journal

NOW = datetime.now(UTC)


def files_under(journal) -> list[str]:
    return sorted(path.name for path in journal.photos.root.rglob("*") if path.is_file())


def test_photos_past_their_time_go_and_their_rows_stay(tmp_path):
    journal = open_journal(tmp_path)
    answer = made_answer()
    journal.prune(NOW)  # so that recording does not prune by itself
    old = journal.record(answer, [answer.photo, answer.photo], when=NOW - timedelta(days=30, minutes=1))
    journal.outline_corrected(old, made_answer(left=50))
    journal.confirm(old, "SKU-0001")
    young = journal.record(answer, [answer.photo], when=NOW - timedelta(days=29))
    held = journal.disk_use().photos
    done = journal.prune(NOW)
    assert (done.past_time, done.over_cap, done.files) == (1, 0, 4) and journal.disk_use().photos == held - done.bytes
    entry = journal.get(old)
    assert not entry.line.photos_kept and entry.photo_paths == () and entry.mask_path is None
    assert entry.line.state.outcome is Outcome.CONFIRMED and len(entry.matches) == 3 and len(entry.events) == 2
    with pytest.raises(PhotosGone):
        journal.reopen(old)
    assert journal.reopen(young).matches == answer.matches and journal.undo(old).item_id == "SKU-0001"
    assert len(list(journal.photos.root.iterdir())) == 1, "the empty day's folder is gone"
    assert journal.prune(NOW).files == 0


def test_over_the_cap_the_oldest_go_first(tmp_path):
    answer = made_answer(side=400)
    sizes = open_journal(tmp_path / "measured")
    sizes.record(answer, [answer.photo])
    each = sizes.disk_use().photos
    journal = open_journal(tmp_path / "data", max_photos_gib=0.01)
    journal.prune(NOW)
    fit = int(0.01 * 2**30 // each)
    ids = [journal.record(answer, [answer.photo], when=NOW - timedelta(hours=2 * n)) for n in range(8)]
    with journal.store.write() as connection:  # as if each had been a large one
        connection.execute("UPDATE lookups SET photo_bytes = ?", (each * fit // 5,))
    done = journal.prune(NOW)
    assert done.over_cap == 3 and done.past_time == 0 and done.files == 6
    assert [journal.get(i).line.photos_kept for i in ids] == [True] * 5 + [False] * 3


def test_recording_prunes_by_itself_once_an_hour(tmp_path):
    answer = made_answer()
    journal = open_journal(tmp_path)
    old = journal.record(answer, [answer.photo], when=NOW - timedelta(days=40))
    assert not journal.get(old).line.photos_kept, "the first record of a process prunes"
    second = journal.record(answer, [answer.photo], when=NOW - timedelta(days=40))
    assert journal.get(second).line.photos_kept, "the next hour's turn"
    journal._pruned_at -= 3601
    journal.record(answer, [answer.photo])
    assert not journal.get(second).line.photos_kept


def test_leftovers_of_broken_off_writes_go_and_foreign_files_stay(tmp_path):
    journal = open_journal(tmp_path)
    answer = made_answer()
    kept = journal.record(answer, [answer.photo])
    day = journal.photos.photo_path(kept, NOW.date().isoformat(), 0).parent
    day.mkdir(exist_ok=True)
    orphan, broken, fresh = day / f"{new_id()}-1.jpg", day / f".{new_id()}-mask0.png.tmp", day / f"{new_id()}-1.jpg"
    foreign = [day / "notes.txt", day / "holiday-1.jpg", journal.photos.root / "readme", tmp_path / "other.jpg"]
    for path in (orphan, broken, fresh, *foreign):
        path.write_bytes(b"x")
    for path in (orphan, broken, *foreign):
        os.utime(path, (NOW.timestamp() - 7200,) * 2)
    assert journal.prune(NOW).files == 2
    assert not orphan.exists() and not broken.exists()
    assert fresh.exists(), "may belong to a look-up that is being recorded"
    assert all(path.exists() for path in foreign) and journal.reopen(kept)


def test_a_folder_led_astray_by_a_link_is_not_followed(tmp_path):
    journal = open_journal(tmp_path / "data")
    outside = tmp_path / "outside"
    outside.mkdir()
    victim = outside / f"{new_id()}-1.jpg"
    victim.write_bytes(b"x")
    os.utime(victim, (0, 0))
    answer = made_answer()
    journal.record(answer, [answer.photo])
    (journal.photos.root / "2020-01-01").symlink_to(outside, target_is_directory=True)
    journal.prune(NOW)
    assert victim.exists()


def test_a_pruning_that_broke_off_is_completed_by_the_next(tmp_path):
    journal = open_journal(tmp_path)
    answer = made_answer()
    journal.prune(NOW)
    old = journal.record(answer, [answer.photo], when=NOW - timedelta(days=31))
    journal.get(old).photo_paths[0].unlink()  # the files went, the row had no time to say so
    done = journal.prune(NOW)
    assert done.past_time == 1 and not journal.get(old).line.photos_kept and files_under(journal) == []


def test_disk_use_counts_database_photos_and_corrections_apart(tmp_path):
    journal = open_journal(tmp_path)
    answer = made_answer()
    journal.record(answer, [answer.photo])
    journal.corrections.mkdir()
    (journal.corrections / "a.png").write_bytes(b"x" * 1000)
    use = journal.disk_use()
    assert use.corrections == 1000 and use.photos == sum(p.stat().st_size for p in journal.photos.root.rglob("*.*g"))
    assert use.database >= (tmp_path / "journal.sqlite").stat().st_size and use.free > 0
    journal.prune(NOW + timedelta(days=400))
    assert journal.disk_use().corrections == 1000, "accepted outlines stay"
