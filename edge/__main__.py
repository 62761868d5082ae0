"""python -m edge lookup|segment|doctor: what the page does, for scripts."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from edge.doctor import examine
from edge.errors import RacklensError, SetupError
from edge.lookup import Lookup
from edge.stages import Stages
from edge.types import Answer


def answer_json(photo: str, answer: Answer) -> dict[str, object]:
    """The contract's line: photo, verdict, probability, matches, concepts, timings_ms (and what else is known)."""
    return {
        "photo": photo,
        "verdict": answer.verdict.value,
        "probability": round(answer.probability, 4),
        "matches": [
            {
                "item_id": m.item.item_id,
                "score": round(m.score, 4),
                "parts": {name: round(s, 4) for name, s in m.parts.items()},
                "title": m.item.title,
                "location": m.item.location,
                "quantity": m.item.quantity,
            }
            for m in answer.matches
        ],
        "concepts": dict(answer.concepts),
        "timings_ms": dict(answer.timings_ms),
        "mask_confidence": round(answer.mask.confidence, 4),
        "box": answer.cutout.box.as_list(),
        "index": answer.index_build,
    }


def _each(photos: Iterable[Path], work: Callable[[Path], None]) -> int:
    """Do the work for each photo; name the failed ones on stderr and go on. The exit code: 0 or 1."""
    failed = 0
    for path in photos:
        try:
            work(path)
        except SetupError:
            raise
        except (RacklensError, OSError) as error:
            failed += 1
            print(f"{path}: {error}", file=sys.stderr)
    return 1 if failed else 0


def _lookup(args: argparse.Namespace) -> int:
    lookup = Lookup.open(args.index, models=args.models)

    def one(path: Path) -> None:
        answer = lookup.look_up(path.read_bytes(), k=args.k)
        if args.json:
            print(json.dumps(answer_json(str(path), answer)), flush=True)
            return
        print(f"{path}: {answer.verdict.value.replace('_', ' ')} ({answer.probability:.0%}), {answer.timings_ms['total']:.0f} ms")
        for m in answer.matches:
            parts = ", ".join(f"{name} {score:.2f}" for name, score in m.parts.items())
            print(f"  {m.rank:2d}. {m.item.item_id}  {m.score:.3f}  {m.item.title}  [{m.item.location}]  ({parts})")

    return _each(args.photos, one)


def _segment(args: argparse.Namespace) -> int:
    stages = Stages.open(args.models)
    args.out.mkdir(parents=True, exist_ok=True)

    def one(path: Path) -> None:
        photo = stages.read(path.read_bytes())
        width, height = photo.source_size
        alpha = cv2.resize(stages.mask(photo).alpha, (width, height), interpolation=cv2.INTER_LINEAR)
        target = args.out / f"{path.stem}.png"
        done, png = cv2.imencode(".png", np.clip(alpha * 255 + 0.5, 0, 255).astype(np.uint8))
        if not done:
            raise OSError("the mask could not be encoded")
        target.write_bytes(png.tobytes())

    return _each(args.photos, one)


def _doctor(args: argparse.Namespace) -> int:
    index = args.index or os.environ.get("RACKLENS_INDEX")
    report = examine(index_root=Path(index) if index else None, models=args.models)
    if args.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:12s} {json.dumps(value)}")
    return 0 if report["fit"] else 1


def main(argv: list[str] | None = None) -> int:
    """Exit codes: 0 fine, 1 some inputs failed, 2 unusable arguments or set-up (doctor: 1 if not fit)."""
    parser = argparse.ArgumentParser(prog="python -m edge", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    lookup = commands.add_parser(
        "lookup", help="which catalogue item is it", epilog="python -m edge lookup photo.jpg --index data/index --json"
    )
    lookup.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    lookup.add_argument("--index", type=Path, required=True, help="folder that `index_builder build` wrote")
    lookup.add_argument("--k", type=int, default=10, help="matches per photo (default 10)")
    lookup.add_argument("--json", action="store_true", help="one JSON line per photo")
    lookup.set_defaults(run=_lookup)
    segment = commands.add_parser("segment", help="garment masks", epilog="python -m edge segment photo.jpg --out masks")
    segment.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    segment.add_argument("--out", type=Path, required=True, help="folder for <stem>.png")
    segment.set_defaults(run=_segment)
    doctor = commands.add_parser("doctor", help="is this box fit for work", epilog="python -m edge doctor --index data/index")
    doctor.add_argument("--index", type=Path, help="index folder to examine too (default: RACKLENS_INDEX)")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(run=_doctor)
    for command in (lookup, segment, doctor):
        command.add_argument("--models", type=Path, help="model folder (default assets/models)")
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
