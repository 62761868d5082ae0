"""What is around every page: its title, the style sheet, the name at the top, the way to the other pages."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st
from PIL import Image

from app_pages.language import say

STYLE = Path(__file__).parent.parent / "assets" / "page" / "style.css"


def begin() -> None:
    """Has to be called before anything is drawn."""
    # A picture, not an emoji: an emoji's picture would be fetched from the internet.
    st.set_page_config(page_title="Racklens", page_icon=Image.new("RGB", (32, 32), "#1d4ed8"), layout="centered")


def brand(pages: list | None = None, here: object = None) -> None:
    """The name and the tabs. In one block with the style: Streamlit loads HTML late, so where the name is, the style is."""
    st.html(
        f"<style>{STYLE.read_text(encoding='utf-8')}</style>"
        '<header class="brand"><span aria-hidden="true">⌗</span>'
        f"<div><h1>Racklens</h1><p>{escape(say('tagline'))}</p></div></header>"
    )
    if not pages:
        return
    with st.container(key="tabs", horizontal=True, wrap=False, gap="small"):
        for page in pages:
            with st.container(key=f"tab {page.url_path or 'first'}{' here' if page == here else ''}"):
                st.page_link(page, width="stretch")
