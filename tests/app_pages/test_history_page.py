"""The pages History and New arrivals over a real journal: search, paging, opening again, files; fast with ten thousand entries."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app_pages.look_up_list import ON_A_PAGE
from edge.config import Settings
from edge.journal import Journal
from edge.journal_export import ARRIVAL_COLUMNS, HISTORY_COLUMNS
from edge.types import Verdict
from tests.made_answer import made_answer, made_item
from tests.opened_page import html

NOW = datetime.now(UTC)


def show_history() -> None:
    from app_pages import history

    history.page(None)


def show_arrivals() -> None:
    from app_pages import arrivals

    arrivals.page(None)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("RACKLENS_DATA", str(tmp_path / "journal"))
    return Journal.open(Settings(data_dir=tmp_path / "journal"))


def record(journal: Journal, n: int, *, worker: str = "Ana", verdict: Verdict = Verdict.UNSURE, days_ago: float = 0) -> str:
    answer = made_answer([made_item(n, title=f"Coat {n:02}"), made_item(n + 100, title=f"Hat {n:02}")], verdict=verdict, seed=n)
    return journal.record(answer, [answer.photo], worker=worker, when=NOW - timedelta(days=days_ago, seconds=n))


def opened(draw) -> AppTest:
    page = AppTest.from_function(draw, default_timeout=30).run()
    assert not page.exception
    return page


def cards(page: AppTest) -> int:
    return html(page).count("<article")


def test_an_empty_journal_says_so(journal: Journal) -> None:
    assert "No photo has been looked up yet" in opened(show_history).info[0].value
    assert "Nothing is on the list" in opened(show_arrivals).info[0].value


def test_look_ups_come_newest_first_with_pictures_and_in_pages(journal: Journal) -> None:
    for n in range(ON_A_PAGE + 3):
        record(journal, n, verdict=Verdict.IN_CATALOGUE)
    page = opened(show_history)
    shown = html(page)
    assert f"1 to {ON_A_PAGE} of {ON_A_PAGE + 3} look-ups" in shown and cards(page) == ON_A_PAGE
    assert shown.count("data:image/jpeg") == ON_A_PAGE and shown.index("Coat 00") < shown.index("Coat 01")
    next(button for button in page.button if button.label == "Next").click().run()
    assert cards(page) == 3 and "Coat 22" in html(page)


def test_words_workers_states_and_dates_narrow_it_down(journal: Journal) -> None:
    record(journal, 1)
    decided = record(journal, 2, worker="Ben", days_ago=10)
    journal.none_of_these(decided)
    page = opened(show_history)
    page.text_input[0].set_value("coat 02").run()
    assert cards(page) == 1 and "None of these" in html(page)
    page.text_input[0].set_value("").run()
    page.selectbox[0].set_value("Ana").run()
    assert cards(page) == 1 and "Not sure" in html(page)
    page.selectbox[0].set_value("").run()
    assert [str(option) for option in page.selectbox[1].options][:3] == ["All", "Not decided", "Confirmed"]
    page.selectbox[1].set_value("none_of_these").run()
    assert cards(page) == 1 and "None of these" in html(page)
    page.selectbox[1].set_value("").run()
    page.date_input[0].set_value((NOW - timedelta(days=3)).date()).run()
    assert cards(page) == 1 and "Not sure" in html(page)
    page.text_input[0].set_value("nothing such").run()
    assert "Take a word or a filter away" in page.info[0].value


def test_the_keeping_time_of_photos_is_said_and_deleted_ones_leave_their_line(journal: Journal) -> None:
    record(journal, 1, days_ago=60)
    journal.prune(NOW)
    shown = html(opened(show_history))
    assert "kept for 30 days" in shown and "No picture" in shown and "Not sure" in shown


def test_words_from_people_cannot_bring_markup_in(journal: Journal) -> None:
    record(journal, 1, worker="<b>Ana</b>")
    journal.keep_as_new(record(journal, 2), note="<script>x</script>")
    for draw in (show_history, show_arrivals):
        assert "<script>" not in html(opened(draw)) and "<b>" not in html(opened(draw))


def test_new_arrivals_show_note_and_look_alikes(journal: Journal) -> None:
    record(journal, 1)
    journal.keep_as_new(record(journal, 2, verdict=Verdict.NOT_IN_CATALOGUE), note="Huber, pallet 3")
    page = opened(show_arrivals)
    assert cards(page) == 1 and "Huber, pallet 3" in html(page) and "Looks like Coat 02; Hat 02" in html(page)


@pytest.mark.parametrize(("draw", "columns", "rows"), [(show_history, HISTORY_COLUMNS, 2), (show_arrivals, ARRIVAL_COLUMNS, 1)])
def test_both_lists_come_as_files(journal: Journal, monkeypatch, draw, columns, rows) -> None:
    import streamlit as st

    record(journal, 1)
    journal.keep_as_new(record(journal, 2), note="=1+1")
    files = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, name, *_, **__: files.update({name: data()}))
    opened(draw)
    table = next(data for name, data in files.items() if name.endswith(".csv"))
    lines = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    assert tuple(lines[0]) == columns and len(lines) == 1 + rows
    assert "'=1+1" in lines[1] or "'=1+1" in lines[2]
    assert next(data for name, data in files.items() if name.endswith(".xlsx")).startswith(b"PK")


def test_a_journal_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    st.cache_resource.clear()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RACKLENS_DATA", str(tmp_path / "file"))
    for draw in (show_history, show_arrivals):
        assert "journal cannot be opened" in opened(draw).error[0].value


def test_a_page_of_many_reads_as_many_rows_as_it_shows(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock: what makes it fast with ten thousand entries is that neither answers nor other pages' rows are read."""
    for n in range(ON_A_PAGE + 30):
        record(journal, n)
    from edge.journal_history import History

    asked = []
    entry, page_of = History.entry, History.page
    monkeypatch.setattr(History, "entry", lambda self, *a: asked.append("entry") or entry(self, *a))
    monkeypatch.setattr(History, "page", lambda self, *a, **k: asked.append(k["limit"]) or page_of(self, *a, **k))
    opened(show_history)
    assert asked == [ON_A_PAGE]


def test_undone_decisions_leave_the_list_of_new_arrivals(journal: Journal) -> None:
    lookup_id = record(journal, 1)
    journal.keep_as_new(lookup_id)
    journal.undo(lookup_id)
    assert "Nothing is on the list" in opened(show_arrivals).info[0].value


def test_other_outcomes_are_named(journal: Journal) -> None:
    journal.confirm(record(journal, 1), "SKU-0001")
    assert "✓ Confirmed" in html(opened(show_history)) and "Coat 01" in html(opened(show_history))


def test_a_last_page_that_is_emptied_gives_way_to_the_one_before(journal: Journal) -> None:
    ids = [record(journal, n) for n in range(ON_A_PAGE + 1)]
    for lookup_id in ids:
        journal.keep_as_new(lookup_id)
    page = opened(show_arrivals)
    next(button for button in page.button if button.label == "Next").click().run()
    assert cards(page) == 1
    journal.undo(ids[-1])
    page.run()
    assert cards(page) == ON_A_PAGE and "Coat 00" in html(page)
