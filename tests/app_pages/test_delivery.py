"""A delivery's photos: kept, looked up in the background, told as rows, exported; whatever breaks off on the way."""

from __future__ import annotations

import csv
import gc
import io
import weakref
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from app_pages.delivery_export import COLUMNS, to_csv_file, to_xlsx_file
from app_pages.delivery_rows import Kind, counts, rows_of, totals
from app_pages.delivery_run import DeliveryRun
from app_pages.delivery_store import DeliveryStore, Failure
from edge.errors import JournalError, NoGarmentFound, RequestError
from edge.journal_types import Search, new_id
from edge.types import CatalogueItem, Verdict
from tests.app_pages.shop_fakes import ShopLookup, shop_box
from tests.made_answer import open_journal
from tests.opened_page import picture

COLOURS = ("red", "green", "blue", "white", "black", "grey", "pink", "navy")
A_WHILE_S = 120.0


@pytest.fixture
def journal(tmp_path: Path):
    opened = open_journal(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> DeliveryStore:
    return DeliveryStore(tmp_path / "deliveries")


@pytest.fixture
def lookup(tmp_path: Path) -> ShopLookup:
    return ShopLookup(tmp_path / "build")


def started(store, journal, lookup) -> DeliveryRun:
    return DeliveryRun(store, journal, shop_box(lookup, lookup.folder))


def filled(store: DeliveryStore, count: int = 3) -> str:
    delivery = store.create("Truck 7")
    for n in range(count):
        store.add(delivery.id, f"IMG_{n}.jpg", picture(COLOURS[n]))
    return delivery.id


def worked(run: DeliveryRun, *delivery_ids: str) -> None:
    for delivery_id in delivery_ids:
        run.start(delivery_id, worker="Ada")
    run.wait(A_WHILE_S)
    assert not any(run.progress(delivery_id).running for delivery_id in delivery_ids)


def test_every_photo_ends_in_the_journal_under_the_deliverys_id_and_no_upload_stays(store, journal, lookup) -> None:
    delivery_id = filled(store)
    worked(started(store, journal, lookup), delivery_id)
    lines = list(journal.history.every(Search(batch=delivery_id)))
    assert {line.id for line in lines} == {photo.id for photo in store.photos(delivery_id)}
    assert {line.worker for line in lines} == {"Ada"} and all(line.photos_kept for line in lines)
    assert store.waiting(delivery_id) == [] and not list((store.root / delivery_id / "waiting").iterdir())
    assert all(store.small_path(delivery_id, line.id).stat().st_size < 20_000 for line in lines)


def test_a_photo_that_fails_is_a_row_with_its_sentence_and_the_others_go_on(store, journal, lookup) -> None:
    delivery = store.create()
    for name, data in (("a.jpg", picture("red")), ("notes.txt", b"not a picture"), ("b.jpg", picture("blue"))):
        store.add(delivery.id, name, data)
    worked(started(store, journal, lookup), delivery.id)
    rows = rows_of(delivery.id, store, journal, lookup.catalogue)
    assert [row.kind for row in rows] == [Kind.IN, Kind.FAILED, Kind.IN]
    assert rows[1].failure.kind == "NotAPhoto" and "JPEG" in rows[1].failure.remedy and rows[1].doubtful


def test_a_library_that_trips_over_one_photo_does_not_stop_the_rest(store, journal, lookup) -> None:
    lookup.stages.error = ZeroDivisionError("a bug")
    delivery_id = filled(store, 2)
    worked(started(store, journal, lookup), delivery_id)
    assert [failure.kind for failure in store.failures(delivery_id).values()] == ["Unexpected"] * 2


def test_a_photo_without_a_garment_can_still_be_seen_in_the_table(store, journal, lookup) -> None:
    lookup.stages.error = NoGarmentFound(coverage=0.0)
    delivery_id = filled(store, 1)
    worked(started(store, journal, lookup), delivery_id)
    assert store.small_path(delivery_id, store.photos(delivery_id)[0].id).is_file()


def test_one_decoded_photo_is_in_memory_at_a_time(store, journal, lookup) -> None:
    alive: set[int] = set()
    most, read = [0], lookup.stages.read

    def reading(data: bytes):
        gc.collect()
        photo, number = read(data), len(most)
        alive.add(number)
        weakref.finalize(photo.rgb, alive.discard, number)
        most.append(len(alive))
        return photo

    lookup.stages.read = reading
    delivery_id = filled(store, len(COLOURS))
    worked(started(store, journal, lookup), delivery_id)
    assert len(most) == len(COLOURS) + 1 and max(most) <= 2  # the one before may not have been let go yet


def test_two_deliveries_take_turns_photo_by_photo(store, journal, lookup) -> None:
    first, second = filled(store, 4), filled(store, 2)
    order: list[str] = []
    record = journal.record

    def noting(*args, **facts):
        order.append(facts["batch"])
        return record(*args, **facts)

    journal.record = noting
    run = started(store, journal, lookup)
    with run._lock:  # both are there before the first one's turn
        run._turns[second] = ""
        run._done_at[second] = deque([0.0])
    worked(run, first)
    assert sorted(order) == sorted([first] * 4 + [second] * 2)
    assert order[:4] in ([second, first, second, first], [first, second, first, second])


def test_what_a_killed_program_left_is_gone_on_with_and_nothing_is_recorded_twice(store, journal, lookup) -> None:
    delivery_id = filled(store)
    done = store.photos(delivery_id)[0]
    # Killed after the journal had it, before the upload was deleted.
    answer = lookup.look_up(store.upload(delivery_id, done.id))
    journal.record(answer, [picture("red")], batch=delivery_id, lookup_id=done.id)
    run = started(store, journal, lookup)
    run.resume()
    run.wait(A_WHILE_S)
    assert len(list(journal.history.every(Search(batch=delivery_id)))) == 3 and store.waiting(delivery_id) == []


def test_a_stopped_delivery_waits_also_over_a_restart_until_somebody_lets_it_go_on(store, journal, lookup) -> None:
    delivery_id = filled(store)
    run = started(store, journal, lookup)
    run.stop(delivery_id)
    run.resume()
    run.wait(A_WHILE_S)
    assert run.progress(delivery_id).waiting == 3 and lookup.looked_up == []
    worked(run, delivery_id)
    assert run.progress(delivery_id).waiting == 0


def test_a_full_disk_stops_the_delivery_with_its_sentence_and_loses_no_photo(store, journal, lookup) -> None:
    delivery_id = filled(store)
    record, full = journal.record, JournalError("The disk is full.", path="x", remedy="Make room.")

    def refusing(*args, **facts):
        raise full

    journal.record = refusing
    run = started(store, journal, lookup)
    run.start(delivery_id)
    run.wait(A_WHILE_S)
    progress = run.progress(delivery_id)
    assert progress.problem is full and not progress.running and progress.waiting == 3
    journal.record = record
    worked(run, delivery_id)
    assert run.progress(delivery_id).problem is None and store.waiting(delivery_id) == []


def test_the_time_left_is_reckoned_from_the_last_photos(store, journal, lookup) -> None:
    delivery_id = filled(store, 6)
    run = started(store, journal, lookup)
    run._turns[delivery_id] = ""
    run._done_at[delivery_id] = deque([10.0, 12.0, 14.0])
    assert run.progress(delivery_id).seconds_left == pytest.approx(6 * 2.0)


def test_the_same_file_is_taken_once_but_one_that_failed_may_come_again(store) -> None:
    delivery = store.create()
    photo = store.add(delivery.id, "a.jpg", b"x")
    assert store.add(delivery.id, "copy.jpg", b"x") is None
    store.failed(delivery.id, Failure(photo.id, "NotAPhoto", "", ""))
    again = store.add(delivery.id, "again.jpg", b"x")
    assert [kept.id for kept in store.photos(delivery.id)] == [again.id] and again.replaces == photo.id


def test_a_photo_taken_anew_stands_in_its_old_place(store) -> None:
    delivery_id = filled(store)
    old = store.photos(delivery_id)[1]
    new = store.add(delivery_id, "better.jpg", picture("pink"), replaces=old.id)
    newer = store.add(delivery_id, "best.jpg", picture("navy"), replaces=new.id)
    assert [photo.name for photo in store.photos(delivery_id)] == ["IMG_0.jpg", "best.jpg", "IMG_2.jpg"]
    assert newer.id in {photo.id for photo in store.waiting(delivery_id)}


def test_half_a_line_of_a_killed_program_hides_no_other(store) -> None:
    delivery_id = filled(store, 2)
    with open(store.root / delivery_id / "photos.jsonl", "a") as file:
        file.write('{"id": "abc", "na')
    assert len(store.photos(delivery_id)) == 2
    store.add(delivery_id, "c.jpg", picture("black"))
    assert [photo.name for photo in store.photos(delivery_id)] == ["IMG_0.jpg", "IMG_1.jpg", "c.jpg"]


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", "x" * 16 + "/.."])
def test_an_id_from_the_address_never_leads_out_of_the_folder(store, name: str) -> None:
    with pytest.raises(RequestError):
        store.get(name)
    assert store.get(new_id()) is None


def test_uploads_and_small_pictures_go_when_the_time_for_photos_is_up(store) -> None:
    delivery_id = filled(store, 2)
    store.keep_small(delivery_id, store.photos(delivery_id)[0].id, picture())
    assert store.prune(datetime.now(UTC), keep_days=30) == 0
    assert store.prune(datetime.now(UTC) + timedelta(days=31), keep_days=30) == 3
    assert len(store.photos(delivery_id)) == 2 and store.waiting(delivery_id) == []


def test_rows_follow_the_workers_word_and_the_catalogue_of_today(store, journal, lookup) -> None:
    lookup.verdict = Verdict.UNSURE
    delivery_id = filled(store, 4)
    worked(started(store, journal, lookup), delivery_id)
    ids = [photo.id for photo in store.photos(delivery_id)]
    journal.confirm(ids[0], "SHI-0002", title="as it was called then")
    journal.none_of_these(ids[1])
    journal.keep_as_new(ids[2], note="red, two pockets")
    rows = rows_of(delivery_id, store, journal, lookup.catalogue)
    assert [row.kind for row in rows] == [Kind.IN, Kind.OUT, Kind.NEW, Kind.CHOOSE]
    assert [row.by_hand for row in rows] == [True, True, True, False]
    assert rows[0].item.title == "Work shirt, checked red" and rows[3].item is None and rows[3].closest.item_id == "TSH-0001"
    assert counts(rows)[Kind.CHOOSE] == 1 and [row.number for row in rows if row.doubtful] == [4]
    assert [(item.item_id, count) for item, count in totals(rows)] == [("SHI-0002", 1)]
    journal.undo(ids[0])
    assert rows_of(delivery_id, store, journal, lookup.catalogue)[0].kind is Kind.CHOOSE


def exported(store, journal, tmp_path: Path):
    evil = CatalogueItem("E-1", '=HYPERLINK("http://x","y")', "e.jpg", quantity=3, location="+F-04", price="9.00 EUR")
    lookup = ShopLookup(tmp_path / "evil", [evil])
    delivery = store.create()
    store.add(delivery.id, "=cmd.jpg", picture("red"))
    store.add(delivery.id, "broken.jpg", b"not a picture")
    worked(started(store, journal, lookup), delivery.id)
    return delivery.id, rows_of(delivery.id, store, journal, lookup.catalogue)


def test_the_csv_holds_every_row_and_no_formula(store, journal, tmp_path: Path) -> None:
    _, rows = exported(store, journal, tmp_path)
    first, second = csv.DictReader(io.StringIO(to_csv_file(rows).decode("utf-8-sig")))
    assert tuple(first) == COLUMNS
    assert (first["photo"], first["title"], first["location"]) == ("'=cmd.jpg", '\'=HYPERLINK("http://x","y")', "'+F-04")
    assert (first["result"], first["item_id"], first["quantity"], first["probability"]) == ("in_catalogue", "E-1", "3", "0.97")
    assert second["result"] == "failed" and "JPEG" in second["problem"] and second["quantity"] == second["probability"] == ""


def test_the_sheet_opens_with_pictures_numbers_and_totals(store, journal, tmp_path: Path) -> None:
    delivery_id, rows = exported(store, journal, tmp_path)
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx_file(rows, store, delivery_id)))
    sheet = book["delivery"]
    cells = dict(zip([cell.value for cell in sheet[1]], sheet[2], strict=True))
    assert cells["title"].value.startswith("=HYPERLINK") and cells["title"].data_type == "s" and cells["title"].quotePrefix
    assert cells["quantity"].value == 3 and cells["probability"].value == pytest.approx(0.97)
    assert len(sheet._images) == 1 and sheet._images[0].anchor._from.row == 1  # the broken file has no picture
    assert [cell.value for cell in book["items"][2]] == ["E-1", rows[0].item.title, "+F-04", 3, 1]
