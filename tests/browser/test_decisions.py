"""A look-up's life on a phone: looked up, decided, undone, reloaded, found in the history, kept as a new arrival."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.serving import go, photos, send, settled, skip_reason

pytestmark = pytest.mark.browser
if skip_reason():
    pytest.skip(skip_reason(), allow_module_level=True)

from playwright.sync_api import Page, expect  # noqa: E402 - only where there is a browser

NAMED = re.compile(r"look-up=[a-z0-9]{16}")


def tap(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.tap()


def outsider(shop: Path) -> Path:
    return next(photo for photo, item_id in photos(shop) if not item_id)


def test_upload_confirm_next(page: Page, shop: Path) -> None:
    (first, item_id), (second, _) = photos(shop)[:2]
    send(page, first)
    expect(page).to_have_url(NAMED)
    address = page.url
    tap(page, "This is it")
    expect(page.locator(".decided")).to_contain_text("Confirmed", timeout=30_000)
    settled(page)  # half drawn it has the card twice
    expect(page.locator(".card.best")).to_have_attribute("data-item", item_id)
    # What comes next is in view without scrolling, wherever the tap was.
    expect(page.locator("[data-testid=stFileUploaderDropzone] button")).to_be_in_viewport()
    expect(page.locator(".decided")).to_be_in_viewport()
    word = "getComputedStyle(document.querySelector('[data-testid=stFileUploaderDropzone] button p'), '::after').content"
    assert "Next photo" in page.evaluate(word)
    page.locator("input[type=file]").set_input_files(second)
    expect(page.locator(".verdict:not(.decided)")).to_be_visible(timeout=60_000)
    expect(page).not_to_have_url(address)


def test_a_reload_brings_the_look_up_back_and_it_goes_on_from_there(page: Page, shop: Path) -> None:
    photo, item_id = photos(shop)[0]
    send(page, photo)
    expect(page).to_have_url(NAMED)
    page.reload()
    expect(page.locator(".verdict").first).to_be_visible(timeout=60_000)
    settled(page)
    expect(page.locator(".card").first).to_have_attribute("data-item", item_id)
    drawn = "[...document.querySelectorAll('.pair img')].filter(i => i.complete && i.naturalWidth > 100).length"
    page.wait_for_function(f"{drawn} === 2")
    tap(page, "This is it")
    expect(page.locator(".decided")).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.locator(".decided")).to_contain_text("Confirmed", timeout=60_000)
    tap(page, "Undo – decide again")
    expect(page.get_by_role("button", name="None of these")).to_be_visible(timeout=30_000)


def test_a_corrected_outline_survives_a_reload(page: Page, shop: Path) -> None:
    send(page, photos(shop)[0][0])
    tap(page, "Correct the outline")
    expect(page.locator(".stage svg")).to_be_visible(timeout=30_000)
    page.locator("summary", has_text="Without drawing").tap()
    tap(page, "Tighter")
    expect(page.locator(".outcome")).to_contain_text("Searched again", timeout=30_000)
    page.reload()
    expect(page.locator(".verdict").first).to_be_visible(timeout=60_000)
    tap(page, "Correct the outline")
    expect(page.get_by_role("button", name="Back to the first outline")).to_be_visible(timeout=30_000)


def test_none_of_these_becomes_a_new_arrival_on_the_list(page: Page, shop: Path) -> None:
    send(page, outsider(shop))
    tap(page, "None of these")
    expect(page.locator(".decided")).to_contain_text("None of these", timeout=30_000)
    page.get_by_label("Note for").fill("Huber, pallet 3")
    tap(page, "Keep as a new arrival")
    expect(page.locator(".decided")).to_contain_text("Huber, pallet 3", timeout=30_000)
    go(page, "New arrivals")
    card = page.locator("[data-look-up]").first
    expect(card).to_contain_text("Huber, pallet 3", timeout=30_000)
    expect(card.locator("img")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download this list (CSV)").tap()
    assert "Huber, pallet 3" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_the_history_finds_by_word_and_opens_a_look_up_again(page: Page, shop: Path) -> None:
    photo, item_id = photos(shop)[3]
    send(page, photo)
    tap(page, "This is it")
    expect(page.locator(".decided")).to_be_visible(timeout=30_000)
    go(page, "History")
    expect(page.locator("[data-look-up]").first).to_be_visible(timeout=30_000)
    page.get_by_role("searchbox").fill(item_id)
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("[data-look-up]")).to_have_count(1, timeout=30_000)
    expect(page.locator("[data-look-up] img")).to_be_visible()
    page.locator("[class*=st-key-open]").first.locator("button").tap()
    expect(page.locator(".decided")).to_contain_text("Confirmed", timeout=30_000)
    expect(page).to_have_url(NAMED)
    settled(page)  # half drawn it has the card twice
    expect(page.locator(".card.best")).to_have_attribute("data-item", item_id)


def test_the_worker_s_name_is_given_once_and_goes_along(page: Page, shop: Path) -> None:
    page.get_by_text("Who is working? (optional)").tap()
    page.get_by_label("Your name").fill("Ana")
    page.get_by_label("Your name").press("Enter")
    expect(page.get_by_text("Working: Ana")).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile("worker=Ana"))
    send(page, photos(shop)[1][0])
    go(page, "History")
    expect(page.locator("[data-look-up]").first).to_contain_text("Ana", timeout=30_000)
    expect(page).to_have_url(re.compile("worker=Ana"))
    page.reload()
    go(page, "Look up")
    expect(page.get_by_text("Working: Ana")).to_be_visible(timeout=60_000)
