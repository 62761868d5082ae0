"""python -m training export-feedback: the journal's decisions and corrections as a data set folder."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from edge.config import Settings
from edge.errors import JournalError
from edge.journal import Journal
from edge.journal_command import end, moment
from training.feedback import PER_ITEM, Exported, export_feedback


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--journal", type=Path, metavar="DATA_DIR", help="data folder (default: RACKLENS_DATA, else data/journal)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write; an earlier export there is replaced")
    parser.add_argument("--from", dest="since", type=moment, metavar="DATE", help="a date or time, UTC where it names no zone")
    parser.add_argument("--to", dest="until", type=end, metavar="DATE", help="a date, that day included, or a time")
    parser.add_argument("--per-item", type=_positive, default=PER_ITEM, metavar="N",
                        help=f"at most so many confirmed look-ups of one item, the newest (default {PER_ITEM})")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.set_defaults(run_command=run)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def open_journal(data_dir: Path | None) -> Journal:
    """The journal of a data folder, by default that of the settings; none is made. Raises SetupError."""
    settings = Settings.from_environment(os.environ)
    if data_dir:
        settings = replace(settings, data_dir=data_dir)
    if not (settings.data_dir / "journal.sqlite").is_file():
        raise JournalError(
            f"There is no journal in {settings.data_dir}.", path=str(settings.data_dir),
            remedy="Name its folder, or set RACKLENS_DATA; the page makes one at its first look-up.",
        )  # fmt: skip
    return Journal.open(settings)


def run(args: argparse.Namespace) -> int:
    """0, or 1 where a photo could not be read. Raises SetupError."""
    journal = open_journal(args.journal)
    try:
        done = export_feedback(journal, args.out, since=args.since, until=args.until, per_item=args.per_item)
    finally:
        journal.close()
    for path, reason in done.failed:
        print(f"{path}: {reason}", file=sys.stderr)
    if args.json:
        facts = {name: getattr(done, name) for name in ("confirmed", "rejected", "photos", "corrections", "past_keeping")}
        print(json.dumps({"out": str(args.out), **facts, "failed": len(done.failed)}))
    else:
        print(_in_words(done, args.out))
    return 1 if done.failed else 0


def _in_words(done: Exported, out: Path) -> str:
    text = f"{done.confirmed} confirmed and {done.rejected} rejected look-ups, {done.photos} photos, {done.corrections} corrections: {out}"
    if done.past_keeping:
        text += f"\n{done.past_keeping} more look-ups are left out: their photos are past their keeping time or already deleted."
    return text
