"""python -m index_builder build|verify|evaluate|demo: each with --help."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edge.errors import SetupError


def _build(args: argparse.Namespace) -> int:
    from edge.stages import Stages
    from index_builder.build import build
    from index_builder.calibrate import calibrate_on_made_views

    stages = Stages.open(args.models)
    calibrator = None if args.no_calibration else partial(calibrate_on_made_views, stages=stages)
    with _Progress(quiet=args.quiet or args.json) as progress:
        result = build(args.feed, args.out, stages=stages, workers=args.workers, progress=progress, calibrator=calibrator)
    for skipped in result.skipped:
        print(f"skipped {skipped}", file=sys.stderr)
    if args.json:
        print(
            json.dumps(
                {
                    "build_id": result.build_id,
                    "folder": str(result.folder),
                    "items": result.items,
                    "vectors": result.vectors,
                    "skipped": len(result.skipped),
                    "self_recall": round(result.self_recall, 6),
                    "calibrated": result.calibrated,
                    "seconds": round(result.seconds, 2),
                }
            )
        )
    elif not args.quiet:
        print(f"{result.items} items, {result.vectors} images, {len(result.skipped)} skipped, {result.seconds:.1f} s: {result.folder}")
        if not result.calibrated and not args.no_calibration:
            print("Too few images to calibrate: every answer will be `unsure`. See `evaluate --calibrate`.", file=sys.stderr)
    return 1 if result.skipped else 0


def _verify(args: argparse.Namespace) -> int:
    from edge.catalogue import Catalogue
    from edge.index import Index, open_current
    from edge.manifest import damaged_files

    folder, manifest = open_current(args.index)
    damaged = damaged_files(folder, manifest)
    for name, reason in damaged.items():
        print(f"{folder / name}: {reason}", file=sys.stderr)
    if damaged:
        return 1
    index = Index.open(folder, manifest=manifest)
    catalogue = Catalogue.open(folder / "catalogue.sqlite")
    if [row.label for row in catalogue.vectors()] != list(range(index.count)):
        print(f"{folder}: the catalogue's labels are not those of the vectors", file=sys.stderr)
        return 1
    print(f"{manifest.build_id}: {catalogue.count} items, {index.count} vectors, {len(manifest.files)} files as built")
    return 0


def _evaluate(args: argparse.Namespace) -> int:
    from index_builder.evaluate import main_evaluate

    return main_evaluate(args)


def _demo(args: argparse.Namespace) -> int:
    from index_builder.demo import write_demo

    with _Progress(quiet=args.quiet, unit="item") as progress:
        summary = write_demo(args.out, items=args.items, seed=args.seed, progress=progress)
    if not args.quiet:
        print(f"{summary.items} items, {summary.photos} phone photos of them, {summary.outsiders} of other garments: {summary.out}")
        print(f"Next: python -m index_builder build {summary.feed} --out INDEX_DIR")
    return 0


class _Progress:
    """A tqdm bar on stderr that is told (done, all)."""

    def __init__(self, *, quiet: bool, unit: str = "image") -> None:
        self._quiet, self._unit, self._bar = quiet, unit, None

    def __enter__(self) -> Callable[[int, int], None]:
        return self._tell

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _tell(self, done: int, total: int) -> None:
        if self._quiet:
            return
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=total, unit=self._unit, file=sys.stderr)
        self._bar.update(done - self._bar.n)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m index_builder", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser(
        "build", help="make a new index of a feed", epilog="python -m index_builder build feed.csv --out data/index"
    )
    build.add_argument("feed", type=Path, metavar="FEED", help="CSV or TSV with at least id and image_link, or a folder of images")
    build.add_argument("--out", type=Path, required=True, help="index folder; what it holds stays in use until the new build is complete")
    build.add_argument("--workers", type=_positive, help="threads that fetch and decode (default: the CPUs)")
    build.add_argument("--no-calibration", action="store_true", help="leave the verdict uncalibrated: every answer is `unsure`")
    build.add_argument("--json", action="store_true", help="one JSON line instead of words")
    build.add_argument("--quiet", action="store_true", help="only what went wrong")
    build.set_defaults(run=_build)
    verify = commands.add_parser("verify", help="compare every file with its checksum", epilog="python -m index_builder verify data/index")
    verify.add_argument("index", type=Path, metavar="INDEX_DIR")
    verify.set_defaults(run=_verify)
    evaluate = commands.add_parser(
        "evaluate", help="how good is it on labelled queries", epilog="python -m index_builder evaluate queries.csv --index data/index"
    )
    evaluate.add_argument("queries", type=Path, metavar="QUERIES", help="CSV with columns photo,item_id; empty id: not in the catalogue")
    evaluate.add_argument("--index", type=Path, required=True, metavar="DIR")
    evaluate.add_argument("--json", action="store_true", help="one JSON line")
    evaluate.add_argument("--calibrate", action="store_true", help="calibrate the verdict on these queries")
    evaluate.set_defaults(run=_evaluate)
    demo = commands.add_parser(
        "demo", help="draw a small catalogue with phone photos", epilog="python -m index_builder demo --out data/demo"
    )
    demo.add_argument("--out", type=Path, required=True)
    demo.add_argument("--items", type=_positive, default=120, help="garments in the catalogue (default 120)")
    demo.add_argument("--seed", type=int, default=0)
    demo.add_argument("--quiet", action="store_true")
    demo.set_defaults(run=_demo)
    for command in (build, evaluate):
        command.add_argument("--models", type=Path, help="model folder (default assets/models)")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit codes: 0 fine, 1 some inputs failed (each named on stderr), 2 unusable arguments or set-up."""
    args = _parser().parse_args(argv)
    try:
        return args.run(args)
    except (SetupError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; nothing in use was changed.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
