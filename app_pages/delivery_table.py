"""A delivery's rows on the screen: counts that are filters too, a row for each photo, pages of them."""

from __future__ import annotations

from collections import Counter
from html import escape

import streamlit as st

from app_pages.delivery_rows import Kind, Row
from app_pages.delivery_run import DeliveryRun
from app_pages.delivery_words import COLOURS, chance, failure_sentence, kind_name
from app_pages.item_view import stock
from app_pages.language import say
from app_pages.paging import turn_pages
from app_pages.pictures import uri

ON_A_PAGE = 25


def summary(found: Counter[Kind], count: int) -> Kind | None:
    """How many of each kind; a tap on one shows only these. Gives the kind chosen, None for all."""
    chosen = st.session_state.get("delivery kind")
    if chosen not in found:
        chosen = None
    with st.container(key="sums"):
        for kind in (None, *(kind for kind in Kind if found[kind])):
            number, name = (count, say("delivery.all")) if kind is None else (found[kind], kind_name(kind))
            colour = COLOURS[kind] if kind else "all"
            with st.container(key=f"tile sum {kind or 'all'}", gap=None):
                here = " here" if kind == chosen else ""
                st.html(f'<div class="sum {colour}{here}"><b>{number}</b><span>{escape(name)}</span></div>')
                label = say("delivery.show", name=name, count=number)
                st.button(label, key=f"sum {kind or 'all'}", on_click=_show, args=(kind,))
    return chosen


def table(rows: list[Row], run: DeliveryRun, delivery_id: str) -> str:
    """A page of rows. Gives the id of the photo whose row was tapped, else ""."""
    start = st.session_state.get("delivery start", 0)
    if start >= len(rows):
        start = 0
    opened = ""
    head = "".join(f"<span>{escape(say(key))}</span>" for key in ("col.photo", "col.verdict", "col.item", "shelf", "item.stock"))
    with st.container(key="rows"):
        st.html(f'<div class="row head" aria-hidden="true">{head}</div>')
        for row in rows[start : start + ON_A_PAGE]:
            with st.container(key=f"tile row {row.photo.id}", gap=None):
                st.html(row_html(row, run, delivery_id))
                if st.button(say("delivery.open", number=row.number, name=row.photo.name), key=f"row {row.photo.id}"):
                    opened = row.photo.id
    if len(rows) > ON_A_PAGE:
        st.html(
            "<p class='note' role='status'>"
            + escape(say("delivery.shown", first=start + 1, last=min(len(rows), start + ON_A_PAGE), total=len(rows)))
            + "</p>"
        )
        turn_pages("delivery start", start, len(rows), most=ON_A_PAGE)
    return opened


def row_html(row: Row, run: DeliveryRun, delivery_id: str) -> str:
    """Number and picture, verdict with its chance, item, shelf, stock; a failure's sentence in the item's place."""
    small = small_uri(run, delivery_id, row.photo.id)
    image = f'<img src="{small}" alt="">' if small else f'<div class="blank">{escape(say("no_picture"))}</div>'
    said = chance(row) or (say("delivery.by_hand") if row.by_hand else "")
    verdict = f'<div class="said"><b class="{COLOURS[row.kind]}">{escape(kind_name(row.kind))}</b><small>{escape(said)}</small></div>'
    shelf = amount = ""
    if row.failure:
        what = f"<p>{escape(failure_sentence(row.failure))}</p>"
    elif row.item:
        state, words_of_stock = stock(row.item)
        what = f"<h4>{escape(row.item.title or row.item.item_id)}</h4><code>{escape(row.item.item_id)}</code>"
        shelf = f"<span class='where'>{escape(row.item.location)}</span>" if row.item.location else ""
        amount = f"<span class='{state}'>{escape(words_of_stock)}</span>" if words_of_stock else ""
    elif row.closest:
        key = "delivery.maybe" if row.kind is Kind.CHOOSE else "delivery.closest"
        note = f"<p>{escape(row.line.state.note)}</p>" if row.line and row.line.state.note else ""
        what = f"{note}<p class='dim'>{escape(say(key, title=row.closest.title or row.closest.item_id))}</p>"
    else:
        what = ""
    return (
        f'<article class="row" data-kind="{row.kind.value}"><div class="shot"><small>{row.number}</small>{image}</div>{verdict}'
        f'<div class="what">{what}</div><div class="at">{shelf}</div><div class="stock">{amount}</div></article>'
    )


def small_uri(run: DeliveryRun, delivery_id: str, photo_id: str) -> str:
    """The photo's small picture as a data URI; "" where it is not there (yet, or any more)."""
    try:
        return uri(run.store.small_path(delivery_id, photo_id).read_bytes())
    except FileNotFoundError:
        return ""


def _show(kind: Kind | None) -> None:
    st.session_state.update({"delivery kind": kind, "delivery start": 0})
