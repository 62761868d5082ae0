"""The real page in real Chromium, held like a phone: from the upload to the right item on the screen.

Without Chromium these tests are skipped, except in CI (CI=true), where its absence is a failure.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.serving import photos, send, skip_reason

pytestmark = pytest.mark.browser
if skip_reason():
    pytest.skip(skip_reason(), allow_module_level=True)

from playwright.sync_api import Page, expect  # noqa: E402 - only where there is a browser


def test_a_phone_photo_brings_its_item_to_the_top(page: Page, shop: Path, tmp_path: Path) -> None:
    photo, item_id = photos(shop)[0]
    send(page, photo)
    page.screenshot(path=tmp_path / "result.png", full_page=True)
    expect(page.locator(".card").first).to_have_attribute("data-item", item_id)
    expect(page.locator(".pair img")).to_have_count(2)


def test_every_picture_on_the_page_is_drawn(page: Page, shop: Path) -> None:
    send(page, photos(shop)[1][0])
    expect(page.locator(".card img").first).to_be_attached()
    broken = page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.alt)")
    assert broken == []


def test_nothing_sticks_out_sideways_and_buttons_fit_a_thumb(page: Page, shop: Path) -> None:
    # One snapshot of all buttons: taken one by one they may be redrawn in between.
    too_low = """[...document.querySelectorAll("button, summary")].map(b => [b.innerText, b.getBoundingClientRect().height])
        .filter(([_, height]) => height > 0 && height < 44)"""
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(too_low) == []
    send(page, photos(shop)[0][0])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(too_low) == []


def test_a_sample_photo_is_looked_up_at_one_tap(page: Page) -> None:
    page.get_by_role("button", name="Try").first.tap()
    expect(page.locator(".verdict")).to_be_visible(timeout=60_000)


def test_a_file_that_is_no_picture_is_answered_kindly(page: Page, tmp_path: Path) -> None:
    notes = tmp_path / "notes.jpg"
    notes.write_text("not a picture at all")
    send(page, notes)
    expect(page.get_by_text("Send a JPEG, PNG, WebP or HEIC photo.")).to_be_visible()


def test_the_page_asks_nothing_of_the_internet(browser, address: str) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    expect(page.get_by_text("About this box")).to_be_visible(timeout=120_000)
    page.wait_for_load_state("networkidle")
    page.close()
    outside = [url for url in asked if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))]
    assert outside == []
