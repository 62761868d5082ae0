"""The page speaks the browser's language, the box's setting where there is one, and what is chosen on the page before both."""

from __future__ import annotations

import pytest

from edge.errors import NoGarmentFound
from tests.opened_page import html, picture, send
from tests.page_fakes import PageLookup


def test_a_german_browser_is_answered_in_german(open_page) -> None:
    shown = html(send(open_page(PageLookup(), locale="de-AT"), ("a.jpg", picture())))
    assert "Im Katalog" in shown and "Fach" in shown and "In the catalogue" not in shown


def test_an_error_is_german_too(open_page) -> None:
    page = send(open_page(PageLookup(error=NoGarmentFound(coverage=0)), locale="de"), ("a.jpg", picture()))
    assert "keine Kleidung gefunden" in page.error[0].value


def test_the_box_s_setting_comes_before_the_browser(open_page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACKLENS_LANGUAGE", "en")
    assert "Which item is this garment?" in html(open_page(PageLookup(), locale="de"))


def test_what_is_chosen_on_the_page_comes_first(open_page) -> None:
    page = open_page(PageLookup(), locale="en-GB")
    page.session_state["language"] = "de"
    assert "Welcher Artikel ist das?" in html(page.run())
