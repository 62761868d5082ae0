"""A look-up goes into the journal and comes back as it was; events add up, and undoing takes the last one back."""

import json
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PIL import Image

from edge.errors import NotAPhoto, PhotosGone, RequestError
from edge.journal_answer import matches_in, to_content
from edge.journal_types import EventKind, Outcome, checked_id, new_id, replay
from edge.photo import read_photo
from edge.types import Verdict
from tests.made_answer import made_answer, made_item, open_journal, phone_jpeg


@pytest.fixture
def journal(tmp_path):
    opened = open_journal(tmp_path / "data")
    yield opened
    opened.close()


def test_a_look_up_comes_back_as_it_was_also_to_another_process(journal, tmp_path):
    answer = made_answer(photos=2)
    lookup_id = journal.record(answer, [answer.photo, phone_jpeg()], worker="Änne", wishes={"weights": {"colour": 2.0}})
    other = open_journal(tmp_path / "data")
    back = other.reopen(lookup_id)
    assert (back.verdict, back.probability, back.matches) == (answer.verdict, answer.probability, answer.matches)
    assert (back.index_build, back.timings_ms, back.photos, back.confidence) == ("build-1", answer.timings_ms, 2, 0.75)
    assert back.concepts == {"colour": [["navy", 0.5]], "levels": ["Tops"]}
    assert np.array_equal(back.photo_vectors, answer.photo_vectors) and np.array_equal(back.query, answer.query)
    assert np.abs(back.mask.alpha - answer.mask.alpha).max() <= 1 / 510 + 1e-6 and back.mask.confidence == answer.mask.confidence
    assert back.photo.rgb.shape == answer.photo.rgb.shape and back.photo.source_size == answer.photo.source_size
    assert np.abs(back.photo.rgb.astype(int) - answer.photo.rgb).mean() < 12
    assert back.cutout.box == answer.cutout.box and back.cutout.rgb.shape == answer.cutout.rgb.shape
    entry = other.get(lookup_id)
    assert entry.wishes == {"weights": {"colour": 2.0}} and entry.line.worker == "Änne" and len(entry.photo_paths) == 2
    other.close()


def test_photos_are_kept_small_upright_and_without_exif(tmp_path):
    journal = open_journal(tmp_path, photo_side_px=400)
    data = phone_jpeg(turned=True)
    assert b"MakerOfThePhone" in data
    entry = journal.get(journal.record(made_answer(photo=read_photo(data)), [data]))
    kept = entry.photo_paths[0].read_bytes()
    with Image.open(entry.photo_paths[0]) as image:
        assert image.size == (300, 400) and not image.getexif() and set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"MakerOfThePhone" not in kept and b"Exif" not in kept


def test_the_file_is_kept_with_more_pixels_than_were_searched_and_comes_back_at_the_masks_size(journal):
    data = phone_jpeg(width=1501, height=1124)
    answer = made_answer(photo=read_photo(data))
    lookup_id = journal.record(answer, [data])
    with Image.open(journal.get(lookup_id).photo_paths[0]) as image:
        assert image.size == (1501, 1124)
    back = journal.reopen(lookup_id)
    assert back.photo.rgb.shape == answer.photo.rgb.shape and max(back.photo.rgb.shape) == 1280 and back.photo.source_size == (1501, 1124)
    assert np.abs(back.photo.rgb.astype(int) - answer.photo.rgb).max() < 12


@pytest.mark.parametrize("crop", [(slice(50, None), slice(30, None)), (slice(0, 570), slice(0, 760))])
def test_where_a_frame_was_cut_away_the_kept_photo_is_what_the_outline_belongs_to(journal, crop):
    data = phone_jpeg()
    whole = read_photo(data)
    inner = replace(whole, rgb=np.ascontiguousarray(whole.rgb[crop]), origin=(crop[1].start, crop[0].start))
    answer = made_answer(photo=inner)
    back = journal.reopen(journal.record(answer, [data]))
    assert back.photo.origin == inner.origin and np.abs(back.photo.rgb.astype(int) - inner.rgb).max() < 12


