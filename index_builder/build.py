"""Items -> edge stages -> a new index folder, put in place only when it is complete and verified.

    feed -> fetch, read, mask, cutout (worker threads, a bounded window) -> embed in batches, in feed order
         -> out/.building-<id>/ -> self-recall -> report -> calibration -> manifest -> rename to out/<id>/ -> CURRENT

A build that dies at any moment leaves CURRENT and every finished build as they were.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import shutil
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.catalogue import VectorRow, write_catalogue
from edge.errors import IndexFolderError, RacklensError, SetupError
from edge.index import CURRENT_NAME, Index, write_index
from edge.manifest import MANIFEST_NAME, Manifest, damaged_files, sha256_of, sync_folder, write_durably
from edge.session import usable_cpus
from edge.stages import PIPELINE_VERSION, Stages
from edge.types import CatalogueItem, Cutout
from index_builder.feed import SkippedRow, read_feed
from index_builder.fetch import Fetcher
from index_builder.report import Report, Skipped, write_report

Calibrator = Callable[[Sequence[tuple[int, Cutout]], np.ndarray, Sequence[str]], dict[str, Any] | None]
"""(label, cutout) samples, float32 (N, D) vectors, item id per label -> what goes into the manifest, or None."""

LOWEST_SELF_RECALL = 0.99
_BATCH = 16
_MOST_CALIBRATION_SAMPLES = 400
_THUMB_SIDE = 256
_THUMB_QUALITY = 85
_TWIN = 0.9999
"""Cosine from which two items cannot be told apart; they are listed in the report, not refused."""
_LEFTOVER = ".building-"


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A finished build. items and vectors are counts, skipped says what is missing and why, seconds is wall-clock time."""

    build_id: str
    folder: Path
    items: int
    vectors: int
    skipped: tuple[Skipped, ...]
    self_recall: float
    seconds: float
    calibrated: bool


@dataclass(frozen=True, slots=True)
class _Job:
    order: int
    item: CatalogueItem
    image: str


