"""The page really served, and a browser to look at it."""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def skip_reason() -> str:
    """Why browser tests cannot run here; "" where they can, and in CI, where a missing browser is a failure."""
    if CHROMIUM is None and os.environ.get("CI") != "true":
        return "no Chromium on this system (on Debian: apt-get install chromium)"
    return ""


@contextmanager
def serving(index: Path, *, log: Path, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """A started server over an index, on a free port of this machine, with more settings if given; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.address", "127.0.0.1"]
    with log.open("w") as out:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=out,
            stderr=out,
            env={**os.environ, "RACKLENS_INDEX": str(index), "RACKLENS_DATA": str(log.parent / "journal"), **(environment or {})},
        )
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise AssertionError(log.read_text()) from None
                time.sleep(0.5)
        else:
            raise AssertionError("the server did not start:\n" + log.read_text())
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


@contextmanager
def launched():
    """Headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # A root user, as in CI, has no sandbox; a small /dev/shm, as in containers, would crash the tab.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def opened(context, address: str):
    """A new tab with the page, ready for photos. The first opening loads the models."""
    from playwright.sync_api import expect

    page = context.new_page()
    page.goto(address)
    expect(page.locator("input[type=file]")).to_be_attached(timeout=120_000)
    expect(page.locator("header.brand")).to_be_visible()  # comes with the style, after what Streamlit draws itself
    return page


def settled(page, *, within_s: float = 60) -> None:
    """Wait until the page's run is over: it is drawn bit by bit, so that looking earlier may see half of it, or what is about to go."""
    state = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState"
    page.wait_for_function(f"() => {state} === 'notRunning' && !document.querySelector('[data-stale=\"true\"]')", timeout=within_s * 1000)


def go(page, name: str) -> None:
    """To another page, by its tab or through the menu that has the others."""
    link = page.get_by_role("link", name=name, exact=True)
    if not link.count():
        page.locator("[class*=st-key-tab-more] button").click()
    link.click()


def photos(shop: Path) -> list[tuple[Path, str]]:
    """The demo's labelled photos: (file, item id, "" for something outside the catalogue)."""
    with (shop / "demo" / "queries.csv").open(encoding="utf-8", newline="") as file:
        return [(shop / "demo" / row["photo"], row["item_id"]) for row in csv.DictReader(file)]


def send(page, photo: Path) -> None:
    """Upload a photo and wait for its answer."""
    from playwright.sync_api import expect

    page.locator("input[type=file]").set_input_files(photo)
    expect(page.locator(".verdict, [data-testid=stAlert]").first).to_be_visible(timeout=60_000)
    settled(page)
