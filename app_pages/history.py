"""The page History: what was looked up on this box; search, open again, download."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from html import escape

import streamlit as st

from app_pages import shared_box
from app_pages.language import say, say_error
from app_pages.look_up_list import ON_A_PAGE, card, zone
from app_pages.paging import on_page, turn_pages
from app_pages.result_view import headline
from app_pages.shared_box import Box
from edge.errors import JournalError
from edge.journal import Journal
from edge.journal_export import HISTORY_COLUMNS, history_rows, to_csv, to_xlsx
from edge.journal_types import Outcome, Search
from edge.types import Verdict

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_START = "history start"
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_VERDICTS = {verdict.value: verdict for verdict in Verdict}


def page(box: Box) -> None:
    """The whole page."""
    try:
        journal = shared_box.journal()
        search = ask(journal)
        show(journal, search)
    except JournalError as error:
        st.error(say_error(error))


def ask(journal: Journal) -> Search:
    """The fields to search with."""
    keep = {"on_change": _to_start, "persist_state": "session"}
    text = st.text_input(say("history.search"), key="history text", type="search", placeholder=say("search"), **keep)
    with st.expander(say("history.filters")):
        left, right = st.columns(2, wrap=False)
        workers = ["", *journal.history.workers()]
        worker = left.selectbox(say("history.worker"), workers, format_func=_or_all, key="history worker", **keep)
        states = ["", *_OUTCOMES, *_VERDICTS]
        state = right.selectbox(say("history.state"), states, format_func=_state_name, key="history state", **keep)
        since = left.date_input(say("history.since"), value=None, key="history since", format="YYYY-MM-DD", **keep)
        until = right.date_input(say("history.until"), value=None, key="history until", format="YYYY-MM-DD", **keep)
    return Search(
        text=text or "",
        worker=worker or "",
        since=_begin(since) if since else None,
        until=_begin(until + timedelta(days=1)) if until else None,
        verdict=_VERDICTS.get(state),
        outcome=Outcome.OPEN if state in _VERDICTS else _OUTCOMES.get(state),
    )


def show(journal: Journal, search: Search) -> None:
    """One page of what was found, and all of it as a file."""
    start, found = on_page(_START, lambda offset: journal.history.page(search, limit=ON_A_PAGE, offset=offset), most=ON_A_PAGE)
    days = f"{journal.settings.keep_photos_days:g}"
    st.html(f"<p class='note'>{escape(say('history.kept', days=days))}</p>")
    if not found.total:
        st.info(say("history.empty" if search == Search() else "history.none"))
        return
    said = say("history.count", total=found.total)
    if found.total > ON_A_PAGE:
        said = say("history.shown", first=start + 1, last=start + len(found.lines), total=found.total)
    st.html(f"<p class='note' role='status'>{escape(said)}</p>")
    with st.container(key="tiles"):
        for line in found.lines:
            card(journal, line)
    turn_pages(_START, start, found.total, most=ON_A_PAGE)
    # Written only when it is tapped: ten thousand rows take a second.
    rows = partial(history_rows, journal.history, search)
    st.download_button(
        say("history.csv"), lambda: to_csv(HISTORY_COLUMNS, rows()), "look-ups.csv", "text/csv", width="stretch", on_click="ignore"
    )
    st.download_button(
        say("history.xlsx"),
        lambda: to_xlsx(HISTORY_COLUMNS, rows(), sheet="look-ups"),
        "look-ups.xlsx",
        XLSX,
        width="stretch",
        on_click="ignore",
    )


def _begin(day: date) -> datetime:
    """When a day begins where the browser is."""
    return datetime.combine(day, time(), zone())


def _state_name(state: str) -> str:
    if state in _OUTCOMES:
        return say(f"decided.{state}")
    if state in _VERDICTS:
        return f"{say('decided.open')}: {headline(_VERDICTS[state])}"
    return say("catalogue.all")


def _or_all(name: str) -> str:
    return name or say("catalogue.all")


def _to_start() -> None:
    st.session_state[_START] = 0
