"""What one session remembers between two runs of the page, and what of it stands in the address so that a reload finds it again.

Little: answers with their arrays are held for the last two look-ups only; the journal has the others.
"""

from __future__ import annotations

import streamlit as st

from app_pages.results import Result
from edge.journal_types import cleaned
from edge.types import Answer

KEPT = 12  # results a session remembers besides those on show
HELD = 2  # answers, some 10 MB each
LOOK_UP, WORKER = "look-up", "worker"
"""Names in the address: the look-ups on show, and who works here."""
MOST_SHOWN = 24  # look-ups that an address may ask for
LONGEST_NAME = 60


def begin() -> None:
    for key, start in (("shown", []), ("earlier", []), ("fresh", {}), ("round", 0), ("held", {}), ("open", set())):
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
    st.session_state.fresh = {}
    st.session_state.open = {batch[0].digest} if batch else set()
    # A new key gives an empty uploader and lets the server forget the uploaded bytes.
    st.session_state.round += 1
    write_address()


def replace(old: Result, new: Result) -> None:
    """Show `new` in the place of `old`, open or closed as that was."""
    st.session_state.shown = [new if result is old else result for result in shown()]
    st.session_state.open = {new.digest if digest == old.digest else digest for digest in st.session_state.open}


def fresh() -> dict[str, Result]:
    """Results of a batch under way, by digest: where the connection is lost half-way, they are not looked up again."""
    return st.session_state.fresh


def asked_for() -> list[str]:
    """The look-ups that the address names, if they are not the ones on show already."""
    ids = st.query_params.get_all(LOOK_UP)[:MOST_SHOWN]
    return [] if ids == _kept() else ids


def write_address() -> None:
    """Name what is on show in the address, as far as the journal has it."""
    ids = _kept()
    if ids:
        st.query_params[LOOK_UP] = ids
    elif LOOK_UP in st.query_params:
        del st.query_params[LOOK_UP]


def worker() -> str:
    """Who works here; "" where nobody said. From the address where the session is new."""
    if not st.session_state.get(WORKER):
        st.session_state[WORKER] = cleaned(st.query_params.get(WORKER, ""), longest=LONGEST_NAME)
    return st.session_state[WORKER]


def set_worker(name: str) -> None:
    st.session_state[WORKER] = cleaned(name, longest=LONGEST_NAME)
    if st.session_state[WORKER]:
        st.query_params[WORKER] = st.session_state[WORKER]
    elif WORKER in st.query_params:
        del st.query_params[WORKER]


def links() -> dict[str, str]:
    """What a link to another page takes along in the address."""
    return {WORKER: worker()} if worker() else {}


def hold(result: Result, answer: Answer) -> None:
    """Remember an answer with its arrays, forgetting the oldest one beyond HELD."""
    held: dict[str, Answer] = st.session_state.held
    held.pop(result.digest, None)
    held[result.digest] = answer
    while len(held) > HELD:
        del held[next(iter(held))]


def held(result: Result) -> Answer | None:
    return st.session_state.held.get(result.digest)


def _kept() -> list[str]:
    return [result.lookup_id for result in st.session_state.shown if result.recorded][:MOST_SHOWN]
