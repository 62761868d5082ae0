"""What matters: colour, pattern and shape counted less or more, and "more like this / not like this" on each candidate."""

from __future__ import annotations

import streamlit as st

from app_pages import searching
from app_pages.language import say, say_error
from app_pages.result_view import change, part_name
from app_pages.results import Card, Result, Wishes
from app_pages.shared_box import Box
from app_pages.weakly import weakly
from edge.errors import RacklensError


def weights(box: Box, result: Result) -> None:
    """Less, normal or more for each part of a likeness."""
    with st.container(key=f"matters {result.digest}"):
        for part in result.parts:
            key = f"weight {part} {result.digest}"
            # Set before the control is made: the wishes are what counts, also after a reset.
            st.session_state[key] = result.wishes.weights.get(part, "normal")
            name = part_name(part)
            st.segmented_control(
                name[0].upper() + name[1:],
                ("less", "normal", "more"),
                format_func=lambda word: say(f"matters.{word}"),
                key=key,
                required=True,
                width="stretch",
                on_change=weakly(_weigh, box, result, rest=(part, key)),
            )
        if result.wishes:
            said = say("matters.liked", more=len(result.wishes.liked), less=len(result.wishes.disliked))
            if result.wishes.liked or result.wishes.disliked:
                st.html(f"<p class='note'>{said}</p>")
            st.button(say("matters.reset"), key=f"reset {result.digest}", width="stretch", on_click=weakly(_reset, box, result))


def opinion(box: Box, result: Result, card: Card) -> None:
    """More like this, or not like this; a second tap takes it back."""
    item = card.match.item
    key = f"opinion {item.item_id} {result.digest}"
    wishes = result.wishes
    st.session_state[key] = "like" if item.item_id in wishes.liked else "dislike" if item.item_id in wishes.disliked else None
    st.segmented_control(
        say("like.label", title=item.title or item.item_id),
        ("like", "dislike"),
        format_func=say,
        key=key,
        label_visibility="collapsed",
        width="stretch",
        on_change=weakly(_judge, box, result, rest=(item.item_id, key)),
    )


def _weigh(box: Box, result: Result, part: str, key: str) -> None:
    word = st.session_state[key]
    result.wishes.weights.pop(part, None)
    if word in searching.WEIGHTS:
        result.wishes.weights[part] = word
    _search(box, result)


def _judge(box: Box, result: Result, item_id: str, key: str) -> None:
    for judged, word in ((result.wishes.liked, "like"), (result.wishes.disliked, "dislike")):
        if item_id in judged:
            judged.remove(item_id)
        if st.session_state[key] == word:
            judged.append(item_id)
    _search(box, result)


def _reset(box: Box, result: Result) -> None:
    result.wishes = Wishes()
    _search(box, result)


def _search(box: Box, result: Result) -> None:
    try:
        searching.search_with_wishes(box, result)
    except RacklensError as error:
        st.toast(say_error(error), icon=":material/error:")
        return
    # The card that was tapped may move away under the finger: say what happened where it is seen.
    st.toast(change(result))
