"""Every image of a feed through the parallel part; thumbnails and the journal are written on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from edge.catalogue import VectorRow
from edge.stages import Stages
from edge.types import CatalogueItem
from index_builder.fetch import Fetcher
from index_builder.prepare import Known, Prepared, jobs_of, prepared
from index_builder.report import Skipped, Unframed
from index_builder.reuse import NO_FRAME, Journal
from index_builder.samples import Samples

_JOURNAL_EVERY = 16
"""Images between two fsyncs of the journal: what a power cut can cost."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a build is, in images: done of total; of these skipped, and reused without embedding."""

    done: int
    total: int
    skipped: int
    reused: int


@dataclass(slots=True)
class Gathered:
    """What the way through the stages leaves behind, in label order."""

    vectors: np.ndarray
    rows: list[VectorRow] = field(default_factory=list)
    contents: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    samples: Samples | None = None
    skipped: list[Skipped] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    embedded: int = 0
    frames: dict[int, Unframed] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def add(self, done: Prepared, building: Path) -> None:
        for name, seconds in done.seconds.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        if done.kept is None:
            self.skipped.append(Skipped(done.job.line, done.job.item.item_id, done.job.image, done.reason))
            return
        label = len(self.rows)
        thumb = f"thumbs/{label}.jpg"
        (building / thumb).write_bytes(done.kept.thumb)
        self.files[thumb] = sha256(done.kept.thumb).hexdigest()
        self.vectors[label] = done.kept.vector
        self.rows.append(VectorRow(label, done.job.item.item_id, done.job.image, thumb))
        self.contents.append(done.content)
        self.said.append(done.kept.said)
        if done.kept.frame != NO_FRAME:
            self.frames[label] = Unframed(done.job.item.item_id, done.job.image, done.kept.frame)
        if self.samples:
            self.samples.offer(label, done)
        self.embedded += done.fresh


def gather(
    items: Sequence[CatalogueItem], building: Path, *, journal: Journal, known: Sequence[Known], stages: Stages, workers: int,
    progress: Callable[[Tally], None] | None, fetcher: Fetcher, samples: Samples | None, frames: bool, lines: Mapping[str, int],
) -> Gathered:  # fmt: skip
    """Take every image through the stages; thumbnails and the journal are written on the way. lines: item id -> the feed's line."""
    jobs = jobs_of(items, frames=frames, lines=lines)
    gathered = Gathered(np.empty((len(jobs), stages.dim), np.float32), samples=samples)
    new: list[Prepared] = []
    for done, one in enumerate(prepared(jobs, stages=stages, workers=workers, fetcher=fetcher, known=[journal, *known]), 1):
        gathered.add(one, building)
        if one.fresh:
            one.cutout = None  # the samples have taken what they want
            new.append(one)
        if len(new) >= _JOURNAL_EVERY or (new and done == len(jobs)):
            journal.append((p.content, p.kept) for p in new if p.kept)
            new = []
        if progress:
            progress(Tally(done, len(jobs), len(gathered.skipped), len(gathered.rows) - gathered.embedded))
    gathered.vectors = gathered.vectors[: len(gathered.rows)]
    return gathered
