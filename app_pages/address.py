"""What a page shows stands in its address, so that a reload, a link or the browser's way back brings it again."""

from __future__ import annotations

import streamlit as st

from app_pages import session


def show(**where: str) -> None:
    """Make this the page's address, keeping what goes along from page to page; empty values are left out."""
    st.query_params.from_dict({**session.links(), **{name: value for name, value in where.items() if value}})