def test_photos_left_out_of_the_answer_are_not_kept_and_unreadable_ones_are_refused(journal):
    answer = replace(made_answer(), left_out={0: "The file is not a picture."})
    entry = journal.get(journal.record(answer, [b"no picture", phone_jpeg()]))
    assert len(entry.photo_paths) == 1 and entry.left_out == {0: "The file is not a picture."}
    with pytest.raises(NotAPhoto):
        journal.record(made_answer(), [b"no picture"])
    assert journal.history.page().total == 1


def test_an_answer_without_matches_or_vectors_can_be_kept(journal):
    answer = replace(made_answer([], verdict=Verdict.UNSURE), query=None, photo_vectors=None)
    back = journal.reopen(journal.record(answer, [answer.photo]))
    assert back.matches == () and back.query is None and back.photo_vectors is None
    single = replace(made_answer(), photo_vectors=None)
    back = journal.reopen(journal.record(single, [single.photo]))
    assert np.array_equal(back.query, single.query) and back.photo_vectors is None


def test_events_add_up_and_undo_takes_back_the_last_that_counts(journal):
    answer = made_answer()
    lookup_id = journal.record(answer, [answer.photo])
    assert journal.get(lookup_id).line.state.outcome is Outcome.OPEN
    journal.none_of_these(lookup_id, worker="Ben")
    journal.keep_as_new(lookup_id, note="red coat,\nno label", worker="Ben")
    state = journal.confirm(lookup_id, "SKU-0001", worker="Ada")
    assert (state.outcome, state.item_id, state.title) == (Outcome.CONFIRMED, "SKU-0001", "Garment 1")
    undone = journal.undo(lookup_id, worker="Ada")
    assert undone.kind is EventKind.CONFIRMED and journal.get(lookup_id).line.state.outcome is Outcome.NEW_ARRIVAL
    assert journal.get(lookup_id).line.state.note == "red coat, no label"
    assert journal.undo(lookup_id).kind is EventKind.NEW_ARRIVAL
    assert journal.undo(lookup_id).kind is EventKind.NONE_OF_THESE
    assert journal.get(lookup_id).line.state.outcome is Outcome.OPEN and journal.undo(lookup_id) is None
    kinds = [event.kind.value for event in journal.get(lookup_id).events]
    assert kinds == ["none_of_these", "new_arrival", "confirmed", "undone", "undone", "undone"]


def test_undo_asks_first_what_counts_now(journal):
    answer = made_answer()
    lookup_id = journal.record(answer, [answer.photo])
    journal.outline_corrected(lookup_id, made_answer(left=60))
    mine = journal.confirm(lookup_id, "SKU-0001", worker="Ada")
    journal.confirm(lookup_id, "SKU-0002", worker="Ben")
    assert journal.undo(lookup_id, only_if=lambda state: state == mine) is None, "Ben's is not Ada's to take back"
    assert journal.get(lookup_id).line.state.item_id == "SKU-0002"
    assert (
        journal.undo(lookup_id).item_id == "SKU-0002" and journal.undo(lookup_id, only_if=lambda state: state == mine).item_id == "SKU-0001"
    )


def test_a_corrected_outline_replaces_the_answer_and_undo_brings_the_first_back(journal):
    first, second = made_answer(), made_answer([made_item(7)], left=60, verdict=Verdict.UNSURE)
    lookup_id = journal.record(first, [first.photo], wishes={"liked": ["SKU-0001"]})
    journal.none_of_these(lookup_id)
    assert journal.outline_corrected(lookup_id, second).outcome is Outcome.OPEN, "none of these was said of the other matches"
    back = journal.reopen(lookup_id)
    assert back.matches == second.matches and back.cutout.box == second.cutout.box
    line = journal.history.page().lines[0]
    assert (line.first_id, line.verdict) == ("SKU-0007", Verdict.UNSURE)
    assert journal.get(lookup_id).wishes == {"liked": ["SKU-0001"]}
    journal.undo(lookup_id)
    assert journal.reopen(lookup_id).cutout.box == first.cutout.box
    assert journal.get(lookup_id).line.state.outcome is Outcome.NONE_OF_THESE and journal.history.page().lines[0].first_id == "SKU-0000"


