"""Who may open the page: the passcode, its limits over all sessions, and the refusal to be open to the network unprotected."""

from __future__ import annotations

import pytest
import streamlit as st

from app_pages import access
from edge.passcode import Attempts, hash_passcode
from tests.opened_page import html, send
from tests.page_fakes import PageLookup

CODE = "12345678"


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACKLENS_PASSCODE_HASH", hash_passcode(CODE))


def give(page, code: str):
    page.text_input(key="passcode").set_value(code)
    next(button for button in page.button if button.label == "Open").click()
    page.run()
    assert not page.exception
    return page


def test_nothing_is_shown_before_the_passcode(open_page, locked) -> None:
    lookup = PageLookup()
    page = open_page(lookup)
    assert not page.file_uploader and page.text_input(key="passcode") and "Please enter the passcode" in html(page)
    assert not page.get("page_link") and not lookup.looked_up


def test_a_wrong_one_is_refused_and_the_right_one_opens(open_page, locked) -> None:
    page = give(open_page(PageLookup()), "87654321")
    assert "not the passcode" in page.error[0].value and not page.file_uploader
    give(page, CODE)
    assert page.file_uploader and not page.error
    page.run()
    assert page.file_uploader  # the session remembers


def test_every_session_is_asked(open_page, locked) -> None:
    from streamlit.testing.v1 import AppTest

    from tests.opened_page import APP

    give(open_page(PageLookup()), CODE)
    assert not AppTest.from_file(str(APP), default_timeout=30).run().file_uploader


def test_too_many_wrong_ones_make_every_session_wait_even_with_the_right_one(open_page, locked) -> None:
    from streamlit.testing.v1 import AppTest

    from tests.opened_page import APP

    page = open_page(PageLookup())
    attempts = access._attempts()
    attempts._clock = lambda: 1000.0
    attempts._counted_at = attempts._open_at = 1000.0
    for _ in range(Attempts.FREE):
        give(page, "87654321")
    other = give(AppTest.from_file(str(APP), default_timeout=30).run(), CODE)
    assert "Try again in 1 seconds" in other.error[0].value and not other.file_uploader
    attempts._clock = lambda: 1002.0
    assert give(other, CODE).file_uploader


def test_a_changed_passcode_asks_again(open_page, locked, monkeypatch) -> None:
    page = give(open_page(PageLookup()), CODE)
    monkeypatch.setenv("RACKLENS_PASSCODE_HASH", hash_passcode("another one"))
    assert not page.run().file_uploader


def test_a_damaged_setting_keeps_the_page_closed(open_page, monkeypatch) -> None:
    monkeypatch.setenv("RACKLENS_PASSCODE_HASH", "12345678")
    page = open_page(PageLookup())
    assert "edge passcode" in page.error[0].value and not page.file_uploader


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.4", "", "::", "box.local"])
def test_open_to_the_network_without_protection_the_page_stays_closed(open_page, monkeypatch, address: str) -> None:
    monkeypatch.setattr(access, "sign_in_is_set_up", lambda: False)
    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: address if name == "server.address" else real(name))
    page = open_page(PageLookup())
    assert not page.file_uploader and "stays closed" in page.error[0].value and "edge passcode" in page.info[0].value
    monkeypatch.setenv("RACKLENS_PASSCODE_HASH", hash_passcode(CODE))
    assert give(page.run(), CODE).file_uploader


@pytest.mark.parametrize(
    ("headers", "outside"),
    [
        ({}, False),
        ({"Host": "127.0.0.1:8501"}, False),
        ({"Host": "localhost:8501"}, False),
        ({"Host": "[::1]:8501"}, False),
        ({"Host": "box.example"}, True),
        ({"Host": "192.168.1.4:8501"}, True),
        ({"Host": "127.0.0.1:8501", "X-Forwarded-For": "192.168.1.20"}, True),
        ({"Host": "localhost", "X-Forwarded-Host": "racklens.example, localhost"}, True),
    ],
)
def test_a_proxy_on_the_box_itself_counts_as_the_network(monkeypatch, headers: dict, outside: bool) -> None:
    monkeypatch.setattr(st, "get_option", lambda name: "127.0.0.1")
    monkeypatch.setattr(access.st, "context", type("Context", (), {"headers": headers})())
    assert access.reachable_from_outside() is outside


def test_where_a_provider_is_set_up_the_page_asks_to_sign_in(open_page, monkeypatch) -> None:
    monkeypatch.setattr(access, "sign_in_is_set_up", lambda: True)
    monkeypatch.setattr(access.st, "user", type("User", (), {"is_logged_in": False})())
    page = open_page(PageLookup())
    assert not page.file_uploader and [button.label for button in page.button] == ["Sign in"]
    monkeypatch.setattr(access.st, "user", type("User", (), {"is_logged_in": True})())
    assert page.run().file_uploader


def test_local_and_unprotected_the_page_opens_at_once(open_page) -> None:
    assert send(open_page(PageLookup()), ("a.txt", b"x")).error
