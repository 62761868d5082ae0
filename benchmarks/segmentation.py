"""Background removal compared: automatic GrabCut, superpixel saliency + GrabCut, Tiramisu, ours, ours + one corrective stroke.

python -m benchmarks.segmentation [--data DIR] [--methods grabcut saliency tiramisu ours stroke] [--limit N] [--slow-limit N]
                                  [--tiramisu runs/tiramisu-onnx] [--sheet runs/segmentation.png]

Prints IoU, boundary F at 1 % of the diagonal, pixel accuracy, milliseconds and memory, then one JSON line; writes a contact sheet.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.contact_sheet import Judgement, best_median_worst, contact_sheet
from benchmarks.mask_scores import Scores, scores, summary
from benchmarks.real_data import DEFAULT_DATA, validation_rows
from benchmarks.segmentation_cases import SETS, Case, Pictures, checked_cases, composite_cases, sample, weights
from benchmarks.segmentation_methods import METHODS, SLOW, Isolated, Setup, Task, time_network


@dataclass(slots=True)
class Run:
    """A method's results by case; kept: its masks as PNG bytes, 0..255. alpha_error: mean absolute error of a composite's alpha."""

    scores: dict[Case, Scores] = field(default_factory=dict)
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    alpha_error: list[float] = field(default_factory=list)
    kept: dict[Case, np.ndarray] = field(default_factory=dict)
    peak_mib: float = 0.0

    def alpha(self, case: Case) -> np.ndarray:
        return cv2.imdecode(self.kept[case], cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


def judge(name: str, setup: Setup, cases: list[Case], pictures: Pictures, before: Run | None = None) -> Run:
    """Run a method over cases, in its own process. before: the masks that a corrective stroke starts from. Raises RuntimeError."""
    run = Run()
    with Isolated(name, setup) as method:
        for case in tqdm(cases, METHODS[name][0], disable=None):
            rgb, truth = pictures[case]
            task = Task(rgb, before.alpha(case), truth > 0.5) if before is not None else Task(rgb)
            alpha, wall, cpu = method.run(task)
            run.scores[case] = scores(alpha > 0.5, truth > 0.5)
            run.wall_ms.append(wall)
            run.cpu_ms.append(cpu)
            if case.kind == "composites":
                run.alpha_error.append(float(np.abs(alpha - truth).mean()))
            run.kept[case] = cv2.imencode(".png", np.rint(alpha * 255).astype(np.uint8))[1]
        run.peak_mib = method.peak_mib()
    return run


def table_of(run: Run, cases: list[Case], whole: list[Case]) -> dict[str, dict[str, float]]:
    """Set -> summary over the cases; "all" are both kinds of checked photos, each counted as often as it occurs in `whole`."""
    rows = {}
    groups = {kind: [c for c in cases if c.kind == kind] for kind in SETS}
    groups["all"] = groups["good"] + groups["repaired"]
    for kind in ("good", "repaired", "all", "composites"):
        if groups[kind]:
            rows[kind] = summary([run.scores[c] for c in groups[kind]], weights(groups[kind], whole))
    return rows


def worst_tenth(ours: Run, cases: list[Case]) -> list[Case]:
    """The tenth of the checked photos that ours did worst on."""
    checked = sorted((c for c in cases if c.kind != "composites"), key=lambda c: ours.scores[c].iou)
    return checked[: max(1, round(len(checked) / 10))] if checked else []


def sheet_of(run: Run, cases: list[Case], pictures: Pictures) -> np.ndarray:
    checked = [c for c in cases if c.kind != "composites"] or cases
    groups = {}
    for heading, places in best_median_worst([run.scores[c].iou for c in checked]).items():
        found = []
        for case in (checked[i] for i in places):
            rgb, truth = pictures[case]
            found.append(Judgement(rgb, run.alpha(case) > 0.5, truth > 0.5, run.scores[case].iou, f"{case.caption} ({case.kind})"))
        groups[f"{heading} {len(found)} of {len(checked)} (IoU; red: found, grey: around the truth)"] = found
    return contact_sheet(groups)


def speed(setup: Setup, runs: dict[str, Run], side: int = 320) -> dict[str, float | bool | int]:
    """How many times faster ours is than the Tiramisu: photo to mask as used, and the networks alone with the Tiramisu at `side`."""
    from edge.session import DEFAULT_MODELS

    ours_folder = (setup.models or DEFAULT_MODELS) / "segmenter"
    sizes = [int(json.loads((f / "model.json").read_text())["input_size"]) for f in (setup.tiramisu, ours_folder)]
    theirs, theirs_cpu, theirs_run = time_network(setup.tiramisu, side, threads=setup.threads)
    same, same_cpu, same_run = time_network(ours_folder, side, threads=setup.threads)
    used, used_cpu, _ = time_network(ours_folder, sizes[1], threads=setup.threads)
    return {
        "tiramisu_size": sizes[0],
        "ours_size": sizes[1],
        "photo_to_mask": round(float(np.median(runs["tiramisu"].wall_ms) / np.median(runs["ours"].wall_ms)), 2),
        f"networks_both_at_{side}": round(theirs / same, 2),
        f"networks_both_at_{side}_cpu_time": round(theirs_cpu / same_cpu, 2),
        f"network_tiramisu_at_{side}_ours_as_used": round(theirs / used, 2),
        f"network_tiramisu_at_{side}_ours_as_used_cpu_time": round(theirs_cpu / used_cpu, 2),
        f"scaled_by_pixels_to_{side}": not (theirs_run and same_run),
    }


def print_table(tables: dict[str, dict[str, dict[str, float]]], runs: dict[str, Run]) -> None:
    print(f"{'method':30s} {'set':11s}{'n':>5s}  mean IoU  median  < 0.80  boundary F  pixel accuracy")
    for name, rows in tables.items():
        for kind, r in rows.items():
            print(
                f"{METHODS[name][0]:30s} {kind:11s}{r['n']:5d}    {r['mean_iou']:.4f}  {r['median_iou']:.4f}  {r['under_0.80']:.4f}"
                f"      {r['boundary_f']:.4f}          {r['pixel_accuracy']:.4f}"
            )
    print(f"\n{'method':30s} ms a photo  ms of CPU  memory MiB  alpha error on composites")
    for name, run in runs.items():
        error = f"{np.mean(run.alpha_error):.4f}" if run.alpha_error else "-"
        print(f"{METHODS[name][0]:30s} {np.median(run.wall_ms):10.1f} {np.median(run.cpu_ms):10.1f} {run.peak_mib:11.0f}  {error}")


def arguments() -> argparse.Namespace:
    # Not above: each method's process imports this module too, and onnxruntime is to count for those that use it.
    from edge.session import usable_cpus

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with images.csv, images/, masks/")
    parser.add_argument("--models", type=Path, help="folder with our models (default: assets/models)")
    parser.add_argument(
        "--tiramisu", type=Path, default=Path("runs/tiramisu-onnx"), help="the Tiramisu's model folder, exported by training"
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, help="default: all; the Tiramisu where its folder is there")
    parser.add_argument("--limit", type=int, default=0, help="judge on a seeded sample of so many photos (0: all)")
    parser.add_argument("--slow-limit", type=int, default=150, help="the same for the slow methods: all but ours (0: all)")
    parser.add_argument("--composites", type=int, default=120, help="how many made photos with exact alpha")
    parser.add_argument("--threads", type=int, default=usable_cpus(), help="CPU threads of every method (default: as many as there are)")
    parser.add_argument(
        "--sheet", type=Path, default=Path("runs/segmentation.png"), help="picture of the best, median and worst 12 of ours"
    )
    args = parser.parse_args()
    if min(args.limit, args.slow_limit, args.composites) < 0 or args.threads < 1:
        parser.error("--limit, --slow-limit and --composites must be 0 or more, --threads 1 or more")
    if not (args.data / "images.csv").is_file():
        parser.error(f"there is no images.csv in {args.data}; name the folder of the photos with --data")
    missing = not (args.tiramisu / "model.onnx").is_file()
    how = "python -m training export-segmenter --run runs/tiramisu --out runs/tiramisu-onnx"
    if args.methods is None:
        args.methods = [m for m in METHODS if m != "tiramisu" or not missing]
        if missing:
            print(f"No Tiramisu in {args.tiramisu}, left out. Export it: {how}", file=sys.stderr)
    elif "tiramisu" in args.methods and missing:
        parser.error(f"there is no model.onnx in {args.tiramisu}; export it: {how}")
    if "stroke" in args.methods and "ours" not in args.methods:
        args.methods.append("ours")  # the masks that are corrected
    return args


def main() -> int:
    args = arguments()
    rows = validation_rows(args.data)
    cases = checked_cases(rows) + composite_cases(args.composites)
    shown = sample(cases, args.limit)
    few = sample(shown, args.slow_limit)
    setup = Setup(args.models, args.tiramisu, args.threads)
    pictures = Pictures(args.data)
    counts = {kind: sum(c.kind == kind for c in few) for kind in SETS}
    senders = len({r.sender for r in rows})
    made = sum(c.kind == "composites" for c in shown)
    print(
        f"{len(shown) - made} of {len(rows)} checked photos of {senders} senders never trained on, {made} composites with exact alpha.\n"
        f"Slow methods: a seeded sample of {counts['good']} good, {counts['repaired']} repaired, {counts['composites']} composites;\n"
        '"all" weighs them as in the whole.\n'
        f"CPU alone, {args.threads} threads, median over photos, decoding not counted; a stroke's time is the correction's alone.\n"
        "Memory: peak resident set of the method's own process above Python, numpy and OpenCV.\n"
    )
    runs: dict[str, Run] = {}
    tables, failed = {}, False
    tenth: list[Case] = []
    for name in (m for m in METHODS if m in args.methods):
        judged = few if name in SLOW else shown
        try:
            if name == "stroke":
                if "ours" not in runs:
                    continue  # its failure has been named
                tenth = worst_tenth(runs["ours"], shown)
                runs[name] = judge(name, setup, [*judged, *(c for c in tenth if c not in set(judged))], pictures, runs["ours"])
            else:
                runs[name] = judge(name, setup, judged, pictures)
        except RuntimeError as error:
            print(f"{error}\n{METHODS[name][0]} is left out.", file=sys.stderr)
            failed = True
            continue
        tables[name] = table_of(runs[name], judged, cases)
    print_table(tables, runs)
    result: dict = {
        "photos": len(rows),
        "senders": len({r.sender for r in rows}),
        "threads": args.threads,
        "slow_sample": counts,
        "methods": {},
    }
    for name, run in runs.items():
        result["methods"][name] = {
            **tables[name],
            "median_ms": round(float(np.median(run.wall_ms)), 1),
            "median_cpu_ms": round(float(np.median(run.cpu_ms)), 1),
            "peak_mib": round(run.peak_mib, 1),
            **({"alpha_error": round(float(np.mean(run.alpha_error)), 4)} if run.alpha_error else {}),
        }
    if "ours" in runs:
        ours = result["methods"]["ours"]
        result |= {k: ours[k] for k in ("good", "repaired", "all", "median_ms") if k in ours}
        ours["on_slow_sample"] = table_of(runs["ours"], few, cases)
        args.sheet.parent.mkdir(parents=True, exist_ok=True)
        if not cv2.imwrite(str(args.sheet), sheet_of(runs["ours"], shown, pictures)):
            print(f"The contact sheet could not be written to {args.sheet}.", file=sys.stderr)
            failed = True
    if tenth and "stroke" in runs:
        before, after = (np.array([runs[m].scores[c].iou for c in tenth]) for m in ("ours", "stroke"))
        result["worst_tenth"] = {
            "n": len(tenth),
            "ours_mean_iou": round(float(before.mean()), 4),
            "stroke_mean_iou": round(float(after.mean()), 4),
            "stroke_over_0.90": round(float((after > 0.9).mean()), 4),
        }
        print(
            f"\nThe {len(tenth)} photos ours does worst on: mean IoU {before.mean():.4f}, after one stroke {after.mean():.4f}, "
            f"{100 * (after > 0.9).mean():.0f} % above 0.90."
        )
    if "ours" in runs and "tiramisu" in runs:
        result["times_faster_than_tiramisu"] = speed(setup, runs)
        print(f"\nTimes faster than the Tiramisu: {result['times_faster_than_tiramisu']}")
    print(json.dumps(result))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
