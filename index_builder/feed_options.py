"""The command line's options about feeds and fetching, the same for every command that takes a FEED."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from index_builder.feed import KNOWN, parse_mapping

if TYPE_CHECKING:
    from index_builder.fetch import Fetcher


def add_feed_options(command: argparse.ArgumentParser) -> None:
    """--map, --allow-private, --timeout-s, --cache, --per-host."""
    options = command.add_argument_group("feed and images")
    options.add_argument(
        "--map", action="append", default=[], type=_mapping, metavar="COLUMN=YOURS", dest="columns",
        help=f"a column that the feed names otherwise, as in --map image_link=foto --map id=sku; one of: {', '.join(KNOWN)}",
    )  # fmt: skip
    options.add_argument("--allow-private", action="store_true", help="also fetch from private addresses and through the system's proxy")
    options.add_argument("--timeout-s", type=_seconds, metavar="S", help="give an image up after so many seconds, retries included (120)")
    options.add_argument("--cache", type=Path, metavar="DIR", help="keep fetched images there; unchanged ones are not sent again")
    options.add_argument("--per-host", type=_count, default=4, metavar="N", help="at most so many requests at once to one host (4)")


def columns_of(args: argparse.Namespace) -> dict[str, str]:
    """What --map says, as `read_feed` takes it."""
    return dict(args.columns)


def fetcher_of(args: argparse.Namespace) -> Fetcher:
    """A Fetcher as the options say. Raises SetupError if the cache folder cannot be used."""
    from index_builder.fetch import Fetcher  # requests is slow to import, and --help needs none of it

    return Fetcher(cache=args.cache, allow_private=args.allow_private, timeout_s=args.timeout_s, per_host=args.per_host)


def _mapping(text: str) -> tuple[str, str]:
    try:
        return parse_mapping(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value
