"""Pictures of every page for the README, at a phone's and a desk's size, from the demo catalogue.

python -m tests.browser.screenshots [--demo data/demo] [--index data/index] [--out docs/screens]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests.browser.serving import go, launched, opened, photos, send, serving

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 800}}
_SETTLE_MS = 1500


def keep(page, out: Path, name: str) -> None:
    """What is on the screen, as a JPEG of the screen's size."""
    page.wait_for_timeout(_SETTLE_MS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "screen.png"
        page.screenshot(path=path)
        with Image.open(path) as picture:
            picture.convert("RGB").save(out / f"{name}.jpg", quality=82, optimize=True)


def deliver(page, shop: Path) -> None:
    """A small delivery, looked up to its end."""
    from playwright.sync_api import expect

    go(page, "Delivery")
    page.locator("input[type=file]").first.set_input_files([photo for photo, _ in photos(shop)[:40:5]])
    expect(page.locator("article.row")).to_have_count(8, timeout=60_000)
    expect(page.locator("article.row[data-kind=waiting]")).to_have_count(0, timeout=180_000)
    expect(page.get_by_role("button", name="Let the rest wait")).to_have_count(0, timeout=60_000)


def pages(shop: Path) -> dict[str, Callable]:
    """Name -> what brings the page up, in an order in which each finds what it is to show."""
    known = next(photo for photo, item in photos(shop) if item)
    unknown = next(photo for photo, item in photos(shop) if not item)

    def found(page) -> None:
        send(page, known)

    def not_found(page) -> None:
        send(page, unknown)

    def corrected(page) -> None:
        send(page, known)
        page.get_by_role("button", name="Correct the outline").first.click()
        page.locator(".stage svg").wait_for(timeout=30_000)
        page.locator(".stage svg").evaluate("svg => svg.scrollIntoView({block: 'center'})")

    def other(name: str) -> Callable:
        return lambda page: go(page, name)

    def item(page) -> None:
        go(page, "Catalogue")
        page.locator(".st-key-tiles button").first.click()

    def better(page) -> None:
        from playwright.sync_api import expect

        go(page, "Better photos")
        expect(page.get_by_role("heading", name="Better photos")).to_be_visible(timeout=30_000)
        page.locator("input[type=file]").first.set_input_files(known)
        expect(page.locator(".version")).to_have_count(4, timeout=120_000)

    return {
        "start": lambda page: None, "found": found, "not-found": not_found, "outline": corrected,
        "delivery": lambda page: deliver(page, shop), "history": other("History"), "arrivals": other("New arrivals"),
        "catalogue": other("Catalogue"), "item": item,
        "looks": other("Looks"), "better-photos": better, "this-box": other("This box"),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", type=Path, default=Path("data/demo"), help="what `python -m index_builder demo` drew")
    parser.add_argument("--index", type=Path, default=Path("data/index"), help="its index")
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these pages")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    shop = args.demo.resolve().parent
    folder = tempfile.TemporaryDirectory()
    with folder as log, serving(args.index.resolve(), log=Path(log) / "log.txt") as address, launched() as browser:
        for size, viewport in SIZES.items():
            for name, bring_up in pages(shop).items():
                if args.only and name not in args.only:
                    continue
                context = browser.new_context(viewport=viewport, is_mobile=size == "phone", has_touch=size == "phone", locale="en-GB")
                page = opened(context, address)
                try:
                    bring_up(page)
                    keep(page, args.out, f"{name}-{size}")
                    print(f"{name}-{size}", flush=True)
                except Exception as error:  # one page that cannot be shown is no reason to miss the others
                    print(f"{name}-{size}: {str(error)[:300]}", flush=True)
                context.close()


if __name__ == "__main__":
    main()
