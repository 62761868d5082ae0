"""Enhancement on validation senders, under kinds of light that training never draws: light found, colours restored, time.

python -m benchmarks.enhancement [--data DIR] [--limit N] [--sheet sheet.png] [--recall QUERIES]

Light: angular error of the estimate in degrees, against classical statistics of the same pixels. Colours: CIEDE2000 to the undegraded
photo inside the garment's mask, before and after, best of the three suggestions. --recall adds look-ups under five strengths of cast.
The undegraded photos carry lights of their own; they count as the truth.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.enhancement_classical import METHODS
from benchmarks.enhancement_colour import garment_difference
from benchmarks.enhancement_lights import HELD_OUT, KINDS, lit, worn
from benchmarks.enhancement_sheet import Case, write_sheet
from benchmarks.real_data import DEFAULT_DATA, Judged, checked_mask, checked_rows, photo_bytes
from edge.develop import Development, angle_between, develop, light_rgb
from edge.enhance import Enhancer, open_enhancer
from edge.errors import ModelError
from edge.photo import read_photo
from edge.types import Photo

OURS = "racklens"


def made_photo(rgb: np.ndarray) -> Photo:
    return Photo(rgb, (rgb.shape[1], rgb.shape[0]), "made")


def error_figures(errors: np.ndarray) -> dict[str, float]:
    """Mean, median and mean of the worst quarter."""
    return {
        "mean": round(float(errors.mean()), 3),
        "median": round(float(np.median(errors)), 3),
        "worst_quarter": round(float(np.sort(errors)[-max(1, len(errors) // 4) :].mean()), 3),
    }


def judge(rows: list[Judged], data: Path, model: Enhancer) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], list[str], list[Case]]:
    """Each photo under one kind of light after the other -> angular errors per method, CIEDE2000 before/after, kinds, cases to look at."""
    angles: dict[str, list[float]] = {name: [] for name in (*METHODS, OURS, f"{OURS}, best of three")}
    colours: dict[str, list[float]] = {"before": [], "best estimate": [], "best of three": [], "gray world": []}
    kinds, cases = [], []
    for i, row in enumerate(rows):
        rng = np.random.default_rng((41, i))
        good = read_photo(photo_bytes(data, row.image)).rgb
        mask, kind = checked_mask(data, row.image, good.shape[:2]), KINDS[i % len(KINDS)]
        changed = worn(lit(good, mask, rng, kind), rng)
        spoilt = changed.rgb
        for name, method in METHODS.items():
            angles[name].append(float(angle_between(method(spoilt), changed.light)))
        found = model.suggest(made_photo(spoilt))
        own = [float(angle_between(light_rgb(s.development.red, s.development.blue), changed.light)) for s in found.suggestions]
        angles[OURS].append(own[0])
        angles[f"{OURS}, best of three"].append(min(own))
        after = [garment_difference(s.rgb, good, mask) for s in found.suggestions]
        gray = METHODS["gray world"](spoilt)
        by_gray = develop(spoilt, Development(red=float(np.log(gray[0] / gray[1])), blue=float(np.log(gray[2] / gray[1]))))
        values = (garment_difference(spoilt, good, mask), after[0], min(after), garment_difference(by_gray, good, mask))
        for name, value in zip(colours, values, strict=True):
            colours[name].append(value)
        kinds.append(kind)
        captions = [f"{kind} {own[0]:.1f} deg", *(f"{s.name} {d:.1f}" for s, d in zip(found.suggestions, after, strict=True)), "truth"]
        cases.append(Case([spoilt, *(s.rgb for s in found.suggestions), good], captions))
    return {n: np.array(v) for n, v in angles.items()}, {n: np.array(v) for n, v in colours.items()}, kinds, cases


def untouched(rows: list[Judged], data: Path, model: Enhancer) -> dict[str, float]:
    """The photos as they are: how many are said to be fine, and how far the best estimate and the look-up's rule would change them."""
    fine, change, touched = [], [], 0
    for row in rows:
        photo = read_photo(photo_bytes(data, row.image))
        found = model.suggest(photo)
        fine.append(found.fine)
        change.append(found.change)
        touched += model.neutral(photo) is not None
    return {"said_fine": round(float(np.mean(fine)), 4), "median_change": round(float(np.median(change)), 2),
            "tried_without_cast": round(touched / len(rows), 4)}  # fmt: skip


