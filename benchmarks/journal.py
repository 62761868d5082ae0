"""python -m benchmarks.journal: how fast the journal records and answers with many look-ups in it; a table, then one JSON line.

Method: a journal in a temporary folder gets N look-ups with drawn photos of 1280 x 960 pixels (the last ones through `Journal.record`,
the rest copied row by row, with their own ids, times, names and items). Each question is asked many times; median and 95th percentile,
and the median of the time this process computed, which other programs on the machine do not lengthen.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from edge.config import Settings
from edge.cutout import cutout
from edge.journal import Journal
from edge.journal_export import HISTORY_COLUMNS, history_rows, to_csv, to_xlsx
from edge.journal_rows import searched
from edge.journal_types import Outcome, Search, new_id, stamp
from edge.types import Answer, CatalogueItem, Mask, Match, Photo, Verdict
from index_builder.demo import draw_item, phone_view


def drawn_answer(rng: np.random.Generator) -> Answer:
    """A drawn garment with its true mask, ten matches and a vector of 256 numbers."""
    rgb, alpha = phone_view(draw_item(1, 3), rng)
    height, width = 960, 1280
    rows, columns = np.arange(height) * rgb.shape[0] // height, np.arange(width) * rgb.shape[1] // width
    photo = Photo(np.ascontiguousarray(rgb[rows][:, columns]), (width, height), "JPEG")
    mask = Mask(np.ascontiguousarray(np.asarray(alpha, np.float32)[rows][:, columns]), 0.9)
    items = [CatalogueItem(item_id=f"SKU-{n:05d}", title=f"Garment {n}, striped", image=f"{n}.jpg") for n in range(10)]
    parts = {"shape": 0.9, "pattern": 0.8, "colour": 0.7}
    matches = tuple(Match(item, 0.9 - n / 50, parts, n + 1, f"thumbs/{n}.jpg", 0.9, parts) for n, item in enumerate(items))
    vector = rng.normal(size=(1, 256)).astype(np.float32)
    timings = {"segment": 50.0, "embed": 30.0, "search": 1.0, "total": 90.0}
    return Answer(
        Verdict.IN_CATALOGUE, 0.9, matches, cutout(photo, mask), mask, photo, "build", timings, query=vector[0], photo_vectors=vector
    )


def fill(journal: Journal, count: int, rng: np.random.Generator) -> None:
    """Copies of the look-up that is there: other ids, names, items, outcomes; spread over the last thirty days."""
    columns = [row[1] for row in journal.store.ask("PRAGMA table_info(lookups)")]
    base = dict(zip(columns, journal.store.ask("SELECT * FROM lookups LIMIT 1")[0], strict=True))
    answer = journal.store.ask("SELECT place, mask, content, vectors FROM answers LIMIT 1")[0]
    now = datetime.now(UTC)
    with journal.store.write() as connection:
        for number in range(base["number"] + 1, base["number"] + count + 1):
            row = base | {
                "number": number, "id": new_id(), "time": stamp(now - timedelta(days=29 * rng.random())),
                "worker": f"Worker {rng.integers(20)}", "first_id": f"SKU-{rng.integers(50_000):05d}",
                "outcome": str(rng.choice(list(Outcome))), "verdict": str(rng.choice(list(Verdict))),
            }  # fmt: skip
            row["searched"] = searched(row)
            connection.execute(f"INSERT INTO lookups VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
            connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", (number, *answer))


def measured(work: Callable[[], object], repeats: int) -> tuple[float, float, float]:
    """Median, 95th percentile and median computing time in milliseconds."""
    took, computed = [], []
    for _ in range(repeats):
        start, cpu = time.perf_counter(), time.process_time()
        work()
        took.append((time.perf_counter() - start) * 1000)
        computed.append((time.process_time() - cpu) * 1000)
    return float(np.median(took)), float(np.percentile(took, 95)), float(np.median(computed))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.journal", description=__doc__.split("\n")[0])
    parser.add_argument("--lookups", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=20)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.open(Settings(data_dir=Path(folder)))
        answer = drawn_answer(rng)
        known = journal.record(answer, [answer.photo], worker="Worker 1")
        fill(journal, args.lookups, rng)
        history, now = journal.history, datetime.now(UTC)
        questions = {
            "history, first page of 50": lambda: history.page(),
            "history, page 100": lambda: history.page(offset=4950),
            "history, text": lambda: history.page(Search(text="worker 7 sku-0001")),
            "history, text that is nowhere": lambda: history.page(Search(text="nowhere")),
            "history, verdict and dates": lambda: history.page(Search(verdict=Verdict.UNSURE, since=now - timedelta(days=7))),
            "latencies of the last hour": lambda: history.latencies(now),
            "counts of 30 days": lambda: history.counts_per_day((now - timedelta(days=29)).date(), now.date()),
            "get": lambda: journal.get(known),
            "reopen (photo, mask, cutout)": lambda: journal.reopen(known),
            "record (photo of 1280 px)": lambda: journal.record(answer, [answer.photo]),
            "confirm": lambda: journal.confirm(known, "SKU-00001", title="Garment"),
            "export all as CSV": lambda: to_csv(HISTORY_COLUMNS, history_rows(history)),
            "export all as XLSX": lambda: to_xlsx(HISTORY_COLUMNS, history_rows(history), sheet="history"),
        }
        print(f"journal with {args.lookups} look-ups; {args.repeats} times each (exports 3 times), milliseconds\n")
        print(f"{'':32s} {'median':>9s} {'95th':>9s} {'computed':>9s}")
        result = {}
        for name, work in questions.items():
            middle, high, computed = measured(work, 3 if name.startswith("export") else args.repeats)
            result[name] = {"median_ms": round(middle, 2), "p95_ms": round(high, 2), "computed_ms": round(computed, 2)}
            print(f"{name:32s} {middle:9.2f} {high:9.2f} {computed:9.2f}", flush=True)
        use = journal.disk_use()
        print(f"\ndatabase {use.database / 2**20:.1f} MiB, {use.database / (args.lookups + 1) / 1024:.1f} KiB a look-up")
        print(json.dumps({"benchmark": "journal", "lookups": args.lookups, "database_bytes": use.database, "questions": result}))
        journal.close()


if __name__ == "__main__":
    main()
