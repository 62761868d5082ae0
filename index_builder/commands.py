"""The commands that make and look after indexes: build, update, verify, list, rollback, prune. Each gives its exit code."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from edge.config import chosen_models
from edge.errors import ModelError, RequestError
from edge.index import open_current
from edge.manifest import Manifest, read_manifest
from edge.session import DEFAULT_MODELS, read_model_folder, usable_cpus
from edge.stages import PIPELINE_VERSION
from index_builder.build import BuildResult, build
from index_builder.feed_options import columns_of, fetcher_of
from index_builder.folders import Build, Pruned, list_builds, prune, rollback, table_of
from index_builder.progress import Progress
from index_builder.publish import Publisher, builds_json
from index_builder.verify import verify
from index_builder.verify_store import verify_store


def build_command(args: argparse.Namespace) -> int:
    """build and update (args.reuse)."""
    from edge.stages import Stages  # looked up at the call, so that tests can put a stand-in there
    from index_builder.calibrate_views import calibrate_on_made_views

    publisher = Publisher.of(args)
    if publisher:
        publisher.check()
    workers = args.workers or usable_cpus()
    cv2.setNumThreads(1)  # the workers are the parallelism; threads of their own would only get in each other's way
    stages = Stages.open(args.models, threads=max(1, usable_cpus() // workers))
    with Progress(quiet=args.quiet or args.json) as progress:
        calibrator = None if args.no_calibration else partial(calibrate_on_made_views, stages=stages, progress=progress.calibrating)
        result = build(
            args.feed, args.out, stages=stages, workers=workers, progress=progress.tally, calibrator=calibrator,
            fetcher=fetcher_of(args), columns=columns_of(args), reuse=args.reuse, frames=args.frames,
            duplicates_s=None if args.duplicates else args.duplicates_s, most_skipped=args.max_skipped / 100,
            publish=publisher.publish if publisher else None,
        )  # fmt: skip
    pruned = prune(args.out, keep=args.keep) if args.keep else None
    if pruned and publisher:
        publisher.keep_only([b.build_id for b in list_builds(args.out)])
    for skipped in result.skipped:
        print(f"skipped {skipped}", file=sys.stderr)
    if result.labelled == "dropped":
        print(
            "The calibration on labelled photos does not fit this build (other models, another size, or it is damaged): run "
            "`evaluate --calibrate` again.",
            file=sys.stderr,
        )
    if args.json:
        print(json.dumps(_build_json(result, pruned) | _store_json(publisher)))
    elif not args.quiet:
        print(_in_words(result))
        if publisher:
            print(f"in use in Milvus too: {result.vectors} vectors at {publisher.shown}")
        if pruned and pruned.builds:
            print(f"deleted {len(pruned.builds)} old: {', '.join(pruned.builds)}")
        if result.labelled == "carried":
            print("The calibration on labelled photos goes on; `evaluate --calibrate` once more when much of the catalogue is new.")
        if not result.calibrated and not args.no_calibration and result.labelled != "carried":
            print("Too few images to calibrate: every answer will be `unsure`. See `evaluate --calibrate`.", file=sys.stderr)
    return 1 if result.skipped else 0


def verify_command(args: argparse.Namespace) -> int:
    """1 if anything is wrong, each thing named on stderr."""
    from edge.stages import Stages

    publisher, stages = Publisher.of(args), Stages.open(args.models)
    if args.sample and not publisher:
        raise RequestError("--sample is for a store; a folder is always checked whole.", remedy="Add --store milvus, or leave it out.")
    found = verify(args.index, stages=stages)
    stored = None
    if publisher:
        store = publisher.choice.open()
        stored = verify_store(store, found.folder, read_manifest(found.folder), model_ids=stages.model_ids, sample=args.sample)
    problems = [*found.problems, *(f"Milvus at {publisher.shown}: {problem}" for problem in (stored.problems if stored else ()))]
    for problem in problems:
        print(problem, file=sys.stderr)
    if args.json:
        recall = found.self_recall
        shares = (
            {"exact": recall.exact, "graph": recall.graph, "agreement": recall.agreement, "compared": recall.compared} if recall else None
        )
        print(
            json.dumps(
                {
                    "build_id": found.build_id, "items": found.items, "vectors": found.vectors, "files": found.files,
                    "problems": problems, "self_recall": shares,
                }
                | (_store_json(publisher) | {"in_store": dataclasses.asdict(stored)} if stored else {})
            )
        )  # fmt: skip
    elif not args.quiet and not problems and found.self_recall:
        recall = found.self_recall
        print(
            f"{found.build_id}: {found.items} items, {found.vectors} vectors, {found.files} files as built; "
            f"{recall.graph:.2%} find themselves by the graph, {recall.exact:.2%} by exact search "
            f"({recall.compared} compared, {recall.agreement:.2%} of their nearest the same)"
        )
        if stored:
            print(
                f"Milvus at {publisher.shown}: the same build, {stored.asked} of {stored.vectors} asked, {stored.found:.2%} find themselves"
            )
    return 1 if problems else 0


def list_command(args: argparse.Namespace) -> int:
    """0, or 1 if a build cannot be read."""
    publisher, builds = Publisher.of(args), list_builds(args.index)
    published = publisher.builds() if publisher else []
    for listed in builds:
        if listed.problem:
            print(f"{listed.build_id}: {listed.problem}", file=sys.stderr)
    if args.json:
        print(
            json.dumps(
                {"index": str(args.index), "builds": [_listed(b) for b in builds]}
                | ({"milvus": builds_json(publisher, published)} if publisher else {})
            )
        )
    elif not args.quiet:
        print(table_of(builds) if builds else f"No builds in {args.index}.")
        if publisher:
            named = ", ".join(f"{b.build_id}{' (in use)' if b.current else ''}" for b in published)
            print(f"In Milvus at {publisher.shown}: {named or 'none'}")
    return 1 if any(b.problem for b in builds) else 0


def rollback_command(args: argparse.Namespace) -> int:
    publisher = Publisher.of(args)
    before, now = rollback(args.index, to=args.to or "", publish=publisher.publish if publisher else None)
    manifest = open_current(args.index)[1]
    if manifest.pipeline_version != PIPELINE_VERSION:
        print(
            f"{now} was built by pipeline version {manifest.pipeline_version}, this program has {PIPELINE_VERSION}: look-ups will refuse "
            "it until it is built again, or until the program it was built with is back.",
            file=sys.stderr,
        )
    elif others := _other_models(manifest, chosen_models(None, os.environ) or DEFAULT_MODELS):
        print(
            f"{now} was built with another {' and another '.join(others)} than is in use: look-ups will refuse it until it is built "
            "again, or until those models are back (`python -m training adapt --undo` takes back adapted ones).",
            file=sys.stderr,
        )
    if args.json:
        print(json.dumps({"before": before, "current": now} | _store_json(publisher)))
    elif not args.quiet:
        back = f"python -m index_builder rollback {args.index} --to {before}" + (f" {publisher.choice.shown}" if publisher else "")
        print(f"{now} is in use again{' in both' if publisher else ''}; it was {before or 'none'}. Back with: {back}")
    return 0


def _other_models(manifest: Manifest, models: Path) -> list[str]:
    """The roles in which a build's models are not those of a folder; none where that folder cannot be read."""
    try:
        return [role for role, model_id in manifest.model_ids.items() if read_model_folder(models / role).identity != model_id]
    except ModelError:
        return []


