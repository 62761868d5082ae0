"""What a journal's decisions become: whole, capped, dated, without photos past their time, in place at once or not at all."""

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from edge.corrections import keep_correction, read_corrections
from edge.errors import SetupError
from edge.types import Mask, Photo
from tests.made_answer import made_answer, made_item, open_journal, phone_jpeg
from training.__main__ import main
from training.feedback import export_feedback, read_feedback

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def record(journal, *, days_ago: float, photos: int = 1, seed: int = 0) -> str:
    answer = made_answer(photos=photos, seed=seed)
    return journal.record(answer, [phone_jpeg() for _ in range(photos)], when=NOW - timedelta(days=days_ago))


@pytest.fixture
def journal(tmp_path):
    """Three confirmed look-ups of one item, one found otherwise, two without an item, one undecided, one past its time, a correction."""
    journal = open_journal(tmp_path / "data")
    for days in (1, 2, 3):
        journal.confirm(record(journal, days_ago=days), "SKU-0001", when=NOW)
    journal.confirm(record(journal, days_ago=4, photos=2), "SKU-0077", title="found by hand", when=NOW)
    journal.none_of_these(record(journal, days_ago=5), when=NOW)
    journal.keep_as_new(record(journal, days_ago=6), when=NOW)
    record(journal, days_ago=1)
    journal.confirm(record(journal, days_ago=40), "SKU-0002", when=NOW)
    rgb = np.full((40, 60, 3), 90, np.uint8)
    keep_correction(journal.corrections, Photo(rgb, (60, 40), "JPEG"), Mask(np.ones((40, 60), np.float32), 1.0), when=NOW)
    yield journal
    journal.close()


def test_decisions_become_rows_with_photo_mask_chosen_and_rejected(journal, tmp_path):
    done = export_feedback(journal, tmp_path / "out", now=NOW)
    assert (done.confirmed, done.rejected, done.photos, done.corrections, done.past_keeping, done.failed) == (4, 2, 7, 1, 1, ())
    seen = read_feedback(tmp_path / "out")
    assert len(seen) == 7
    assert all(one.rejected == ("SKU-0000",) for one in seen if one.chosen == "SKU-0001")
    by_hand = [one for one in seen if one.chosen == "SKU-0077"]
    assert [one.rejected for one in by_hand] == [("SKU-0000", "SKU-0001", "SKU-0002")] * 2
    assert [one.mask is None for one in by_hand] == [False, True]  # only the first photo's outline is known
    assert sum(one.chosen == "" for one in seen) == 2 and all(one.rejected for one in seen if not one.chosen)
    for one in seen:
        assert cv2.imread(str(one.photo)) is not None
        assert one.mask is None or cv2.imread(str(one.mask), cv2.IMREAD_GRAYSCALE).max() == 255


def test_accepted_outlines_come_along_in_the_form_the_segmenter_learns_from(journal, tmp_path):
    export_feedback(journal, tmp_path / "out", now=NOW)
    (correction,) = read_corrections(tmp_path / "out" / "corrections")
    assert correction.when == NOW and cv2.imread(str(correction.mask_path), cv2.IMREAD_GRAYSCALE).shape == (40, 60)


def test_the_cap_keeps_the_newest_and_the_range_keeps_the_days_asked_for(journal, tmp_path):
    capped = export_feedback(journal, tmp_path / "capped", per_item=1, now=NOW)
    assert capped.confirmed == 2
    assert [one.time for one in read_feedback(tmp_path / "capped") if one.chosen == "SKU-0001"] == [NOW - timedelta(days=1)]
    ranged = export_feedback(journal, tmp_path / "ranged", since=NOW - timedelta(days=5.5), until=NOW - timedelta(days=2.5), now=NOW)
    assert (ranged.confirmed, ranged.rejected, ranged.corrections, ranged.past_keeping) == (2, 1, 0, 0)


def test_photos_past_their_time_are_left_out_though_still_on_disk_and_deleted_ones_counted(journal, tmp_path):
    assert export_feedback(journal, tmp_path / "a", now=NOW + timedelta(days=27.5)).past_keeping == 5
    journal.prune(NOW)
    assert export_feedback(journal, tmp_path / "b", now=NOW).past_keeping == 1


def test_a_new_export_replaces_the_old_one_and_nothing_else(journal, tmp_path):
    out = tmp_path / "out"
    export_feedback(journal, out, now=NOW)
    export_feedback(journal, out, per_item=1, now=NOW)
    assert len(read_feedback(out)) == 5 and len(list((out / "photos").glob("*-1.jpg"))) == 4
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(SetupError, match="no export"):
        export_feedback(journal, tmp_path / "mine", now=NOW)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_a_failing_disk_leaves_the_earlier_export_as_it_was(journal, tmp_path, monkeypatch):
    out = tmp_path / "out"
    export_feedback(journal, out, now=NOW)
    before = sorted(path.name for path in out.rglob("*"))

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.feedback._put_in_place", full)
    with pytest.raises(OSError, match="No space"):
        export_feedback(journal, out, per_item=1, now=NOW)
    assert sorted(path.name for path in out.rglob("*")) == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_nothing_to_learn_from_is_said_and_nothing_written(tmp_path):
    journal = open_journal(tmp_path / "empty")
    journal.record(made_answer([made_item(1)]), [phone_jpeg()])
    with pytest.raises(SetupError, match="nothing to learn"):
        export_feedback(journal, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_names_damaged_photos_and_says_what_was_left_out(tmp_path, capsys):
    journal = open_journal(tmp_path / "data")
    today = datetime.now(UTC)
    good, bad, old = (journal.record(made_answer(), [phone_jpeg()], when=today - timedelta(days=d)) for d in (1, 2, 99))
    for one in (good, bad, old):
        journal.confirm(one, "SKU-0000")
    broken = journal.get(bad).photo_paths[0]
    broken.write_bytes(b"not a picture")
    journal.close()
    with pytest.raises(SystemExit) as left:
        main(["export-feedback", "--journal", str(tmp_path / "data"), "--out", str(tmp_path / "out")])
    said = capsys.readouterr()
    assert left.value.code == 1 and str(broken) in said.err
    assert "1 more look-ups are left out" in said.out
    assert [one.lookup_id for one in read_feedback(tmp_path / "out")] == [good]


def test_a_folder_without_a_journal_is_refused_and_none_is_made(tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["export-feedback", "--journal", str(tmp_path / "no"), "--out", str(tmp_path / "out")])
    assert left.value.code == 2 and "no journal" in capsys.readouterr().err
    assert not (tmp_path / "no").exists() and not (tmp_path / "out").exists()
