"""python -m index_builder duplicates: the arguments, and what is printed and written."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

CSV_NAME, PAGE_NAME, BUILD_NAME = "duplicates.csv", "duplicates.html", "build.txt"


def add_duplicates(command: Callable[..., argparse.ArgumentParser], outputs: Callable[[argparse.ArgumentParser], None]) -> None:
    """Register the command. command: (name, run, what it does, *examples) -> its parser; outputs adds --json and --quiet."""
    added = command(
        "duplicates", duplicates_command, "list items that look the same, and one cut in several colours",
        "--index data/index", "--index data/index --out reports/duplicates", "--index data/index --json --quiet",
    )  # fmt: skip
    added.add_argument("--index", type=Path, required=True, metavar="DIR", help="folder that `build` wrote")
    added.add_argument(
        "--out", type=Path, default=Path("duplicates"), metavar="DIR", help=f"folder for {CSV_NAME} and {PAGE_NAME} (default ./duplicates)"
    )
    outputs(added)


def duplicates_command(args: argparse.Namespace) -> int:
    """0, or 1 if some pictures could not be looked at, each named on stderr."""
    import cv2

    from edge.index import open_current
    from index_builder.duplicate_groups import COLOURWAY, DUPLICATE
    from index_builder.duplicates import find_duplicates
    from index_builder.duplicates_page import csv_of, page_of
    from index_builder.progress import Progress

    cv2.setNumThreads(1)  # the threads of find_duplicates are the parallelism
    folder, manifest = open_current(args.index)
    args.out.mkdir(parents=True, exist_ok=True)
    with Progress(quiet=args.quiet or args.json, unit="pair") as progress:
        report = find_duplicates(folder, manifest=manifest, progress=progress.tell)
    written = {args.out / CSV_NAME: csv_of(report), args.out / PAGE_NAME: page_of(report, folder)}
    written[args.out / BUILD_NAME] = f"{report.build_id}\n"  # whose duplicates these are
    for path, text in written.items():
        path.write_text(text, encoding="utf-8", newline="")
    for item_id, reason in report.skipped:
        print(f"skipped {item_id}: {reason}", file=sys.stderr)
    same, colours = report.of_kind(DUPLICATE), report.of_kind(COLOURWAY)
    if args.json:
        print(json.dumps(asdict(report) | {"csv": str(args.out / CSV_NAME), "page": str(args.out / PAGE_NAME)}))
    elif not args.quiet:
        print(
            f"{report.build_id}: {len(same)} groups of duplicates ({sum(len(g.members) for g in same)} of {report.items} items), "
            f"{len(colours)} cuts in several colours; {args.out / PAGE_NAME}"
        )
    return 1 if report.skipped else 0
