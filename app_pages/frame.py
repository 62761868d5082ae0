"""What is around every page: its title, the style sheet, the name at the top, the way to the other pages."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st
from PIL import Image

from app_pages import session
from app_pages.language import say

STYLE = Path(__file__).parent.parent / "assets" / "page" / "style.css"
_PAGES = "pages by name"
TABS = 3
"""Pages with a tab of their own; a phone has room for three words and "More", where the others are."""


def begin() -> None:
    """Has to be called before anything is drawn."""
    # A picture, not an emoji: an emoji's picture would be fetched from the internet.
    st.set_page_config(page_title="Racklens", page_icon=Image.new("RGB", (32, 32), "#1d4ed8"), layout="centered")


def brand(pages: dict[str, object] | None = None, here: object = None) -> None:
    """The name and the tabs. In one block with the style: Streamlit loads HTML late, so where the name is, the style is."""
    named = dict(pages or {})
    listed = list(named.values())
    under = say("tagline") if not listed or here == listed[0] else here.title
    st.html(
        f"<style>{STYLE.read_text(encoding='utf-8')}</style>"
        '<header class="brand"><span aria-hidden="true">⌗</span>'
        f"<div><h1>Racklens</h1><p>{escape(under)}</p></div></header>"
    )
    if not listed:
        return
    st.session_state[_PAGES] = named
    with st.container(key="tabs", horizontal=True, wrap=False, gap="small"):
        for page in listed[:TABS]:
            _tab(page, page == here)
        if listed[TABS:]:
            # The key tells one page's menu from the next page's: a new one is closed.
            with st.container(key=f"tab more{'' if here in listed[:TABS] else ' here'}"):
                with st.popover(say("nav.more"), width="stretch", key=f"more {here.url_path or 'first'}"):
                    for page in listed[TABS:]:
                        _tab(page, page == here)


def _tab(page: object, here: bool) -> None:
    with st.container(key=f"tab {page.url_path or 'first'}{' here' if here else ''}"):
        st.page_link(page, width="stretch", query_params=session.links())


def go(name: str, **query: str) -> None:
    """To another page, by its name in app.py's PAGES, with this in the address; ends the run."""
    st.switch_page(st.session_state[_PAGES][name], query_params={**session.links(), **query})
