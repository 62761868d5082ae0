"""The page Better photos: up to 20 photos, each in three better versions to compare, search with and take away."""

from __future__ import annotations

import hashlib
from functools import partial
from html import escape

import streamlit as st

from app_pages import frame, session
from app_pages.compare import compare
from app_pages.improved import ORIGINAL, Improved, improve, zipped
from app_pages.language import say, say_error
from app_pages.pictures import uri
from app_pages.searching import look_up, still_holds
from app_pages.shared_box import Box, settings
from edge.enhance import Enhancer, open_enhancer
from edge.errors import PhotoError
from edge.session import DEFAULT_MODELS

MOST = 20


def available() -> bool:
    """Whether this box has the model; without it there is no such page."""
    return (DEFAULT_MODELS / "enhance" / "model.json").is_file()


@st.cache_resource(show_spinner=False)
def enhancer() -> Enhancer | None:
    """One model for all sessions. Raises ModelError."""
    return open_enhancer(threads=settings().threads)


def page(box: Box) -> None:
    """Photos in, their versions, one of them opened for comparison."""
    session.begin()
    photos: list[Improved] = st.session_state.setdefault("improved", [])
    st.html(f"<h2 class='title'>{escape(say('page.improve'))}</h2>")
    if not photos:
        st.html(f"<p class='note'>{escape(say('improve.what'))}</p>")
        _take_in(box)
    for problem in st.session_state.get("improve problems", ()):
        st.warning(problem)
    for number, photo in enumerate(photos):
        _one(box, number, photo, len(photos))
    if photos:
        chosen = [(photo, _chosen(number, photo)) for number, photo in enumerate(photos)]
        if len(photos) > 1:
            st.download_button(
                say("improve.zip"), partial(zipped, chosen), "photos.zip", "application/zip", width="stretch", on_click="ignore"
            )
        st.button(say("improve.again"), key="improve again", width="stretch", on_click=_forget)


def _take_in(box: Box) -> None:
    """The uploader; each photo is decoded alone and let go again, the session keeps JPEGs."""
    label = say("improve.choose")
    turn = st.session_state.setdefault("improve round", 0)
    st.html(f'<style>[data-testid="stFileUploaderDropzone"] button p::after {{ content: "{label}"; }}</style>')
    uploads = st.file_uploader(label, accept_multiple_files=True, key=f"improve upload {turn}", label_visibility="collapsed")
    if not uploads:
        return
    model, photos, problems = enhancer(), [], []
    progress = st.progress(0.0)
    for number, upload in enumerate(uploads[:MOST], 1):
        progress.progress(number / min(len(uploads), MOST), say("improve.working", n=number, count=min(len(uploads), MOST)))
        try:
            with box.seats:
                photos.append(improve(upload.name, upload.getvalue(), model))
        except PhotoError as error:
            problems.append(f"{upload.name}: {say_error(error)}")
    if len(uploads) > MOST:
        problems.append(say("improve.too_many", most=MOST, count=len(uploads) - MOST))
    # A new key gives an empty uploader and lets the server forget the uploaded bytes.
    st.session_state.update({"improved": photos, "improve problems": problems, "improve round": turn + 1, "improve open": 0})
    st.rerun()


def _one(box: Box, number: int, photo: Improved, count: int) -> None:
    """Original and versions side by side; opened, also the comparison and what can be done with one."""
    if count > 1:
        st.html(f"<h3>{escape(say('photo_of', n=number + 1, count=count, name=photo.name))}</h3>")
    chosen = _chosen(number, photo)
    _versions(number, photo, chosen)
    if photo.fine:
        st.html(f"<p class='note'>{escape(say('improve.fine'))}</p>")
    if count > 1 and st.session_state.get("improve open") != number:
        open_this = {"improve open": number}
        st.button(
            say("open", n=number + 1), key=f"improve open {number}", width="stretch", on_click=st.session_state.update, kwargs=open_this
        )
        return
    if chosen != ORIGINAL:
        compare(
            key=f"compare {number}",
            before=uri(photo.version(ORIGINAL).shown),
            after=uri(photo.version(chosen).shown),
            size=photo.size,
            picture=_name(chosen),
        )
    if st.button(say("improve.search"), key=f"improve search {number}", type="primary", width="stretch"):
        _search(box, photo, chosen)
    st.download_button(
        say("improve.download"), partial(photo.developed, chosen), photo.file_name(chosen), "image/jpeg", width="stretch",
        key=f"improve download {number}", on_click="ignore",
    )  # fmt: skip


def _versions(number: int, photo: Improved, chosen: str) -> None:
    """Original and versions, all of each the button that chooses it."""
    with st.container(key=f"four {number}"):
        for name in _names(photo):
            with st.container(key=f"tile version {number} {name}", gap=None):
                here = name == chosen
                st.html(_figure(photo, name, here=here))
                label = say("improve.chosen" if here else "improve.take", name=_name(name))
                st.button(label, key=f"version {number} {name}", on_click=_choose, args=(number, name))


def _search(box: Box, photo: Improved, version: str) -> None:
    """Look this version up and go to where its answer is shown."""
    data = photo.developed(version)
    digest = hashlib.sha256(data).hexdigest()
    known = {result.digest: result for result in session.everything() if still_holds(box, result)}
    with st.spinner(say("looking")):
        result = known.get(digest) or look_up(box, photo.file_name(version), data, digest, on_photo=lambda jpeg: None)
    session.show([result])
    frame.go("look_up")


def _names(photo: Improved) -> list[str]:
    return [version.name for version in photo.versions]


def _chosen(number: int, photo: Improved) -> str:
    """What the worker chose, at first the best estimate; the original where that is fine."""
    name = st.session_state.get(_key(number))
    return name if name in _names(photo) else photo.versions[0 if photo.fine else 1].name


def _figure(photo: Improved, name: str, *, here: bool) -> str:
    small = uri(photo.version(name).small)
    kind = "version here" if here else "version"
    return f'<figure class="{kind}"><img src="{small}" alt=""><figcaption>{escape(_name(name))}</figcaption></figure>'


def _name(version: str) -> str:
    return say(f"improve.{version}")


def _key(number: int) -> str:
    return f"improve version {st.session_state.get('improve round', 0)} {number}"


def _choose(number: int, name: str) -> None:
    st.session_state.update({_key(number): name, "improve open": number})


def _forget() -> None:
    st.session_state.update({"improved": [], "improve problems": []})
