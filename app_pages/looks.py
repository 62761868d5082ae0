"""The page Looks: a stylist's looks with what is in stock, new looks like them, and what may stand in for one item."""

from __future__ import annotations

from html import escape

import streamlit as st

from app_pages import session
from app_pages.language import say, say_error
from app_pages.looks_box import Opened, opened, take_looks
from app_pages.looks_view import alternative_card, colour_word, item_card, look_html, new_look_html
from app_pages.shared_box import Box
from edge.errors import RacklensError, RequestError
from edge.looks import mend
from edge.looks_file import Look
from edge.looks_new import new_looks
from edge.looks_pieces import Piece
from edge.looks_seed import seed_of_answer

ALTERNATIVES, PROPOSALS, CHOICES = 6, 3, 400
PHOTO, NOTHING = "photo", ""


def page(box: Box) -> None:
    """The looks; above them the alternatives of the item whose number stands in the address."""
    session.begin()
    shop = opened(box)
    if item_id := st.query_params.get("item"):
        _asked_for(box, shop, item_id)
    looks(box, shop)


def _asked_for(box: Box, shop: Opened, item_id: str) -> None:
    try:
        item = shop.alternatives.item(item_id).item
    except RequestError:
        st.warning(say("catalogue.gone"))
        return
    st.html(f"<h3>{escape(say('looks.instead_of', title=item.title))}</h3>{item_card(shop, item)}")
    alternatives(box, shop, item_id, key="asked")
    st.button(say("looks.close"), key="looks close", width="stretch", on_click=_close)
    st.divider()


def alternatives(box: Box, shop: Opened, item_id: str, *, key: str) -> None:
    """What may stand in for one item, in any colour or in a chosen one. key: tells this list from another on the page."""
    colour = st.selectbox(say("looks.colour"), shop.colours, format_func=_colour_name, key=f"looks colour {key}")
    try:
        with st.spinner(say("looks.reading")), box.seats:
            found = shop.alternatives.of(item_id, k=ALTERNATIVES, colour=colour)
    except RacklensError as error:
        st.warning(say_error(error))
        return
    if not found:
        st.info(say("looks.no_alternative"))
    st.html('<div class="instead">' + "".join(alternative_card(shop, a) for a in found) + "</div>")


def looks(box: Box, shop: Opened) -> None:
    """One look in full, made whole, then new ones like it."""
    if shop.error:
        st.warning(say_error(shop.error))
    if shop.looks:
        look = _chosen(shop.looks)
        with st.spinner(say("looks.reading")), box.seats:
            mended = mend(look, shop.alternatives)
        st.html(look_html(shop, mended))
        _one_piece(box, shop, look)
        _new_looks(box, shop, look)
    else:
        st.info(say("looks.none"))
    if shop.problems:
        with st.expander(say("looks.problems", count=len(shop.problems))):
            st.html("<ul>" + "".join(f"<li>{escape(str(problem))}</li>" for problem in shop.problems) + "</ul>")
    with st.expander(say("looks.other_file")):
        st.html(f"<p class='note'>{escape(say('looks.file.what'))}</p>")
        file = st.file_uploader(say("looks.file"), type=["csv", "tsv", "txt"], key=f"looks file {st.session_state.get('looks files', 0)}")
        if file is not None:
            try:
                take_looks(file.getvalue(), file.name, shop)
            except (RacklensError, OSError) as error:
                st.error(say_error(error) if isinstance(error, RacklensError) else str(error))
            else:
                st.session_state["looks files"] = st.session_state.get("looks files", 0) + 1
                st.rerun()


def _chosen(every: tuple[Look, ...]) -> Look:
    by_id = {look.look_id: look for look in every}
    if len(by_id) == 1:
        return every[0]
    return by_id[st.selectbox(say("looks.choose"), list(by_id), key="looks look", persist_state="session")]


def _one_piece(box: Box, shop: Opened, look: Look) -> None:
    """For a stylist whom the replacement does not please: all that could stand in for a piece."""
    with st.expander(say("looks.piece")):
        titles = {
            piece.item_id: f"{piece.slot.capitalize()}: {shop.alternatives.pieces.items[piece.item_id].title}" for piece in look.pieces
        }
        chosen = st.selectbox(say("looks.piece.which"), list(titles), format_func=titles.__getitem__, key=f"looks piece {look.look_id}")
        if st.toggle(say("looks.piece.show"), key=f"looks piece on {look.look_id}"):
            alternatives(box, shop, chosen, key=look.look_id)


def _new_looks(box: Box, shop: Opened, look: Look) -> None:
    st.html(f"<h3>{escape(say('looks.new'))}</h3>")
    offered = _seeds(shop, look)
    choice = st.selectbox(
        say("looks.seed"), list(offered), format_func=offered.__getitem__, key=f"looks seed {look.look_id}", persist_state="session"
    )
    try:
        with st.spinner(say("looks.reading")), box.seats:
            seed = _seed(shop, choice)
            proposals = new_looks(look, shop.alternatives, seed=seed, count=PROPOSALS)
    except RacklensError as error:
        st.warning(say_error(error))
        return
    if not proposals:
        st.info(say("looks.no_new"))
    for number, proposal in enumerate(proposals, start=1):
        st.html(new_look_html(shop, proposal, number))


def _seeds(shop: Opened, look: Look) -> dict[str, str]:
    """What a new look may start from, by how it is called: nothing, the newest look-up's garment, items that fit a slot."""
    offered = {NOTHING: say("looks.seed.none")}
    if _newest_answer() is not None:
        offered[PHOTO] = say("looks.seed.photo")
    own = {piece.item_id for piece in look.pieces}
    for piece in look.pieces:
        for item_id in shop.alternatives.pieces.of_category(shop.alternatives.pieces.category_of(piece.item_id))[: CHOICES // 4]:
            item = shop.alternatives.pieces.items[item_id]
            if item_id not in own:
                offered.setdefault(item_id, f"{piece.slot.capitalize()}: {item.title or item_id}")
    return dict(list(offered.items())[:CHOICES])


def _newest_answer():
    results = [result for result in session.shown() if not result.error]
    return session.held(results[0]) if results else None


def _seed(shop: Opened, choice: str) -> Piece | None:
    if choice == NOTHING:
        return None
    return seed_of_answer(_newest_answer(), shop.alternatives) if choice == PHOTO else shop.alternatives.item(choice)


def _colour_name(name: str) -> str:
    return colour_word(name) if name else say("looks.colour.any")


def _close() -> None:
    del st.query_params["item"]
