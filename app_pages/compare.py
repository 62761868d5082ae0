"""Two versions of a photo under a line to move: an own component (assets/page/compare.*), by finger, mouse or keys, without a network."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app_pages.language import say

_FILES = Path(__file__).parent.parent / "assets" / "page"

_compare = st.components.v2.component(
    "racklens_compare",
    html=(_FILES / "compare.html").read_text(encoding="utf-8"),
    css=(_FILES / "compare.css").read_text(encoding="utf-8"),
    js=(_FILES / "compare.js").read_text(encoding="utf-8"),
)


def compare(*, key: str, before: str, after: str, size: tuple[int, int], picture: str) -> None:
    """Show `before` left of the line and `after` right of it (data URIs; size in pixels: width, height; picture: what it shows)."""
    words = {"slider": say("improve.slider"), "picture": picture}
    _compare(key=key, data={"before": before, "after": after, "size": list(size), "words": words})
