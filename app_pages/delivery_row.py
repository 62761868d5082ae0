"""One photo of a delivery: set its answer right without losing the rest, and take that back."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from app_pages import address, frame, session
from app_pages.delivery_rows import Kind, Row, rows_of
from app_pages.delivery_run import DeliveryRun
from app_pages.delivery_store import Delivery
from app_pages.delivery_table import small_uri
from app_pages.delivery_words import COLOURS, chance, failure_sentence, kind_name, sentence
from app_pages.item_view import facts, picture
from app_pages.language import say
from app_pages.pictures import PHOTO_SIDE, PICTURE_SIDE, jpeg_uri
from app_pages.shared_box import Box
from edge.errors import RacklensError
from edge.journal_types import LookupEntry, State
from edge.types import CatalogueItem

FIRST, FOUND = 5, 8  # matches shown at once; items that a word may find


def page(box: Box, run: DeliveryRun, delivery: Delivery, photo_id: str) -> None:
    """The photo beside its item, its matches to choose from, and the way to the next one."""
    rows = rows_of(delivery.id, run.store, run.journal, box.lookup.catalogue)
    places = [place for place, row in enumerate(rows) if row.photo.id == photo_id]
    st.button(say("delivery.back"), key="row back", width="stretch", on_click=_go, args=(delivery, ""))
    undo_last(run, delivery)
    if not places:
        st.warning(say("delivery.gone"))
        return
    row = rows[places[0]]
    st.html(f"<h3>{escape(say('photo_of', n=row.number, count=len(rows), name=row.photo.name))}</h3>")
    trials = int((box.lookup.report().calibration or {}).get("trials") or 0)
    said = say("delivery.by_hand") if row.by_hand else ""
    if chance(row) and trials:
        said = say(f"sure.{row.line.verdict.value}", chance=chance(row), trials=trials)
    st.html(
        f'<section class="verdict small {COLOURS[row.kind]}" role="status"><h2>{escape(kind_name(row.kind))}</h2>'
        f"<p>{escape(said)}</p></section>"
    )
    if row.kind is Kind.WAITING:
        st.info(say("delivery.not_yet"))
    elif row.line is None:
        _failed(run, delivery, row)
    else:
        _decide(box, run, delivery, row)
    _onward(delivery, rows, places[0])


def undo_last(run: DeliveryRun, delivery: Delivery) -> None:
    """What was decided last, with the button that takes it back."""
    last = st.session_state.get("delivery last")
    if not last or last["delivery"] != delivery.id:
        return
    with st.container(key="undo last", horizontal=True, vertical_alignment="center", wrap=False):
        st.html(f"<p class='changed' role='status'>{escape(last['said'])}</p>")
        st.button(say("delivery.undo"), key="undo", on_click=_undo, args=(run, delivery, last["photo"], last["state"]))


def _failed(run: DeliveryRun, delivery: Delivery, row: Row) -> None:
    """Why, and a new photo in its place."""
    st.error(failure_sentence(row.failure))
    if small := small_uri(run, delivery.id, row.photo.id):
        st.html(f'<figure class="pending"><img src="{small}" alt="{escape(say("your_photo"))}"></figure>')
    label = say("delivery.again")
    st.html(f'<style>[data-testid="stFileUploaderDropzone"] button p::after {{ content: "{label}"; }}</style>')
    upload = st.file_uploader(label, key=f"again {row.photo.id}", label_visibility="collapsed")
    if upload:
        photo = run.store.add(delivery.id, upload.name, upload.getvalue(), replaces=row.photo.id)
        run.start(delivery.id, worker=session.worker())
        _go(delivery, photo.id)
        st.rerun()


def _decide(box: Box, run: DeliveryRun, delivery: Delivery, row: Row) -> None:
    """Photo beside item; the matches, none of them, a new arrival, or an item found by its name."""
    entry = run.journal.get(row.photo.id)
    shown = row.item or row.closest
    st.html(_pair(box, run, delivery, entry, row, shown))
    if shown:
        st.html(f'<article class="card plain"><div><h4>{escape(shown.title or shown.item_id)}</h4>{facts(shown)}</div></article>')
        if not (row.by_hand and row.kind is Kind.IN):
            _this_is_it(run, delivery, row, shown, primary=row.kind in (Kind.IN, Kind.CHOOSE))
    left, right = st.columns(2, wrap=False)
    if left.button(say("delivery.none"), key="none", width="stretch", disabled=row.kind is Kind.OUT and row.by_hand):
        _say(run, delivery, row, kind_name(Kind.OUT), lambda: run.journal.none_of_these(row.photo.id, worker=session.worker()))
    if right.button(say("delivery.new"), key="new", width="stretch", disabled=row.kind is Kind.NEW):
        _say(run, delivery, row, kind_name(Kind.NEW), lambda: run.journal.keep_as_new(row.photo.id, worker=session.worker()))
    if row.kind is Kind.NEW:
        _note(run, delivery, row)
    last = st.session_state.get("delivery last") or {}
    if row.by_hand and last.get("photo") != row.photo.id:  # otherwise the button stands at the top already
        st.button(
            say("delivery.undo_this"), key="undo this", width="stretch", on_click=_undo, args=(run, delivery, row.photo.id, row.line.state)
        )
    others = [match.item for match in entry.matches if not shown or match.item.item_id != shown.item_id]
    if others:
        st.html(f"<h3>{escape(say('delivery.others'))}</h3>")
        _cards(box, run, delivery, row, others[:FIRST])
    if others[FIRST:]:
        with st.expander(say("more", count=len(others) - FIRST)):
            _cards(box, run, delivery, row, others[FIRST:])
    if row.line.photos_kept and st.button(say("delivery.tools"), key="tools", width="stretch"):
        frame.go("look_up", **{session.LOOK_UP: row.photo.id})
    with st.expander(say("delivery.find")):
        text = st.text_input(say("catalogue.search"), key=f"find {row.photo.id}", type="search")
        if text:
            found = box.lookup.catalogue.browse(text=text, limit=FOUND)
            if not found.total:
                st.info(say("catalogue.none"))
            known = {item.item_id for item in (*others, shown) if item}
            _cards(box, run, delivery, row, [item for item in found.items if item.item_id not in known])


def _note(run: DeliveryRun, delivery: Delivery, row: Row) -> None:
    """What the catalogue's people should know of a new arrival."""
    note = st.text_input(say("delivery.note"), row.line.state.note, key=f"note {row.photo.id}", max_chars=500)
    if st.button(say("delivery.note_keep"), key="note keep", width="stretch", disabled=(note or "").strip() == row.line.state.note):
        said = kind_name(Kind.NEW)
        _say(run, delivery, row, said, lambda: run.journal.keep_as_new(row.photo.id, note=note or "", worker=session.worker()))


