"""The history finds what was asked for, page by page; counts and times add up; what is to be learned from is what people said."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from edge.journal_types import DayCount, Outcome, Search
from edge.types import Verdict
from tests.made_answer import made_answer, made_item, open_journal

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Ten look-ups, an hour apart, the last one now; ids oldest first."""
    journal = open_journal(tmp_path_factory.mktemp("history"), keep_photos_days=3650)
    ids = []
    for n in range(10):
        items = [made_item(n, title=f"Kleid ÜBERGRÖSSE {n}%"), made_item(50, group="g"), made_item(51, group="g"), made_item(52)]
        answer = made_answer(items, verdict=list(Verdict)[n % 3], total_ms=100.0 + n, side=60)
        worker = ("Änne", "Ben")[n % 2]
        ids.append(journal.record(answer, [answer.photo], worker=worker, batch=f"D-{n // 5}", when=NOW - timedelta(hours=9 - n)))
    journal.confirm(ids[1], "SKU-0051")
    journal.confirm(ids[2], "SKU-0052")
    journal.confirm(ids[3], "SKU-0052")
    journal.confirm(ids[4], "ELSE-1", title="Found in the catalogue")
    journal.none_of_these(ids[5])
    journal.keep_as_new(ids[6], note="Mantel, rot")
    journal.confirm(ids[7], "SKU-0052")
    journal.undo(ids[7])
    yield journal, ids
    journal.close()


def found(filled, **search) -> list[int]:
    journal, ids = filled
    page = journal.history.page(Search(**search))
    assert page.total == len(page.lines) and [line.id for line in journal.history.every(Search(**search))] == [x.id for x in page.lines]
    return [ids.index(line.id) for line in page.lines]


def test_without_a_search_all_come_newest_first(filled):
    assert found(filled) == list(range(9, -1, -1))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("sku-0003", [3]),
        ("SKU-0052", [3, 2]),
        ("übergrösse 4%", [4]),
        ("überGRÖSSE änne", [8, 6, 4, 2, 0]),
        ("else-1", [4]),
        ("found catalogue", [4]),
        ("mantel", [6]),
        ("d-1 ben", [9, 7, 5]),
        ("%%", []),
        ("_", []),
        ("' OR 1=1 --", []),
    ],
)
def test_text_is_looked_for_in_worker_batch_note_and_items_whatever_its_case(filled, text, places):
    assert found(filled, text=text) == places


def test_dates_verdict_outcome_worker_and_batch_narrow_the_search(filled):
    assert found(filled, since=NOW - timedelta(hours=3), until=NOW - timedelta(hours=1)) == [7, 6]
    assert found(filled, verdict=Verdict.UNSURE) == [n for n in range(9, -1, -1) if list(Verdict)[n % 3] is Verdict.UNSURE]
    assert found(filled, outcome=Outcome.CONFIRMED) == [4, 3, 2, 1]
    assert found(filled, worker="Ben", batch="D-0", outcome=Outcome.OPEN) == []
    assert found(filled, worker="Änne", batch="D-0", outcome=Outcome.OPEN) == [0]
    assert filled[0].history.workers() == ("Ben", "Änne")


def test_pages_cover_everything_once(filled):
    history, seen = filled[0].history, []
    for offset in range(0, 12, 4):
        page = history.page(limit=4, offset=offset)
        assert page.total == 10
        seen += [filled[1].index(line.id) for line in page.lines]
    assert seen == list(range(9, -1, -1))


def test_every_goes_on_beyond_one_read_and_is_not_shifted_by_what_comes_in(tmp_path):
    journal = open_journal(tmp_path)
    answer = made_answer(side=60)
    first = journal.record(answer, [answer.photo], when=NOW)
    columns = "time, worker, batch, photos, photo_bytes, photos_gone, index_build, total_ms, verdict, probability, first_id, first_title, "
    columns += "first_score, outcome, answer, item_id, item_title, note, searched"
    with journal.store.write() as connection:  # one moment for all, as when a clock is set back
        copy = f"INSERT INTO lookups (id, {columns}) SELECT ?, {columns} FROM lookups WHERE id = '{first}'"
        connection.executemany(copy, [(f"copy{n:012d}",) for n in range(1200)])
    lines = journal.history.every()
    ids = [next(lines).id]
    journal.record(answer, [answer.photo], when=NOW + timedelta(seconds=1))
    ids += [line.id for line in lines]
    assert len(ids) == len(set(ids)) == 1201 and ids[-1] == first


