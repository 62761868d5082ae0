"""The page Delivery: many photos sent at once, looked up one after another while the page may be closed; start, progress, list, export."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from app_pages import address, delivery_row, delivery_table
from app_pages.delivery_export import to_csv_file, to_xlsx_file
from app_pages.delivery_rows import counts, rows_of
from app_pages.delivery_run import DeliveryRun
from app_pages.delivery_store import Delivery, DeliveryStore
from app_pages.delivery_words import name_of, sentence, time_left, told
from app_pages.language import say
from app_pages.look_up_list import local_time
from app_pages.session import worker
from app_pages.shared_box import Box, journal, settings
from edge.errors import RequestError

MOST = 300
"""Photos of one delivery: an upload is held in memory until all of its files are there."""
EVERY_S, ROWS_EVERY_S = 2, 4  # how often progress and rows are drawn anew; rows carry pictures
LISTED = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@told
def page(box: Box) -> None:
    """The start, one delivery, or one photo of it: as the address says."""
    run = running(box)
    delivery_id = st.query_params.get("delivery")
    if not delivery_id:
        start_page(run)
        return
    try:
        delivery = run.store.get(delivery_id)
    except RequestError:
        delivery = None
    if delivery is None:
        st.button(say("delivery.back_all"), width="stretch", on_click=address.show)
        st.warning(say("delivery.gone"))
    elif photo_id := st.query_params.get("photo"):
        delivery_row.page(box, run, delivery, photo_id)
    else:
        delivery_page(box, run, delivery)


def running(box: Box) -> DeliveryRun:
    """The box's work on deliveries, with the newest index. Raises JournalError."""
    run = _running(str(settings().data_dir), box)
    run.use(box)
    return run


@st.cache_resource(show_spinner=False)
def _running(data_dir: str, _box: Box) -> DeliveryRun:
    run = DeliveryRun(DeliveryStore(Path(data_dir).absolute() / "deliveries"), journal(), _box)
    run.resume()
    return run


def start_page(run: DeliveryRun) -> None:
    """Send a delivery, or open an earlier one."""
    st.html(f"<h2 class='title'>{escape(say('delivery.title'))}</h2><p class='note'>{escape(say('delivery.what'))}</p>")
    name = st.text_input(say("delivery.name"), key=f"delivery name {_round()}", max_chars=80)
    uploads = uploader(say("delivery.choose"))
    if uploads:
        delivery = run.store.create(name or "", worker=worker())
        take_in(run, delivery, uploads)
        address.show(delivery=delivery.id)
        st.rerun()
    earlier = run.store.all()[:LISTED]
    if earlier:
        st.html(f"<h3>{escape(say('delivery.earlier'))}</h3>")
    with st.container(key="tiles"):
        for delivery in earlier:
            waiting, photos = len(run.store.waiting(delivery.id)), len(run.store.photos(delivery.id))
            said = say("delivery.done_of", done=photos - waiting, count=photos)
            with st.container(key=f"tile {delivery.id}", gap=None):
                who = f" · {delivery.worker}" if delivery.worker else ""
                st.html(
                    f'<article class="card plain"><div><h4>{escape(name_of(delivery))}</h4>'
                    f"<p>{escape(said)} · {escape(local_time(delivery.time))}{escape(who)}</p></div></article>"
                )
                label = f"{say('catalogue.open')}: {name_of(delivery)}"
                st.button(label, key=f"open {delivery.id}", on_click=address.show, kwargs={"delivery": delivery.id})


def uploader(label: str) -> list:
    """A large button that takes many photos. Its word is drawn by the style sheet, for Streamlit cannot rename the button."""
    st.html(f'<style>[data-testid="stFileUploaderDropzone"] button p::after {{ content: "{label}"; }}</style>')
    return st.file_uploader(label, accept_multiple_files=True, key=f"delivery upload {_round()}", label_visibility="collapsed")


def take_in(run: DeliveryRun, delivery: Delivery, uploads: Sequence) -> None:
    """Put the uploads on the disk, let Streamlit forget them, and begin. Raises OSError."""
    room = max(0, MOST - len(run.store.photos(delivery.id)))
    try:
        with st.spinner(say("delivery.taking_in", count=len(uploads))):
            known = sum(run.store.add(delivery.id, upload.name, upload.getvalue()) is None for upload in uploads[:room])
    finally:  # a full disk half-way: what is there is looked up, and the next drawing of the page does not take it in again
        run.start(delivery.id, worker=worker())
        # A new key empties the uploader: the files are on the disk now and need not be in memory too.
        st.session_state["delivery round"] = _round() + 1
    notes = [say("delivery.known", count=known)] if known else []
    if len(uploads) > room:
        notes.append(say("delivery.too_many", most=MOST, count=len(uploads) - room))
    st.session_state["delivery notes"] = notes


