"""Every page at a phone's size against axe-core's rules: nothing serious or critical."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_pages.improve import available
from tests.browser.serving import go, photos, send, settled, skip_reason

pytestmark = pytest.mark.browser
if skip_reason():
    pytest.skip(skip_reason(), allow_module_level=True)

from axe_playwright_python.sync_playwright import Axe  # noqa: E402 - only where there is a browser
from playwright.sync_api import Page, expect  # noqa: E402

GRAVE = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """What axe-core finds grave: rule, what is wrong, where."""
    # What waits for the next run of the page is faint, and so is what fades in: a slow machine is given the time.
    settled(page)
    page.wait_for_timeout(500)
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {fault['help']}: {node['target']} {node['html'][:200]}"
        for fault in found
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]


def test_the_check_finds_what_is_put_wrong_on_purpose(page: Page) -> None:
    page.evaluate("document.querySelector('header.brand').insertAdjacentHTML('beforeend', '<img src=\"data:,\"><button></button>')")
    assert {fault.split(":")[0] for fault in faults(page)} >= {"image-alt", "button-name"}


def test_the_first_page_and_a_result_can_be_used_by_everybody(page: Page, shop: Path) -> None:
    assert faults(page) == []
    send(page, photos(shop)[0][0])
    assert faults(page) == []
    page.get_by_role("button", name="This is it", exact=True).first.tap()
    expect(page.locator(".decided")).to_be_visible(timeout=30_000)
    assert faults(page) == []


def test_so_can_what_is_not_in_the_catalogue(page: Page, shop: Path) -> None:
    send(page, next(photo for photo, item_id in photos(shop) if not item_id))
    assert faults(page) == []


@pytest.mark.parametrize("name", ["History", "New arrivals", "Catalogue", "This box", "Delivery", "Looks"])
def test_so_can_every_other_page(page: Page, shop: Path, name: str) -> None:
    send(page, photos(shop)[0][0])
    go(page, name)
    expect(page.locator("header.brand p")).to_have_text(name, timeout=30_000)
    page.wait_for_load_state("networkidle")
    assert faults(page) == []


@pytest.mark.skipif(not available(), reason="no enhancement model in assets/models/enhance")
def test_so_can_better_photos(page: Page, address: str, shop: Path) -> None:
    page.goto(f"{address}/improve")
    page.locator("input[type=file]").set_input_files(photos(shop)[0][0])
    expect(page.locator(".version")).to_have_count(4, timeout=120_000)
    assert faults(page) == []
