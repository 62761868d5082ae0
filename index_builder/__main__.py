"""python -m index_builder build|update|verify|list|rollback|prune|duplicates|tag|evaluate|demo: each with --help."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from edge.config import chosen_models
from edge.errors import RequestError, SetupError
from edge.output_folder import print_any_name
from edge.store_choice import add_store_options
from index_builder.duplicates_command import add_duplicates
from index_builder.feed_options import add_feed_options
from index_builder.tag_command import add_tag


def _from_commands(name: str) -> Callable[[argparse.Namespace], int]:
    """A command of commands.py, imported when it is run: --help needs no networks."""

    def run(args: argparse.Namespace) -> int:
        from index_builder import commands

        return getattr(commands, name)(args)

    return run


def _evaluate(args: argparse.Namespace) -> int:
    from index_builder.evaluate import main_evaluate

    return main_evaluate(args)


def _demo(args: argparse.Namespace) -> int:
    from index_builder.demo import write_demo
    from index_builder.progress import Progress

    with Progress(quiet=args.quiet, unit="item") as progress:
        summary = write_demo(args.out, items=args.items, seed=args.seed, progress=progress.tell)
    if not args.quiet:
        print(f"{summary.items} items, {summary.photos} phone photos of them, {summary.outsiders} of other garments: {summary.out}")
        print(f"Next: python -m index_builder build {summary.feed} --out INDEX_DIR")
    return 0


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value


def _percent(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError("must be 0 to 100")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m index_builder", description=__doc__,
        epilog="Exit codes: 0 fine, 1 some inputs failed (each named on stderr), 2 unusable arguments or set-up.",
    )  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], what: str, *examples: str) -> argparse.ArgumentParser:
        shown = "\n".join(["examples:", *(f"  python -m index_builder {name} {example}" for example in examples)])
        added = commands.add_parser(
            name,
            help=what,
            description=f"{what[:1].upper()}{what[1:]}.",
            epilog=shown,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        return added

    def outputs(added: argparse.ArgumentParser) -> None:
        added.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else there, for scripts")
        added.add_argument("--quiet", action="store_true", help="silent unless something is wrong, for cron")

    build = command(
        "build", _from_commands("build_command"), "make a new index of a feed", "feed.csv --out data/index",
        "feed.csv --out data/index --workers 2 --max-skipped 5 --keep 3 --quiet",
        "images/ --out data/index --no-calibration --no-frames --json",
        "feed.tsv --out data/index --map image_link=foto --cache data/images --models assets/models",
        "https-feed.csv --out data/index --cache data/images --timeout-s 30 --per-host 2 --allow-private",
        "feed.csv --out data/index --duplicates", "feed.csv --out data/index --store milvus --uri http://localhost:19530",
    )  # fmt: skip
    update = command(
        "update", _from_commands("build_command"), "make a new index of a feed, embedding only new and changed images",
        "feed.csv --out data/index --duplicates", "feed.csv --out data/index --max-skipped 10 --keep 3 --quiet",
        "feed.csv --out data/index --no-calibration --no-frames --json",
        "feed.csv --out data/index --duplicates-s 0 --models assets/models",
        "feed.csv --out data/index --cache data/images --timeout-s 30 --per-host 2 --allow-private",
        "feed.csv --out data/index --store milvus --uri http://localhost:19530",
    )  # fmt: skip
    for added, reuse, most in ((build, False, 100.0), (update, True, 20.0)):
        added.set_defaults(reuse=reuse)
        added.add_argument(
            "feed", type=Path, metavar="FEED",
            help="CSV or TSV with at least id and image_link, Kaggle's styles.csv + images/, or a folder of images",
        )  # fmt: skip
        added.add_argument(
            "--out",
            type=Path,
            required=True,
            metavar="DIR",
            help="index folder; what it holds stays in use until the new build is complete",
        )
        added.add_argument(
            "--workers", type=_positive, metavar="N", help="threads that decode, cut out and embed (default: the CPUs), as in --workers 2"
        )
        added.add_argument(
            "--max-skipped", type=_percent, default=most, metavar="PERCENT",
            help=f"use the new index only if at most so many of its images had to be skipped (default {most:g}), as in --max-skipped 5",
        )  # fmt: skip
        added.add_argument(
            "--keep", type=_positive, metavar="N", help="afterwards, keep N builds and delete the older ones, as in --keep 3"
        )
        added.add_argument(
            "--duplicates", action="store_true", help="look for items that look the same until all is seen (see `duplicates`), however long"
        )
        added.add_argument(
            "--duplicates-s", type=_seconds, default=20.0, metavar="S",
            help="otherwise look for them for at most so many seconds, likeliest first (default 20), as in --duplicates-s 0 for not at all",
        )  # fmt: skip
        added.add_argument(
            "--no-frames", dest="frames", action="store_false", help="leave decorative frames round the pictures where they are"
        )
        added.add_argument("--no-calibration", action="store_true", help="leave the verdict uncalibrated: every answer is `unsure`")
        outputs(added)
        add_feed_options(added)
    verify = command(
        "verify", _from_commands("verify_command"), "check the index in use: checksums, models, dimensions, every item finds itself",
        "data/index", "data/index --quiet", "data/index --json --models assets/models",
        "data/index --store milvus --uri http://localhost:19530 --sample 1000",
    )  # fmt: skip
    verify.add_argument(
        "--sample",
        type=_positive,
        metavar="N",
        help="ask a store for so many of its vectors, spread evenly (default: all), as in --sample 1000",
    )
    listed = command(
        "list",
        _from_commands("list_command"),
        "list the builds of an index folder",
        "data/index",
        "data/index --json",
        "data/index --quiet",
        "data/index --store milvus --uri http://localhost:19530",
    )
    rollback = command(
        "rollback", _from_commands("rollback_command"), "use the previous index again; twice goes two back", "data/index",
        "data/index --to 20261121-151203-1f2e3d", "data/index --json", "data/index --quiet",
        "data/index --store milvus --uri http://localhost:19530",
    )  # fmt: skip
    rollback.add_argument("--to", metavar="BUILD", help="the build to use, older or newer, as `list` names it")
    prune = command(
        "prune", _from_commands("prune_command"), "delete old builds and leftovers of interrupted runs, never the index in use",
        "data/index --keep 3", "data/index --keep 1 --json", "data/index --keep 3 --quiet",
        "data/index --keep 3 --store milvus --uri http://localhost:19530",
    )  # fmt: skip
    prune.add_argument(
        "--keep", type=_positive, required=True, metavar="N",
        help="builds to keep: the one in use, the one it replaced, then the youngest",
    )  # fmt: skip
    for added in (verify, listed, rollback, prune):
        added.add_argument("index", type=Path, metavar="INDEX_DIR", help="folder that `build` wrote")
        outputs(added)
    add_duplicates(command, outputs)
    add_tag(command, outputs)
    evaluate = command(
        "evaluate", _evaluate, "how good is it on labelled queries", "queries.csv --index data/index",
        "queries.csv --index data/index --calibrate --quiet", "queries.csv --index data/index --json",
        "queries.csv --index data/index --out reports/evaluation --models assets/models",
        "--from-journal data/journal --index data/index --calibrate",
        "queries.csv --index data/index --store milvus --uri http://localhost:19530",
    )  # fmt: skip
    evaluate.add_argument(
        "queries", type=Path, nargs="?", metavar="QUERIES", help="CSV with columns photo,item_id; empty id: not in the catalogue"
    )
    evaluate.add_argument(
        "--from-journal", type=Path, metavar="DATA_DIR",
        help="instead of QUERIES: look-ups that staff confirmed, and those where none of the matches was it, which count as not there",
    )  # fmt: skip
    evaluate.add_argument("--index", type=Path, required=True, metavar="DIR", help="index folder")
    outputs(evaluate)
    evaluate.add_argument("--calibrate", action="store_true", help="calibrate the verdict on these queries")
    evaluate.add_argument(
        "--out", type=Path, metavar="REPORT_DIR", help="write report.html, with the hardest mistakes as pictures, and report.json"
    )
    demo = command(
        "demo", _demo, "draw a small catalogue with phone photos", "--out data/demo", "--out data/demo --items 30 --seed 7 --quiet"
    )
    demo.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    demo.add_argument("--items", type=_positive, default=120, metavar="N", help="garments in the catalogue (default 120)")
    demo.add_argument("--seed", type=int, default=0, metavar="N", help="another number draws other garments (default 0)")
    demo.add_argument("--quiet", action="store_true", help="silent unless something is wrong")
    for added in (build, update, verify, listed, rollback, prune, evaluate):
        add_store_options(added)
    for added in (build, update, verify, evaluate):
        added.add_argument("--models", type=Path, metavar="DIR", help="model folder (default: adapted ones, else assets/models)")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit codes: 0 fine, 1 some inputs failed (each named on stderr), 2 unusable arguments or set-up."""
    print_any_name()
    args = _parser().parse_args(argv)
    try:
        if hasattr(args, "models"):
            args.models = chosen_models(args.models, os.environ)
        return args.run(args)
    except (SetupError, RequestError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. The index in use is as it was; what was already embedded is used again by the next run.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
