"""python -m edge lookup|segment|frame|enhance|alternatives|looks|doctor|journal|passcode: what the page does, for scripts."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.config import chosen_models
from edge.doctor import examine
from edge.enhance_command import add_arguments as add_enhance
from edge.errors import PhotoError, RequestError, SetupError
from edge.journal_command import add_arguments
from edge.looks_command import add_alternatives, add_looks
from edge.lookup import Change, Lookup, moved
from edge.output_folder import OutputFolder, each_photo, print_any_name
from edge.passcode import ask_and_print
from edge.stages import Stages
from edge.store_choice import StoreChoice, add_store_options
from edge.types import Answer, Filter


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
                "percentile": round(m.percentile, 4),
                "part_percentiles": {name: round(s, 4) for name, s in m.part_percentiles.items()},
                "item_group_id": m.item.item_group_id,
                "variant_of": m.variant_of,
                "product_type": m.item.product_type,
                "color": m.item.color,
                "tags": list(m.tags),
                "predicted": [name for name in m.item.predicted.split(",") if name],
            }
            for m in answer.matches
        ],
        "concepts": dict(answer.concepts),
        "timings_ms": dict(answer.timings_ms),
        "mask_confidence": round(answer.mask.confidence, 4),
        "box": box_in_photo(answer),
        "index": answer.index_build,
    }


def box_in_photo(answer: Answer) -> list[int]:
    """The garment's left, top, right, bottom in the photo as it was read, whether or not a frame was cut away since."""
    (x, y), box = answer.photo.origin, answer.cutout.box
    return [box.left + x, box.top + y, box.right + x, box.bottom + y]


def changes_json(changes: Sequence[Change]) -> list[dict[str, object]]:
    """What likes, dislikes and weights changed: item, rank before and after, null where it is not among the matches."""
    return [{"item_id": c.item.item_id, "before": c.before, "after": c.after} for c in changes]


def parse_weights(text: str) -> dict[str, float]:
    """ "colour=2,shape=0.5" -> {"colour": 2.0, "shape": 0.5}. Raises argparse.ArgumentTypeError; which parts there are, Lookup knows."""
    weights: dict[str, float] = {}
    for pair in text.split(","):
        name, equals, number = (part.strip() for part in pair.partition("="))
        try:
            weights[name] = float(number)
        except ValueError:
            equals = ""
        if not name or not equals:
            raise argparse.ArgumentTypeError(f"{pair!r} is not PART=NUMBER, as in colour=2,shape=1,pattern=0.5")
    return weights


def _lookup(args: argparse.Namespace) -> int:
    store = StoreChoice.of(os.environ, kind=args.store, uri=args.uri).open()
    lookup = Lookup.open(args.index, models=args.models, store=store)
    only = Filter(tuple(args.category), tuple(args.colour), args.in_stock)

    def answered(photos: Sequence[bytes]) -> tuple[Answer, tuple[Change, ...] | None]:
        answer = lookup.look_up_photos(photos, k=args.k, only=only)
        if not (args.weights or args.like or args.unlike):
            return answer, None
        refined = lookup.refine(answer, weights=args.weights, liked=args.like, disliked=args.unlike, k=args.k, only=only)
        return refined, moved(answer.matches, refined.matches)

    def show(name: str, answer: Answer, changes: tuple[Change, ...] | None, photos: Sequence[Path] = ()) -> None:
        if args.json:
            line = answer_json(name, answer)
            line |= {"photos": [str(path) for path in photos]} if photos else {}
            line |= {"changes": changes_json(changes)} if changes is not None else {}
            print(json.dumps(line), flush=True)
            return
        print(f"{name}: {answer.verdict.value.replace('_', ' ')} ({answer.probability:.0%}), {answer.timings_ms['total']:.0f} ms")
        before = {c.item.item_id: c.before for c in changes or ()}
        for m in answer.matches:
            parts = ", ".join(f"{name} {score:.2f}" for name, score in m.parts.items())
            was = f"  was {before[m.item.item_id] or 'not shown'}" if m.item.item_id in before else ""
            print(f"  {m.rank:2d}. {m.item.item_id}  {m.score:.3f}  {m.item.title}  [{m.item.location}]  ({parts}){was}")

    if not args.one_item:
        return each_photo(args.photos, lambda path: show(str(path), *answered([path.read_bytes()])))

    read: list[tuple[Path, bytes]] = []
    failed = each_photo(args.photos, lambda path: read.append((path, path.read_bytes())))
    if not read:
        return failed
    try:
        answer, changes = answered([data for _, data in read])
    except PhotoError as error:
        print(f"{read[0][0]}: {error}", file=sys.stderr)  # the first one's reason; no other one could be used either
        for path, _ in read[1:]:
            print(f"{path}: cannot be used either; look it up alone to see why", file=sys.stderr)
        return 1
    for place, reason in answer.left_out.items():
        print(f"{read[place][0]}: {reason}", file=sys.stderr)
    used = [path for place, (path, _) in enumerate(read) if place not in answer.left_out]
    show(str(used[0]), answer, changes, used)
    return 1 if failed or answer.left_out else 0


def _png(picture: np.ndarray) -> bytes:
    """uint8 (H, W) or (H, W, 3) BGR, encoded. OpenCV's own writing ends the process at a file name that is no text."""
    done, png = cv2.imencode(".png", picture)
    if not done:
        raise OSError("the picture could not be encoded")
    return png.tobytes()


def _segment(args: argparse.Namespace) -> int:
    out, stages = OutputFolder(args.out, args.photos), Stages.open(args.models)

    def one(path: Path) -> None:
        target = out.file_of(path, ".png")
        photo = stages.read(path.read_bytes())
        width, height = photo.source_size
        alpha = cv2.resize(stages.mask(photo).alpha, (width, height), interpolation=cv2.INTER_LINEAR)
        target.write_bytes(_png(np.clip(alpha * 255 + 0.5, 0, 255).astype(np.uint8)))

    return each_photo(args.photos, one)


