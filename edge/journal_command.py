"""python -m edge journal list|show|export|prune: the history, its exports and the photos' retention, for scripts."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.config import Settings
from edge.errors import JournalError, RequestError
from edge.journal import Journal
from edge.journal_export import ARRIVAL_COLUMNS, HISTORY_COLUMNS, arrival_rows, history_rows, to_csv, to_xlsx
from edge.journal_types import LookupLine, Outcome, Search
from edge.manifest import write_durably
from edge.types import Verdict


def moment(text: str) -> datetime:
    """An ISO date or time, UTC where it names no zone. Raises argparse.ArgumentTypeError."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date like 2026-11-21 or time like 2026-11-21T14:00+01:00") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def end(text: str) -> datetime:
    """As `moment`, but a bare date means that its whole day is included."""
    return moment(text) + timedelta(days=1 if len(text) <= 10 else 0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m edge journal`."""
    commands = parser.add_subparsers(dest="journal_command", required=True)
    listing = commands.add_parser("list", help="look-ups, newest first")
    listing.add_argument("--limit", type=int, default=50, help="at most so many (default 50)")
    show = commands.add_parser("show", help="one look-up with its matches and events, as JSON")
    show.add_argument("id", metavar="ID")
    export = commands.add_parser("export", help="the history or the new arrivals as CSV or XLSX")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends in .csv or .xlsx")
    export.add_argument("--new-arrivals", action="store_true", help="only what is not in the catalogue, with its look-alikes")
    pruning = commands.add_parser("prune", help="delete photos past their time and over the cap; what was found stays")
    pruning.add_argument("--keep-days", type=float, metavar="N", help="default RACKLENS_KEEP_PHOTOS_DAYS, else 30")
    for command in (listing, export):
        command.add_argument("--text", default="", help="words in worker, delivery, note, confirmed item or first match")
        command.add_argument("--since", type=moment, metavar="DATE", help="a date or time, UTC where it names no zone")
        command.add_argument("--until", type=end, metavar="DATE", help="a date, that day included, or a time")
        command.add_argument("--verdict", type=Verdict, choices=list(Verdict), metavar="|".join(Verdict))
        command.add_argument("--outcome", type=Outcome, choices=list(Outcome), metavar="|".join(Outcome))
        command.add_argument("--worker", default="", help="only this name, as it was written")
    for command in (listing, pruning):
        command.add_argument("--json", action="store_true", help="JSON lines")
    for command in (listing, show, export, pruning):
        command.add_argument("--data", type=Path, metavar="DIR", help="data folder (default: RACKLENS_DATA, else data/journal)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; gives the exit code. Raises SetupError and RequestError."""
    settings = Settings.from_environment(os.environ)
    if args.data:
        settings = replace(settings, data_dir=args.data)
    if not (settings.data_dir / "journal.sqlite").is_file():
        raise JournalError(
            f"There is no journal in {settings.data_dir}.",
            path=str(settings.data_dir),
            remedy="Name its folder with --data or RACKLENS_DATA; the page makes one at its first look-up.",
        )
    if getattr(args, "keep_days", None) is not None:
        settings = replace(settings, keep_photos_days=args.keep_days)
    journal = Journal.open(settings)
    try:
        return {"list": _list, "show": _show, "export": _export, "prune": _prune}[args.journal_command](journal, args)
    finally:
        journal.close()


def _search(args: argparse.Namespace) -> Search:
    return Search(args.text, args.since, args.until, args.verdict, args.outcome, args.worker)


def _list(journal: Journal, args: argparse.Namespace) -> int:
    page = journal.history.page(_search(args), limit=args.limit)
    for line in page.lines:
        if args.json:
            print(json.dumps(_line_json(line)))
            continue
        item = line.state.item_id or line.first_id or "-"
        print(
            f"{line.time:%Y-%m-%d %H:%M:%S}  {line.id}  {line.worker or '-':12s} {line.verdict.value:16s} {line.probability:4.0%}  "
            f"{line.state.outcome.value:13s} {item}"
        )
    if not args.json:
        print(f"{len(page.lines)} of {page.total} look-ups")
    return 0


def _show(journal: Journal, args: argparse.Namespace) -> int:
    entry = journal.get(args.id)
    matches = [{"item_id": m.item.item_id, "title": m.item.title, "score": round(m.score, 4)} for m in entry.matches]
    events = [asdict(event) | {"time": event.time.isoformat()} for event in entry.events]
    files = {"photos": [str(path) for path in entry.photo_paths], "mask": entry.mask_path and str(entry.mask_path)}
    print(
        json.dumps(_line_json(entry.line) | files | {"matches": matches, "events": events, "timings_ms": dict(entry.timings_ms)}, indent=1)
    )
    return 0


def _line_json(line: LookupLine) -> dict[str, object]:
    return asdict(line) | {"time": line.time.isoformat()}


def _export(journal: Journal, args: argparse.Namespace) -> int:
    kind = args.out.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise RequestError(f"{args.out} ends neither in .csv nor in .xlsx.", remedy="Name the file with one of them.")
    columns, rows = (ARRIVAL_COLUMNS, arrival_rows) if args.new_arrivals else (HISTORY_COLUMNS, history_rows)
    found = rows(journal.history, _search(args))
    sheet = "new arrivals" if args.new_arrivals else "look-ups"
    content = to_xlsx(columns, found, sheet=sheet) if kind == ".xlsx" else to_csv(columns, found)
    try:
        write_durably(args.out, content)
    except OSError as error:
        raise JournalError(f"{args.out} cannot be written ({error.strerror}).", path=str(args.out), remedy="Name another file.") from error
    return 0


def _prune(journal: Journal, args: argparse.Namespace) -> int:
    done, use = journal.prune(datetime.now(UTC)), journal.disk_use()
    if args.json:
        print(json.dumps(asdict(done) | {"disk_use": asdict(use)}))
        return 0
    print(f"deleted the photos of {done.past_time} look-ups past their time and {done.over_cap} over the cap: {done.files} files")
    print(f"freed {done.bytes / 2**20:.1f} MiB; photos now {use.photos / 2**20:.1f} MiB, disk free {use.free / 2**30:.1f} GiB")
    return 0
