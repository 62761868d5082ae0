"""One Chromium, one small shop and one server for all browser tests; two browsers at once would need two event loops."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.serving import CHROMIUM, ROOT, launched, opened, serving

ITEMS = 24


@pytest.fixture(scope="session")
def browser():
    assert CHROMIUM, "CI needs Chromium (on Debian: apt-get install chromium)"
    with launched() as browser:
        yield browser


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
def page(browser, address: str):
    """The page, opened on a phone's screen and ready for photos. The first opening loads the models."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    yield opened(context, address)
    context.close()