def test_a_refined_answer_keeps_the_corrected_outline(journal):
    first, corrected = made_answer(), made_answer(left=60)
    refined = replace(corrected, matches=corrected.matches[::-1])
    lookup_id = journal.record(first, [first.photo])
    journal.outline_corrected(lookup_id, corrected)
    journal.confirm(lookup_id, "SKU-0002")
    state = journal.refined(lookup_id, refined, wishes={"disliked": ["SKU-0000"]})
    assert state.outcome is Outcome.CONFIRMED and state.answer == 2
    back = journal.reopen(lookup_id)
    assert back.matches == refined.matches and back.cutout.box == corrected.cutout.box
    assert journal.get(lookup_id).wishes == {"disliked": ["SKU-0000"]}


def test_the_state_beside_the_look_up_is_always_what_its_events_come_to(journal):
    rng = np.random.default_rng(5)
    answer = made_answer()
    lookup_id = journal.record(answer, [answer.photo])
    acts = (
        lambda: journal.confirm(lookup_id, f"SKU-{rng.integers(9):04d}"),
        lambda: journal.none_of_these(lookup_id),
        lambda: journal.keep_as_new(lookup_id, note="n"),
        lambda: journal.outline_corrected(lookup_id, answer),
        lambda: journal.refined(lookup_id, answer, wishes={}),
        lambda: journal.undo(lookup_id),
        lambda: journal.undo(lookup_id),
    )
    seen = set()
    for _ in range(60):
        acts[rng.integers(len(acts))]()
        entry = journal.get(lookup_id)
        assert entry.line.state == replay(entry.events)
        seen.add(entry.line.state.outcome)
    assert seen == set(Outcome)