def delivery_page(box: Box, run: DeliveryRun, delivery: Delivery) -> None:
    """Progress, counts, rows, export, more photos."""
    st.button(say("delivery.back_all"), key="delivery back", width="stretch", on_click=address.show)
    st.html(f"<h2 class='title'>{escape(name_of(delivery))}</h2><p class='note'>{escape(_when(delivery))}</p>")
    for note in st.session_state.pop("delivery notes", ()):
        st.warning(note)
    busy = run.progress(delivery.id).running
    st.fragment(_progress, run_every=EVERY_S if busy else None)(run, delivery, busy)
    st.fragment(_rows, run_every=ROWS_EVERY_S if busy else None)(box, run, delivery)
    _downloads(box, run, delivery)
    with st.expander(say("delivery.more")):
        if uploads := uploader(say("delivery.add")):
            take_in(run, delivery, uploads)
            st.rerun()


@told
def _progress(run: DeliveryRun, delivery: Delivery, was_busy: bool) -> None:
    progress = run.progress(delivery.id)
    if was_busy != progress.running:
        st.rerun()  # the whole page: it is drawn at another pace from now on
    count = len(run.store.photos(delivery.id))
    done = count - progress.waiting
    if progress.problem:
        st.error(sentence(progress.problem))
    if not progress.waiting:
        return
    said = say("delivery.done_of", done=done, count=count)
    if progress.running:
        said += f" – {time_left(progress.seconds_left)}"
    st.progress(done / count, text=said)
    if progress.running:
        st.html(f"<p class='note'>{escape(say('delivery.close'))}</p>")
        if st.button(say("delivery.stop"), key="delivery stop", width="stretch"):
            run.stop(delivery.id)
            st.rerun()
    elif st.button(say("delivery.go_on", count=progress.waiting), key="delivery go on", type="primary", width="stretch"):
        run.start(delivery.id, worker=worker())
        st.rerun()


@told
def _rows(box: Box, run: DeliveryRun, delivery: Delivery) -> None:
    rows = rows_of(delivery.id, run.store, run.journal, box.lookup.catalogue)
    if not rows:
        st.info(say("delivery.empty"))
        return
    kind = delivery_table.summary(counts(rows), len(rows))
    delivery_row.undo_last(run, delivery)
    doubtful = [row for row in rows if row.doubtful]
    if doubtful and st.button(say("delivery.check", count=len(doubtful)), key="delivery check", type="primary", width="stretch"):
        st.session_state["delivery checking"] = True
        address.show(delivery=delivery.id, photo=doubtful[0].photo.id)
        st.rerun()
    opened = delivery_table.table([row for row in rows if kind in (None, row.kind)], run, delivery.id)
    if opened:
        st.session_state["delivery checking"] = False
        address.show(delivery=delivery.id, photo=opened)
        st.rerun()


def _downloads(box: Box, run: DeliveryRun, delivery: Delivery) -> None:
    """Made when they are asked for, so they hold what is true then."""

    def rows() -> list:
        return rows_of(delivery.id, run.store, run.journal, box.lookup.catalogue)

    left, right = st.columns(2, wrap=False)
    name = f"delivery-{delivery.time:%Y%m%d-%H%M}-{delivery.id[:4]}"
    keep = {"width": "stretch", "on_click": "ignore"}
    left.download_button("XLSX", lambda: to_xlsx_file(rows(), run.store, delivery.id), f"{name}.xlsx", XLSX, key="xlsx", **keep)
    right.download_button("CSV", lambda: to_csv_file(rows()), f"{name}.csv", "text/csv", key="csv", **keep)


def _when(delivery: Delivery) -> str:
    """Time and worker; the time only where it is not the delivery's name already."""
    return " · ".join(part for part in (local_time(delivery.time) if delivery.name else "", delivery.worker) if part)


def _round() -> int:
    return st.session_state.setdefault("delivery round", 0)
