"""python -m edge alternatives|looks: what may stand in for an item, and looks made whole or made anew, for scripts and people."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edge.alternatives import Alternative, Alternatives, Difference
from edge.config import Settings
from edge.errors import PhotoError, RequestError
from edge.looks import MendedLook, mend
from edge.looks_file import Look, read_looks
from edge.looks_new import NewLook, new_looks
from edge.looks_pieces import Piece
from edge.looks_seed import seed_of_photo
from edge.lookup import Lookup
from edge.stages import Stages

CACHE = "looks"
"""Folder below the data folder for what was read off the catalogue's pictures; it may be deleted at any time."""


def add_alternatives(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m edge alternatives`."""
    parser.add_argument("item_id", metavar="ITEM_ID")
    parser.add_argument("--index", type=Path, required=True, help="folder that `index_builder build` wrote")
    parser.add_argument("-k", type=_positive, default=5, metavar="N", help="alternatives (default 5)")
    parser.add_argument("--colour", default="", metavar="X", help="similar but in this colour: blue, navy, or as the feed names it")
    parser.add_argument("--all", action="store_true", help="also what is out of stock")
    parser.add_argument("--json", action="store_true", help="one JSON line")
    parser.set_defaults(run=_alternatives)


def add_looks(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m edge looks`."""
    parser.add_argument("--index", type=Path, required=True, help="folder that `index_builder build` wrote")
    parser.add_argument("--looks", type=Path, required=True, metavar="FILE", help="CSV with look_id, item_id, slot; a row is a piece")
    parser.add_argument("--look", action="append", default=[], metavar="LOOK_ID", help="only this look of the file; repeatable")
    seed = parser.add_mutually_exclusive_group()
    seed.add_argument("--seed", metavar="ITEM_ID", help="also new looks like these around this item")
    seed.add_argument("--photo", type=Path, metavar="FILE", help="also new looks around the garment in this photo")
    parser.add_argument("-n", type=_positive, default=3, metavar="N", help="new looks per look of the file (default 3)")
    parser.add_argument("--json", action="store_true", help="one JSON line per look")
    parser.set_defaults(run=_looks)


def alternative_json(alternative: Alternative) -> dict[str, Any]:
    """One alternative: scores as in a look-up's matches, what differs, and the distance of the largest colours in CIELAB."""
    m = alternative.match
    return {
        "item_id": m.item.item_id, "title": m.item.title, "score": round(m.score, 4), "percentile": round(m.percentile, 4),
        "parts": {name: round(s, 4) for name, s in m.parts.items()},
        "part_percentiles": {name: round(s, 4) for name, s in m.part_percentiles.items()},
        "differs": [{"part": d.part, "from": d.ours, "to": d.theirs} for d in alternative.differs],
        "colour_distance": None if alternative.colour_distance is None else round(alternative.colour_distance, 1),
        "location": m.item.location, "quantity": m.item.quantity, "availability": m.item.availability,
    }  # fmt: skip


def mended_json(look: MendedLook) -> dict[str, Any]:
    """A look made whole: per slot the stylist's item, the one that stands in for it, and the reason where none can."""
    return {
        "look_id": look.look_id,
        "complete": look.complete,
        "replaced": look.replaced,
        "pieces": [
            {
                "slot": p.slot, "wanted": p.wanted.item_id, "item_id": p.item.item_id if p.item else None, "title": p.wanted.title,
                "replaced_by": alternative_json(p.replaced_by) if p.replaced_by else None, "reason": p.reason,
            }
            for p in look.pieces
        ],
    }  # fmt: skip


def new_look_json(look: NewLook) -> dict[str, Any]:
    """A proposal: per slot its item, null for the garment of a photo."""
    return {
        "colour_error": round(look.colour_error, 1),
        "in_stock": look.in_stock,
        "pieces": [
            {
                "slot": p.slot, "item_id": p.piece.item.item_id if p.piece.item else None,
                "title": p.piece.item.title if p.piece.item else "",
                "seed": p.is_seed, "category": p.piece.category, "colour": p.piece.colour, "pattern": p.piece.pattern,
                "in_stock": p.piece.in_stock,
            }
            for p in look.pieces
        ],
    }  # fmt: skip


def difference_words(differs: Iterable[Difference]) -> str:
    """ "colour navy to black, shape": what is not alike, in words."""
    return ", ".join(f"{d.part} {d.ours} to {d.theirs}" if d.ours and d.theirs and d.ours != d.theirs else d.part for d in differs)


def open_alternatives(index_root: Path, *, models: Path | None) -> Alternatives:
    """The index in use, its pictures' colours remembered in the data folder. Raises SetupError."""
    opened: list[Stages] = []

    def stages() -> Stages:  # loaded when a picture needs them, once
        if not opened:
            opened.append(Stages.open(models))
        return opened[0]

    return Alternatives.open(index_root, stages=stages, cache=Settings.from_environment(os.environ).data_dir / CACHE)


def _alternatives(args: argparse.Namespace) -> int:
    alternatives = open_alternatives(args.index, models=args.models)
    piece = alternatives.item(args.item_id)
    found = alternatives.of(args.item_id, k=args.k, colour=args.colour, in_stock=not args.all)
    if args.json:
        line = {"item_id": args.item_id, "in_stock": piece.in_stock, "category": piece.category, "colour": args.colour}
        print(json.dumps(line | {"alternatives": [alternative_json(a) for a in found]}))
        return 0
    stock = "in stock" if piece.in_stock else "out of stock"
    print(
        f"{args.item_id}  {piece.item.title}  ({stock}, {piece.category}, {', '.join(c.name for c in piece.colours) or 'colour unknown'})"
    )
    for a in found:
        m, other = a.match, difference_words(a.differs)
        print(
            f"  {m.rank:2d}. {m.item.item_id}  {m.score:.3f}  {m.item.title}  [{m.item.location}]  {f'other {other}' if other else 'alike'}"
        )
    if not found:
        where = f" in {args.colour}" if args.colour else ""
        print(f"  The catalogue has no other {piece.category}{where}{'' if args.all else ' in stock'}.")
    return 0


def _looks(args: argparse.Namespace) -> int:
    alternatives = open_alternatives(args.index, models=args.models)
    looks, problems = read_looks(args.looks, known=alternatives.pieces.items.__contains__)
    looks, problems = _chosen(looks, args.look), [p for p in problems if not args.look or p.look_id in args.look]
    missing = sorted(set(args.look) - {look.look_id for look in looks} - {p.look_id for p in problems})
    if missing:
        raise RequestError(f"{args.looks.name} has no look {', '.join(missing)}.", remedy="Take an id from its column look_id.")
    for problem in problems:
        print(f"{args.looks.name}, {problem}", file=sys.stderr)
    failed = bool(problems)
    seed = _seed(args, alternatives)
    fitting = 0
    for look in looks:
        mended = mend(look, alternatives)
        proposals: tuple[NewLook, ...] = ()
        why_none = ""
        if seed is not None:
            try:
                proposals = new_looks(look, alternatives, seed=seed, count=args.n)
                fitting += 1
                why_none = "" if proposals else "The shelves give no look like this one."
            except RequestError as error:
                why_none = str(error)
        if not mended.complete:
            failed = True
            print(f"{look.look_id}: {'; '.join(f'{p.slot}: {p.reason}' for p in mended.pieces if p.reason)}", file=sys.stderr)
        if args.json:
            line = mended_json(mended)
            line |= {"new": [new_look_json(p) for p in proposals], "new_reason": why_none} if seed is not None else {}
            print(json.dumps(line), flush=True)
        else:
            _print(mended, proposals, why_none)
    if seed is not None and looks and not fitting:
        failed = True
        print("None of the looks has a place for the seed.", file=sys.stderr)
    return 1 if failed else 0


def _chosen(looks: Iterable[Look], wanted: list[str]) -> tuple[Look, ...]:
    return tuple(look for look in looks if not wanted or look.look_id in wanted)


def _seed(args: argparse.Namespace, alternatives: Alternatives) -> Piece | None:
    """The garment that new looks are made around; None where none is asked for. Raises RequestError, SetupError."""
    if args.seed:
        return alternatives.item(args.seed)
    if not args.photo:
        return None
    try:
        return seed_of_photo(args.photo.read_bytes(), Lookup.open(args.index, models=args.models), alternatives)
    except (PhotoError, OSError) as error:
        raise RequestError(f"{args.photo}: {error}", remedy="Give another photo, or an item with --seed.") from error


def _print(look: MendedLook, proposals: Iterable[NewLook], why_none: str) -> None:
    state = "complete" if look.complete else "cannot be completed"
    print(f"{look.look_id}: {state}{f', {look.replaced} replaced' if look.replaced else ''}")
    for p in look.pieces:
        line = f"  {p.slot:10s} {p.wanted.item_id}  {p.wanted.title}"
        if p.replaced_by:
            m, other = p.replaced_by.match, difference_words(p.replaced_by.differs)
            line += f"  -> {m.item.item_id}  {m.score:.3f}  {m.item.title}  ({f'other {other}' if other else 'alike'})"
        print(line + (f"  out of stock: {p.reason}" if p.reason else ""))
    for number, proposal in enumerate(proposals, start=1):
        stock = "" if proposal.in_stock else ", not all in stock"
        print(f"  new {number}: colour relations {proposal.colour_error:.0f} off the look's (CIELAB){stock}")
        for p in proposal.pieces:
            item = p.piece.item
            named = f"{item.item_id}  {item.title}" if item else "the garment of the photo"
            print(f"    {p.slot:10s} {named}{'  (seed)' if p.is_seed else ''}")
    if why_none:
        print(f"  no new look: {why_none}")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number
