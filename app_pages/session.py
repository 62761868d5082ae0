"""What one session remembers between two runs of the page. Little: answers with their arrays are held for the last two look-ups only."""

from __future__ import annotations

import streamlit as st

from app_pages.results import Result
from edge.types import Answer

KEPT = 12  # results a session remembers besides those on show
HELD = 2  # answers, some 20 MB each


def begin() -> None:
    for key, start in (("shown", []), ("earlier", []), ("round", 0), ("held", {}), ("open", set())):
        st.session_state.setdefault(key, start)


def shown() -> list[Result]:
    return st.session_state.shown


def earlier() -> list[Result]:
    return st.session_state.earlier


def everything() -> list[Result]:
    return st.session_state.shown + st.session_state.earlier


def show(batch: list[Result]) -> None:
    """Make this batch what the page shows; what was shown becomes earlier."""
    digests = {result.digest for result in batch}
    st.session_state.earlier = [result for result in everything() if result.digest not in digests][:KEPT]
    st.session_state.shown = batch
    st.session_state.open = {batch[0].digest} if batch else set()
    # A new key gives an empty uploader and lets the server forget the uploaded bytes.
    st.session_state.round += 1


def hold(result: Result, answer: Answer) -> None:
    """Remember an answer with its arrays, forgetting the oldest one beyond HELD."""
    held: dict[str, Answer] = st.session_state.held
    held.pop(result.digest, None)
    held[result.digest] = answer
    while len(held) > HELD:
        del held[next(iter(held))]


def held(result: Result) -> Answer | None:
    return st.session_state.held.get(result.digest)
