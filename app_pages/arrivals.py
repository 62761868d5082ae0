"""The page New arrivals: garments that are not in the catalogue, with their notes and look-alikes, for those who will add them."""

from __future__ import annotations

from html import escape

import streamlit as st

from app_pages import shared_box
from app_pages.history import XLSX
from app_pages.language import say, say_error
from app_pages.look_up_list import ON_A_PAGE, card
from app_pages.paging import on_page, turn_pages
from app_pages.shared_box import Box
from edge.errors import JournalError
from edge.journal import Journal
from edge.journal_export import ARRIVAL_COLUMNS, arrival_rows, to_csv, to_xlsx
from edge.journal_types import LookupLine, Outcome, Search

LOOK_ALIKES = 2
_START = "arrivals start"


def page(box: Box) -> None:
    """The whole page."""
    try:
        show(shared_box.journal())
    except JournalError as error:
        st.error(say_error(error))


def show(journal: Journal) -> None:
    """The list, newest first, and all of it as a file."""
    new = Search(outcome=Outcome.NEW_ARRIVAL)
    start, found = on_page(_START, lambda offset: journal.history.page(new, limit=ON_A_PAGE, offset=offset), most=ON_A_PAGE)
    if not found.total:
        st.info(say("arrivals.none"))
        return
    st.html(f"<p class='note'>{escape(say('arrivals.what'))}</p>")
    with st.container(key="tiles"):
        for line in found.lines:
            card(journal, line, more=_alike(journal, line))
    turn_pages(_START, start, found.total, most=ON_A_PAGE)
    rows = arrival_rows
    st.download_button(
        say("history.csv"),
        lambda: to_csv(ARRIVAL_COLUMNS, rows(journal.history)),
        "new-arrivals.csv",
        "text/csv",
        width="stretch",
        on_click="ignore",
    )
    st.download_button(
        say("history.xlsx"),
        lambda: to_xlsx(ARRIVAL_COLUMNS, rows(journal.history), sheet="new arrivals"),
        "new-arrivals.xlsx",
        XLSX,
        width="stretch",
        on_click="ignore",
    )


def _alike(journal: Journal, line: LookupLine) -> str:
    """The nearest items of the catalogue by name."""
    matches = journal.get(line.id).matches[:LOOK_ALIKES]
    return say("arrivals.alike", titles="; ".join(match.item.title or match.item.item_id for match in matches)) if matches else ""
