"""Exports open again with what was in the journal, and no cell of foreign text is ever computed."""

import csv
import io
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from edge import journal_export
from edge.errors import RequestError
from edge.journal_export import ARRIVAL_COLUMNS, HISTORY_COLUMNS, arrival_rows, history_rows, to_csv, to_xlsx
from edge.journal_types import Outcome, Search
from tests.made_answer import made_answer, made_item, open_journal

NOW = datetime.now(UTC).replace(microsecond=0)
FORMULAS = ('=HYPERLINK("http://x","y")', "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)")


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    opened = open_journal(tmp_path_factory.mktemp("export"))
    for n, formula in enumerate(FORMULAS):
        answer = made_answer([made_item(n, title=formula)], side=60)
        lookup_id = opened.record(answer, [answer.photo], worker=formula, when=NOW - timedelta(minutes=9 - n))
        opened.keep_as_new(lookup_id, note=formula)
    answer = made_answer(side=60, total_ms=123.44)
    lookup_id = opened.record(answer, [answer.photo], worker="Jürgen, Lager 2", batch="D-1", when=NOW)
    opened.confirm(lookup_id, "SKU-0001")
    yield opened
    opened.close()


def read_csv(data: bytes, **how) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), **how))


def test_csv_opened_again_holds_every_look_up_newest_first(journal):
    rows = read_csv(to_csv(HISTORY_COLUMNS, history_rows(journal.history)))
    assert len(rows) == 5 and tuple(rows[0]) == HISTORY_COLUMNS
    first = rows[0]
    assert first["worker"] == "Jürgen, Lager 2" and first["delivery"] == "D-1" and first["item_id"] == "SKU-0001"
    assert first["time_utc"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ") and first["total_ms"] == "123.4" and first["outcome"] == "confirmed"
    assert first["photos_kept"] == "yes" and first["probability"] == "0.9123" and first["first_match_id"] == "SKU-0000"
    assert read_csv(to_csv(HISTORY_COLUMNS, history_rows(journal.history), delimiter=";"), delimiter=";") == rows


def test_no_cell_of_a_csv_starts_a_formula(journal):
    for columns, rows in ((HISTORY_COLUMNS, history_rows(journal.history)), (ARRIVAL_COLUMNS, arrival_rows(journal.history))):
        text = to_csv(columns, rows).decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert {f"'{formula}" for formula in FORMULAS} <= set(cells)


def test_negative_numbers_stay_numbers():
    assert to_csv(["score"], [[-0.5]]).decode("utf-8-sig").split() == ["score", "-0.5"]


def test_xlsx_opened_again_holds_text_numbers_and_times_as_such(journal):
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx(HISTORY_COLUMNS, history_rows(journal.history), sheet="look-ups"))).active
    rows = list(sheet.iter_rows())
    assert sheet.title == "look-ups" and tuple(cell.value for cell in rows[0]) == HISTORY_COLUMNS and len(rows) == 6
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:Q6"
    first = dict(zip(HISTORY_COLUMNS, rows[1], strict=True))
    assert first["time_utc"].value == NOW.replace(tzinfo=None) and first["total_ms"].value == 123.4 and first["photos_kept"].value is True
    assert first["worker"].value == "Jürgen, Lager 2"


def test_no_cell_of_an_xlsx_is_a_formula_and_what_looks_like_one_bears_its_apostrophe(journal):
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx(HISTORY_COLUMNS, history_rows(journal.history), sheet="x"))).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    dangerous = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))]
    assert {cell.value for cell in dangerous} == set(FORMULAS) and all(cell.quotePrefix and cell.data_type == "s" for cell in dangerous)


def test_new_arrivals_come_with_their_look_alikes_and_photo(journal):
    rows = read_csv(to_csv(ARRIVAL_COLUMNS, arrival_rows(journal.history)))
    assert len(rows) == 4 and rows[0]["look_alike_1"] == "SKU-0003" and rows[0]["look_alike_2"] == ""
    assert (journal.photos.root / rows[0]["photo_1"]).is_file() and rows[0]["photo_1"].endswith(f"{rows[0]['id']}-1.jpg")
    assert read_csv(to_csv(ARRIVAL_COLUMNS, arrival_rows(journal.history, Search(text="SUM(A1)"))))[0]["note"] == "'@SUM(A1)"


def test_an_export_follows_the_search(journal):
    assert len(list(history_rows(journal.history, Search(outcome=Outcome.CONFIRMED)))) == 1
    assert list(history_rows(journal.history, Search(text="nowhere"))) == []
    assert read_csv(to_csv(HISTORY_COLUMNS, [])) == []
    assert openpyxl.load_workbook(io.BytesIO(to_xlsx(HISTORY_COLUMNS, [], sheet="x"))).active.max_row == 1


def test_more_rows_than_a_sheet_holds_are_refused_rather_than_lost(monkeypatch):
    monkeypatch.setattr(journal_export, "_XLSX_ROWS", 4)
    assert to_xlsx(["a"], [["x"]] * 3, sheet="x")
    with pytest.raises(RequestError, match="CSV"):
        to_xlsx(["a"], [["x"]] * 4, sheet="x")
