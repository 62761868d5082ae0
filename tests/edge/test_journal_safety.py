"""The journal under threads and processes at once, kill -9, a full disk, damage, and other versions of itself."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edge.errors import JournalError, SetupError
from edge.journal_store import MIGRATIONS, Store
from edge.journal_types import Outcome, Search
from tests.made_answer import made_answer, open_journal

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from tests.made_answer import made_answer, open_journal
from pathlib import Path
folder, worker, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
journal, answer = open_journal(folder), made_answer(side=60)
for n in range(count):
    lookup_id = journal.record(answer, [answer.photo], worker=worker)
    print(lookup_id, flush=True)
    journal.confirm(lookup_id, "SKU-0001")
    print("confirmed", lookup_id, flush=True)
"""


def writing(folder: Path, worker: str, count: int) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, str(folder), worker, str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def assert_sound(folder: Path) -> None:
    raw = sqlite3.connect(folder / "journal.sqlite")
    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)] and raw.execute("PRAGMA foreign_key_check").fetchall() == []
    raw.close()


def test_two_processes_that_begin_together_lose_nothing_of_each_others_200_look_ups(tmp_path):
    writers = [writing(tmp_path, name, 200) for name in ("Ada", "Ben")]
    outputs = [writer.communicate(timeout=400) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], outputs[0][1] + outputs[1][1]
    journal = open_journal(tmp_path)
    assert journal.history.page(Search(outcome=Outcome.CONFIRMED)).total == 400
    for name in ("Ada", "Ben"):
        assert journal.history.page(Search(worker=name)).total == 200
    said = {line for out, _ in outputs for line in out.split("\n") if line and " " not in line}
    entries = [journal.get(line.id) for line in journal.history.every()]
    assert {entry.line.id for entry in entries} == said
    assert all(len(entry.photo_paths) == 1 and entry.mask_path and len(entry.events) == 1 for entry in entries)
    assert_sound(tmp_path)


def test_threads_write_and_read_one_open_journal(tmp_path):
    journal, answer, errors, ids = open_journal(tmp_path), made_answer(side=60), [], []

    def work(number: int) -> None:
        try:
            for _ in range(10):
                lookup_id = journal.record(answer, [answer.photo], worker=f"W{number}")
                journal.confirm(lookup_id, "SKU-0001")
                journal.reopen(lookup_id)
                journal.history.page(Search(text=f"w{number}"))
                ids.append(lookup_id)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and len(set(ids)) == 60 == journal.history.page(Search(outcome=Outcome.CONFIRMED)).total


def test_events_said_at_once_by_many_are_all_kept_and_undone_once_each(tmp_path):
    journal, answer = open_journal(tmp_path), made_answer(side=60)
    lookup_id = journal.record(answer, [answer.photo])
    others = [open_journal(tmp_path) for _ in range(4)]
    undone = []

    def said(one) -> None:
        for n in range(5):  # an item of each one's own, as the same one said twice in a row counts once
            one.confirm(lookup_id, f"SKU-{others.index(one)}{n:03d}")

    def taken_back(one) -> None:
        undone.extend(one.undo(lookup_id).number for _ in range(5))

    for act in (said, taken_back):
        threads = [threading.Thread(target=act, args=(one,)) for one in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    entry = journal.get(lookup_id)
    assert len(entry.events) == 40 and len(set(undone)) == 20 and entry.line.state.outcome is Outcome.OPEN


def test_killed_at_any_moment_what_was_reported_is_there_and_the_next_goes_on(tmp_path):
    rng, reported, confirmed = random.Random(4), set(), set()
    for _ in range(5):
        writer = writing(tmp_path, "Ada", 100_000)
        first = writer.stdout.readline()  # it has begun
        time.sleep(rng.uniform(0.05, 0.5))
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        for line in (first + rest).split("\n")[:-1]:
            (confirmed if " " in line else reported).add(line.split(" ")[-1])
    journal = open_journal(tmp_path)
    entries = {line.id: journal.get(line.id) for line in journal.history.every()}
    assert len(reported) >= 5 and reported <= set(entries) and len(entries) - len(reported) <= 5
    assert all(entries[i].line.state.outcome is Outcome.CONFIRMED for i in confirmed)
    assert all(entry.photo_paths and entry.mask_path for entry in entries.values()), "never a row without its files"
    for lookup_id in list(entries)[:3]:
        assert journal.reopen(lookup_id).matches
    answer = made_answer(side=60)
    assert journal.reopen(journal.record(answer, [answer.photo]))
    assert_sound(tmp_path)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from edge.errors import JournalError
from tests.made_answer import made_answer, open_journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal, answer = open_journal(Path(sys.argv[1])), made_answer(side=60)
kept = [journal.record(answer, [answer.photo])]
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
failed = 0
limit(int(sys.argv[2]))
for n in range(200):
    try:
        kept.append(journal.record(answer, [answer.photo]))
    except JournalError as error:
        failed += 1
        message = str(error)
        assert answer.matches and journal.get(kept[0])
        try:
            journal.confirm(kept[0], "SKU-0001")
        except JournalError as again:
            message += " | " + str(again)
        if failed == 3:
            break
limit(resource.RLIM_INFINITY)
journal.confirm(kept[-1], "SKU-0002")
kept.append(journal.record(answer, [answer.photo]))
print(failed, len(kept))
print(message)
print(*kept, sep="\\n")
"""


@pytest.mark.parametrize("limit", [200_000, 700])
def test_on_a_full_disk_the_caller_gets_a_sentence_and_the_journal_goes_on_when_there_is_room(tmp_path, limit):
    """A limit on file sizes stands for the full disk: the database's log cannot grow any more, with 700 bytes no photo either."""
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), str(limit)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    counts, message, *kept = run.stdout.strip().split("\n")
    assert counts.startswith("3 ") and "cannot be written" in message and "make room" in message
    journal = open_journal(tmp_path)
    entries = [journal.get(line.id) for line in journal.history.every()]
    assert {entry.line.id for entry in entries} == set(kept), "what failed left no row"
    assert all(entry.photo_paths and entry.mask_path for entry in entries)
    on_disk = {path.name for path in journal.photos.root.rglob("*") if path.is_file()}
    assert on_disk == {f"{i}-{what}" for i in kept for what in ("1.jpg", "mask0.png")}, "and no file"
    assert_sound(tmp_path)