def _pair(box: Box, run: DeliveryRun, delivery: Delivery, entry: LookupEntry, row: Row, item: CatalogueItem | None) -> str:
    photo = jpeg_uri(entry.photo_paths[0], PHOTO_SIDE // 2) if entry.photo_paths else small_uri(run, delivery.id, row.photo.id)
    pair = f"<figure>{picture(photo, say('your_photo'))}<figcaption>{escape(say('your_photo'))}</figcaption></figure>"
    if item:
        caption = say("best_match" if row.item else "closest")
        pair += f"<figure>{picture(item_uri(box, item), item.title)}<figcaption>{escape(caption)}</figcaption></figure>"
    return f'<div class="pair">{pair}</div>'


def _cards(box: Box, run: DeliveryRun, delivery: Delivery, row: Row, items: list[CatalogueItem]) -> None:
    for item in items:
        with st.container(key=f"card {item.item_id} {row.photo.id}", gap=None):
            st.html(
                f'<article class="card" data-item="{escape(item.item_id)}">{picture(item_uri(box, item), item.title)}'
                f"<div><h4>{escape(item.title or item.item_id)}</h4>{facts(item)}</div></article>"
            )
            _this_is_it(run, delivery, row, item)


def _this_is_it(run: DeliveryRun, delivery: Delivery, row: Row, item: CatalogueItem, *, primary: bool = False) -> None:
    title = item.title or item.item_id
    if st.button(say("delivery.it"), key=f"it {item.item_id}", width="stretch", type="primary" if primary else "secondary"):
        _say(run, delivery, row, title, lambda: run.journal.confirm(row.photo.id, item.item_id, title=title, worker=session.worker()))


def item_uri(box: Box, item: CatalogueItem) -> str:
    """The item's first picture of the index in use; "" where it has none."""
    for row in box.lookup.catalogue.vectors_of(item.item_id):
        if row.thumb and (file := box.lookup.folder / row.thumb).is_file():
            return jpeg_uri(file, PICTURE_SIDE)
    return ""


def _say(run: DeliveryRun, delivery: Delivery, row: Row, what: str, write: Callable[[], State]) -> None:
    """Write a decision to the journal; then the next one to check, if that is what the worker is doing."""
    try:
        state = write()
    except RacklensError as error:
        st.error(sentence(error))
        return
    said = say("delivery.decided", number=row.number, what=what)
    st.session_state["delivery last"] = {"delivery": delivery.id, "photo": row.photo.id, "said": said, "state": state}
    st.session_state["delivery decided"] = row.photo.id
    st.rerun()


def _undo(run: DeliveryRun, delivery: Delivery, photo_id: str, decided: State) -> None:
    """Take back what was decided of a photo, unless it is no longer what counts."""
    try:
        undone = run.journal.undo(photo_id, worker=session.worker(), only_if=lambda state: state == decided)
    except RacklensError as error:
        st.toast(sentence(error), icon=":material/error:")
        return
    st.session_state.pop("delivery last", None)
    st.toast(say("delivery.undone" if undone else "delivery.not_undone"))
    if st.query_params.get("photo"):
        _go(delivery, photo_id)  # back to the photo that is open again


def _onward(delivery: Delivery, rows: list[Row], place: int) -> None:
    """To the next one to check, to the neighbours; by itself where a decision was just made while checking one after another."""
    after = [row for row in (*rows[place + 1 :], *rows[:place]) if row.doubtful]
    decided = st.session_state.pop("delivery decided", "") == rows[place].photo.id
    if decided and st.session_state.get("delivery checking"):
        _go(delivery, after[0].photo.id if after else "")
        st.rerun()
    if after:
        st.button(
            say("delivery.next_check", count=len(after)), key="next check", type="primary", width="stretch",
            on_click=_go, args=(delivery, after[0].photo.id),
        )  # fmt: skip
    left, right = st.columns(2, wrap=False)
    for column, key, to in ((left, "catalogue.before", place - 1), (right, "catalogue.next", place + 1)):
        there = 0 <= to < len(rows)
        column.button(
            say(key), key=f"row {key}", width="stretch", disabled=not there,
            on_click=_go, args=(delivery, rows[to].photo.id if there else ""),
        )  # fmt: skip


def _go(delivery: Delivery, photo_id: str) -> None:
    address.show(delivery=delivery.id, photo=photo_id)
