"""Whether denoising, deblurring and local contrast help the match: look-ups of photos spoilt by noise, blur and flat light.

python -m benchmarks.enhancement_filters [--data DIR] [--split train] [--queries 150] [--gallery 800] [--json]

Queries are photos as taken, spoilt once each way; gallery: studio-like cutouts of checked garments, bent and relit mildly. Every filter is
tried on every kind of photo, since in a warehouse nobody knows which is which: what helps one must not harm the others. The last line is
what a look-up does: the photo as it is and, where a veil is seen, without it; the catalogue decides. Filters: a veil lifted
(edge/veil.py), non-local means (Buades, Coll and Morel 2005), unsharp masking, Wiener's deconvolution of a Gaussian (Wiener 1949),
contrast-limited adaptive histogram equalisation of the lightness (Zuiderveld 1994).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.enhancement_recall import encoded
from benchmarks.judge_views import studio_picture
from benchmarks.real_data import DEFAULT_DATA, checked_mask, checked_rows, photo_bytes
from benchmarks.retrieval_scores import ranks, similarities
from edge.errors import PhotoError
from edge.pieces import reading
from edge.seen import readings_of
from edge.stages import Stages
from edge.types import Photo
from edge.veil import lifted

Filter = Callable[[np.ndarray], np.ndarray]


def wiener(rgb: np.ndarray, *, sigma: float = 1.6, noise: float = 0.01) -> np.ndarray:
    """uint8 (H, W, 3) -> the same, a Gaussian blur of `sigma` pixels undone as far as noise (a share of the signal's power) lets it."""
    height, width = rgb.shape[:2]
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    transfer = np.exp(-2 * (np.pi * sigma) ** 2 * (fx**2 + fy**2))
    inverse = transfer / (transfer**2 + noise)
    inverse /= inverse[0, 0]  # brightness stays
    planes = [np.fft.irfft2(np.fft.rfft2(rgb[..., i].astype(np.float32)) * inverse, s=(height, width)) for i in range(3)]
    return np.clip(np.stack(planes, 2) + 0.5, 0, 255).astype(np.uint8)


def local_contrast(rgb: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(np.ascontiguousarray(lab[..., 0]))
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)


def unsharp(rgb: np.ndarray) -> np.ndarray:
    return cv2.addWeighted(rgb, 1.8, cv2.GaussianBlur(rgb, (0, 0), 2.0), -0.8, 0)


FILTERS: dict[str, Filter] = {
    "as it is": lambda rgb: rgb,
    "non-local means": lambda rgb: cv2.fastNlMeansDenoisingColored(rgb, None, 16, 16, 5, 13),
    "unsharp mask": unsharp,
    "Wiener": wiener,
    "local contrast": local_contrast,
    "veil lifted": lambda rgb: rgb if (bare := lifted(rgb)) is None else bare,
}
LOOK_UP = "as a look-up does"


def noisy(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A dark photo brought up: exposure cut to a sixth, shot and read noise, raised again."""
    x = (rgb / 255.0) ** 2.2 / 6
    x = x + rng.normal(0, 1, x.shape) * np.sqrt(x * 0.0003 + 0.000005)
    return np.clip(np.clip(x * 6, 0, 1) ** (1 / 2.2) * 255, 0, 255).astype(np.uint8)


def blurred(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Out of focus and a little shaken, by about a 300th of the long side."""
    sigma = max(rgb.shape[:2]) / 300 * rng.uniform(0.8, 1.6)
    kernel = np.zeros((9, 9), np.float32)
    a = rng.uniform(0, np.pi)
    cv2.line(kernel, *(tuple(np.rint(4 + s * 3 * np.array([np.cos(a), np.sin(a)])).astype(int).tolist()) for s in (-1, 1)), 1.0)
    return cv2.filter2D(cv2.GaussianBlur(rgb, (0, 0), sigma), -1, kernel / kernel.sum())


def flat(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Veiled by stray light, as through a dirty lens: half of the contrast."""
    return np.clip(rgb * rng.uniform(0.4, 0.6) + rng.uniform(60, 110), 0, 255).astype(np.uint8)


SPOILT: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "as taken": lambda rgb, rng: rgb, "noisy": noisy, "blurred": blurred, "flat": flat,
}  # fmt: skip


def looked_up(stages: Stages, photo: Photo, index: np.ndarray) -> np.ndarray:
    """The vector by which a look-up in the gallery float32 (N, D) would go on; zeros where no garment is found."""
    try:
        readings = np.stack([r.vector for r in readings_of(photo, stages.mask(photo), stages)])
    except PhotoError:
        return np.zeros(stages.dim, np.float32)
    return readings[reading((readings @ index.T).max(1))]


def measure(data: Path, split: str, *, queries: int, gallery: int, models: Path | None = None) -> dict[str, dict[str, dict[str, float]]]:
    """Kind of photo -> filter -> recall@1, mean cosine with the true item, ms for the filter. queries <= gallery."""
    stages, rows = Stages.open(models), checked_rows(data, split)
    rows = [rows[i] for i in np.random.default_rng(37).permutation(len(rows))[:gallery]]
    items = []
    for i, row in enumerate(rows):
        rgb = stages.read(photo_bytes(data, row.image)).rgb
        picture = studio_picture(rgb, checked_mask(data, row.image, rgb.shape[:2]), np.random.default_rng((17, i)))
        items.append(encoded(stages, Photo(picture, (600, 600), "made")))
    truth, index = np.arange(min(queries, len(rows))), np.stack(items)
    found: dict[str, dict[str, list[np.ndarray]]] = {kind: {name: [] for name in (*FILTERS, LOOK_UP)} for kind in SPOILT}
    spent = dict.fromkeys((*FILTERS, LOOK_UP), 0.0)
    for i in truth.tolist():
        photo = stages.read(photo_bytes(data, rows[i].image))
        for kind, spoil in SPOILT.items():
            bad = spoil(photo.rgb, np.random.default_rng((41, i)))
            for name, clean in FILTERS.items():
                start = time.perf_counter()
                rgb = clean(bad)
                spent[name] += time.perf_counter() - start
                found[kind][name].append(encoded(stages, replace(photo, rgb=rgb)))
            found[kind][LOOK_UP].append(looked_up(stages, replace(photo, rgb=bad), index))
    result: dict[str, dict[str, dict[str, float]]] = {}
    for kind, by_filter in found.items():
        for name, vectors in by_filter.items():
            scores = similarities(np.stack(vectors), index)
            result.setdefault(kind, {})[name] = {
                "recall@1": round(float((ranks(scores, truth) == 1).mean()), 4),
                "cosine": round(float(scores[truth, truth].mean()), 4),
                "ms": round(spent[name] / (len(truth) * len(SPOILT)) * 1000, 1),
            }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--split", choices=("train", "val"), default="val", help="whose photos (default val: never trained on)")
    parser.add_argument("--queries", type=int, default=150)
    parser.add_argument("--gallery", type=int, default=800, help="garments in the gallery, the queries' among them")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    result = measure(args.data, args.split, queries=args.queries, gallery=args.gallery, models=args.models)
    if args.json:
        print(json.dumps(result))
        return
    print("recall@1 (mean cosine with the true item)")
    print(f"{'':17s}" + "".join(f"{kind:>18s}" for kind in result) + f"{'ms':>9s}")
    for name in FILTERS:
        cells = "".join(f"{line[name]['recall@1']:10.3f} ({line[name]['cosine']:.3f})" for line in result.values())
        print(f"{name:17s}{cells}{result['as taken'][name]['ms']:9.1f}")


if __name__ == "__main__":
    main()
