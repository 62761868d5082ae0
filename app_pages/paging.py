"""Buttons that turn the pages of a long list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import streamlit as st

from app_pages.language import say


class Listed(Protocol):
    """Some lines of a list, and how many it has in all."""

    total: int


_Found = TypeVar("_Found", bound=Listed)


def on_page(key: str, ask: Callable[[int], _Found], *, most: int) -> tuple[int, _Found]:
    """Where the page begins that the session is on, and what `ask(start)` finds there; the last page where that one is empty by now."""
    start = st.session_state.setdefault(key, 0)
    found = ask(start)
    if found.total and start >= found.total:
        start = st.session_state[key] = (found.total - 1) // most * most
        found = ask(start)
    return start, found


def turn_pages(key: str, start: int, total: int, *, most: int) -> None:
    """Back and on, where there is more than one page. key: where the session keeps the place of the first line. most: lines on a page."""
    if total <= most:
        return
    before, after = st.columns(2, wrap=False)
    turn = {"width": "stretch", "on_click": _go}
    before.button(say("catalogue.before"), key=f"{key} before", disabled=start == 0, args=(key, start - most), **turn)
    after.button(say("catalogue.next"), key=f"{key} next", disabled=start + most >= total, args=(key, start + most), **turn)


def _go(key: str, start: int) -> None:
    st.session_state[key] = max(0, start)
