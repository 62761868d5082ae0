"""The outline corrected on a phone by touch, with a mouse, and by keyboard alone; what matters said by taps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.browser.serving import opened, photos, send, skip_reason

pytestmark = pytest.mark.browser
if skip_reason():
    pytest.skip(skip_reason(), allow_module_level=True)

from playwright.sync_api import Page, expect  # noqa: E402 - only where there is a browser


def open_correction(page: Page, photo: Path) -> None:
    send(page, photo)
    page.get_by_role("button", name="Correct the outline").click()
    expect(page.locator(".stage svg")).to_be_visible(timeout=30_000)


def frame(page: Page) -> dict:
    """Where the photo lies, once it has been brought to the middle of the screen."""
    page.locator(".stage svg").evaluate("svg => svg.scrollIntoView({block: 'center'})")
    return page.locator(".stage svg").bounding_box()


def touch(page: Page, points: Sequence[tuple[float, float]]) -> None:
    """A finger along points, given as shares of the photo's sides."""
    box = frame(page)
    places = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points]
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": places[:1]})
    for place in places[1:]:
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(300)  # a hand needs as long to reach a button


def tap(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).tap()


ACROSS = [(0.1 + 0.02 * n, 0.8) for n in range(40)]


def test_strokes_by_touch_change_the_outline_and_are_kept(page: Page, shop: Path) -> None:
    open_correction(page, photos(shop)[0][0])
    first = page.locator(".stage .veil").get_attribute("src")
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    tap(page, "Not garment")
    frame(page)
    before = page.evaluate(scrolled)
    touch(page, [(0.5, 0.9 - 0.01 * n) for n in range(30)])
    assert page.evaluate(scrolled) == before  # painting does not scroll the page
    touch(page, ACROSS)
    expect(page.locator(".stage polyline.other")).to_have_count(2)
    tap(page, "Undo")
    expect(page.locator(".stage polyline")).to_have_count(1)
    tap(page, "Search again")
    expect(page.locator(".outcome")).to_contain_text("Searched again", timeout=30_000)
    assert page.locator(".stage .veil").get_attribute("src") != first
    expect(page.locator(".stage polyline")).to_have_count(1)  # still there to be added to or undone
    tap(page, "Keep this outline")
    expect(page.get_by_text("Kept. Thank you")).to_be_visible(timeout=30_000)


def test_clear_takes_all_strokes_away_and_there_is_nothing_to_search_with(page: Page, shop: Path) -> None:
    open_correction(page, photos(shop)[0][0])
    touch(page, ACROSS)
    tap(page, "Clear")
    expect(page.locator(".stage polyline")).to_have_count(0)
    expect(page.get_by_role("button", name="Search again")).to_be_disabled()


def test_every_button_of_the_painting_fits_a_thumb(page: Page, shop: Path) -> None:
    open_correction(page, photos(shop)[0][0])
    for button in page.locator(".tools button, button.primary").all():
        box = button.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_box_is_dragged_with_a_mouse(browser, address: str, shop: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, address)
    open_correction(page, photos(shop)[1][0])
    page.get_by_role("button", name="Box", exact=True).click()
    box = frame(page)
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.7 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.1 * box["height"], steps=5)
    page.mouse.up()
    expect(page.locator(".stage rect")).to_have_count(2)
    assert page.locator(".stage rect").first.bounding_box()["width"] == pytest.approx(0.8 * box["width"], rel=0.05)
    page.get_by_role("button", name="Search again").click()
    expect(page.locator(".outcome")).to_be_visible(timeout=30_000)
    context.close()


def test_by_keyboard_alone_a_box_is_set_and_searched_with(browser, address: str, shop: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, address)
    send(page, photos(shop)[1][0])
    page.get_by_role("button", name="Correct the outline").press("Enter")
    page.get_by_text("Without drawing").focus()
    page.locator("summary", has_text="Without drawing").press("Enter")
    upper = page.get_by_role("slider").nth(2)
    upper.press("ArrowRight")
    upper.press("ArrowRight")
    expect(upper).to_have_value("12")
    page.get_by_role("button", name="Search with this box").press("Enter")
    expect(page.locator(".outcome")).to_be_visible(timeout=30_000)
    context.close()