def test_events_and_answers_are_never_changed_or_deleted(journal):
    answer = made_answer()
    journal.confirm(journal.record(answer, [answer.photo]), "SKU-0001")
    raw = sqlite3.connect(journal.store.path)
    for statement in ("UPDATE events SET item_id = 'x'", "DELETE FROM events", "UPDATE answers SET content = ''", "DELETE FROM answers"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            raw.execute(statement)
    raw.close()


def test_an_id_can_be_taken_before_the_answer_and_used_once(journal):
    lookup_id, answer = new_id(), made_answer()
    assert journal.record(answer, [answer.photo], lookup_id=lookup_id) == lookup_id
    before = journal.get(lookup_id).photo_paths[0].read_bytes()
    with pytest.raises(ValueError, match="recorded before"):
        journal.record(made_answer(seed=3), [made_answer(seed=3).photo], lookup_id=lookup_id)
    assert journal.get(lookup_id).photo_paths[0].read_bytes() == before


def test_ids_are_short_url_safe_and_all_different():
    ids = {new_id() for _ in range(2000)}
    assert len(ids) == 2000 and all(len(i) == 16 and i.isalnum() and i == i.lower() for i in ids)


NO_IDS = ("", "../../etc/passwd", "a/b", "a" * 15, "a" * 17, "A" * 16, "aaaaaaaaaaaaaaa\n", "aaaaaaaaaaaaaa..", None, "%2e" * 5 + "a")


@pytest.mark.parametrize("bad", NO_IDS)
def test_what_is_no_id_is_refused_everywhere_and_touches_no_file(journal, tmp_path, bad):
    answer = made_answer()
    calls = (
        lambda: checked_id(bad),
        lambda: journal.get(bad),
        lambda: journal.reopen(bad),
        lambda: journal.undo(bad),
        lambda: journal.none_of_these(bad),
        lambda: journal.outline_corrected(bad, answer),
        lambda: journal.photos.photo_path(bad, "2026-01-01", 0),
    )
    for call in calls:
        with pytest.raises(RequestError, match="There is no look-up"):
            call()
    if bad:
        with pytest.raises(RequestError):
            journal.record(answer, [answer.photo], lookup_id=bad)
    assert [path.name for path in tmp_path.iterdir()] == ["data"] and not (tmp_path / "data" / "photos").exists()


def test_an_id_nobody_was_given_is_refused(journal):
    with pytest.raises(RequestError, match="There is no look-up"):
        journal.confirm(new_id(), "SKU-0001")


def test_text_from_people_is_cleaned_and_cut(journal):
    answer = made_answer()
    lookup_id = journal.record(answer, [answer.photo], worker="Eve\x00\n<b>" + "x" * 99, batch="\u2028D-1")
    line = journal.get(lookup_id).line
    assert line.worker.startswith("Eve <b>x") and len(line.worker) == 60 and line.batch == "D-1"


def test_files_removed_by_hand_are_told_from_damaged_ones(journal):
    answer = made_answer()
    lookup_id = journal.record(answer, [answer.photo])
    entry = journal.get(lookup_id)
    entry.mask_path.unlink()
    with pytest.raises(PhotosGone, match="deleted"):
        journal.reopen(lookup_id)
    assert journal.get(lookup_id).matches == answer.matches
    other = journal.record(answer, [answer.photo])
    journal.get(other).mask_path.write_bytes(b"")
    with pytest.raises(Exception, match="damaged") as raised:
        journal.reopen(other)
    assert type(raised.value).__name__ == "JournalError"


def test_times_are_utc_whatever_zone_they_came_with(tmp_path):
    journal = open_journal(tmp_path, keep_photos_days=3650)
    answer, noon = made_answer(), datetime(2026, 7, 1, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    entry = journal.get(journal.record(answer, [answer.photo], when=noon))
    assert entry.line.time == noon and entry.line.time.utcoffset() == timedelta(0) and entry.photo_paths[0].parent.name == "2026-06-30"
    with pytest.raises(ValueError, match="zone"):
        journal.record(answer, [answer.photo], when=datetime(2026, 7, 1))


def test_a_look_up_recorded_before_a_match_had_more_to_say_is_still_read():
    answer = made_answer(side=60)
    raw = json.loads(to_content(answer, wishes={})[0])
    for match in raw["matches"]:
        for later in ("tags", "variant_of"):
            match.pop(later, None)
        match["item"].pop("tags", None)
    assert [match.item for match in matches_in(raw)] == [match.item for match in answer.matches]


def test_a_decision_said_twice_is_undone_at_once(journal):
    answer = made_answer()
    lookup_id = journal.record(answer, [answer.photo])
    journal.outline_corrected(lookup_id, made_answer(seed=2))
    for _ in range(2):
        assert journal.confirm(lookup_id, "SKU-0001").outcome is Outcome.CONFIRMED
    assert journal.confirm(lookup_id, "SKU-0002").item_id == "SKU-0002"  # another item is another decision
    journal.undo(lookup_id)
    assert journal.get(lookup_id).line.state.item_id == "SKU-0001"
    journal.undo(lookup_id)
    state = journal.get(lookup_id).line.state
    assert (state.outcome, state.answer) == (Outcome.OPEN, 1)
    for note in ("red", "red", "blue"):
        journal.keep_as_new(lookup_id, note=note)
    journal.undo(lookup_id)
    assert journal.get(lookup_id).line.state.note == "red"


def test_the_first_outlines_confidence_is_kept_apart_from_the_corrected_ones(journal):
    first = made_answer()
    lookup_id = journal.record(replace(first, mask=replace(first.mask, confidence=0.4)), [first.photo])
    journal.outline_corrected(lookup_id, replace(first, mask=replace(first.mask, confidence=0.76)))
    assert journal.first_confidence(lookup_id) == pytest.approx(0.4)
    assert journal.reopen(lookup_id).mask.confidence == pytest.approx(0.76)
    with pytest.raises(RequestError):
        journal.first_confidence(new_id())
