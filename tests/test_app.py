"""The page without a browser: what it shows for each verdict, each error and each state of the box."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import edge.lookup
from edge.errors import IndexFolderError
from edge.types import Verdict
from tests.fake_lookup import FakeReport
from tests.opened_page import APP, html, picture, send
from tests.page_fakes import PageLookup


def test_a_missing_index_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RACKLENS_INDEX", str(tmp_path / "nowhere"))
    page = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not page.exception
    assert "not ready" in page.error[0].value and "index_builder build" in page.error[0].value
    assert "make run" in page.info[0].value
    assert not page.file_uploader


@pytest.mark.parametrize(
    ("verdict", "probability", "headline", "words"),
    [
        (Verdict.IN_CATALOGUE, 0.97, "In the catalogue", "97 % sure, calibrated on 412 trials"),
        (Verdict.IN_CATALOGUE, 1.0, "In the catalogue", "More than 99 % sure"),
        (Verdict.UNSURE, 0.5, "Not sure", "50 % chance that it is the first one"),
        (Verdict.NOT_IN_CATALOGUE, 0.001, "Not in the catalogue", "Less than 1 % chance that the closest item"),
    ],
)
def test_the_verdict_comes_in_plain_words(open_page, verdict: Verdict, probability: float, headline: str, words: str) -> None:
    lookup = PageLookup(verdict=verdict, probability=probability, report=FakeReport(calibration={"trials": 412}))
    shown = html(send(open_page(lookup), ("a.jpg", picture())))
    assert headline in shown and words in shown


def test_without_a_calibration_no_probability_is_claimed(open_page) -> None:
    shown = html(send(open_page(PageLookup(verdict=Verdict.UNSURE, probability=0.0)), ("a.jpg", picture())))
    assert "not calibrated" in shown and "%" not in shown


def test_a_match_tells_where_it_is_how_many_there_are_and_why_it_matched(open_page) -> None:
    shown = html(send(open_page(PageLookup()), ("a.jpg", picture())))
    for words in ("Crew t-shirt, striped navy", "TSH-0001", "F-04-3", "6 in stock", "19.90 EUR", "Out of stock"):
        assert words in shown
    assert "Match 0.95 – Shape very close · pattern roughly alike · colour different" in shown


def test_a_title_cannot_bring_markup_into_the_page(open_page) -> None:
    from dataclasses import replace

    from tests.fake_lookup import ITEMS

    lookup = PageLookup([replace(ITEMS[0], title="<script>x</script>", location="<b>")])
    shown = html(send(open_page(lookup), ("a.jpg", picture())))
    assert "<script>" not in shown and "<b>" not in shown


def test_an_unreadable_file_is_answered_with_what_to_send(open_page) -> None:
    page = send(open_page(PageLookup()), ("notes.txt", b"not a picture"))
    assert "Send a JPEG, PNG, WebP or HEIC photo." in page.error[0].value


def test_several_photos_are_all_answered_and_the_uploads_let_go(open_page) -> None:
    lookup = PageLookup()
    page = send(open_page(lookup), ("a.jpg", picture("red")), ("b.jpg", picture("blue")), ("c.txt", b"nothing"))
    shown = html(page)
    assert "Photo 1 of 3: a.jpg" in shown and "Photo 2 of 3: b.jpg" in shown
    assert len(page.error) == 1 and len(lookup.looked_up) == 2
    assert not page.file_uploader[0].value


def test_a_photo_is_not_looked_up_twice_in_one_session(open_page) -> None:
    lookup = PageLookup()
    page = send(open_page(lookup), ("a.jpg", picture()))
    send(page, ("again.jpg", picture()))
    assert len(lookup.looked_up) == 1


def test_a_new_index_is_picked_up_without_a_restart(open_page, monkeypatch: pytest.MonkeyPatch) -> None:
    build = ["build-1"]
    page = open_page(PageLookup(), build)
    build[0] = "build-2"
    newer = PageLookup(report=FakeReport(index_build="build-2"))
    monkeypatch.setattr(edge.lookup.Lookup, "open", lambda root, models=None, threads=None, store=None: newer)
    assert "build-2" in html(page.run())


def test_an_index_that_breaks_later_is_said_too(open_page, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(PageLookup())

    def gone(root: Path) -> str:
        raise IndexFolderError("CURRENT is gone.", path=str(root))

    monkeypatch.setattr(edge.lookup, "current_build", gone)
    assert "CURRENT is gone." in page.run().error[0].value


def test_a_fall_back_to_the_cpu_is_warned_about(open_page) -> None:
    assert not open_page(PageLookup()).warning
    page = open_page(PageLookup(report=FakeReport(wanted="CUDA", fell_back=True)))
    assert "CPU" in page.warning[0].value


def test_sample_photos_lie_beside_the_index(open_page, tmp_path: Path) -> None:
    photos = tmp_path / "demo" / "photos"
    photos.mkdir(parents=True)
    for name in ("AAA-1.jpg", "BBB-1.jpg", "CCC-1.jpg", "outsider-1.jpg"):
        (photos / name).write_bytes(picture())
    lookup = PageLookup()
    page = open_page(lookup)
    assert [button.key for button in page.button] == ["sample AAA-1.jpg", "sample BBB-1.jpg", "sample outsider-1.jpg"]
    page.button[0].click().run()
    assert "In the catalogue" in html(page) and len(lookup.looked_up) == 1
