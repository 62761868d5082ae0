"""`evaluate`: labelled photos are looked up; what comes out is counted, shown in a report and can calibrate the verdict."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import FeedError, PhotoError, RequestError, SetupError
from edge.lookup import Lookup, overlay_path
from edge.manifest import write_durably
from edge.store_choice import StoreChoice
from edge.types import Answer, Match, Verdict
from edge.verdict import Calibration, features_of
from index_builder.calibrate import FEWEST_OF_A_KIND, FEWEST_TRIALS, Trial, fit, shortage
from index_builder.calibrate_views import twins_of
from index_builder.evaluate_page import write_page
from index_builder.evaluate_scores import Candidate, LeftOut, Outcome, summary

_TWO_COLUMNS = "Give a CSV with the columns photo,item_id; an empty item_id means that the garment is not in the catalogue."
_CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Query:
    """One labelled photo. item_id: empty where the garment is not in the catalogue. line: in the CSV, from 1; 0 where there is none."""

    photo: Path
    item_id: str
    line: int = 0


def read_queries(path: Path) -> list[Query]:
    """CSV with columns photo, item_id (empty: not in the catalogue), separated by commas, semicolons or tabs; photos relative to the
    file. Raises FeedError where it cannot be read, lacks a column or has no rows."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            head = file.readline()
            file.seek(0)
            reader = csv.DictReader(file, delimiter=max(",;\t", key=head.count))
            names = {(name or "").strip() for name in reader.fieldnames or ()}
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FeedError(f"The queries {path} cannot be read ({error}).", path=str(path), remedy=_TWO_COLUMNS) from error
    if not {"photo", "item_id"} <= names:
        raise FeedError(f"{path} lacks the columns photo,item_id.", path=str(path), remedy=_TWO_COLUMNS)
    cells = [(line, {(k or "").strip(): v for k, v in row.items() if isinstance(v, str)}) for line, row in rows]
    queries = [Query(path.parent / r.get("photo", "").strip(), r.get("item_id", "").strip(), n) for n, r in cells if any(r.values())]
    if not queries:
        raise FeedError(f"{path} has no rows.", path=str(path), remedy=_TWO_COLUMNS)
    return queries


def run_queries(
    queries: Sequence[Query], lookup: Lookup, *, progress: Callable[[Iterable[Query]], Iterable[Query]] | None = None
) -> tuple[list[Outcome], list[tuple[str, str]]]:
    """Look each photo up; outcomes, and (photo, reason) of those that could not be used: unreadable, or of an id that is not there."""
    rows = list(lookup.catalogue.vectors())
    ids, thumbs = [row.item_id for row in rows], {}
    categories: dict[str, str] = {}
    for row in rows:
        if row.item_id not in categories:
            categories[row.item_id] = lookup.catalogue.item_of(row.label).product_type
            thumbs[row.item_id] = str(lookup.folder / row.thumb) if row.thumb else ""
    stored = lookup.report().calibration
    calibration = Calibration.from_json(stored) if stored else None
    twins: dict[str, frozenset[str]] = {}
    outcomes: list[Outcome] = []
    failed: list[tuple[str, str]] = []
    for query in progress(queries) if progress else queries:
        if query.item_id and query.item_id not in categories:
            failed.append((str(query.photo), f"line {query.line}: {query.item_id} is not in the catalogue; left out."))
            continue
        try:
            answer = lookup.look_up(query.photo.read_bytes(), k=_CANDIDATES)
        except FileNotFoundError:
            failed.append((str(query.photo), f"line {query.line}: there is no such file."))
            continue
        except (PhotoError, OSError) as error:
            failed.append((str(query.photo), f"line {query.line}: {error}"))
            continue
        if query.item_id and query.item_id not in twins:
            twins[query.item_id] = twins_of(query.item_id, np.asarray(lookup.index.vectors), ids)
        outcomes.append(
            outcome_of(
                query,
                answer,
                twins=twins.get(query.item_id, frozenset()),
                category=categories.get(query.item_id, ""),
                true_thumb=thumbs.get(query.item_id, ""),
                calibration=calibration,
                thumb_of=lambda match: str(lookup.thumb_path(match) or ""),
            )
        )
    return outcomes, failed


def outcome_of(
    query: Query,
    answer: Answer,
    *,
    twins: frozenset[str],
    category: str,
    calibration: Calibration | None,
    thumb_of: Callable[[Match], str] = lambda match: "",
    true_thumb: str = "",
) -> Outcome:
    """What an answer says about a query. twins: the item's id and those of items that cannot be told from it."""
    matches = answer.matches
    rank = next((m.rank for m in matches if m.item.item_id == query.item_id), None) if query.item_id else None
    left_out = None
    if query.item_id:
        features = _features([m for m in matches if m.item.item_id not in twins], answer.mask.confidence)
        probability = calibration.probability(features) if calibration else 0.0
        left_out = LeftOut(calibration.verdict(probability) if calibration else Verdict.UNSURE, probability, features)
    # The wrong ones in front of the true item and the item itself are what a person wants to see.
    shown = [m for m in matches if m.rank <= 3 or m.item.item_id == query.item_id]
    return Outcome(
        photo=str(query.photo),
        item_id=query.item_id,
        first=matches[0].item.item_id if matches else "",
        rank=rank,
        verdict=answer.verdict,
        probability=answer.probability,
        features=_features(matches, answer.mask.confidence),
        milliseconds=float(answer.timings_ms["total"]),
        category=category,
        twin_first=bool(matches) and matches[0].item.item_id in twins,
        left_out=left_out,
        candidates=tuple(Candidate(m.item.item_id, m.score, dict(m.parts), thumb_of(m)) for m in shown),
        true_thumb=true_thumb,
    )


