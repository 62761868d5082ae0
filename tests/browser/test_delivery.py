"""A delivery in the real page: six photos sent, one fixed, taken away as a spreadsheet, and there again after a reload."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import openpyxl
import pytest

from tests.browser.serving import photos, settled, skip_reason

pytestmark = pytest.mark.browser
if skip_reason():
    pytest.skip(skip_reason(), allow_module_level=True)

from playwright.sync_api import Page, expect  # noqa: E402 - only where there is a browser

from tests.browser.test_accessibility import faults  # noqa: E402

A_MINUTE = 60_000
ROWS = "[class*=st-key-tile-row]"


def sent(page: Page, address: str, shop: Path, tmp_path: Path) -> list[str]:
    """Send five photos and a file that is none; wait until all are done. Gives the items on the photos, "" for none."""
    labelled = photos(shop)
    chosen = [pair for pair in labelled if pair[1]][:4] + [pair for pair in labelled if not pair[1]][:1]
    notes = tmp_path / "notes.jpg"
    notes.write_text("not a picture at all")
    page.goto(f"{address}/delivery")
    page.get_by_label("Name or delivery note").fill("Truck 7")
    page.get_by_label("Name or delivery note").press("Enter")
    page.locator("input[type=file]").first.set_input_files([*(photo for photo, _ in chosen), notes])
    expect(page.locator(ROWS)).to_have_count(6, timeout=2 * A_MINUTE)
    expect(page.locator("article.row[data-kind=waiting]")).to_have_count(0, timeout=5 * A_MINUTE)
    expect(page.get_by_role("button", name="Let the rest wait")).to_have_count(0, timeout=A_MINUTE)
    settled(page)
    return [*(item_id for _, item_id in chosen), ""]


def rows_shown(page: Page) -> list[str]:
    """The texts of all six rows. A page that comes in is drawn row by row, so that looking at once may see two of them."""
    rows = page.locator("article.row")
    expect(rows).to_have_count(6, timeout=A_MINUTE)
    settled(page)
    return rows.all_inner_texts()


def downloaded(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download(timeout=A_MINUTE) as waiting:
        page.get_by_role("button", name=name, exact=True).tap()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_six_photos_become_rows_one_is_fixed_and_the_spreadsheets_open(page: Page, address: str, shop: Path, tmp_path: Path) -> None:
    sent(page, address, shop, tmp_path)
    assert re.search(r"delivery=[a-z0-9]{16}", page.url)
    expect(page.get_by_text("Send a JPEG, PNG, WebP or HEIC photo.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    others = rows_shown(page)

    page.locator(f"{ROWS} button").first.tap()
    card = page.locator("[class*=st-key-card-] .card").first
    expect(card).to_be_visible(timeout=A_MINUTE)
    chosen = card.get_attribute("data-item")
    page.locator("[class*=st-key-card-]").first.get_by_role("button", name="This is it").tap()
    expect(page.locator(".st-key-undo-last")).to_be_visible(timeout=A_MINUTE)
    page.get_by_role("button", name="Back to the delivery").tap()
    expect(page.locator("article.row").nth(0)).to_contain_text(chosen, timeout=A_MINUTE)
    now = rows_shown(page)
    assert now[1:] == others[1:] and now[0] != others[0]

    with downloaded(page, "CSV", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["number"] for row in rows] == list("123456")
    assert (rows[0]["item_id"], rows[0]["result"], rows[0]["decided_by"]) == (chosen, "in_catalogue", "worker")
    assert rows[5]["photo"] == "notes.jpg" and rows[5]["result"] == "failed" and "JPEG" in rows[5]["problem"]
    book = openpyxl.load_workbook(downloaded(page, "XLSX", tmp_path))
    assert book["delivery"].max_row == 7 and len(book["delivery"]._images) == 5
    assert {"item_id", "photos"} <= {cell.value for cell in book["items"][1]}


def test_after_a_reload_the_delivery_is_there_and_a_fix_can_still_be_taken_back(
    page: Page, address: str, shop: Path, tmp_path: Path
) -> None:
    sent(page, address, shop, tmp_path)
    page.locator(f"{ROWS} button").first.tap()
    before = page.locator(".verdict h2").inner_text(timeout=A_MINUTE)
    page.get_by_role("button", name="Keep as new").tap()
    expect(page.locator(".verdict h2")).to_have_text("New arrival", timeout=A_MINUTE)
    page.reload()
    expect(page.locator(".verdict h2")).to_have_text("New arrival", timeout=A_MINUTE)
    page.get_by_role("button", name="Take back what was decided here").tap()
    expect(page.locator(".verdict h2")).to_have_text(before, timeout=A_MINUTE)
    page.get_by_role("button", name="Back to the delivery").tap()
    expect(page.locator(ROWS)).to_have_count(6, timeout=A_MINUTE)


def test_a_delivery_and_a_photo_of_it_fit_a_thumb_and_can_be_used_by_everybody(
    page: Page, address: str, shop: Path, tmp_path: Path
) -> None:
    sent(page, address, shop, tmp_path)
    small = """[...document.querySelectorAll("button, summary, a[href]")]
        .map(e => [e.innerText || e.ariaLabel, e.getBoundingClientRect().height]).filter(([_, height]) => height > 1 && height < 44)"""
    assert page.evaluate(small) == [] and faults(page) == []
    page.locator(f"{ROWS} button").first.tap()
    expect(page.get_by_role("button", name="Keep as new")).to_be_visible(timeout=A_MINUTE)
    settled(page)
    assert page.evaluate(small) == [] and faults(page) == []