@dataclass(slots=True)
class _Prepared:
    """A job after the workers' part: either a cutout with its thumbnail, or the reason why not."""

    job: _Job
    cutout: Cutout | None = None
    thumb: bytes = b""
    reason: str = ""
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Gathered:
    """What the way through the stages leaves behind, in label order."""

    vectors: list[np.ndarray] = field(default_factory=list)
    rows: list[VectorRow] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    samples: list[tuple[int, Cutout]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def build(
    feed: Path,
    out: Path,
    *,
    stages: Stages,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    calibrator: Calibrator | None = None,
    fetcher: Fetcher | None = None,
) -> BuildResult:
    """Build an index of a feed into `out` and make it the current one.

    workers: threads for fetching, decoding and cutting out (default: the CPUs this process may use). progress is told
    (images done, images in all). Images that cannot be used are skipped with their reason. Raises FeedError and
    SetupError (another build is running, disk full, nothing usable); then `out` is as it was before.
    """
    started = time.perf_counter()
    items, skipped_rows = read_feed(feed)
    out = Path(out)
    with _translated_disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        with _only_builder(out):
            for leftover in out.glob(f"{_LEFTOVER}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            build_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
            building = out / f"{_LEFTOVER}{build_id}"
            try:
                (building / "thumbs").mkdir(parents=True)
                gathered = _gather(items, building, stages=stages, workers=workers, progress=progress, fetcher=fetcher or Fetcher())
                gathered.skipped[:0] = [_skipped_row(row) for row in skipped_rows]
                manifest, self_recall, kept = _finish(
                    items,
                    gathered,
                    building,
                    build_id=build_id,
                    stages=stages,
                    calibrator=calibrator,
                    started=started,
                    feed=Path(feed),
                    rows=len(items) + len(skipped_rows),
                )
                os.sync()  # thousands of thumbnails: one flush of all instead of one per file
                folder = out / build_id
                os.rename(building, folder)
                sync_folder(out)
                write_durably(out / CURRENT_NAME, f"{build_id}\n".encode())
            finally:
                shutil.rmtree(building, ignore_errors=True)
    return BuildResult(
        build_id, folder, kept, manifest.count, tuple(gathered.skipped), self_recall, time.perf_counter() - started,
        manifest.calibration is not None,
    )  # fmt: skip


def _gather(
    items: Sequence[CatalogueItem], building: Path, *, stages: Stages, workers: int | None, progress: Callable[[int, int], None] | None,
    fetcher: Fetcher,
) -> _Gathered:  # fmt: skip
    """Take every image through the stages; thumbnails are written on the way."""
    jobs = [_Job(0, item, image) for item in items for image in (item.image, *item.extra_images)]
    jobs = [replace(job, order=order) for order, job in enumerate(jobs)]
    sampled = set(np.linspace(0, len(jobs) - 1, min(_MOST_CALIBRATION_SAMPLES, len(jobs))).round().astype(int).tolist())
    gathered = _Gathered()
    batch: list[_Prepared] = []
    for done, prepared in enumerate(_prepared(jobs, stages=stages, workers=workers or usable_cpus(), fetcher=fetcher), 1):
        for name, seconds in prepared.seconds.items():
            gathered.seconds[name] = gathered.seconds.get(name, 0.0) + seconds
        if prepared.cutout is None:
            gathered.skipped.append(Skipped(0, prepared.job.item.item_id, prepared.job.image, prepared.reason))
        else:
            batch.append(prepared)
        if len(batch) == _BATCH or done == len(jobs):
            _embed(batch, building, stages=stages, sampled=sampled, gathered=gathered)
            batch = []
        if progress:
            progress(done, len(jobs))
    return gathered


def _prepared(jobs: Sequence[_Job], *, stages: Stages, workers: int, fetcher: Fetcher) -> Iterator[_Prepared]:
    """Run the workers' part, results in the jobs' order; at most a few pictures per worker are in memory at a time."""
    window: deque[Future[_Prepared]] = deque()
    waiting = iter(jobs)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="build")
    try:
        for job in waiting:
            window.append(pool.submit(_prepare, job, stages=stages, fetcher=fetcher))
            if len(window) >= 3 * workers:
                yield window.popleft().result()
        while window:
            yield window.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare(job: _Job, *, stages: Stages, fetcher: Fetcher) -> _Prepared:
    prepared = _Prepared(job)
    last = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal last
        now = time.perf_counter()
        prepared.seconds[name], last = now - last, now

    try:
        data = fetcher.fetch(job.image)
        lap("fetch")
        photo = stages.read(data)
        lap("read")
        mask = stages.mask(photo)
        lap("mask")
        cutout = stages.cutout(photo, mask)
        lap("cutout")
        prepared.thumb = _thumbnail(photo.rgb)
        lap("thumb")
        prepared.cutout = cutout
    except SetupError:
        raise
    except RacklensError as error:
        prepared.reason = error.what
    except Exception as error:  # one odd picture among thousands must not cost the others; if all are odd, the build is refused
        prepared.reason = f"{type(error).__name__}: {error}"
    return prepared


def _thumbnail(rgb: np.ndarray) -> bytes:
    """uint8 (H, W, 3) -> JPEG, long side at most 256 px: the studio image itself, as staff know it."""
    height, width = rgb.shape[:2]
    scale = min(1.0, _THUMB_SIDE / max(height, width))
    small = cv2.resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _THUMB_QUALITY])[1].tobytes()


def _embed(batch: Sequence[_Prepared], building: Path, *, stages: Stages, sampled: set[int], gathered: _Gathered) -> None:
    if not batch:
        return
    start = time.perf_counter()
    embeddings = stages.embed([p.cutout for p in batch if p.cutout is not None])
    gathered.seconds["embed"] = gathered.seconds.get("embed", 0.0) + time.perf_counter() - start
    for prepared, embedding in zip(batch, embeddings, strict=True):
        label = len(gathered.vectors)
        thumb = f"thumbs/{label}.jpg"
        (building / thumb).write_bytes(prepared.thumb)
        gathered.files[thumb] = sha256(prepared.thumb).hexdigest()
        gathered.vectors.append(embedding.vector)
        gathered.rows.append(VectorRow(label, prepared.job.item.item_id, prepared.job.image, thumb))
        if prepared.job.order in sampled and prepared.cutout is not None:
            gathered.samples.append((label, prepared.cutout))


