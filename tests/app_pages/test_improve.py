"""Better photos: versions, the choice among them, downloads; with the real development and an engine that says what the test wants."""

from __future__ import annotations

import hashlib
import io
import pickle
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app_pages import improve as improve_page
from app_pages.improved import FULL_SIDE, ORIGINAL, improve, zipped
from app_pages.results import Result
from edge.errors import NotAPhoto
from tests.app_pages.shop_fakes import ShopLookup, shop_box
from tests.edge.test_enhance import hill, model_of
from tests.opened_page import html, picture

WARM = hill(0.3, -0.5) + 0.4 * hill(-0.1, 0.3)


def show(box) -> None:
    from app_pages import improve

    improve.page(box)


@pytest.fixture
def page(tmp_path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("RACKLENS_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(improve_page, "enhancer", lambda: model_of(WARM))
    page = AppTest.from_function(show, args=(shop_box(ShopLookup(tmp_path / "build"), tmp_path),), default_timeout=60).run()
    assert not page.exception
    return page


def send(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader[0].set_value([(name, data, "image/jpeg") for name, data in files])
    page.run()
    assert not page.exception
    return page


def test_a_photo_comes_back_with_three_versions_and_what_is_downloaded_is_large() -> None:
    photo = improve("a.heic.jpg", picture((200, 150, 90), (3000, 2000)), model_of(WARM))
    assert [version.name for version in photo.versions] == ["original", "best", "gentler", "warmer"] and not photo.fine
    best = Image.open(io.BytesIO(photo.developed("best")))
    assert best.size == (FULL_SIDE, 1707) and photo.size == (900, 600)
    original = np.asarray(Image.open(io.BytesIO(photo.developed(ORIGINAL))), np.float32).mean((0, 1))
    assert np.abs(np.asarray(best, np.float32).mean((0, 1)) - original).max() > 10
    assert photo.file_name("best") == "a.heic-best.jpg" and improve("../../x", picture(), model_of(WARM)).file_name("best") == "x-best.jpg"


def test_the_zip_holds_the_chosen_version_of_each_photo_under_names_of_their_own() -> None:
    model = model_of(WARM)
    photos = [improve("a.jpg", picture("red"), model), improve("a.jpg", picture("blue"), model)]
    with zipfile.ZipFile(io.BytesIO(zipped([(photo, "best") for photo in photos]))) as pack:
        assert pack.namelist() == ["a-best.jpg", "2-a-best.jpg"] and pack.read("a-best.jpg") == photos[0].developed("best")


def test_what_is_no_photo_raises_as_everywhere() -> None:
    with pytest.raises(NotAPhoto):
        improve("a.jpg", b"nothing", model_of(WARM))


def test_the_page_shows_original_and_versions_the_best_one_chosen(page: AppTest) -> None:
    shown = html(send(page, ("a.jpg", picture((200, 150, 90), (900, 700)))))
    assert shown.count("<figure") == 4 and "Best estimate" in shown and "Other light: warmer" in shown
    assert page.button(key="version 0 best").label == "Chosen: Best estimate"
    assert len(page.get("download_button")) == 1 and not page.file_uploader
    page.button(key="version 0 warmer").click().run()
    assert not page.exception and page.button(key="version 0 warmer").label == "Chosen: Other light: warmer"
    assert page.button(key="version 0 best").label == "Take: Best estimate"


def test_several_photos_open_one_at_a_time_and_those_that_fail_are_named(page: AppTest) -> None:
    send(page, ("a.jpg", picture("red")), ("notes.jpg", b"nothing"), ("b.jpg", picture("blue")))
    assert "notes.jpg: " in page.warning[0].value and html(page).count("<figure") == 8
    assert page.button(key="improve search 0") and len(page.get("download_button")) == 2
    page.button(key="improve open 1").click().run()
    assert not page.exception and page.button(key="improve open 0")
    page.button(key="improve again").click().run()
    assert page.file_uploader and not page.warning and "<figure" not in html(page)


def test_more_than_twenty_are_left_out_and_a_session_stays_small(page: AppTest) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8)
    files = []
    for n in range(22):
        out = io.BytesIO()
        Image.fromarray(np.roll(noise, n, 1)).resize((1200, 900)).save(out, "JPEG", quality=95)
        files.append((f"{n}.jpg", out.getvalue()))
    send(page, *files)
    assert "Left out: 2" in page.warning[0].value and html(page).count("<figure") == 80
    assert len(pickle.dumps(page.session_state["improved"])) < 20 * 3_000_000


def test_without_the_model_there_is_no_such_page(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(improve_page, "DEFAULT_MODELS", tmp_path)
    assert not improve_page.available()
    (tmp_path / "enhance").mkdir()
    (tmp_path / "enhance" / "model.json").write_text("{}")
    assert improve_page.available()


@pytest.mark.parametrize(("error", "build", "again"), [("", "now", False), ("busy, try again", "now", True), ("", "before", True)])
def test_a_version_that_failed_or_was_found_in_an_earlier_index_is_looked_up_anew(monkeypatch, error: str, build: str, again: bool) -> None:
    data = b"developed"
    known = Result(digest=hashlib.sha256(data).hexdigest(), name="a", error=error, build=build)
    box = SimpleNamespace(lookup=SimpleNamespace(report=lambda: SimpleNamespace(index_build="now")))
    photo = SimpleNamespace(developed=lambda version: data, file_name=lambda version: "a.jpg")
    asked, shown = [], []
    monkeypatch.setattr(improve_page.session, "everything", lambda: [known])
    monkeypatch.setattr(improve_page.session, "show", shown.extend)
    monkeypatch.setattr(improve_page.frame, "go", lambda page: None)
    monkeypatch.setattr(improve_page, "look_up", lambda *words, **more: asked.append(words) or "anew")
    improve_page._search(box, photo, "warm")
    assert shown == (["anew"] if again else [known]) and bool(asked) == again
