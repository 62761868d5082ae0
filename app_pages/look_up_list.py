"""Look-ups of the journal as cards in a list: a small picture, what was found and decided, when and by whom; a tap opens one."""

from __future__ import annotations

from datetime import datetime, tzinfo
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from app_pages import frame, session
from app_pages.language import say
from app_pages.pictures import small_uri
from app_pages.result_view import COLOURS, headline
from edge.journal import Journal
from edge.journal_types import LookupLine, Outcome

ON_A_PAGE = 20
SMALL_SIDE = 192  # pixels; sharp at 96 on a phone's screen
_OUTCOMES = {Outcome.CONFIRMED: "in", Outcome.NONE_OF_THESE: "out", Outcome.NEW_ARRIVAL: "new"}


def zone() -> tzinfo:
    """The browser's time zone; the box's own where it names none or one that this system does not know."""
    try:
        return ZoneInfo(st.context.timezone)
    except (TypeError, ValueError, KeyError, OSError):
        return datetime.now().astimezone().tzinfo


def local_time(time: datetime) -> str:
    """In the browser's time zone, to the minute; today without the day."""
    here = time.astimezone(zone())
    return f"{here:%H:%M}" if here.date() == datetime.now(zone()).date() else f"{here:%Y-%m-%d %H:%M}"


def card(journal: Journal, line: LookupLine, *, more: str = "") -> None:
    """One look-up; all of it is the button that opens it. more: one further line of plain words."""
    outcome = line.state.outcome
    decided = outcome is not Outcome.OPEN
    colour, said = (_OUTCOMES[outcome], say(f"decided.{outcome.value}")) if decided else (COLOURS[line.verdict], headline(line.verdict))
    item = line.state.title or line.state.item_id if outcome is Outcome.CONFIRMED else ""
    if not decided and colour == "in":
        item = line.first_title or line.first_id
    under = " · ".join(part for part in (local_time(line.time), line.worker) if part)
    words = "".join(f"<p>{escape(text)}</p>" for text in (item, line.state.note, more) if text)
    tick = "✓ " if decided else ""
    with st.container(key=f"tile {line.id}", gap=None):
        st.html(
            f'<article class="card" data-look-up="{line.id}">{_picture(journal, line)}<div>'
            f'<h4 class="{colour}">{tick}{escape(said)}</h4>{words}<p class="why">{escape(under)}</p></div></article>'
        )
        # Laid over the card by the style sheet; its words are for those who hear the page.
        if st.button(f"{say('catalogue.open')}: {said}, {under}", key=f"open {line.id}"):
            frame.go("look_up", **{session.LOOK_UP: line.id})


def _picture(journal: Journal, line: LookupLine) -> str:
    path = journal.photos.photo_path(line.id, line.time.strftime("%Y-%m-%d"), 0)
    source = _small(str(path)) if line.photos_kept else ""
    return f'<img src="{source}" alt="">' if source else f"<div class='blank'>{escape(say('no_picture'))}</div>"


@st.cache_data(max_entries=400, ttl=3600, show_spinner=False)
def _small(path: str) -> str:
    """A kept photo, small, as a data URI; "" where its time is up. Some 6 KB each; for an hour, as photos are deleted one day."""
    try:
        return small_uri(Path(path), SMALL_SIDE)
    except OSError:
        return ""
