"""Alternatives and looks: what a rule-based oracle accepts on drawn catalogues, and categories and colours on real garments.

python -m benchmarks.looks --index DIR [--demo-seed N] [--data DIR] [--limit N] [--sheet FILE]

The index is one built of the demo feed (python -m index_builder demo, then build). Prints tables, then one JSON line.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from pathlib import Path

import cv2

from benchmarks.looks_demo import named_differences, recolourings, replacements
from benchmarks.looks_real import category_agreement, garments, new_look_errors, opened, sheet
from benchmarks.real_data import DEFAULT_DATA, validation_rows
from edge.alternatives import Alternatives
from edge.stages import Stages
from index_builder.demo import plan_item

_MOST_PLANS = 5_000


def demo_figures(index: Path, seed: int) -> dict[str, object]:
    """All of looks_demo on one index. Raises SystemExit where it is not of the demo catalogue with this seed."""
    alternatives = Alternatives.open(index)
    wanted = alternatives.pieces.items
    plans = {plan.id: plan for plan in (plan_item(seed, n) for n in range(min(_MOST_PLANS, len(wanted) + 50))) if plan.id in wanted}
    if len(plans) < len(wanted) or any(plan.title != wanted[plan.id].title for plan in plans.values()):
        raise SystemExit(f"{index} is not an index of the demo catalogue with the seed {seed}.")
    return {
        "items": len(plans),
        "replacements": replacements(alternatives, plans),
        "recolourings": recolourings(alternatives, plans),
        "differences": named_differences(alternatives, plans),
    }


def real_figures(data: Path, limit: int | None, picture: Path | None) -> dict[str, object]:
    """All of looks_real on the validation senders' checked photos."""
    stages = Stages.open()
    with open(data / "images.csv", newline="", encoding="utf-8") as file:
        patterns = {row["image"]: row["pattern"] for row in csv.DictReader(file)}
    kept = garments(data, validation_rows(data)[:limit], patterns, stages)
    with tempfile.TemporaryDirectory() as folder:
        every = opened(Path(folder) / "labels", kept, stages.parts)
        agreement = {"category as labelled": category_agreement(kept, every)}
        if not stages.concepts_note:
            predicted = opened(Path(folder) / "predicted", kept, stages.parts, category="predicted")
            agreement["category predicted"] = category_agreement(kept, predicted)
        looks, shown = new_look_errors(kept[::2], kept[1::2], every)
    if picture and shown:
        cv2.imwrite(str(picture), sheet(shown))
    return {"garments": len(kept), "category_agreement": agreement, "new_looks": looks}


def _table(title: str, rows: dict[str, dict[str, float]]) -> None:
    columns = list(next(iter(rows.values()), {}))
    print(f"\n{title}\n{'':28s}" + "".join(f"{c:>22s}" for c in columns))
    for name, values in rows.items():
        print(f"{name:28s}" + "".join(f"{values[c]:22.3f}" for c in columns))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.looks", description=__doc__)
    parser.add_argument("--index", type=Path, default=Path("data/index"), help="index of the demo catalogue (default data/index)")
    parser.add_argument("--demo-seed", type=int, default=0, help="the seed it was drawn with (default 0)")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--limit", type=int, help="first N real garments only")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of new looks here, as PNG")
    args = parser.parse_args()
    start = time.perf_counter()
    result: dict[str, object] = {"benchmark": "looks", "demo": demo_figures(args.index, args.demo_seed)}
    demo = result["demo"]
    _table(f"Replacements that the oracle accepts, {demo['items']} drawn items, each as if sold out", demo["replacements"])
    _table("Similar, but in another colour", demo["recolourings"])
    _table("What differs, named", demo["differences"])
    if (args.data / "images.csv").is_file():
        result["real"] = real = real_figures(args.data, args.limit, args.sheet)
        _table(f"First five alternatives of the query's label, {real['garments']} real garments", real["category_agreement"])
        _table("New looks around a given garment: error of colour relations, CIELAB", real["new_looks"])
    else:
        print(f"\nThe real photos are not in {args.data}, so only the drawn catalogue was measured.")
    result["seconds"] = round(time.perf_counter() - start, 1)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
