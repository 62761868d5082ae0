"""python -m benchmarks.page_memory: does the page's memory stay flat over many look-ups?

One process does what the server does for one worker: the real page (app.py, run by Streamlit's own test harness) over real models and
a real index, a photo uploaded, answered, kept in the journal and shown, again and again; every tenth is confirmed, every tenth ranked anew.
Photos are the index's demo photos or --photos DIR, each time changed a little, so that none is known from before. Resident memory is read
from /proc after a garbage collection.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parent.parent
WARM_UP = 20  # look-ups until caches and arenas have their size


def resident_mib() -> float:
    """This process's resident memory in MiB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def photo(files: list[Path], n: int) -> bytes:
    """The n-th upload: a file with a little noise of its own, as a JPEG. Raises OSError for a file that is no picture."""
    image = cv2.imread(str(files[n % len(files)]))
    if image is None:
        raise OSError(f"{files[n % len(files)]} is no picture")
    noise = np.random.default_rng(n).integers(-3, 4, image.shape, np.int16)
    done, data = cv2.imencode(".jpg", np.clip(image + noise, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 90])
    if not done:
        raise OSError("the photo could not be encoded")
    return data.tobytes()


def tap(page, start: str) -> bool:
    """Tap the first button whose key starts so; False where there is none."""
    button = next((button for button in page.button if (button.key or "").startswith(start)), None)
    if button is not None:
        button.click().run()
    return button is not None


def one(page, files: list[Path], n: int) -> None:
    """A look-up, and what a worker does with it. Raises AssertionError where the page does not answer."""
    page.file_uploader[0].set_value([(f"{n}.jpg", photo(files, n), "image/jpeg")])
    page.run()
    assert not page.exception, page.exception[0].value
    if n % 10 == 3:
        tap(page, "it ")
    wished = next((group for group in page.button_group if (group.key or "").startswith("opinion")), None)
    if n % 10 == 6 and wished is not None:
        wished.set_value("like").run()
    assert not page.exception, page.exception[0].value


def quiet() -> None:
    """Streamlit warns of each call outside a server."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("streamlit"):
            logging.getLogger(name).setLevel(logging.ERROR)


def measure(files: list[Path], count: int, marks: list[int]) -> list[dict[str, float]]:
    """Resident memory at the marks."""
    from streamlit.testing.v1 import AppTest

    quiet()
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600).run()
    assert page.file_uploader, [error.value for error in page.error]
    rows, start = [], time.perf_counter()
    for n in range(1, count + 1):
        one(page, files, n)
        if n in marks:
            rows.append({"look_ups": n, "rss_mib": round(resident_mib(), 1), "seconds": round(time.perf_counter() - start, 1)})
            print(f"{n:9d} {rows[-1]['rss_mib']:10.1f} {rows[-1]['seconds']:9.1f}", flush=True)
    return rows


def main(argv: list[str] | None = None) -> int:
    """Exit codes: 0 measured, 2 no photos or no index."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page_memory", description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path, default=Path("data/index"))
    parser.add_argument("--photos", type=Path, help="folder of JPEGs (default: demo/photos beside the index)")
    parser.add_argument("--count", type=int, default=500, help="look-ups in all (default 500)")
    args = parser.parse_args(argv)
    files = sorted((args.photos or args.index.parent / "demo" / "photos").glob("*.jpg"))
    if not files or not (args.index / "CURRENT").is_file():
        print("no photos or no index: make run builds both", file=sys.stderr)
        return 2
    marks = sorted({min(WARM_UP, args.count), *(round(args.count * share) for share in (0.2, 0.6, 1.0))})
    print(f"{len(files)} photos, {args.count} look-ups, index {args.index}")
    print(f"{'look-ups':>9s} {'RSS, MiB':>10s} {'seconds':>9s}")
    with tempfile.TemporaryDirectory() as data:
        os.environ |= {"RACKLENS_INDEX": str(args.index.absolute()), "RACKLENS_DATA": data}
        os.environ.pop("RACKLENS_PASSCODE_HASH", None)
        rows = measure(files, args.count, marks)
    grown = rows[-1]["rss_mib"] - rows[1]["rss_mib"] if len(rows) > 1 else 0.0
    between = rows[-1]["look_ups"] - rows[1]["look_ups"] if len(rows) > 1 else 0
    print(
        json.dumps({"benchmark": "page_memory", "photos": len(files), "rows": rows, "grown_mib": round(grown, 1), "over_look_ups": between})
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