def milliseconds(model: Enhancer, *, repeats: int = 7) -> dict[str, float]:
    """A drawn 4000 x 3000 photo: reading it, one version, and both; the fastest of some runs, since others use this machine too."""
    small = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    rgb = np.ascontiguousarray(small.repeat(50, 0).repeat(50, 1))
    what = Development(red=0.2, blue=-0.3, exposure=0.2, contrast=0.1, shadows=0.1, saturation=0.1)
    times: dict[str, list[float]] = {"read": [], "develop": [], "both": []}
    for _ in range(repeats):
        start = time.perf_counter()
        model.read(rgb)
        middle = time.perf_counter()
        develop(rgb, what)
        end = time.perf_counter()
        for name, value in zip(times, (middle - start, end - middle, end - start), strict=True):
            times[name].append(value * 1000)
    return {name: round(min(values), 1) for name, values in times.items()}


def table(title: str, lines: Mapping[str, Mapping[str, float]]) -> None:
    print(f"\n{title}\n{'':26s} mean  median  worst quarter")
    for name, line in lines.items():
        print(f"{name:24s} {line['mean']:6.2f}  {line['median']:6.2f}  {line['worst_quarter']:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--split", choices=("val", "train"), default="val", help="train: to try things out; never report on it")
    parser.add_argument("--models", type=Path)
    parser.add_argument("--limit", type=int, help="only the first N photos (a quick look)")
    parser.add_argument("--sheet", type=Path, help="write before, three suggestions and truth of some photos as a picture")
    parser.add_argument("--recall", type=int, default=0, metavar="QUERIES", help="look up so many garments under five strengths of cast")
    args = parser.parse_args()
    model = open_enhancer(args.models)
    if model is None:
        raise ModelError("There is no enhancement model.", path=str(args.models))
    rows = checked_rows(args.data, args.split)[: args.limit]
    angles, colours, kinds, cases = judge(rows, args.data, model)
    print(f"{len(rows)} photos of {len({r.sender for r in rows})} senders, each under one of {len(KINDS)} kinds of light")
    held = np.isin(kinds, HELD_OUT)
    lines = {name: error_figures(values[held]) for name, values in angles.items()}
    result: dict[str, Any] = {"photos": len(rows), "angular_error": lines}
    table(f"angular error in degrees, {held.sum()} photos under kinds of light never trained on", lines)
    best = min(lines[name]["mean"] for name in METHODS)
    result["share_of_best_classical"] = round(lines[OURS]["mean"] / best, 3)
    print(f"ours / best classical: {result['share_of_best_classical']:.2f}")
    result["by_kind"] = {k: {n: round(float(v[np.array(kinds) == k].mean()), 2) for n, v in angles.items()} for k in KINDS}
    for kind, line in result["by_kind"].items():
        print(f"  {kind:12s} " + ", ".join(f"{name} {value:.1f}" for name, value in line.items()))
    differences = {name: error_figures(values[held]) for name, values in colours.items()}
    result["ciede2000"] = differences
    table("CIEDE2000 inside the garment", differences)
    result["best_of_three_share"] = round(differences["best of three"]["mean"] / differences["before"]["mean"], 3)
    print(f"best of three / before: {result['best_of_three_share']:.2f}")
    result["untouched"] = untouched(rows, args.data, model)
    print(f"\nuntouched photos: {result['untouched']}")
    result["ms_12_megapixels"] = milliseconds(model)
    print(f"12 megapixels, ms: {result['ms_12_megapixels']}")
    if args.sheet:
        order = np.argsort(angles[OURS])
        write_sheet(args.sheet, [cases[i] for i in order[np.linspace(0, len(order) - 1, min(24, len(order))).astype(int)]])
    if args.recall:
        from benchmarks.enhancement_recall import recall_under_cast  # opens all models: only where it is asked for

        result["recall"] = recall_under_cast(args.data, args.split, model, queries=args.recall, models=args.models)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