def _finish(
    items: Sequence[CatalogueItem], gathered: _Gathered, building: Path, *, build_id: str, stages: Stages, calibrator: Calibrator | None,
    started: float, feed: Path, rows: int,
) -> tuple[Manifest, float, int]:  # fmt: skip
    """Vectors -> verified folder with report, calibration and, last, its manifest. Gives the manifest, self-recall and item count."""
    if not gathered.vectors:
        reasons = "; ".join(f"{s.item_id or s.line}: {s.reason}" for s in gathered.skipped[:3])
        raise SetupError(f"None of the feed's images can be used ({reasons}).", remedy="Check the feed's image links, then build again.")
    vectors = np.stack(gathered.vectors)
    with_vectors = {row.item_id for row in gathered.rows}
    kept = [item for item in items if item.item_id in with_vectors]
    clock = time.perf_counter()
    write_index(building, vectors)
    write_catalogue(building / "catalogue.sqlite", kept, gathered.rows)
    gathered.files |= {name: sha256_of(building / name) for name in ("vectors.hnsw", "vectors.npy", "catalogue.sqlite")}
    manifest = Manifest(
        build_id=build_id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model_ids=dict(stages.model_ids),
        parts={name: (part.start, part.stop) for name, part in stages.parts.items()},
        dim=stages.dim,
        count=len(vectors),
        pipeline_version=PIPELINE_VERSION,
        files=gathered.files,
    )
    gathered.seconds["index"] = time.perf_counter() - clock
    clock = time.perf_counter()
    ids = [row.item_id for row in gathered.rows]
    self_recall, twins = _look_for_itself(Index.open(building, manifest=manifest), ids)
    gathered.seconds["self-recall"] = time.perf_counter() - clock
    if self_recall < LOWEST_SELF_RECALL:
        raise IndexFolderError(
            f"Only {self_recall:.1%} of the new index's vectors find themselves; it was not put to use.",
            path=str(building), remedy="Build again; if it stays so, report it with report.json of the last good build.",
        )  # fmt: skip
    clock = time.perf_counter()
    calibration = calibrator(gathered.samples, vectors, ids) if calibrator else None
    gathered.seconds["calibration"] = time.perf_counter() - clock
    report = Report(
        build_id=build_id, feed=str(feed), rows=rows, items=len(kept), vectors=len(vectors),
        self_recall=self_recall, skipped=tuple(gathered.skipped), twins=tuple(twins), stage_seconds=gathered.seconds,
        wall_seconds=time.perf_counter() - started, categories=_per_category(kept), calibration=calibration,
    )  # fmt: skip
    write_report(building, report)
    gathered.files |= {name: sha256_of(building / name) for name in ("report.json", "report.html")}
    manifest = replace(manifest, files=gathered.files, calibration=calibration)
    write_durably(building / MANIFEST_NAME, manifest.to_json().encode())
    damaged = damaged_files(building, manifest)  # read back what the disk really holds
    if damaged:
        raise IndexFolderError(
            f"The new index is damaged on disk ({damaged}); it was not put to use.", path=str(building), remedy="Check the disk."
        )
    return manifest, self_recall, len(kept)


def _look_for_itself(index: Index, item_ids: Sequence[str]) -> tuple[float, list[tuple[str, str]]]:
    """Share of vectors that come back first for themselves (or an equal twin does), and pairs of items that look the same."""
    found, twins = 0, set()
    for start in range(0, index.count, 1000):
        stop = min(start + 1000, index.count)
        labels, scores = index.search(np.asarray(index.vectors[start:stop]), 2)
        found += int(((labels[:, 0] == np.arange(start, stop)) | (scores[:, 0] > _TWIN)).sum())
        for row, near in zip(range(start, stop), zip(labels.tolist(), scores.tolist(), strict=True), strict=True):
            for label, score in zip(*near, strict=True):
                if score > _TWIN and item_ids[label] != item_ids[row]:
                    twins.add(tuple(sorted((item_ids[row], item_ids[label]))))
    return found / index.count, sorted(twins)


def _per_category(items: Sequence[CatalogueItem]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in items:
        counts[item.product_type] = counts.get(item.product_type, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _skipped_row(row: SkippedRow) -> Skipped:
    return Skipped(row.line, row.item_id, "", row.reason)


@contextmanager
def _only_builder(out: Path) -> Iterator[None]:
    """Hold out/.lock; the system lets go of it when the process ends, however it ends. Raises SetupError naming the holder."""
    with open(out / ".lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            try:
                holder = json.loads(lock.read())
                who = f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
            except (ValueError, KeyError, TypeError):
                who = "another process"
            raise SetupError(f"Another build into {out} is running: {who}.", remedy="Wait for it to end, or end it.") from None
        lock.truncate(0)
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat(timespec="seconds")}, lock)
        lock.flush()
        yield


@contextmanager
def _translated_disk_errors(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise SetupError(
                f"The disk is full; the new index in {out} was not finished.", remedy="Free some space, then build again."
            ) from error
        raise SetupError(f"The index folder {out} cannot be written ({error}).", remedy="Check the folder and its rights.") from error
