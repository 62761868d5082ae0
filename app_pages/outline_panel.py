"""Correcting the outline: painting on the photo, the same without drawing, and keeping what was corrected to learn from."""

from __future__ import annotations

import io

import streamlit as st
from PIL import Image

from app_pages import searching
from app_pages.language import say, say_error
from app_pages.paint import paint
from app_pages.pictures import uri, veil_uri
from app_pages.result_view import change, line_html, outlined_html
from app_pages.results import Result
from app_pages.shared_box import Box
from edge.errors import RacklensError


def ask_to_check(box: Box, result: Result) -> None:
    """Before the verdict, where the outline is doubtful: what was searched with, and what to do about it."""
    st.html(
        f'<section class="check" role="status"><h2>{say("outline.check")}</h2><p>{say("outline.check.why")}</p></section>'
        + ("" if _opened(result) else outlined_html(result))
    )
    with st.container(key=f"check {result.digest}"):
        if not _opened(result) and st.button(say("outline.right"), key=f"right {result.digest}", width="stretch"):
            result.check_outline = False
            st.rerun()
        offer(box, result, prominent=True)


def offer(box: Box, result: Result, *, prominent: bool = False) -> None:
    """A button that opens the correction; open, the correction itself."""
    if not _opened(result):
        if result.kept:
            st.success(say("outline.kept"))
        kind = "primary" if prominent else "secondary"
        st.button(
            say("outline.correct"),
            key=f"correct {result.digest}",
            type=kind,
            width="stretch",
            on_click=st.session_state.update,
            args=({_key(result): True},),
        )
        return
    panel(box, result)
    st.button(
        say("outline.close"), key=f"close {result.digest}", width="stretch", on_click=st.session_state.update, args=({_key(result): False},)
    )


def panel(box: Box, result: Result) -> None:
    """The photo to paint on, what came of it, and the way without drawing."""
    with Image.open(io.BytesIO(result.jpegs[0])) as image:
        size = image.size
    veil = veil_uri(result.mask) if result.mask and not result.error else ""
    # Another number of "back to the first outline" and of boxes set by button gives a fresh painting.
    turn = f"{result.digest} {st.session_state.get(_turn_key(result), 0)}"
    sent = paint(
        key=f"paint {result.digest}",
        photo=uri(result.jpegs[0]),
        veil=veil,
        size=size,
        turn=turn,
        strokes=result.strokes,
        box=result.box,
    )
    if sent and (sent["strokes"] or sent["box"]):
        _try(result, lambda: searching.search_with_strokes(box, result, sent["strokes"], sent["box"]))
    _say_failure(result)
    if result.corrected and not result.error:
        st.html(f'<section class="outcome" role="status">{line_html(result)}<p>{change(result)}</p></section>')
        _keep(box, result)
        if not result.outline_by_hand and st.button(say("outline.first"), key=f"first {result.digest}", width="stretch"):
            _try(result, lambda: searching.search_with_first_outline(box, result), fresh=True)
    with st.expander(say("buttons.title")):
        _without_drawing(box, result)


def _without_drawing(box: Box, result: Result) -> None:
    """A box by sliders, and the outline wider or tighter by buttons: for keyboards, and where painting does not work."""
    start = [round(100 * share) for share in result.box or (0.1, 0.1, 0.9, 0.9)]
    across = st.slider(say("buttons.across"), 0, 100, (start[0], start[2]), key=f"across {result.digest}")
    down = st.slider(say("buttons.down"), 0, 100, (start[1], start[3]), key=f"down {result.digest}")
    frame = (across[0] / 100, down[0] / 100, across[1] / 100, down[1] / 100)
    fits = frame[2] - frame[0] >= 0.03 and frame[3] - frame[1] >= 0.03
    st.html(outlined_html(result, frame if fits else None))
    if st.button(say("buttons.box"), key=f"by box {result.digest}", width="stretch", type="primary", disabled=not fits):
        _try(result, lambda: searching.search_with_strokes(box, result, result.strokes, frame), fresh=True)
    if result.mask and not result.error:
        wider, tighter = st.columns(2, wrap=False)
        if wider.button(say("buttons.grow"), key=f"wider {result.digest}", width="stretch"):
            _try(result, lambda: searching.search_wider(box, result, 1))
        if tighter.button(say("buttons.shrink"), key=f"tighter {result.digest}", width="stretch"):
            _try(result, lambda: searching.search_wider(box, result, -1))


def _keep(box: Box, result: Result) -> None:
    """One tap keeps the corrected outline to learn from."""
    if not result.kept and st.button(say("outline.keep"), key=f"keep {result.digest}", width="stretch", type="primary"):
        try:
            searching.keep_outline(box, result)
        except OSError as error:
            st.warning(say("outline.not_kept", why=error.strerror or error))
            return
        st.session_state[_key(result)] = False
        st.rerun()


def _try(result: Result, search, *, fresh: bool = False) -> None:
    """Search and draw the page anew; a correction that cannot work is said on the page and changes nothing."""
    failure = ""
    try:
        search()
    except RacklensError as error:
        failure = say_error(error)
    st.session_state[f"failure {result.digest}"] = failure
    if not failure:
        st.session_state[_key(result)] = True  # also where the panel was shown for want of any outline
    if fresh and not failure:
        st.session_state[_turn_key(result)] = st.session_state.get(_turn_key(result), 0) + 1
    st.rerun()


def _say_failure(result: Result) -> None:
    failure = st.session_state.get(f"failure {result.digest}")
    if failure:
        st.error(failure)


def _key(result: Result) -> str:
    return f"correcting {result.digest}"


def _turn_key(result: Result) -> str:
    return f"painting {result.digest}"


def _opened(result: Result) -> bool:
    return bool(st.session_state.get(_key(result)))
