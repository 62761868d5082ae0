"""Several photos of one garment in one look-up: what one, two and three composites find, by three ways of fusing them.

python -m benchmarks.several_photos [--data DIR] [--limit N]

Every other validation garment is a query, all are in the gallery. A close-up without its outline stands for a bad photo. "accepted":
the right item first, at the score that lets 1 % of left-out garments in.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from pathlib import Path

import numpy as np

from benchmarks.judge_views import composite_photo, emptied, studio_picture
from benchmarks.real_data import DEFAULT_DATA, checked_mask, checked_rows, photo_bytes
from edge.errors import PhotoError
from edge.rank import photo_counts
from edge.stages import Stages
from edge.types import Photo

CLOSE_UP = 3
SETS = {"1 photo": [0], "2 photos": [0, 1], "3 photos": [0, 1, 2], "1 photo, 1 close-up": [0, CLOSE_UP]}


def close_up(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A third to a half of the picture's middle: cloth without an outline."""
    height, width = rgb.shape[:2]
    share = rng.uniform(0.35, 0.5)
    h, w = int(height * share), int(width * share)
    top, left = int((height - h) * rng.uniform(0.35, 0.6)), int((width - w) * rng.uniform(0.4, 0.6))
    return np.ascontiguousarray(rgb[top : top + h, left : left + w])


def fused(scores: np.ndarray, how: str) -> np.ndarray:
    """float32 (P, G), a row per photo -> (G,)."""
    if how == "best photo":
        return scores.max(0)
    if how == "plain mean":
        return scores.mean(0)
    return photo_counts(scores.max(1)) @ scores


def figures(scores: np.ndarray, own: np.ndarray, photos: list[int], how: str) -> dict[str, float]:
    """scores (Q, P, G) and each query's own row -> recall@1, AUROC of known against left out, share accepted."""
    known, unknown, first = [], [], []
    for q, o in zip(scores[:, photos], own, strict=True):
        s = fused(q, how)
        first.append(s.argmax() == o)
        known.append(s.max())
        unknown.append(fused(np.delete(q, o, 1), how).max())
    known, unknown, first = np.array(known), np.sort(unknown), np.array(first)
    auroc = np.searchsorted(unknown, known).mean() / len(unknown)
    return {
        "recall@1": float(first.mean()),
        "auroc": float(auroc),
        "accepted": float((first & (known > np.quantile(unknown, 0.99))).mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.several_photos", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--limit", type=int, help="first N garments only")
    args = parser.parse_args()
    start = time.perf_counter()
    stages = Stages.open()

    def vector(rgb: np.ndarray) -> np.ndarray:
        photo = Photo(rgb, rgb.shape[1::-1], "made")
        try:
            return stages.embed([stages.cutout(photo, stages.mask(photo))])[0].vector
        except PhotoError:
            return np.zeros(stages.dim, np.float32)

    gallery, queries, own, backgrounds = [], [], [], []
    for i, row in enumerate(checked_rows(args.data, "val")[: args.limit]):
        photo = stages.read(photo_bytes(args.data, row.image))
        alpha = checked_mask(args.data, row.image, photo.rgb.shape[:2])
        gallery.append(vector(studio_picture(photo.rgb, alpha)))
        if i % 2:
            continue
        backgrounds.append(emptied(photo.rgb, alpha))
        views = []
        for n in range(4):
            rng = np.random.default_rng([zlib.crc32(row.image.encode()), n])
            background = backgrounds[int(rng.integers(max(1, len(backgrounds) - 1)))]
            made = stages.read(composite_photo(photo.rgb, alpha, background, rng)).rgb
            views.append(vector(close_up(made, rng) if n == CLOSE_UP else made))
        queries.append(views)
        own.append(i)
    scores = np.einsum("qpd,gd->qpg", np.array(queries), np.array(gallery))
    print(f"{len(own)} queries, gallery {len(gallery)}, {time.perf_counter() - start:.0f} s")
    print(f"{'photos':22s}{'fused by':14s}{'recall@1':>10s}{'AUROC':>8s}{'accepted':>10s}")
    result: dict[str, dict[str, dict[str, float]]] = {}
    for name, photos in SETS.items():
        for how in ("as look-ups do", "plain mean", "best photo") if len(photos) > 1 else ("as look-ups do",):
            f = figures(scores, np.array(own), photos, how)
            result.setdefault(name, {})[how] = {k: round(v, 4) for k, v in f.items()}
            print(f"{name:22s}{how:14s}{f['recall@1']:10.4f}{f['auroc']:8.4f}{f['accepted']:10.3f}")
    print(json.dumps({"benchmark": "several_photos", "queries": len(own), "gallery": len(gallery), "results": result}))


if __name__ == "__main__":
    main()
