"""Retrieval on validation garments, the whole way through (segmentation included), against all their studio-like cutouts.

python -m benchmarks.retrieval [--data DIR] [--limit N] [--out results.npz]

(a) composites: the garment bent, tilted and relit on another photo's background; gallery: its studio-like cutout
(b) as taken: the photo itself; gallery: the studio-like cutout bent and relit first
(c) real pairs: one photo's studio-like cutout, found from the other photo of the same garment
Colour histogram and thumbnail correlation on the same cutouts show what little each query asks for.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.judge_views import composite_photo, emptied, studio_picture
from benchmarks.real_data import DEFAULT_DATA, checked_mask, photo_bytes, validation_rows
from edge.errors import PhotoError
from edge.stages import Stages
from edge.types import Cutout, Photo


def whole_way(stages: Stages, photo: Photo) -> tuple[np.ndarray, Cutout | None]:
    """Photo -> vector float32 (D,) and its cutout; zeros and None where no garment is found."""
    try:
        cut = stages.cutout(photo, stages.mask(photo))
        return stages.embed([cut])[0].vector, cut
    except PhotoError:
        return np.zeros(stages.dim, np.float32), None


def histogram(cut: Cutout | None) -> np.ndarray:
    """Baseline: 8 x 8 x 8 histogram in CIELAB without the white, norm 1."""
    if cut is None:
        return np.zeros(512, np.float32)
    small = cv2.resize(cut.rgb, (96, 96), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[small.min(2) < 250]
    h = np.histogramdd(lab, bins=(8, 8, 8), range=((0, 256),) * 3)[0].ravel() if len(lab) else np.zeros(512)
    h = np.sqrt(h)
    return (h / max(1e-9, np.linalg.norm(h))).astype(np.float32)


def thumbnail(cut: Cutout | None) -> np.ndarray:
    """Baseline: 16 x 16 RGB thumbnail, mean taken off, norm 1."""
    if cut is None:
        return np.zeros(768, np.float32)
    x = cv2.resize(cut.rgb, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    x -= x.mean()
    return x / max(1e-9, float(np.linalg.norm(x)))


def ranks(queries: np.ndarray, gallery: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Rank (from 1) of each query's true row of the gallery; ties count against it."""
    scores = queries @ gallery.T
    own = scores[np.arange(len(queries)), truth]
    return (scores >= own[:, None]).sum(1)


def auroc_leaving_out(queries: np.ndarray, gallery: np.ndarray, truth: np.ndarray) -> float:
    """Known against unknown by the best score alone: each query once with its garment in the gallery, once without."""
    scores = queries @ gallery.T
    known = scores.max(1)
    scores[np.arange(len(queries)), truth] = -2
    unknown = np.sort(scores.max(1))
    below = np.searchsorted(unknown, known, "left") + np.searchsorted(unknown, known, "right")
    return float(below.mean() / 2 / len(unknown))


def real_pair_ranks(stages: Stages, data: Path, names: list[str], gallery: np.ndarray) -> list[tuple[str, str, int]]:
    """Each real pair of validation senders, both ways: rank of the other photo's studio-like cutout among the gallery without the pair.

    Their masks may be of any kind, some are known to be bad: the studio side suffers from it.
    """
    out = []
    with open(data / "pairs.csv", newline="") as file:
        pairs = [(r["photo_a"], r["photo_b"]) for r in csv.DictReader(file) if r["split"] == "val"]
    for pair in pairs:
        rest = gallery[[i for i, name in enumerate(names) if name not in pair]]
        query, studio = {}, {}
        for image in pair:
            photo = stages.read(photo_bytes(data, image))
            query[image] = whole_way(stages, photo)[0]
            picture = studio_picture(photo.rgb, checked_mask(data, image, photo.rgb.shape[:2]))
            studio[image] = whole_way(stages, Photo(picture, picture.shape[1::-1], "made"))[0]
        for first, second in (pair, pair[::-1]):
            own = float(query[first] @ studio[second])
            out.append((first, second, 1 + int((rest @ query[first] >= own).sum())))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--limit", type=int, help="only the first N garments (a quick look)")
    parser.add_argument("--out", type=Path, help="keep the vectors as .npz")
    args = parser.parse_args()
    stages = Stages.open(args.models)
    rows = validation_rows(args.data)[: args.limit]
    start = time.perf_counter()
    sets: dict[str, list] = {"studio": [], "studio_bent": [], "composite": [], "taken": []}
    backgrounds: list[np.ndarray] = []
    loaded = []
    for row in rows:
        photo = stages.read(photo_bytes(args.data, row.image))
        loaded.append((photo, checked_mask(args.data, row.image, photo.rgb.shape[:2])))
    order = np.random.default_rng(5).permutation(len(rows))
    backgrounds = [emptied(loaded[i][0].rgb, loaded[i][1]) for i in order[:150]]
    owners = [rows[i].sender for i in order[:150]]
    for i, (row, (photo, mask)) in enumerate(zip(rows, loaded, strict=True)):
        rng = np.random.default_rng((17, i))
        for name, picture in (("studio", studio_picture(photo.rgb, mask)), ("studio_bent", studio_picture(photo.rgb, mask, rng))):
            sets[name].append(whole_way(stages, Photo(picture, picture.shape[1::-1], "made")))
        j = int(rng.integers(len(backgrounds)))
        while owners[j] == row.sender and len(set(owners)) > 1:
            j = (j + 1) % len(backgrounds)
        sets["composite"].append(whole_way(stages, stages.read(composite_photo(photo.rgb, mask, backgrounds[j], rng))))
        sets["taken"].append(whole_way(stages, photo))
    print(f"{len(rows)} garments of {len({r.sender for r in rows})} senders never trained on; {time.perf_counter() - start:.0f} s\n")
    vectors = {name: np.stack([v for v, _ in got]) for name, got in sets.items()}
    truth = np.arange(len(rows))
    result: dict[str, object] = {"garments": len(rows)}
    print("queries      method        recall@1  @5     @20    AUROC known/unknown")
    for queries, gallery in (("composite", "studio"), ("taken", "studio_bent")):
        for method, encode in (("racklens", None), ("histogram", histogram), ("thumbnail", thumbnail)):
            q, g = (vectors[n] if encode is None else np.stack([encode(c) for _, c in sets[n]]) for n in (queries, gallery))
            r = ranks(q, g, truth)
            line = {f"recall@{k}": round(float((r <= k).mean()), 4) for k in (1, 5, 20)} | {
                "auroc": round(auroc_leaving_out(q, g, truth), 4)
            }
            result[f"{queries}_{method}"] = line
            print(
                f"{queries:12s} {method:12s}  {line['recall@1']:.3f}     {line['recall@5']:.3f}  {line['recall@20']:.3f}  {line['auroc']:.3f}"
            )
    lost = {name: sum(c is None for _, c in got) for name, got in sets.items()}
    result["no_garment_found"] = lost
    print(f"\nno garment found: {lost}\n\nreal pairs (rank of the studio-like cutout of photo B from photo A, and back)")
    pair_ranks = real_pair_ranks(stages, args.data, [r.image for r in rows], vectors["studio"])
    for first, second, rank in pair_ranks:
        print(f"  {first[:8]} -> {second[:8]}: rank {rank}")
    result["pair_ranks"] = [rank for _, _, rank in pair_ranks]
    if args.out:
        np.savez_compressed(args.out, **vectors)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