def test_the_last_hour_gives_its_latencies_in_order(filled):
    got = filled[0].history.latencies(NOW, minutes=60)
    assert got == [(NOW - timedelta(hours=1), 108.0), (NOW, 109.0)]


def test_counts_follow_the_days_of_the_warehouse_also_when_the_clocks_change(tmp_path):
    journal = open_journal(tmp_path, keep_photos_days=3650)
    berlin, answer = ZoneInfo("Europe/Berlin"), made_answer(side=60)
    for hour in (0, 12, 23):  # 25 October 2026 has 25 hours there
        journal.record(answer, [answer.photo], when=datetime(2026, 10, 25, hour, 30, tzinfo=berlin))
    rejected = journal.record(answer, [answer.photo], when=datetime(2026, 10, 26, 0, 30, tzinfo=berlin))
    journal.none_of_these(rejected)
    days = journal.history.counts_per_day(date(2026, 10, 24), date(2026, 10, 26), zone=berlin)
    assert [(day.day, day.lookups) for day in days] == [("2026-10-24", 0), ("2026-10-25", 3), ("2026-10-26", 1)]
    assert days[2] == DayCount("2026-10-26", 1, {Verdict.IN_CATALOGUE: 1}, {Outcome.NONE_OF_THESE: 1})
    utc = journal.history.counts_per_day(date(2026, 10, 24), date(2026, 10, 26))
    assert [day.lookups for day in utc] == [1, 3, 0]


def test_confirmed_gives_photo_mask_chosen_and_what_was_passed_over(filled):
    journal, ids = filled
    feedback = {ids.index(each.lookup_id): each for each in journal.history.confirmed()}
    assert set(feedback) == {1, 2, 3, 4}
    assert feedback[2].chosen == "SKU-0052" and feedback[2].rejected == ("SKU-0002", "SKU-0050", "SKU-0051")
    assert feedback[1].rejected == ("SKU-0001",), "SKU-0050 is of the same group as the chosen one"
    assert feedback[4].chosen == "ELSE-1" and len(feedback[4].rejected) == 4
    photo, mask = cv2.imread(str(feedback[2].photos[0])), cv2.imread(str(feedback[2].mask), cv2.IMREAD_UNCHANGED)
    assert photo.shape[:2] == mask.shape and mask.dtype == np.uint8 and set(np.unique(mask)) <= {0, 80, 255}
    assert feedback[2].index_build == "build-1" and feedback[2].matches[0].score == 0.9


def test_a_cap_keeps_the_newest_of_each_item_and_dates_bound(filled):
    journal, ids = filled
    capped = [ids.index(each.lookup_id) for each in journal.history.confirmed(per_item_cap=1)]
    assert capped == [4, 3, 1]
    since, until = NOW - timedelta(hours=8), NOW - timedelta(hours=6)
    assert [ids.index(each.lookup_id) for each in journal.history.confirmed(since, until)] == [2, 1]
    with pytest.raises(ValueError, match="per_item_cap"):
        list(journal.history.confirmed(per_item_cap=0))


def test_rejected_gives_all_that_was_shown_and_leaves_out_what_was_undone(filled):
    journal, ids = filled
    rejected = {ids.index(each.lookup_id): each for each in journal.history.rejected()}
    assert set(rejected) == {5, 6}
    assert rejected[5].chosen == "" and rejected[5].rejected == ("SKU-0005", "SKU-0050", "SKU-0051", "SKU-0052")


def test_nothing_is_learned_from_photos_that_are_gone(tmp_path):
    journal = open_journal(tmp_path)
    answer = made_answer(side=60)
    journal.confirm(journal.record(answer, [answer.photo]), "SKU-0001")
    assert len(list(journal.history.confirmed())) == 1
    journal.prune(datetime.now(UTC) + timedelta(days=31))
    assert list(journal.history.confirmed()) == [] and journal.history.page(Search(outcome=Outcome.CONFIRMED)).total == 1


def test_a_corrected_outline_is_the_one_to_learn_from(tmp_path):
    journal = open_journal(tmp_path)
    first, second = made_answer(side=60), made_answer(side=60, left=30)
    lookup_id = journal.record(first, [first.photo])
    journal.outline_corrected(lookup_id, second)
    journal.confirm(lookup_id, "SKU-0001")
    (feedback,) = journal.history.confirmed()
    assert np.array_equal(cv2.imread(str(feedback.mask), cv2.IMREAD_UNCHANGED) > 127, second.mask.alpha > 0.5)
