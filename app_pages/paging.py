"""Buttons that turn the pages of a long list."""

from __future__ import annotations

import streamlit as st

from app_pages.language import say


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
