"""The main job on real photos: a studio cutout made from one photo of a garment is found, through the page, from another photo of it."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator

import cv2
import pytest

from tests.browser.serving import ROOT, serving, settled, skip_reason

DATA = ROOT.parent / "shared" / "data"

if skip_reason():
    pytest.skip(skip_reason(), allow_module_level=True)
if not (DATA / "pairs.csv").exists():
    pytest.skip("the real photos are not on this machine", allow_module_level=True)

from playwright.sync_api import Browser, expect  # noqa: E402 - only where there is a browser

from benchmarks.judge_views import studio_picture  # noqa: E402
from benchmarks.real_data import checked_mask, photo_bytes, validation_rows  # noqa: E402
from edge.photo import read_photo  # noqa: E402


def validation_pairs() -> list[tuple[str, str]]:
    """Pairs of photos whose senders were never trained on."""
    with (DATA / "pairs.csv").open(newline="") as file:
        return [(r["photo_a"], r["photo_b"]) for r in csv.DictReader(file) if r["split"] == "val"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page over a catalogue of studio cutouts: the first photo of each pair, and 120 other garments of validation senders."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "studio").mkdir()
    firsts = [a for a, _ in validation_pairs()]
    seconds = {b for _, b in validation_pairs()}
    others = [r.image for r in validation_rows(DATA) if r.image not in seconds and r.image not in firsts]
    for image in firsts + others[:120]:
        rgb = read_photo(photo_bytes(DATA, image)).rgb
        picture = studio_picture(rgb, checked_mask(DATA, image, rgb.shape[:2]))
        cv2.imwrite(str(folder / "studio" / f"{image}.jpg"), picture[..., ::-1])
    build = [sys.executable, "-m", "index_builder", "build", str(folder / "studio"), "--out", str(folder / "index"), "--no-calibration"]
    made = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert made.returncode in (0, 1), made.stdout + made.stderr
    with serving(folder / "index", log=folder / "server.log") as url:
        yield url


@pytest.mark.parametrize(("first", "second"), validation_pairs(), ids=lambda image: image[:8])
def test_the_other_photo_of_the_same_garment_finds_its_studio_cutout(browser: Browser, address: str, first: str, second: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_text("About this box")).to_be_visible(timeout=120_000)
    page.locator("input[type=file]").set_input_files(DATA / "images" / f"{second}.jpg")
    expect(page.locator(".verdict").first).to_be_visible(timeout=60_000)
    settled(page)
    shown = page.eval_on_selector_all(".card", "cards => cards.slice(0, 5).map(card => card.dataset.item)")
    context.close()
    assert first in shown, shown
