"""Items -> edge stages -> a new index folder, put in place only when it is complete and verified.

    feed -> prepare (parallel; what is known from before is not embedded again) -> out/.work/ (journal) and out/.building-<id>/
         -> self-recall -> calibration -> report -> manifest -> rename to out/<id>/ -> CURRENT

A build that dies at any moment leaves CURRENT and every finished build as they were, and the next one goes on from its journal.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from edge.catalogue import write_catalogue
from edge.errors import IndexFolderError, SetupError
from edge.index import CORE_FILES, CURRENT_NAME, current_folder, wide_enough, write_index
from edge.manifest import MANIFEST_NAME, Manifest, damaged_files, sha256_of, sync_folder, write_durably
from edge.session import usable_cpus
from edge.stages import PIPELINE_VERSION, Stages
from edge.types import CatalogueItem, Cutout
from index_builder.changes import changes_since
from index_builder.duplicates import find_duplicates
from index_builder.feed import SkippedRow, iter_feed
from index_builder.fetch import Fetcher
from index_builder.folders import carry_calibration
from index_builder.gather import Gathered, Tally, gather
from index_builder.guards import BUILDING_PREFIX, only_builder, remove_leftovers, translated_disk_errors
from index_builder.predicted import counted, doubtful, with_predictions
from index_builder.prepare import THUMB_QUALITY, THUMB_SIDE, Known
from index_builder.report import Report, Skipped, write_report
from index_builder.reuse import SOURCES_NAME, BuiltBefore, Journal, recipe_of, write_sources
from index_builder.samples import Samples
from index_builder.self_recall import LOWEST_SELF_RECALL, SelfRecall, look_for_itself

Calibrator = Callable[[Sequence[tuple[int, Cutout]], np.ndarray, Sequence[str]], dict[str, Any] | None]
"""(label, cutout) samples, float32 (N, D) vectors, item id per label -> what goes into the manifest, or None."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A finished build. items and vectors are counts, skipped says what is missing and why, seconds is wall-clock time.

    embedded + reused = vectors. replaces: the build that was in use before, "" for the first. changes: items against that one.
    duplicates: as in Report.
    """

    build_id: str
    folder: Path
    items: int
    vectors: int
    skipped: tuple[Skipped, ...]
    self_recall: float
    seconds: float
    calibrated: bool
    embedded: int = 0
    reused: int = 0
    replaces: str = ""
    changes: Mapping[str, int] | None = None
    duplicates: Mapping[str, Any] | None = None
    labelled: str = ""
    """What became of a calibration on labelled photos, see `folders.carry_calibration`."""


def build(
    feed: Path,
    out: Path,
    *,
    stages: Stages,
    workers: int | None = None,
    progress: Callable[[Tally], None] | None = None,
    calibrator: Calibrator | None = None,
    fetcher: Fetcher | None = None,
    columns: Mapping[str, str] | None = None,
    reuse: bool = False,
    duplicates_s: float | None = 0.0,
    frames: bool = True,
    most_skipped: float = 1.0,
    publish: Callable[[Path], object] | None = None,
) -> BuildResult:
    """Build an index of a feed into `out` and make it the current one.

    workers: threads that decode, cut out and embed (default: the CPUs this process may use). progress is told how far the
    images are. columns: as for iter_feed. reuse: take over the embeddings of the index in use for images with the same content
    (`update`); what an interrupted run embedded is always taken over. duplicates_s: seconds, wall-clock, to spend on
    looking for items that look the same, for the report; None: all that it takes. frames: cut decorative frames away, and name them in
    the report. most_skipped: share of images, 0..1, that may be
    unusable before the new index is refused. publish: called with the finished build's folder right before it becomes the current one; if
    it raises, the build before stays the current one. Images that cannot be used are skipped with their reason. Raises FeedError and
    SetupError (another build is running, disk full, too little usable); then `out` is as it was but for out/.work.
    """
    started = time.perf_counter()
    items, lines, skipped_rows = _read(feed, columns=columns)
    out, workers, fetcher = Path(out), workers or usable_cpus(), fetcher or Fetcher()
    recipe = recipe_of(stages, thumb=(THUMB_SIDE, THUMB_QUALITY), frames=frames)
    with translated_disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        with only_builder(out):
            remove_leftovers(out)
            before = _folder_in_use(out)
            build_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
            building = out / f"{BUILDING_PREFIX}{build_id}"
            journal = Journal(out, recipe=recipe, dim=stages.dim)
            finished = False
            try:
                (building / "thumbs").mkdir(parents=True)
                known: list[Known] = [BuiltBefore(before, recipe=recipe)] if reuse and before else []
                gathered = gather(
                    items,
                    building,
                    journal=journal,
                    known=known,
                    stages=stages,
                    workers=workers,
                    progress=progress,
                    fetcher=fetcher,
                    samples=Samples() if calibrator else None,
                    frames=frames,
                    lines=lines,
                )
                _refuse_if_too_little(gathered, most_skipped=most_skipped)
                gathered.skipped += [Skipped(row.line, row.item_id, "", row.reason) for row in skipped_rows]
                gathered.skipped.sort(key=lambda s: s.line)
                cut = {label: unframed.pixels for label, unframed in gathered.frames.items()}
                write_sources(building, recipe=recipe, contents=gathered.contents, frames=cut, said=gathered.said)
                result = _finish(
                    items, gathered, building, folder=out / build_id, stages=stages, calibrator=calibrator, workers=workers,
                    fetcher=fetcher, started=started, feed=Path(feed), rows=len(items) + len(skipped_rows), before=before,
                    duplicates_s=duplicates_s,
                )  # fmt: skip
                os.sync()  # thousands of thumbnails: one flush of all instead of one per file
                os.rename(building, out / build_id)
                sync_folder(out)
                labelled = carry_calibration(before, out / build_id)
                if publish:
                    publish(out / build_id)
                write_durably(out / CURRENT_NAME, f"{build_id}\n".encode())
                finished = True
            finally:
                shutil.rmtree(building, ignore_errors=True)
                journal.close(done=finished)
    return replace(result, seconds=time.perf_counter() - started, labelled=labelled)


def _read(feed: Path, *, columns: Mapping[str, str] | None) -> tuple[list[CatalogueItem], dict[str, int], list[SkippedRow]]:
    """Items, the line of each by its id, and the rows that gave none. Raises FeedError."""
    items, lines, skipped = [], {}, []
    for row in iter_feed(feed, columns=columns):
        if isinstance(row, SkippedRow):
            skipped.append(row)
        else:
            items.append(row.item)
            lines[row.item.item_id] = row.line
    return items, lines, skipped


def _refuse_if_too_little(gathered: Gathered, *, most_skipped: float) -> None:
    reasons = "; ".join(str(s) for s in gathered.skipped[:3])
    if not gathered.rows:
        raise SetupError(f"None of the feed's images can be used ({reasons}).", remedy="Check the feed's image links, then build again.")
    share = len(gathered.skipped) / (len(gathered.skipped) + len(gathered.rows))
    if share > most_skipped:
        raise SetupError(
            f"{share:.0%} of the feed's images cannot be used, more than the {most_skipped:.0%} that may be ({reasons}); "
            "the index in use stays.",
            remedy="Check the image links, or allow more with --max-skipped.",
        )


def _finish(
    items: Sequence[CatalogueItem], gathered: Gathered, building: Path, *, folder: Path, stages: Stages, calibrator: Calibrator | None,
    workers: int, fetcher: Fetcher, started: float, feed: Path, rows: int, before: Path | None, duplicates_s: float | None,
) -> BuildResult:  # fmt: skip
    """Vectors -> verified folder with calibration, report and, last, its manifest."""
    vectors, ids = gathered.vectors, [row.item_id for row in gathered.rows]
    with_vectors = set(ids)
    kept = [item for item in items if item.item_id in with_vectors]
    clock = _Laps(gathered.seconds)
    kept = with_predictions(kept, gathered.rows, gathered.said)
    write_index(building, vectors)
    write_catalogue(building / "catalogue.sqlite", kept, gathered.rows)
    files = (*CORE_FILES, SOURCES_NAME)
    gathered.files |= {name: sha256_of(building / name) for name in files}
    manifest = Manifest(
        build_id=folder.name,
        created=datetime.now(UTC).isoformat(timespec="microseconds"),
        model_ids=dict(stages.model_ids),
        parts={name: (part.start, part.stop) for name, part in stages.parts.items()},
        dim=stages.dim,
        count=len(vectors),
        pipeline_version=PIPELINE_VERSION,
        files=gathered.files,
        ef_search=wide_enough(len(vectors)),
    )
    clock.lap("index")
    found = look_for_itself(building, manifest, ids)
    clock.lap("self-recall")
    if not found.good:
        raise _not_found(found, building)
    calibration = None
    if calibrator and gathered.samples:
        samples = gathered.samples.cutouts(stages=stages, fetcher=fetcher, workers=workers)
        calibration = calibrator(samples, vectors, ids)
        clock.lap("calibration")
    manifest = replace(manifest, calibration=calibration)
    alike = None
    if duplicates_s != 0:
        alike = find_duplicates(building, manifest=manifest, workers=workers, most_seconds=duplicates_s, mask=stages.mask).for_report()
        clock.lap("duplicates")
    reused = len(vectors) - gathered.embedded
    changes = changes_since(before, kept, gathered.rows, gathered.contents) if before else None
    replaces = before.name if before else ""
    report = Report(
        build_id=folder.name, feed=str(feed), rows=rows, items=len(kept), vectors=len(vectors), self_recall=found.lowest,
        skipped=tuple(gathered.skipped), twins=found.twins, stage_seconds=gathered.seconds,
        wall_seconds=time.perf_counter() - started, categories=_per_category(kept), calibration=calibration,
        created=manifest.created, replaces=replaces, embedded=gathered.embedded, reused=reused, changes=changes,
        models=manifest.model_ids, exact_self_recall=found.exact, graph_agreement=found.agreement, likeness=found.likeness,
        duplicates=alike, frames=tuple(gathered.frames.values()), predicted=counted(kept),
        doubtful=doubtful(kept, gathered.rows, gathered.said, hint=stages.concepts_hint),
    )  # fmt: skip
    write_report(building, report)
    gathered.files |= {name: sha256_of(building / name) for name in ("report.json", "report.html")}
    write_durably(building / MANIFEST_NAME, manifest.to_json().encode())
    damaged = damaged_files(building, manifest)  # read back what the disk really holds
    if damaged:
        raise IndexFolderError(
            f"The new index is damaged on disk ({damaged}); it was not put to use.", path=str(building), remedy="Check the disk."
        )
    return BuildResult(
        folder.name, folder, len(kept), len(vectors), tuple(gathered.skipped), found.lowest, 0.0, calibration is not None,
        gathered.embedded, reused, replaces, changes, alike,
    )  # fmt: skip


def _not_found(found: SelfRecall, building: Path) -> IndexFolderError:
    what = (
        f"Only {found.lowest:.1%} of the new index's vectors find themselves"
        if found.lowest < LOWEST_SELF_RECALL
        else f"The new index's graph finds only {found.agreement:.1%} of the nearest neighbours"
    )
    return IndexFolderError(
        f"{what}; it was not put to use.", path=str(building),
        remedy="Build again; if it stays so, report it with report.json of the last good build.",
    )  # fmt: skip


def _folder_in_use(out: Path) -> Path | None:
    try:
        return current_folder(out)
    except IndexFolderError:
        return None


def _per_category(items: Sequence[CatalogueItem]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in items:
        counts[item.product_type] = counts.get(item.product_type, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


class _Laps:
    """Writes wall-clock seconds since the last lap into a dict."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds, self._last = seconds, time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._seconds[name], self._last = now - self._last, now
