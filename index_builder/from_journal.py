"""Decided look-ups of the journal as labelled queries: what staff confirmed is in the catalogue, what they found nowhere is not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge.config import Settings
from edge.errors import JournalError
from edge.journal import Journal
from edge.journal_types import Feedback
from edge.lookup import Lookup
from index_builder.evaluate import Query, run_queries
from index_builder.evaluate_scores import Outcome

SOURCE = "confirmed look-ups"
PER_ITEM = 10
"""An item looked up every day must not outweigh the others."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Look-ups as queries. left_out: counts by reason of those that say nothing about this index."""

    outcomes: list[Outcome]
    failed: list[tuple[str, str]]
    left_out: dict[str, int]


def read_decided(data_dir: Path | None) -> list[Feedback]:
    """Confirmed and rejected look-ups whose photos are kept, of a data folder or by default that of the settings.

    At most PER_ITEM of each item, the newest. Raises JournalError where there is no journal; none is made.
    """
    settings = Settings.from_environment(os.environ)
    if data_dir:
        settings = replace(settings, data_dir=data_dir)
    if not (settings.data_dir / "journal.sqlite").is_file():
        raise JournalError(
            f"There is no journal in {settings.data_dir}.", path=str(settings.data_dir), remedy="Name its folder with --from-journal."
        )
    journal = Journal.open(settings)
    try:
        return [*journal.history.confirmed(per_item_cap=PER_ITEM), *journal.history.rejected()]
    finally:
        journal.close()


def run_decided(
    decided: Sequence[Feedback], lookup: Lookup, *, progress: Callable[[Iterable[Query]], Iterable[Query]] | None = None
) -> Decided:
    """Look the first photo of each decided look-up up again, in this index and with these models.

    Confirmed items that the catalogue no longer has are left out. "None of these" was said of the matches shown then: where another item
    comes first now, a new one perhaps, nobody has said that it is wrong, and the look-up is left out.
    """
    there = set(lookup.catalogue.owners()[1])
    gone = sum(bool(one.chosen) and one.chosen not in there for one in decided)
    used = [one for one in decided if one.photos and (not one.chosen or one.chosen in there)]
    seen = {str(one.photos[0]): frozenset(one.rejected) for one in used if not one.chosen}
    outcomes, failed = run_queries([Query(one.photos[0], one.chosen) for one in used], lookup, progress=progress)
    kept = [o for o in outcomes if o.item_id or not o.first or o.first in seen[o.photo]]
    failed = [(photo, reason.removeprefix("line 0: ")) for photo, reason in failed]
    return Decided(kept, failed, {"item_gone": gone, "first_match_not_shown_then": len(outcomes) - len(kept)})
