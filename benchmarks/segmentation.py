"""Segmentation on validation senders: IoU on good and on repaired masks, share under 0.80, pixel accuracy, ms.

python -m benchmarks.segmentation [--data DIR] [--sheet worst.png]
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.real_data import DEFAULT_DATA, checked_mask, photo_bytes, validation_rows
from edge.stages import Stages


def contact_sheet(cells: list[tuple[np.ndarray, np.ndarray, str]], columns: int = 6) -> np.ndarray:
    """Photos with the outline drawn on them and a caption each; BGR uint8."""
    tiles = []
    for rgb, mask, caption in cells:
        tile = np.full((260, 200, 3), 255, np.uint8)
        s = min(200 / rgb.shape[1], 236 / rgb.shape[0])
        small = cv2.resize(rgb, None, fx=s, fy=s, interpolation=cv2.INTER_AREA)[..., ::-1].copy()
        outline, _ = cv2.findContours(cv2.resize(mask.astype(np.uint8), small.shape[1::-1]), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(small, outline, -1, (60, 60, 255), 2)
        tile[: small.shape[0], : small.shape[1]] = small
        cv2.putText(tile, caption, (4, 254), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
        tiles.append(tile)
    tiles += [np.full((260, 200, 3), 255, np.uint8)] * (-len(tiles) % columns)
    return np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--sheet", type=Path, help="write the worst 18 as a picture")
    args = parser.parse_args()
    stages = Stages.open(args.models)
    rows = validation_rows(args.data)
    iou, accuracy, ms, cells = [], [], [], []
    for row in rows:
        photo = stages.read(photo_bytes(args.data, row.image))
        start = time.perf_counter()
        got = stages.probability(photo) > 0.5
        ms.append((time.perf_counter() - start) * 1000)
        want = checked_mask(args.data, row.image, got.shape) > 0.5
        iou.append((got & want).sum() / max(1, (got | want).sum()))
        accuracy.append((got == want).mean())
        cells.append((iou[-1], photo.rgb, got, f"{iou[-1]:.2f} {row.label}"))
    iou_a, kind = np.array(iou), np.array([r.mask for r in rows])
    result = {"photos": len(rows), "senders": len({r.sender for r in rows})}
    print(f"{len(rows)} photos of {result['senders']} senders never trained on; network output at 0.5, against checked masks\n")
    print("masks       n   mean IoU  median  < 0.80  pixel accuracy")
    for name, where in (("good", kind == "good"), ("repaired", kind == "repaired"), ("all", kind != "")):
        line = {"n": int(where.sum()), "mean_iou": round(float(iou_a[where].mean()), 4), "median_iou": round(float(np.median(iou_a[where])), 4),
                "under_0.80": round(float((iou_a[where] < 0.8).mean()), 4), "pixel_accuracy": round(float(np.array(accuracy)[where].mean()), 4)}  # fmt: skip
        result[name] = line
        print(
            f"{name:9s} {line['n']:4d}   {line['mean_iou']:.4f}   {line['median_iou']:.4f}  {line['under_0.80']:.4f}  {line['pixel_accuracy']:.4f}"
        )
    result["median_ms"] = round(float(np.median(ms)), 1)
    if args.sheet:
        cells.sort(key=lambda c: c[0])
        cv2.imwrite(str(args.sheet), contact_sheet([c[1:] for c in cells[:18]]))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