def prune_command(args: argparse.Namespace) -> int:
    publisher = Publisher.of(args)
    if publisher:
        publisher.check_in_step(args.index)
    pruned = prune(args.index, keep=args.keep)
    gone = publisher.keep_only([b.build_id for b in list_builds(args.index)]) if publisher else []
    if args.json:
        facts = {"deleted": list(pruned.builds), "leftovers": pruned.leftovers, "freed_bytes": pruned.freed}
        print(json.dumps(facts | _store_json(publisher) | ({"deleted_in_store": gone} if publisher else {})))
    elif not args.quiet:
        what = [*pruned.builds, *(["leftovers of interrupted runs"] if pruned.leftovers else [])]
        print(f"deleted {', '.join(what)}; {pruned.freed / 1e6:.1f} MB free again" if what else "nothing to delete")
        if gone:
            print(f"deleted in Milvus: {', '.join(gone)}")
    return 0


def _store_json(publisher: Publisher | None) -> dict[str, Any]:
    """Where a build is besides its folder; nothing where it is not."""
    return {"store": {"kind": "milvus", "uri": publisher.shown}} if publisher else {}


def _build_json(result: BuildResult, pruned: Pruned | None) -> dict[str, Any]:
    return {
        "build_id": result.build_id,
        "folder": str(result.folder),
        "items": result.items,
        "vectors": result.vectors,
        "skipped": len(result.skipped),
        "self_recall": round(result.self_recall, 6),
        "calibrated": result.calibrated or result.labelled == "carried",
        "labelled_calibration": result.labelled,
        "seconds": round(result.seconds, 2),
        "embedded": result.embedded,
        "reused": result.reused,
        "replaces": result.replaces,
        "changes": dict(result.changes) if result.changes else None,
        "report": str(result.folder / "report.html"),
        "duplicates": _alike_json(result.duplicates),
        "deleted": list(pruned.builds) if pruned else [],
    }


def _alike_json(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Counts of what report.json lists."""
    return {name: len(value) if isinstance(value, list) else value for name, value in found.items()} if found else None


def _in_words(result: BuildResult) -> str:
    said = f"{result.items} items, {result.vectors} images"
    if result.reused:
        said += f" ({result.embedded} embedded, {result.reused} taken over)"
    said += f", {len(result.skipped)} skipped, {result.seconds:.1f} s: {result.folder}"
    if result.changes:
        words = {
            "new": "new",
            "removed": "removed",
            "pictures": "with other pictures",
            "texts": "with other texts",
            "unchanged": "unchanged",
        }
        said += "\nagainst the index before: " + ", ".join(f"{result.changes[key]} {word}" for key, word in words.items())
    if result.duplicates:
        found = _alike_json(result.duplicates) or {}
        said += (
            f"\nlooking the same: {found['groups']} groups of duplicates, {found['colourways']} cuts in several colours "
            f"({found['looked_at']} of {found['candidates']} likely pairs looked at)"
        )
    return said


def _listed(build: Build) -> dict[str, Any]:
    facts = dataclasses.asdict(build)
    facts["folder"] = str(build.folder)
    facts["size_bytes"] = facts.pop("size")
    return facts