def _frame(args: argparse.Namespace) -> int:
    out, stages = OutputFolder(args.out, args.photos) if args.out else None, Stages.open(args.models)

    def one(path: Path) -> None:
        target = out.file_of(path, ".png") if out else None
        photo = stages.read(path.read_bytes())
        found = stages.frame(photo)
        if target:
            target.write_bytes(_png(cv2.cvtColor(stages.unframe(photo).rgb, cv2.COLOR_RGB2BGR)))
        if args.json:
            line = {"photo": str(path), "framed": found.framed, "probability": round(found.probability, 4), "box": found.box.as_list()}
            print(json.dumps(line | {"size": list(photo.rgb.shape[1::-1])}), flush=True)
        else:
            print(f"{path}: {'frame' if found.framed else 'no frame'} ({found.probability:.1%}), picture {found.box.as_list()}")

    return each_photo(args.photos, one)


def _doctor(args: argparse.Namespace) -> int:
    index = args.index or os.environ.get("RACKLENS_INDEX")
    store = StoreChoice.of(os.environ, kind=args.store, uri=args.uri)
    report = examine(index_root=Path(index) if index else None, models=args.models, store=store)
    if args.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:12s} {json.dumps(value)}")
    return 0 if report["fit"] else 1


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def main(argv: list[str] | None = None) -> int:
    """Exit codes: 0 fine, 1 some inputs failed, 2 unusable arguments or set-up (doctor: 1 if not fit)."""
    print_any_name()
    parser = argparse.ArgumentParser(prog="python -m edge", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    lookup = commands.add_parser(
        "lookup", help="which catalogue item is it", formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="python -m edge lookup photo.jpg --index data/index --json\n"
        "python -m edge lookup photo.jpg --index data/index --store milvus --uri http://localhost:19530",
    )  # fmt: skip
    lookup.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    lookup.add_argument("--index", type=Path, required=True, help="folder that `index_builder build` wrote")
    lookup.add_argument("--k", type=_positive, default=10, help="matches per photo (default 10)")
    lookup.add_argument("--json", action="store_true", help="one JSON line per photo")
    lookup.add_argument("--one-item", action="store_true", help="all photos show the same item (front, back, detail): one answer")
    lookup.add_argument(
        "--weights", type=parse_weights, metavar="PART=N,...", help="what matters, 1 as trained: colour=2,shape=1,pattern=0.5"
    )
    lookup.add_argument("--like", nargs="+", action="extend", default=[], metavar="ID", help="more like these items")
    lookup.add_argument("--unlike", nargs="+", action="extend", default=[], metavar="ID", help="not like these items")
    lookup.add_argument("--category", action="append", default=[], metavar="X", help="only this product type or level of it; repeatable")
    lookup.add_argument("--colour", action="append", default=[], metavar="X", help="only this colour of the feed; repeatable")
    lookup.add_argument("--in-stock", action="store_true", help="only what is on the shelf")
    add_store_options(lookup)
    lookup.set_defaults(run=_lookup)
    segment = commands.add_parser("segment", help="garment masks", epilog="python -m edge segment photo.jpg --out masks")
    segment.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    segment.add_argument("--out", type=Path, required=True, help="folder for <stem>.png")
    segment.set_defaults(run=_segment)
    frame = commands.add_parser(
        "frame", help="is there a decorative frame, and what lies inside of it", epilog="python -m edge frame thumbnail.jpg --json"
    )
    frame.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    frame.add_argument("--json", action="store_true", help="one JSON line per photo; box: left, top, right, bottom in pixels of size")
    frame.add_argument("--out", type=Path, help="folder for <stem>.png, the picture without its frame")
    frame.set_defaults(run=_frame)
    add_enhance(
        commands.add_parser("enhance", help="three better versions of a photo", epilog="python -m edge enhance photo.jpg --out better")
    )
    alternatives = commands.add_parser(
        "alternatives",
        help="what is in stock and most like an item",
        epilog="python -m edge alternatives TSH-0000 --index data/index --colour blue",
    )
    add_alternatives(alternatives)
    looks = commands.add_parser(
        "looks", help="a stylist's looks with what is in stock, and new ones like them",
        epilog="python -m edge looks --index data/index --looks looks.csv --seed TSH-0000 --json",
    )  # fmt: skip
    add_looks(looks)
    doctor = commands.add_parser(
        "doctor", help="is this box fit for work", formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="python -m edge doctor --index data/index\n"
        "python -m edge doctor --index data/index --store milvus --uri http://localhost:19530",
    )  # fmt: skip
    doctor.add_argument("--index", type=Path, help="index folder to examine too (default: RACKLENS_INDEX)")
    doctor.add_argument("--json", action="store_true")
    add_store_options(doctor)
    doctor.set_defaults(run=_doctor)
    passcode = commands.add_parser("passcode", help="the setting that makes the page ask for a passcode", epilog="python -m edge passcode")
    passcode.set_defaults(run=lambda args: ask_and_print())
    add_arguments(commands.add_parser("journal", help="what staff looked up and confirmed"))
    for command in (lookup, segment, frame, doctor, alternatives, looks):
        command.add_argument("--models", type=Path, help="model folder (default: adapted ones, else assets/models)")
    args = parser.parse_args(argv)
    try:
        if hasattr(args, "models"):
            args.models = chosen_models(args.models, os.environ)
        return args.run(args)
    except (SetupError, RequestError) as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read the answers has enough of them
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more as it ends
        return 1


if __name__ == "__main__":
    sys.exit(main())
