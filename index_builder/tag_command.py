"""python -m index_builder tag: the arguments, what is printed and written, and the tags that look-ups of the index say."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from edge.errors import RequestError
from edge.taught import read_tags, write_tags
from index_builder.guards import only_builder

_SHOWN = 10


def add_tag(command: Callable[..., argparse.ArgumentParser], outputs: Callable[[argparse.ArgumentParser], None]) -> None:
    """Register the command. command: (name, run, what it does, *examples) -> its parser; outputs adds --json and --quiet."""
    added = command(
        "tag", tag_command, "teach a tag from some example items and score every item by it",
        "--teach nautical --items ids.csv --index data/index", "--teach nautical --items ids.csv --index data/index --out x.csv --json",
        "--forget nautical --index data/index --quiet",
    )  # fmt: skip
    what = added.add_mutually_exclusive_group(required=True)
    what.add_argument("--teach", metavar="NAME", help="what to call it; look-ups opened from now on say it, as --teach nautical")
    what.add_argument("--forget", metavar="NAME", help="say a taught tag no more, as in --forget nautical")
    added.add_argument("--items", type=Path, metavar="IDS.csv", help="items that show it: column item_id, 3 or more; needed to teach")
    added.add_argument("--index", type=Path, required=True, metavar="DIR", help="folder that `build` wrote")
    added.add_argument("--out", type=Path, metavar="FILE", help="CSV of all items, best first (default NAME.csv)")
    outputs(added)


def tag_command(args: argparse.Namespace) -> int:
    """0; ids that are not there and other unusable arguments are told by main, 2."""
    from index_builder.tag import read_ids, teach

    if args.forget:
        return _forget(args)
    if not args.items:
        raise RequestError(f"There is nothing to teach {args.teach!r} from.", remedy="Name items that show it: --items IDS.csv.")
    ids = read_ids(args.items)
    taught = teach(args.teach, ids, args.index)
    out = args.out or Path(f"{args.teach.replace('/', '-')}.csv")
    out.write_text(taught.csv(), encoding="utf-8", newline="")
    with only_builder(args.index):
        write_tags(args.index, read_tags(args.index) | {args.teach: list(dict.fromkeys(ids))})
    examples, said = sum(s.example for s in taught.items), sum(s.said for s in taught.items)
    if args.json:
        line = {"tag": taught.name, "build_id": taught.build_id, "items": len(taught.items), "examples": examples, "said": said,
                "found_again": round(taught.found_again, 4), "least": round(taught.least, 4), "csv": str(out)}  # fmt: skip
        print(json.dumps(line))
    elif not args.quiet:
        new = [s for s in taught.items if not s.example][:_SHOWN]
        print(
            f"{taught.name}: taught from {examples} items, said of {said} of {len(taught.items)}; an example that is "
            f"left out of the teaching outranks {taught.found_again:.0%} of the other items (50 % would be chance). All: {out}"
        )
        for s in new:
            print(f"  {s.affinity:6.3f} {'*' if s.said else ' '} {s.item_id}  {s.title}")
    return 0


def _forget(args: argparse.Namespace) -> int:
    with only_builder(args.index):
        tags = read_tags(args.index)
        if args.forget not in tags:
            raise RequestError(f"No tag {args.forget!r} was taught to {args.index}.", remedy=f"There are: {', '.join(tags) or 'none'}.")
        write_tags(args.index, {name: ids for name, ids in tags.items() if name != args.forget})
    if args.json:
        print(json.dumps({"forgotten": args.forget, "tags": [name for name in tags if name != args.forget]}))
    elif not args.quiet:
        print(f"{args.forget} is forgotten.")
    return 0