def test_a_tiny_disk_that_is_really_full(tmp_path):
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(tmp_path)], capture_output=True).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        journal, answer, kept = open_journal(tmp_path), made_answer(side=60), []
        with pytest.raises(JournalError, match="cannot be written"):
            for _ in range(2000):
                kept.append(journal.record(answer, [answer.photo]))
        assert len(kept) > 5 and {line.id for line in journal.history.every()} == set(kept)
        assert all(journal.get(i).photo_paths for i in kept)
        journal.close()
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_folder_that_cannot_be_made_is_a_setup_error_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="The journal cannot be opened: .*rights"):
        open_journal(tmp_path / "file" / "data")


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be looked at" * 40, b"SQLite format 3\0" + bytes(200)])
def test_a_damaged_database_is_said_to_be_and_left_as_it_is(tmp_path, content):
    (tmp_path / "journal.sqlite").write_bytes(content)
    with pytest.raises(JournalError, match="damaged.*back-up"):
        open_journal(tmp_path)
    assert (tmp_path / "journal.sqlite").read_bytes() == content


def test_another_program_that_holds_the_lock_is_waited_for_and_then_named(tmp_path, monkeypatch):
    monkeypatch.setattr("edge.journal_store._WAIT_S", 0.3)
    journal, answer = open_journal(tmp_path), made_answer(side=60)
    holder = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="another program has held"):
        journal.record(answer, [answer.photo])
    assert journal.history.page().total == 0, "reading needs no lock"
    holder.execute("ROLLBACK")
    assert journal.record(answer, [answer.photo])
    holder.close()


ADDED = "ALTER TABLE lookups ADD COLUMN shelf TEXT NOT NULL DEFAULT 'none'; CREATE INDEX lookups_shelf ON lookups (shelf);"


def test_an_older_journal_is_brought_up_to_date_with_everything_in_it(tmp_path):
    journal, answer = open_journal(tmp_path), made_answer(side=60)
    lookup_id = journal.record(answer, [answer.photo])
    journal.close()
    store = Store.open(tmp_path / "journal.sqlite", migrations=(*MIGRATIONS, ADDED))
    assert store.ask("SELECT id, shelf FROM lookups") == [(lookup_id, "none")] and store.ask("PRAGMA user_version") == [(2,)]
    store.close()
    with pytest.raises(JournalError, match="version 2, this program knows 1.*newer program"):
        open_journal(tmp_path)


def test_a_migration_that_fails_half_way_leaves_the_journal_as_it_was(tmp_path):
    journal, answer = open_journal(tmp_path), made_answer(side=60)
    lookup_id = journal.record(answer, [answer.photo])
    journal.close()
    with pytest.raises(JournalError):
        Store.open(tmp_path / "journal.sqlite", migrations=(*MIGRATIONS, ADDED + "CREATE TABLE lookups (nonsense);"))
    journal = open_journal(tmp_path)
    assert journal.reopen(lookup_id) and "shelf" not in str(journal.store.ask("SELECT sql FROM sqlite_master"))


def test_a_journals_log_does_not_grow_for_ever(tmp_path):
    journal, answer = open_journal(tmp_path), made_answer(side=60)
    for _ in range(150):
        journal.record(answer, [answer.photo])
        journal.history.page()
    assert (tmp_path / "journal.sqlite-wal").stat().st_size < 8 * 2**20
