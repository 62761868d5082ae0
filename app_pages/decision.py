"""What the worker decides: "This is it", "None of these", a new arrival; what was decided, the way back and on to the next photo."""

from __future__ import annotations

from html import escape

import streamlit as st

from app_pages import keeping, session
from app_pages.bring_back import bring_back
from app_pages.item_view import facts, picture
from app_pages.language import say, say_error
from app_pages.results import Card, Result
from app_pages.shared_box import Box
from app_pages.weakly import weakly
from edge.errors import RacklensError
from edge.journal_types import Outcome
from edge.types import Verdict

_DECIDED = "just decided"
COLOURS = {Outcome.CONFIRMED: "in", Outcome.NONE_OF_THESE: "out", Outcome.NEW_ARRIVAL: "new"}


def this_is_it(result: Result, card: Card, *, primary: bool) -> None:
    """The button under a match."""
    item = card.match.item
    title = item.title or item.item_id
    st.button(
        say("decide.it"),
        key=f"it {item.item_id} {result.digest}",
        type="primary" if primary else "secondary",
        width="stretch",
        on_click=weakly(_confirm, result, rest=(item.item_id, title)),
    )


def none_of_these(result: Result) -> None:
    """The button under all matches."""
    st.button(say("decide.none"), key=f"none {result.digest}", width="stretch", on_click=weakly(_none, result))


def new_arrival(result: Result) -> None:
    """The note and the button that put the garment on the list of new arrivals."""
    with st.container(key=f"arrival {result.digest}"):
        st.text_input(say("arrival.note"), key=_note_key(result), max_chars=500, placeholder=say("arrival.note.such"))
        st.button(say("arrival.keep"), key=f"keep new {result.digest}", type="primary", width="stretch", on_click=weakly(_keep, result))


def offers_arrival(result: Result) -> bool:
    """Whether the list of new arrivals is what comes next."""
    outcome = result.state.outcome
    return outcome is Outcome.NONE_OF_THESE or (outcome is Outcome.OPEN and result.verdict is Verdict.NOT_IN_CATALOGUE)


def banner(result: Result) -> None:
    """What was decided, in big words; for an item also where it lies."""
    state = result.state
    under, item = state.note, ""
    if state.outcome is Outcome.CONFIRMED:
        under = state.title or state.item_id
        card = next((card for card in result.cards if card.match.item.item_id == state.item_id), None)
        if card:
            inside = f"{picture(card.picture, under)}<div><h4>{escape(under)}</h4>{facts(card.match.item)}</div>"
            item, under = f'<article class="card best" data-item="{escape(state.item_id)}">{inside}</article>', ""
    words = f"<p>{escape(under)}</p>" if under else ""
    said = escape(say(f"decided.{state.outcome.value}"))
    st.html(f'<section class="verdict decided {COLOURS[state.outcome]}" role="status"><h2>{said}</h2>{words}</section>{item}')


def undo(box: Box, result: Result) -> None:
    """The button that takes the decision back."""
    st.button(say("decide.undo"), key=f"undo {result.digest}", width="stretch", on_click=weakly(_undo, box, result))


def to_top_after_deciding() -> None:
    """Bring the top into view once: the button that was tapped may have been far down, and what comes next is at the top."""
    turn = st.session_state.pop(_DECIDED, None)
    if turn is not None:
        # The turn makes it another script each time: the same one would not run again.
        script = f"document.querySelector('[data-testid=stMain]')?.scrollTo(0, 0) // {turn}"
        st.html(f"<script>{script}\n</script>", unsafe_allow_javascript=True)


def _confirm(result: Result, item_id: str, title: str) -> None:
    keeping.confirm(result, item_id, title)
    _on(result)


def _none(result: Result) -> None:
    keeping.none_of_these(result)
    _on(result)


def _keep(result: Result) -> None:
    keeping.new_arrival(result, st.session_state.get(_note_key(result)) or "")
    _on(result)


def _undo(box: Box, result: Result) -> None:
    if not keeping.undo(result):
        return
    try:  # somebody else corrected it meanwhile: show what is there now
        fresh = bring_back(box, result.lookup_id)
    except RacklensError as error:
        st.toast(say_error(error), icon=":material/error:")
        return
    session.replace(result, fresh)


def _on(result: Result) -> None:
    """Of several photos the next one that nobody has decided on opens by itself."""
    if not result.decided:
        return
    st.session_state[_DECIDED] = st.session_state["turn"] = st.session_state.get("turn", 0) + 1
    if result.state.outcome is Outcome.NONE_OF_THESE:
        return  # it stays open: it may be a new arrival
    opened = st.session_state.open
    opened.discard(result.digest)
    waiting = [other for other in session.shown() if not other.decided and not other.error]
    if waiting and not any(other.digest in opened for other in waiting):
        opened.add(waiting[0].digest)


def _note_key(result: Result) -> str:
    return f"arrival note {result.digest}"
