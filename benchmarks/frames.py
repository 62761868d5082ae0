"""Decorative frames: found or not, how exactly, how fast, and what cutting them away does for a catalogue.

python -m benchmarks.frames [--data DIR] [--pictures 500] [--roc roc.png] [--sheet mistakes.png] [--items 200]

Held out: training draws none of these kinds of frames, boxes, towels, books, tiles or doors (phones and checks it does, otherwise drawn);
the photos are the validation senders'. Baseline: Canny edges and rules, with the threshold of best accuracy on these very pictures, in its
favour.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.frame_canny import find_by_edges
from benchmarks.frame_pictures import OTHERS, RECTANGLES, Garments, load_garments, shop, some_size, taken
from benchmarks.frame_recall import framed_catalogue
from benchmarks.frame_roc import area, draw_roc, roc
from benchmarks.frame_styles import STYLES, framed
from benchmarks.real_data import DEFAULT_DATA
from edge.frame import FrameFinder
from edge.session import DEFAULT_MODELS, Session, read_model_folder
from edge.stages import Stages


@dataclass(slots=True)
class Case:
    """A picture as a JPEG gives it, uint8 (H, W, 3); its kind; the widths of its frame as shares of the side, 0 where there is none."""

    rgb: np.ndarray
    kind: str
    widths: np.ndarray


def _jpeg(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 95))])[1]
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def draw_cases(garments: Garments, count: int, *, seed: int = 21) -> list[Case]:
    """`count` framed pictures, as many rectangular products as half of that, and as many others without a frame."""
    rng = np.random.default_rng(seed)
    cases = []
    for i in range(count):
        h, w = some_size(rng)
        style = list(STYLES)[i % len(STYLES)]
        content = (shop if rng.random() < 0.65 else taken)(garments, rng, h, w)
        other = garments.photos[int(rng.integers(len(garments.photos)))]
        rgb, widths = framed(content, style, rng, other)
        cases.append(Case(_jpeg(rgb, rng), style, widths / np.array([w, h, w, h])))
    for kinds in (RECTANGLES, OTHERS):
        for i in range(count // 2):
            kind = list(kinds)[i % len(kinds)]
            cases.append(Case(_jpeg(kinds[kind](garments, rng, *some_size(rng)), rng), kind, np.zeros(4)))
    return cases


def _share(hits: np.ndarray) -> float:
    return round(float(hits.mean()), 4)


def scored(said: np.ndarray, widths: np.ndarray, cases: list[Case]) -> dict[str, float]:
    """said bool (N,), widths float (N, 4) as shares of the side -> accuracy, misses, false alarms, mean error of a side in percent."""
    truth = np.stack([c.widths for c in cases])
    positive = truth.max(1) > 0
    rectangle = np.array([c.kind in RECTANGLES for c in cases])
    error = np.abs(widths * said[:, None] - truth).mean(1) * 100
    return {
        "accuracy": _share(said == positive),
        "frames_missed": _share(~said[positive]),
        "false_alarms_rectangles": _share(said[rectangle]),
        "false_alarms_others": _share(said[~positive & ~rectangle]),
        "box_error_percent_of_found": round(float(error[positive & said].mean()), 3),
        "box_error_percent_of_all": round(float(error[positive].mean()), 3),
    }


def best_threshold(scores: np.ndarray, positive: np.ndarray) -> float:
    """The score from which saying "framed" is right most often."""
    cuts = np.unique(scores)
    return float(cuts[((scores[None] >= cuts[:, None]) == positive).mean(1).argmax()])


def sheet(cases: list[Case], wrong: np.ndarray, out: Path, *, tile: int = 160) -> None:
    """A picture of the mistakes, 40 at most."""
    tiles = [cv2.resize(cases[i].rgb, (tile, tile), interpolation=cv2.INTER_AREA) for i in wrong[:40].tolist()]
    tiles += [np.full((tile, tile, 3), 255, np.uint8)] * (-len(tiles) % 8 or (8 if not tiles else 0))
    rows = [np.hstack(tiles[i : i + 8]) for i in range(0, len(tiles), 8)]
    if not cv2.imwrite(str(out), np.vstack(rows)[..., ::-1]):
        raise OSError(f"{out} could not be written")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--models", type=Path, default=DEFAULT_MODELS)
    parser.add_argument("--pictures", type=int, default=500, help="framed pictures; as many without a frame")
    parser.add_argument(
        "--items", type=int, default=200, help="items of the catalogue in which 30 %% of the images are framed; 0: leave out"
    )
    parser.add_argument("--roc", type=Path, help="write the ROC curves as a PNG")
    parser.add_argument("--sheet", type=Path, help="write the network's mistakes as a PNG")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    folder = read_model_folder(args.models / "frame")
    finder = FrameFinder(Session(folder, threads=1, gpu=False), folder.spec)
    garments = load_garments(args.data, count=max(120, args.items))
    cases = draw_cases(garments, args.pictures)
    positive = np.array([c.widths.max() > 0 for c in cases])
    probability, widths, said, times = [], [], [], []
    edge_scores, edge_widths, edge_times = [], [], []
    for case in cases:
        h, w = case.rgb.shape[:2]
        start, cpu = time.perf_counter(), time.thread_time()
        frame = finder.find(case.rgb)
        times.append((time.thread_time() - cpu) * 1000)
        box = frame.box
        probability.append(frame.probability)
        said.append(frame.framed)
        widths.append([box.left / w, box.top / h, 1 - box.right / w, 1 - box.bottom / h])
        start = time.thread_time()
        score, sides = find_by_edges(case.rgb)
        edge_times.append((time.thread_time() - start) * 1000)
        edge_scores.append(score)
        edge_widths.append(sides)
    ours, rules = np.array(probability), np.array(edge_scores)
    cut = best_threshold(rules, positive)
    results = {
        "network": {**scored(np.array(said), np.array(widths), cases), "ms_median": round(float(np.median(times)), 2)},
        "canny and rules": {**scored(rules >= cut, np.array(edge_widths), cases), "ms_median": round(float(np.median(edge_times)), 2)},
    }
    curves = {"network": roc(ours, positive), "canny and rules": roc(rules, positive)}
    size = folder.spec["bytes"]
    print(f"{positive.sum()} framed pictures of {len(STYLES)} kinds, {(~positive).sum()} without a frame; model of {size} bytes\n")
    print(f"{'':28s}" + "".join(f"{name:>18s}" for name in results))
    for name, result in results.items():
        result["auroc"] = round(area(*curves[name]), 4)
    for key in results["network"]:
        print(f"{key:28s}" + "".join(f"{result[key]:18.4f}" for result in results.values()))
    kinds = {k: [i for i, c in enumerate(cases) if c.kind == k] for k in dict.fromkeys(c.kind for c in cases)}
    right = np.array(said) == positive
    per_kind = {kind: _share(right[rows]) for kind, rows in kinds.items()}
    print("\nright, by kind: " + ", ".join(f"{kind} {share:.3f}" for kind, share in per_kind.items()))
    if args.roc:
        points = {
            name: (float(hit[~positive].mean()), float(hit[positive].mean()))
            for name, hit in (("network", np.array(said)), ("canny and rules", rules >= cut))
        }
        draw_roc(curves, points, args.roc)
    if args.sheet:
        sheet(cases, np.flatnonzero(~right), args.sheet)
    line = {"pictures": len(cases), "bytes": folder.spec["bytes"], **results, "by_kind": per_kind}
    if args.items:
        few = Garments(garments.photos[: args.items], garments.masks[: args.items])
        line["catalogue"] = framed_catalogue(Stages.open(args.models, gpu=False), few)
        print("\nrecall@1 with 30 % of the catalogue's images framed: " + ", ".join(f"{k} {v}" for k, v in line["catalogue"].items()))
    print(json.dumps(line))


if __name__ == "__main__":
    main()
