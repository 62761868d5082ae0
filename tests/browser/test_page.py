"""The real page in real Chromium, held like a phone: from the upload to the right item on the screen.

Without Chromium these tests are skipped, except in CI (CI=true), where its absence is a failure.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.serving import ROOT, serving, skip_reason

ITEMS = 24

pytestmark = pytest.mark.browser
if skip_reason():
    pytest.skip(skip_reason(), allow_module_level=True)

from playwright.sync_api import Page, expect  # noqa: E402 - only where there is a browser


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo catalogue with its index: demo/feed.csv, demo/queries.csv, demo/photos, index/."""
    from index_builder.demo import write_demo

    folder = tmp_path_factory.mktemp("shop")
    write_demo(folder / "demo", items=ITEMS, photos_per_item=1, outsiders=2)
    build = [sys.executable, "-m", "index_builder", "build", str(folder / "demo" / "feed.csv"), "--out", str(folder / "index")]
    made = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.fixture(scope="session")
def address(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A really started server on a free port of this machine."""
    with serving(shop / "index", log=tmp_path_factory.mktemp("server") / "log.txt") as url:
        yield url


@pytest.fixture
def page(browser, address: str) -> Iterator[Page]:
    """The page, opened on a phone's screen and ready for photos. The first opening loads the models."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_text("About this box")).to_be_visible(timeout=120_000)
    expect(page.locator("header.brand")).to_be_visible()  # comes with the style, after what Streamlit draws itself
    yield page
    context.close()


def photos(shop: Path) -> list[tuple[Path, str]]:
    """The demo's labelled photos: (file, item id, "" for something outside the catalogue)."""
    with (shop / "demo" / "queries.csv").open(encoding="utf-8", newline="") as file:
        return [(shop / "demo" / row["photo"], row["item_id"]) for row in csv.DictReader(file)]


def send(page: Page, photo: Path) -> None:
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.locator(".verdict, [data-testid=stAlert]").first).to_be_visible(timeout=60_000)


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
