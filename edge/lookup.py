"""Lookup: a photo's bytes -> Answer. The one facade that the page and the command line use.

read -> mask -> cutout -> embed -> search -> one result per item -> verdict
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.catalogue import Catalogue
from edge.embed import part_scores
from edge.errors import IndexFolderError
from edge.index import Index, current_folder, open_current
from edge.stages import PIPELINE_VERSION, Stages
from edge.types import Answer, Match, Verdict
from edge.verdict import Calibration, features_of


@dataclass(frozen=True, slots=True)
class RuntimeReport:
    """What really runs: providers maps a model's role to "CUDA" or "CPU"; calibration is the index's, or None."""

    providers: Mapping[str, str]
    wanted: str
    fell_back: bool
    threads: int
    index_build: str
    items: int
    calibration: Mapping[str, Any] | None


def current_build(index_root: Path) -> str:
    """The id of the index in use; reads one small file. Raises IndexFolderError."""
    return current_folder(Path(index_root)).name


def overlay_path(folder: Path) -> Path:
    """Where `evaluate --calibrate` keeps a calibration: beside the immutable folder, never in it."""
    return folder.parent / f"{folder.name}.calibration.json"


class Lookup:
    """An open index with its models. Thread-safe for look-ups; opened anew for another build."""

    def __init__(self, *, stages: Stages, index: Index, catalogue: Catalogue, folder: Path, calibration: Mapping[str, Any] | None) -> None:
        self.stages = stages
        self.index = index
        self.catalogue = catalogue
        self.folder = folder
        self._calibration_json = calibration
        self._calibration = Calibration.from_json(calibration) if calibration else None

    @classmethod
    def open(cls, index_root: Path, *, models: Path | None = None, threads: int | None = None, stages: Stages | None = None) -> Lookup:
        """Open the current index of a folder and check that it was built with these models. Raises SetupError."""
        stages = stages or Stages.open(models, threads=threads)
        folder, manifest = open_current(Path(index_root))
        if dict(manifest.model_ids) != dict(stages.model_ids) or manifest.pipeline_version != PIPELINE_VERSION:
            raise IndexFolderError(
                f"The index {folder.name} was built with other models or another version of the pipeline.",
                path=str(folder),
                remedy="Build it again: `python -m index_builder build FEED --out INDEX_DIR`.",
            )
        calibration = manifest.calibration
        overlay = overlay_path(folder)
        if overlay.exists():
            try:
                calibration = json.loads(overlay.read_text())
                Calibration.from_json(calibration)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise IndexFolderError(
                    f"The calibration {overlay} cannot be read ({error}).", path=str(overlay), remedy="Delete it, or calibrate again."
                ) from error
        index = Index.open(folder, manifest=manifest)
        return cls(
            stages=stages, index=index, catalogue=Catalogue.open(folder / "catalogue.sqlite"), folder=folder, calibration=calibration
        )

    def look_up(self, data: bytes, *, k: int = 10) -> Answer:
        """A photo's bytes -> Answer with up to k matches, one per item, best first. Raises PhotoError."""
        clock = _Clock()
        photo = self.stages.read(data)
        clock.lap("read")
        mask = self.stages.mask(photo)
        clock.lap("segment")
        cut = self.stages.cutout(photo, mask)
        clock.lap("cutout")
        embedding = self.stages.embed([cut])[0]
        clock.lap("embed")
        matches = self.rank(embedding.vector, k=k)
        clock.lap("search")
        features = features_of([m.score for m in matches], mask.confidence, tuple(matches[0].parts.values()) if matches else ())
        if self._calibration is None:
            probability, verdict = 0.0, Verdict.UNSURE
        else:
            probability = self._calibration.probability(features)
            verdict = self._calibration.verdict(probability) if matches else Verdict.NOT_IN_CATALOGUE
        return Answer(verdict, probability, tuple(matches), cut, mask, photo, self.folder.name, clock.timings())

    def rank(self, vector: np.ndarray, *, k: int = 10) -> list[Match]:
        """float32 (D,) of norm 1 -> up to k matches; an item with several pictures counts with its best one."""
        # Pictures of one item crowd the hits, so ask for more of them than items are wanted.
        labels, scores = self.index.search(vector[None], max(50, 5 * k))
        matches: list[Match] = []
        seen: set[str] = set()
        for label, score in zip(labels[0].tolist(), scores[0].tolist(), strict=True):
            item = self.catalogue.item_of(label)
            if item.item_id in seen:
                continue
            seen.add(item.item_id)
            parts = part_scores(vector, np.asarray(self.index.vectors[label]), self.stages.parts)
            matches.append(Match(item, float(score), parts, len(matches) + 1, self.catalogue.thumb_of(label)))
            if len(matches) == k:
                break
        return matches

    def thumb_path(self, match: Match) -> Path | None:
        """The match's studio picture in the index folder, or None where it has none."""
        path = self.folder / match.thumb
        return path if match.thumb and path.is_file() else None

    def report(self) -> RuntimeReport:
        """What really runs, for the page and the doctor."""
        sessions = self.stages.sessions
        return RuntimeReport(
            {role: s.provider for role, s in sessions.items()},
            next(iter(sessions.values())).wanted,
            any(s.fell_back for s in sessions.values()),
            next(iter(sessions.values())).threads,
            self.folder.name,
            self.catalogue.count,
            self._calibration_json,
        )


class _Clock:
    """Milliseconds per stage, and in all."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = round((now - self._last) * 1000, 2)
        self._last = now

    def timings(self) -> dict[str, float]:
        return {**self._laps, "total": round((self._last - self._start) * 1000, 2)}
