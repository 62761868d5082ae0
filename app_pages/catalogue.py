"""The page Catalogue: look through the items, search, filter, open one."""

from __future__ import annotations

from html import escape

import streamlit as st

from app_pages.item_view import facts, picture, stock
from app_pages.language import say
from app_pages.pictures import PHOTO_SIDE, PICTURE_SIDE, jpeg_uri
from app_pages.shared_box import Box
from app_pages.this_box import table
from edge.types import CatalogueItem

ON_A_PAGE = 24


def page(box: Box) -> None:
    """The list, or the one item whose number stands in the address."""
    if item_id := st.query_params.get("item"):
        open_item(box, item_id)
    else:
        browse(box)


def browse(box: Box) -> None:
    """Search, filters, a page of items."""
    catalogue = box.lookup.catalogue
    keep = {"on_change": _to_start, "persist_state": "session"}
    text = st.text_input(say("catalogue.search"), key="catalogue text", type="search", **keep)
    left, right = st.columns(2, wrap=False)
    kind = left.selectbox(say("catalogue.kind"), _choices(box, "product_type"), format_func=_last_level, key="catalogue kind", **keep)
    colour = right.selectbox(say("catalogue.colour"), _choices(box, "color"), format_func=_or_all, key="catalogue colour", **keep)
    start = st.session_state.setdefault("catalogue start", 0)
    found = catalogue.browse(text=text or "", product_type=kind or "", color=colour or "", limit=ON_A_PAGE, offset=start)
    if not found.total:
        st.info(say("catalogue.none"))
        return
    said = say("catalogue.count", total=found.total)
    if found.total > ON_A_PAGE:
        said = say("catalogue.shown", first=start + 1, last=start + len(found.items), total=found.total)
    st.html(f"<p class='note' role='status'>{escape(said)}</p>")
    with st.container(key="tiles"):
        for item in found.items:
            _tile(box, item)
    _turn_pages(start, found.total)


def open_item(box: Box, item_id: str) -> None:
    """One item with all its pictures and all that the feed says."""
    st.button(say("catalogue.back"), key="catalogue back", width="stretch", on_click=st.query_params.clear)
    try:
        item = box.lookup.catalogue.item(item_id)
    except KeyError:
        st.warning(say("catalogue.gone"))
        return
    title = item.title or item.item_id
    pictures = [picture(uri, title) for uri in _pictures(box, item, PHOTO_SIDE)] or [picture("", title)]
    figures = "".join(f"<figure>{image}</figure>" for image in pictures)
    st.html(f'<div class="opened">{figures}<h2>{escape(title)}</h2></div>')
    rows = {
        "item.number": item.item_id,
        "shelf": item.location,
        "item.stock": stock(item)[1],
        "item.price": item.price,
        "item.kind": item.product_type,
        "item.colour": item.color,
        "item.pattern": item.pattern,
        "item.size": item.size,
        "item.group": item.item_group_id,
    }
    st.html(table({say(key): value for key, value in rows.items() if value}))


def _tile(box: Box, item: CatalogueItem) -> None:
    """An item in the list: all of it is the button that opens it."""
    title = item.title or item.item_id
    with st.container(key=f"tile {item.item_id}", gap=None):
        source = next(iter(_pictures(box, item, PICTURE_SIDE, most=1)), "")
        st.html(f'<article class="card">{picture(source, title)}<div><h4>{escape(title)}</h4>{facts(item)}</div></article>')
        # Laid over the card by the style sheet; its words are for those who hear the page.
        st.button(f"{say('catalogue.open')}: {title}", key=f"open {item.item_id}", on_click=_open, args=(item.item_id,))


def _pictures(box: Box, item: CatalogueItem, side: int, *, most: int = 8) -> list[str]:
    """The item's studio pictures in the index folder, as data URIs."""
    files = [box.lookup.folder / row.thumb for row in box.lookup.catalogue.vectors_of(item.item_id) if row.thumb]
    return [jpeg_uri(file, side) for file in files[:most] if file.is_file()]


def _turn_pages(start: int, total: int) -> None:
    if total <= ON_A_PAGE:
        return
    before, after = st.columns(2, wrap=False)
    before.button(say("catalogue.before"), width="stretch", disabled=start == 0, on_click=_to_start, args=(max(0, start - ON_A_PAGE),))
    last = start + ON_A_PAGE >= total
    after.button(say("catalogue.next"), width="stretch", disabled=last, on_click=_to_start, args=(start + ON_A_PAGE,))


def _to_start(start: int = 0) -> None:
    st.session_state["catalogue start"] = start


def _open(item_id: str) -> None:
    st.query_params["item"] = item_id


def _choices(box: Box, column: str) -> list[str]:
    """What can be filtered by, most frequent first; the empty choice filters nothing."""
    return ["", *(value for value, _ in box.lookup.catalogue.values_of(column))]


def _or_all(value: str) -> str:
    return value or say("catalogue.all")


def _last_level(product_type: str) -> str:
    """'Apparel > Tops > Polo' reads 'Polo'."""
    return _or_all(product_type.split(">")[-1].strip())
