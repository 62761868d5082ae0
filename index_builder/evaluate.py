"""Labelled queries -> recall@k, false accepts and rejects with intervals; can calibrate the verdict on them."""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import FeedError, PhotoError, SetupError
from edge.lookup import Lookup, overlay_path
from edge.manifest import write_durably
from edge.types import Verdict
from edge.verdict import features_of
from index_builder.calibrate import FEWEST_TRIALS, Trial, fit


@dataclass(frozen=True, slots=True)
class Outcome:
    """One query: rank of the true item (None: not among the matches, or not in the catalogue)."""

    photo: str
    item_id: str
    first: str
    rank: int | None
    verdict: Verdict
    probability: float
    features: tuple[float, float, float]
    milliseconds: float


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if trials == 0:
        return 0.0, 1.0
    p = hits / trials
    centre = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    return max(0.0, (centre - half) / (1 + z * z / trials)), min(1.0, (centre + half) / (1 + z * z / trials))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Chance that a known query scores above an unknown one, ties half; None without both."""
    if not positive or not negative:
        return None
    ordered = sorted([(s, 1) for s in positive] + [(s, 0) for s in negative])
    rank_sum, i = 0.0, 0
    while i < len(ordered):
        j = i
        while j < len(ordered) and ordered[j][0] == ordered[i][0]:
            j += 1
        rank_sum += sum(flag for _, flag in ordered[i:j]) * ((i + 1 + j) / 2)
        i = j
    n = len(positive)
    return (rank_sum - n * (n + 1) / 2) / (n * len(negative))


def read_queries(path: Path) -> list[tuple[Path, str]]:
    """CSV with columns photo, item_id (empty: not in the catalogue); photos relative to the file. Raises FeedError."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
            names = set(rows[0]) if rows else {"photo", "item_id"}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FeedError(f"The queries {path} cannot be read ({error}).", path=str(path), remedy="Give a CSV with columns photo,item_id.") from error
    if not {"photo", "item_id"} <= names:
        raise FeedError(f"{path} lacks the columns photo,item_id.", path=str(path), remedy="Give a CSV with these two columns.")
    return [(path.parent / r["photo"], (r["item_id"] or "").strip()) for r in rows if r["photo"]]


def run_queries(queries: Sequence[tuple[Path, str]], lookup: Lookup, *, progress=None) -> tuple[list[Outcome], list[tuple[str, str]]]:
    """Look each photo up; outcomes, and (photo, reason) of those that failed."""
    outcomes: list[Outcome] = []
    failed: list[tuple[str, str]] = []
    for path, item_id in progress(queries) if progress else queries:
        try:
            answer = lookup.look_up(path.read_bytes(), k=20)
        except (PhotoError, OSError) as error:
            failed.append((str(path), str(error)))
            continue
        rank = next((m.rank for m in answer.matches if m.item.item_id == item_id), None) if item_id else None
        first = answer.matches[0].item.item_id if answer.matches else ""
        features = features_of([m.score for m in answer.matches[:2]], answer.mask.confidence)
        outcomes.append(
            Outcome(str(path), item_id, first, rank, answer.verdict, answer.probability, features, float(answer.timings_ms["total"]))
        )
    return outcomes, failed


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Shares with 95 % intervals and their trial counts."""
    known = [o for o in outcomes if o.item_id]
    unknown = [o for o in outcomes if not o.item_id]

    def share(hits: int, trials: int) -> dict[str, Any]:
        low, high = wilson(hits, trials)
        return {"value": round(hits / trials, 4) if trials else None, "low": round(low, 4), "high": round(high, 4), "trials": trials}

    accepted = Verdict.IN_CATALOGUE
    out = {f"recall@{k}": share(sum(o.rank is not None and o.rank <= k for o in known), len(known)) for k in (1, 5, 20)}
    out["mrr"] = round(sum(1 / o.rank for o in known if o.rank) / len(known), 4) if known else None
    out["false_accepts"] = share(sum(o.verdict == accepted for o in unknown), len(unknown))
    out["wrong_item_accepted"] = share(sum(o.verdict == accepted and o.rank != 1 for o in known), len(known))
    out["known_accepted"] = share(sum(o.verdict == accepted and o.rank == 1 for o in known), len(known))
    out["false_rejects"] = share(sum(o.verdict == Verdict.NOT_IN_CATALOGUE for o in known), len(known))
    area = auroc([o.features[0] for o in known], [o.features[0] for o in unknown])
    out["auroc_score"] = None if area is None else round(area, 4)
    area = auroc([o.probability for o in known], [o.probability for o in unknown])
    out["auroc_probability"] = None if area is None else round(area, 4)
    return out


def main_evaluate(args: argparse.Namespace) -> int:
    """The command; args: queries, index, models, json, calibrate. Exit code as in the README."""
    from tqdm import tqdm

    lookup = Lookup.open(args.index, models=getattr(args, "models", None))
    queries = read_queries(args.queries)
    outcomes, failed = run_queries(queries, lookup, progress=lambda q: tqdm(q, unit="photo", file=sys.stderr, disable=args.json))
    for photo, reason in failed:
        print(f"{photo}: {reason}", file=sys.stderr)
    result = {**summary(outcomes), "failed": len(failed)}
    if getattr(args, "calibrate", False):
        trials = [Trial(o.features, bool(o.item_id), o.rank == 1) for o in outcomes]
        calibration = fit(trials, source="labelled queries")
        if calibration is None:
            raise SetupError(
                f"{len(trials)} queries are too few to calibrate.",
                remedy=f"Give at least {FEWEST_TRIALS}, ten or more of them of garments that are not in the catalogue.",
            )
        write_durably(overlay_path(lookup.folder), json.dumps(calibration, indent=2).encode())
        result["calibration"] = calibration
    if args.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            if isinstance(value, dict) and "trials" in value and "low" in value:
                shown = "-" if value["value"] is None else f"{value['value']:.3f}  [{value['low']:.3f}, {value['high']:.3f}]  of {value['trials']}"
            else:
                shown = json.dumps(value)
            print(f"{name:22s} {shown}")
    return 1 if failed else 0