def _features(matches: Sequence[Match], confidence: float) -> tuple[float, ...]:
    """As Lookup feeds them to the verdict."""
    return features_of([m.score for m in matches], confidence, tuple(matches[0].parts.values()) if matches else ())


def trials_of(outcomes: Sequence[Outcome]) -> list[Trial]:
    """Each query once as it was and, where its item is in the catalogue, once with it left out: about as many known as unknown."""
    trials = []
    for o in outcomes:
        group = o.item_id or o.photo
        trials.append(Trial(o.features, bool(o.item_id), o.right, group))
        if o.left_out is not None:
            trials.append(Trial(o.left_out.features, False, False, group))
    return trials


def calibrate(outcomes: Sequence[Outcome], folder: Path, *, source: str = "labelled queries") -> dict[str, Any]:
    """Fit the verdict on the outcomes and store it beside the index. Raises SetupError where they are too few; nothing is changed then.

    source: what the outcomes are, kept with the calibration.
    """
    trials = trials_of(outcomes)
    calibration = fit(trials, source=source)
    if calibration is None:
        right = sum(t.right for t in trials)
        raise SetupError(
            f"{len(outcomes)} usable {source} are too few to calibrate ({right} rightly found, {len(trials) - right} others, counting each "
            "once more without its item).",
            remedy=f"Give at least {FEWEST_TRIALS // 2} photos of catalogue items, {FEWEST_OF_A_KIND} or more of which are found.",
        )
    calibration["outsider_trials"] = sum(not o.item_id for o in outcomes)
    write_durably(overlay_path(folder), json.dumps(calibration, indent=2).encode())
    return calibration


def main_evaluate(args: argparse.Namespace) -> int:
    """The command; args: queries or from_journal, index, models, json, calibrate, out. Exit code as in the README."""
    from tqdm import tqdm

    data_dir = getattr(args, "from_journal", None)
    if (args.queries is None) == (data_dir is None):
        raise RequestError("One thing is needed to evaluate on: QUERIES or --from-journal DATA_DIR.", remedy="Give one of the two.")
    if data_dir is not None:
        from index_builder import from_journal

        queries: Sequence[Any] = from_journal.read_decided(data_dir)
        if not queries:
            raise SetupError(f"No look-up in {data_dir} is decided and has its photos.", remedy="Confirm look-ups on the page first.")
    else:
        queries = read_queries(args.queries)
    store = StoreChoice.of(os.environ, kind=getattr(args, "store", None), uri=getattr(args, "uri", None)).open()
    lookup, quiet = Lookup.open(args.index, models=getattr(args, "models", None), store=store), getattr(args, "quiet", False)
    with tqdm(total=len(queries), unit="photo", file=sys.stderr, disable=True if args.json or quiet else None) as bar:

        def told(items: Iterable[Query]) -> Iterable[Query]:
            for item in items:
                yield item
                bar.update()

        if data_dir is not None:
            decided = from_journal.run_decided(queries, lookup, progress=told)
            outcomes, failed = decided.outcomes, decided.failed
        else:
            outcomes, failed = run_queries(queries, lookup, progress=told)
    for photo, reason in failed:
        print(f"{photo}: {reason}", file=sys.stderr)
    result = {**summary(outcomes), "failed": len(failed), "index_build": lookup.folder.name}
    result["calibration_in_use"] = lookup.report().calibration
    if data_dir is not None:
        result["not_used"] = decided.left_out
    if args.calibrate:
        source = from_journal.SOURCE if data_dir is not None else "labelled queries"
        result["calibration"] = calibrate(outcomes, lookup.folder, source=source)
        if lack := shortage(result["calibration"]):
            print(lack, file=sys.stderr)
    if out := getattr(args, "out", None):
        write_page(Path(out), result, outcomes, failed=failed, build_id=lookup.folder.name)
        result["report"] = str(Path(out) / "report.html")
    if args.json:
        print(json.dumps(result))
    elif not quiet:
        print("\n".join(lines_of(result)))
    return 1 if failed else 0


def lines_of(result: dict[str, Any]) -> list[str]:
    """The figures as a person reads them in a terminal."""

    def shown(value: Any) -> str:
        if not isinstance(value, dict) or "low" not in value:
            return json.dumps(value)
        text = "-" if value["value"] is None else f"{value['value']:.3f}  [{value['low']:.3f}, {value['high']:.3f}]"
        outsiders = f", at {value['unknown_trials']} unknown" if "unknown_trials" in value else ""
        return f"{text}  of {value['trials']}{outsiders}"

    nested = ("left_out", "categories", "reliability", "calibration", "calibration_in_use")
    lines = [f"{name:40s} {shown(value)}" for name, value in result.items() if name not in nested]
    if result["left_out"]:
        lines.append("with each query's own item hidden:")
        for name in ("false_accepts", "rightly_rejected"):
            lines.append(f"  {name:38s} {shown(result['left_out'][name])}")
        for by in ("score", "probability"):
            for name, value in result["left_out"][f"by_{by}"].items():
                lines.append(f"  {f'{name}_by_{by}':38s} {shown(value)}")
    lines.append("per category:                            recall@1                      accepted")
    lines += [
        f"  {name or '(none)':38s} {shown(v['recall@1']):29s} {shown(v['known_accepted'])}" for name, v in result["categories"].items()
    ]
    if "calibration" in result:
        c = result["calibration"]
        lines.append(
            f"calibrated on {c['trials']} trials, {c['unknown_trials']} of them unknown; cross-fitted: {c['right_accepted']:.1%} of the "
            f"rightly found accepted, {c['false_accepts']:.1%} of the others, ECE {c['reliability']['ece']:.3f}"
        )
    return lines
