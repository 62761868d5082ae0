"""The passcode before the page: nothing without it, a wrong one, the right one; and no page at all on a network address without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.passcode import hash_passcode
from tests.browser.serving import photos, send, serving, skip_reason

pytestmark = pytest.mark.browser
if skip_reason():
    pytest.skip(skip_reason(), allow_module_level=True)

from playwright.sync_api import expect  # noqa: E402 - only where there is a browser


@pytest.fixture(scope="module")
def locked(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("locked") / "log.txt"
    with serving(shop / "index", log=log, environment={"RACKLENS_PASSCODE_HASH": hash_passcode("open sesame")}) as url:
        yield url


@pytest.fixture
def phone(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    yield context.new_page()
    context.close()


def give(page, code: str) -> None:
    page.get_by_role("textbox", name="Passcode").fill(code)
    page.get_by_role("button", name="Open").tap()


def test_a_wrong_passcode_then_the_right_one(phone, locked: str, shop: Path) -> None:
    phone.goto(locked)
    expect(phone.get_by_text("Please enter the passcode")).to_be_visible(timeout=60_000)
    assert phone.locator("input[type=file]").count() == 0
    give(phone, "open barley")
    expect(phone.get_by_text("That was not the passcode")).to_be_visible(timeout=30_000)
    assert phone.locator("input[type=file]").count() == 0
    give(phone, "open sesame")
    expect(phone.locator("input[type=file]")).to_be_attached(timeout=120_000)
    send(phone, photos(shop)[0][0])


def test_another_session_is_asked_too(phone, locked: str) -> None:
    phone.goto(f"{locked}/history")
    expect(phone.get_by_text("Please enter the passcode")).to_be_visible(timeout=60_000)
    assert phone.locator("[data-look-up], [data-testid=stPageLink]").count() == 0
    give(phone, "open sesame")
    expect(phone.locator("header.brand p")).to_have_text("History", timeout=60_000)  # the page that was asked for


def test_reached_by_another_name_without_a_passcode_the_page_stays_closed(browser, address: str) -> None:
    """As through a proxy on the box itself: the browser calls it by a name that is not this machine's."""
    context = browser.new_context(extra_http_headers={"X-Forwarded-For": "192.168.7.20"})
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_text("it stays closed")).to_be_visible(timeout=60_000)
    assert page.locator("input[type=file]").count() == 0
    context.close()
