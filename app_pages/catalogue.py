"""The page Catalogue: look through the items, search, filter, open one; and what looks the same."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from app_pages import address, catalogue_duplicates, catalogue_item
from app_pages.item_view import facts, picture
from app_pages.language import say
from app_pages.paging import on_page, turn_pages
from app_pages.shared_box import Box
from app_pages.words import known
from edge.errors import ModelError
from edge.taxonomy import Taxonomy
from edge.types import CatalogueItem

ON_A_PAGE = 24


def page(box: Box) -> None:
    """The list, the duplicates, or the one item whose number stands in the address."""
    if item_id := st.query_params.get("item"):
        catalogue_item.page(box, item_id)
    elif "alike" in st.query_params:
        catalogue_duplicates.page(box)
    else:
        browse(box)


def browse(box: Box) -> None:
    """Search, filters, a page of items."""
    catalogue = box.lookup.catalogue
    keep = {"on_change": _to_start, "persist_state": "session"}
    text = st.text_input(say("catalogue.search"), key="catalogue text", type="search", placeholder=say("search"), **keep)
    types = [value for value, _ in catalogue.values_of("product_type")]
    groups = groups_of(tuple(types))
    group = ""
    if len(groups) > 1:
        group = st.pills(
            say("catalogue.group"), list(groups), format_func=_group_name, key="catalogue group", label_visibility="collapsed", **keep
        )
    left, middle, right = st.columns(3, wrap=False)
    within = groups.get(group or "", types)
    if st.session_state.get("catalogue kind") not in ("", None, *within):
        st.session_state["catalogue kind"] = ""  # of another group
    kind = left.selectbox(say("catalogue.kind"), ["", *within], format_func=_last_level, key="catalogue kind", **keep)
    colours = ["", *(value for value, _ in catalogue.values_of("color"))]
    colour = middle.selectbox(say("catalogue.colour"), colours, format_func=_or_all, key="catalogue colour", **keep)
    stock = right.selectbox(say("item.stock"), ["", "there", "gone"], format_func=_stock, key="catalogue stock", **keep)
    browse = partial(
        catalogue.browse,
        text=text or "",
        product_type=kind or "",
        product_types=within if group and not kind else (),
        color=colour or "",
        in_stock={"there": True, "gone": False}.get(stock),
        limit=ON_A_PAGE,
    )
    start, found = on_page("catalogue start", lambda offset: browse(offset=offset), most=ON_A_PAGE)
    if not found.total:
        st.info(say("catalogue.none"))
        return
    said = say("catalogue.count", total=found.total)
    if found.total > ON_A_PAGE:
        said = say("catalogue.shown", first=start + 1, last=start + len(found.items), total=found.total)
    st.html(f"<p class='note' role='status'>{escape(said)}</p>")
    with st.container(key="tiles"):
        for item in found.items:
            tile(box, item)
    turn_pages("catalogue start", start, found.total, most=ON_A_PAGE)
    st.button(say("alike.title"), key="alike open", width="stretch", on_click=address.show, kwargs={"alike": "1"})


def tile(box: Box, item: CatalogueItem, *, note: str = "", key: str = "") -> None:
    """An item in a list: all of it is the button that opens it. note: more to say of it, as text."""
    title = item.title or item.item_id
    with st.container(key=f"tile {key}{item.item_id}", gap=None):
        source = next(iter(catalogue_item.pictures(box, item, most=1)), "")
        more = f"<p class='why'>{escape(note)}</p>" if note else ""
        st.html(f'<article class="card">{picture(source, title)}<div><h4>{escape(title)}</h4>{facts(item)}{more}</div></article>')
        # Laid over the card by the style sheet; its words are for those who hear the page.
        st.button(f"{say('catalogue.open')}: {title}", key=f"open {key}{item.item_id}", on_click=_open, args=(item.item_id,))


@st.cache_data(max_entries=4, show_spinner=False)
def groups_of(product_types: tuple[str, ...]) -> dict[str, list[str]]:
    """Product types by the garments' group ("tops", "footwear"), as far as the taxonomy knows them; the largest first."""
    try:
        tree = Taxonomy.read()
    except ModelError:
        return {}
    groups: dict[str, list[str]] = {}
    for product_type in product_types:
        node = tree.of_product_type(product_type)
        if node and node != tree.root:
            groups.setdefault(tree.path(node)[1], []).append(product_type)
    return dict(sorted(groups.items(), key=lambda pair: -len(pair[1])))


def _to_start() -> None:
    st.session_state["catalogue start"] = 0


def _open(item_id: str) -> None:
    address.show(item=item_id)


def _group_name(group: str) -> str:
    """A group of the taxonomy in this session's language; the operator may have added others."""
    return say(f"group.{group}") if known(f"group.{group}") else group.capitalize()


def _or_all(value: str) -> str:
    return value or say("catalogue.all")


def _stock(value: str) -> str:
    return {"there": say("catalogue.there"), "gone": say("catalogue.gone_now")}.get(value) or say("catalogue.all")


def _last_level(product_type: str) -> str:
    """'Apparel > Tops > Polo' reads 'Polo'."""
    return _or_all(product_type.split(">")[-1].strip())
