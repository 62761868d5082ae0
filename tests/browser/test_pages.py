"""Wishes, the catalogue, the way between the pages, another language: the real page, held like a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.serving import go, opened, photos, send, settled, skip_reason

pytestmark = pytest.mark.browser
if skip_reason():
    pytest.skip(skip_reason(), allow_module_level=True)

from playwright.sync_api import Page, expect  # noqa: E402 - only where there is a browser


def outsider(shop: Path) -> Path:
    """A photo of something the shop does not have: its answer lists several items."""
    return next(photo for photo, item_id in photos(shop) if not item_id)


def test_more_like_this_brings_the_item_to_the_top_and_says_so(page: Page, shop: Path) -> None:
    send(page, outsider(shop))
    card = page.locator("[class*=st-key-card-]").nth(2)
    item_id = card.locator(".card").get_attribute("data-item")
    card.get_by_role("radio", name="More like this").tap()
    expect(page.locator(".changed")).to_contain_text("Searched again", timeout=30_000)
    page.get_by_text("What matters most?").wait_for()
    settled(page)
    places = page.eval_on_selector_all(".card", "cards => cards.map(card => card.dataset.item)")
    assert places.index(item_id) <= 2
    page.get_by_role("button", name="Back to the first order").tap()
    expect(page.get_by_role("button", name="Back to the first order")).to_have_count(0, timeout=30_000)


def test_not_like_this_sends_the_item_back(page: Page, shop: Path) -> None:
    send(page, outsider(shop))
    card = page.locator("[class*=st-key-card-]").first
    item_id = card.locator(".card").get_attribute("data-item")
    card.get_by_role("radio", name="Not like this").tap()
    expect(page.locator(".changed")).to_contain_text("Now first", timeout=30_000)
    expect(page.locator(".card").first).not_to_have_attribute("data-item", item_id)


def test_a_look_up_is_still_there_after_a_visit_to_the_catalogue(page: Page, shop: Path) -> None:
    photo, item_id = photos(shop)[0]
    send(page, photo)
    go(page, "Catalogue")
    page.get_by_role("searchbox").fill(item_id)
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".st-key-tiles .card")).to_have_count(1, timeout=30_000)
    page.locator(".st-key-tiles button").tap()
    expect(page.locator(".opened img")).to_be_visible(timeout=30_000)
    assert f"item={item_id}" in page.url
    page.get_by_role("link", name="Look up").tap()
    expect(page.locator(".card").first).to_have_attribute("data-item", item_id, timeout=30_000)


@pytest.mark.parametrize("name", ["Catalogue", "This box", "History", "New arrivals"])
def test_no_page_sticks_out_sideways_and_all_buttons_fit_a_thumb(page: Page, name: str) -> None:
    go(page, name)
    expect(page.locator(".st-key-tiles .card, table.about, [data-testid=stAlert]").first).to_be_visible(timeout=30_000)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # The browser's own date field lies unseen behind Streamlit's.
    small = """[...document.querySelectorAll("button, summary, a[href], input:not([tabindex='-1'])")]
        .map(e => [e.innerText || e.ariaLabel, e.getBoundingClientRect().height]).filter(([_, height]) => height > 1 && height < 44)"""
    # The arrow inside a choice is part of it; the choice itself is as high as a thumb.
    assert [found for found in page.evaluate(small) if found[0] not in ("Open", "Kind", "Colour")] == []


def test_a_german_browser_reads_german(browser, address: str, shop: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="de-DE")
    page = opened(context, address)
    send(page, photos(shop)[0][0])
    expect(page.get_by_text("Fach").first).to_be_attached()
    assert page.get_by_text("Foto aufnehmen").count() or "Foto aufnehmen" in page.content()
    context.close()
