"""Milliseconds per stage and photo: a 12-megapixel JPEG through Lookup, median and 95th percentile.

python -m benchmarks.latency --index data/index [--repeats 40] [--threads N]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from edge.lookup import Lookup
from index_builder.demo import draw_item, phone_view


def twelve_megapixels(seed: int) -> bytes:
    """A drawn phone photo at 3000 x 4000 with sensor noise, JPEG quality 90."""
    small, _ = phone_view(draw_item(0, seed), np.random.default_rng(seed))
    big = cv2.resize(small, (3000, 4000), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    big += np.random.default_rng(seed).integers(-8, 9, big.shape, dtype=np.int16)
    return cv2.imencode(".jpg", np.clip(big, 0, 255).astype(np.uint8)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--threads", type=int)
    args = parser.parse_args()
    lookup = Lookup.open(args.index, threads=args.threads)
    photos = [twelve_megapixels(i) for i in range(5)]
    report = lookup.report()
    size = np.mean([len(p) for p in photos]) / 2**20
    print(
        f"{args.repeats} look-ups of 12-megapixel JPEGs ({size:.1f} MiB), {report.threads} threads, {dict(report.providers)}, "
        f"{report.items} items\n"
    )
    lookup.look_up(photos[0])
    rows = [lookup.look_up(photos[i % 5]).timings_ms for i in range(args.repeats)]
    result = {}
    print("stage      median    p95 (ms)")
    for stage in rows[0]:
        values = [r[stage] for r in rows]
        result[stage] = {"median": round(float(np.median(values)), 1), "p95": round(float(np.percentile(values, 95)), 1)}
        print(f"{stage:9s} {result[stage]['median']:7.1f} {result[stage]['p95']:7.1f}")
    print(json.dumps({"repeats": args.repeats, "threads": report.threads, **result}))


if __name__ == "__main__":
    main()
