"""Better photos in the real page: two photos, the line moved, a version taken away, one searched with. Needs the enhancement model."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from app_pages.improve import available
from tests.browser.serving import photos, skip_reason

pytestmark = pytest.mark.browser
if skip_reason() or not available():
    pytest.skip(skip_reason() or "no enhancement model in assets/models/enhance", allow_module_level=True)

from playwright.sync_api import Page, expect  # noqa: E402 - only where there is a browser

A_MINUTE = 60_000


def test_two_photos_are_compared_taken_away_and_searched_with(page: Page, address: str, shop: Path, tmp_path: Path) -> None:
    page.goto(f"{address}/improve")
    page.locator("input[type=file]").set_input_files([photo for photo, _ in photos(shop)[:2]])
    expect(page.locator(".version")).to_have_count(8, timeout=2 * A_MINUTE)
    page.get_by_role("button", name="Take: Gentler").first.tap()
    slider = page.locator("input[type=range]")
    expect(slider).to_be_visible(timeout=A_MINUTE)
    slider.focus()
    before = page.locator(".stage .before").evaluate("e => e.style.clipPath")
    for _ in range(5):
        slider.press("ArrowRight")
    assert page.locator(".stage .before").evaluate("e => e.style.clipPath") != before
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_download(timeout=A_MINUTE) as waiting:
        page.get_by_role("button", name="Download the chosen ones (zip)").tap()
    waiting.value.save_as(tmp_path / "photos.zip")
    with zipfile.ZipFile(tmp_path / "photos.zip") as pack:
        assert len(pack.namelist()) == 2 and pack.namelist()[0].endswith("-gentler.jpg") and pack.testzip() is None
    page.get_by_role("button", name="Search with this one").tap()
    expect(page.locator(".verdict")).to_be_visible(timeout=A_MINUTE)
    assert "/improve" not in page.url
