"""Which language this session speaks: what was chosen on the page, else the box's setting, else the browser's."""

from __future__ import annotations

import os

import streamlit as st

from app_pages import words
from edge.errors import RacklensError


def current() -> str:
    """A key of words.LANGUAGES."""
    return words.fitting(st.session_state.get("language"), os.environ.get("RACKLENS_LANGUAGE"), st.context.locale)


def say(key: str, **facts: object) -> str:
    """A phrase in this session's language."""
    return words.text(current(), key, **facts)


def say_error(error: RacklensError) -> str:
    """What happened and what to do, in this session's language where the table has it."""
    key = f"error.{type(error).__name__}"
    return say(key, what=error.what, remedy=error.remedy).strip() if words.known(key) else str(error)


def choice() -> None:
    """A row of languages to choose from."""
    st.segmented_control(
        say("language"),
        list(words.LANGUAGES),
        format_func=words.LANGUAGES.get,
        default=current(),
        required=True,
        key="language choice",
        on_change=lambda: st.session_state.update(language=st.session_state["language choice"]),
        label_visibility="collapsed",
    )
