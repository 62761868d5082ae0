"""Lookup: a photo's bytes -> Answer. The one facade that the page and the command line use.

read -> frame cut away -> mask -> cutout (-> other readings of the photo) -> embed (-> several photos fused) -> search
-> one result per item -> verdict
refine: what a person says -> the query weighted and moved -> search again; the photo is not touched again
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edge.catalogue import Catalogue
from edge.errors import IndexFolderError, PhotoError, RequestError
from edge.gallery import Gallery
from edge.index import Index, current_folder, open_current
from edge.rank import Change, checked_weights, moved, moved_towards, photo_counts
from edge.seen import Clock, Seen, see, see_masked, see_photo
from edge.stages import PIPELINE_VERSION, Stages
from edge.store import Store
from edge.store_index import StoreIndex, open_index
from edge.taught import TaughtTags
from edge.types import Answer, Filter, Mask, Match, Photo, Verdict
from edge.verdict import Calibration, judge

__all__ = ["Change", "Filter", "Lookup", "RuntimeReport", "current_build", "moved", "overlay_path"]


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

    def __init__(
        self, *, stages: Stages, index: Index | StoreIndex, catalogue: Catalogue, folder: Path, calibration: Mapping[str, Any] | None
    ) -> None:
        self.stages = stages
        self.index = index
        self.catalogue = catalogue
        self.folder = folder
        self._gallery = Gallery(index, catalogue, stages.parts)
        self._taught = TaughtTags.of_index(folder.parent, index.vectors, *catalogue.owners())
        self._calibration_json = calibration
        self._calibration = Calibration.from_json(calibration) if calibration else None

    @classmethod
    def open(
        cls,
        index_root: Path,
        *,
        models: Path | None = None,
        threads: int | None = None,
        stages: Stages | None = None,
        store: Store | None = None,
    ) -> Lookup:
        """Open the current index of a folder and check that it was built with these models.

        store: where the folder's build is searched instead; pictures, texts and calibration are the folder's. Raises SetupError.
        """
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
        index = open_index(folder, manifest=manifest, store=store)
        return cls(
            stages=stages, index=index, catalogue=Catalogue.open(folder / "catalogue.sqlite"), folder=folder, calibration=calibration
        )

    def look_up(self, data: bytes, *, k: int = 10, weights: Mapping[str, float] | None = None, only: Filter | None = None) -> Answer:
        """A photo's bytes -> Answer with up to k matches, one per item, best first.

        weights: part -> how much it matters, 0 or more, 1 as trained, parts not named 1. only: the items that may answer.
        Raises PhotoError, and RequestError for a part, category or colour that is not there.
        """
        return self.look_up_photos((data,), k=k, weights=weights, only=only)

    def look_up_photos(
        self, photos: Sequence[bytes], *, k: int = 10, weights: Mapping[str, float] | None = None, only: Filter | None = None,
        outlines: Mapping[int, Mask] | None = None,
    ) -> Answer:  # fmt: skip
        """Several photos of one item (front, back, detail) -> one Answer; see `look_up`.

        outlines: by a photo's place the outline that a person has settled, of the photo's size as it is read; no frame is looked for there.
        Photos that cannot be used are left out and named in the Answer; if none can, the first one's PhotoError is raised.
        """
        if not photos:
            raise ValueError("no photo to look up")
        clock, seen, errors = Clock(), [], {}
        for place, data in enumerate(photos):
            try:
                if outlines and place in outlines:
                    photo = self.stages.read(data)
                    seen.append(see_masked(photo, outlines[place], self.stages, clock, best_scores=self._gallery.best_scores))
                else:
                    seen.append(see(data, self.stages, clock, best_scores=self._gallery.best_scores))
            except PhotoError as error:
                errors[place] = error
        if not seen:
            raise errors[0]
        left_out = {place: str(error) for place, error in errors.items()}
        return self._answer(seen, clock, k=k, weights=weights, only=only, left_out=left_out)

    def look_up_photo(
        self, photo: Photo, *, k: int = 10, weights: Mapping[str, float] | None = None, only: Filter | None = None
    ) -> Answer:  # fmt: skip
        """A decoded photo, its decorative frame cut away -> Answer; see `look_up`, which decodes it first."""
        clock = Clock()
        seen = see_photo(photo, self.stages, clock, best_scores=self._gallery.best_scores)
        return self._answer([seen], clock, k=k, weights=weights, only=only)

    def look_up_mask(
        self, photo: Photo, mask: Mask, *, k: int = 10, weights: Mapping[str, float] | None = None, only: Filter | None = None
    ) -> Answer:
        """A photo with an outline that is known, as after a correction -> Answer; see `look_up`."""
        clock = Clock()
        seen = see_masked(photo, mask, self.stages, clock, best_scores=self._gallery.best_scores)
        return self._answer([seen], clock, k=k, weights=weights, only=only)

    def refine(
        self,
        answer: Answer,
        *,
        weights: Mapping[str, float] | None = None,
        liked: Sequence[str] = (),
        disliked: Sequence[str] = (),
        k: int = 10,
        only: Filter | None = None,
    ) -> Answer:
        """The same photo ranked anew by what a person says: which parts matter, "more like this" and "not like this" (item ids).

        Always starts from the photo itself, so give all that was said so far, not only the newest. Disliked items come last. The whole
        catalogue is searched with the changed query, which takes no longer than ranking some candidates anew and misses none.
        Raises RequestError for a part, item, category or colour that is not there; ValueError for an Answer without a query.
        """
        query = answer.photo_vectors if answer.photo_vectors is not None or answer.query is None else answer.query[None]
        if query is None or query.shape[1:] != (self.index.dim,):
            raise ValueError("this Answer holds no query of this index")
        both = sorted(set(liked) & set(disliked))
        if both:
            raise RequestError(f"{', '.join(both)} cannot be both liked and disliked.", remedy="Choose one of the two.")
        clock = Clock()
        towards = self._towards(query, liked, disliked) if liked or disliked else query
        matches, verdict, probability = self._ranked(
            query, towards, answer.confidence, k=k, weights=weights, only=only, last=frozenset(disliked)
        )
        clock.lap("refine")
        timings = {**answer.timings_ms, "refine": clock.timings()["refine"]}
        return replace(
            answer, matches=matches, verdict=verdict, probability=probability, timings_ms=timings, index_build=self.folder.name,
            concepts=self._with_hint(answer.concepts, matches),
        )  # fmt: skip

    def categories(self) -> tuple[str, ...]:
        """Product types of the catalogue, most frequent first, for `Filter.categories`."""
        return tuple(value for value, _ in self.catalogue.values_of("product_type"))

    def colours(self) -> tuple[str, ...]:
        """Colours of the catalogue as its feed names them, most frequent first, for `Filter.colours`."""
        return tuple(value for value, _ in self.catalogue.values_of("color"))

    def _answer(
        self,
        seen: Sequence[Seen],
        clock: Clock,
        *,
        k: int,
        weights: Mapping[str, float] | None,
        only: Filter | None,
        left_out: Mapping[int, str] | None = None,
    ) -> Answer:
        vectors = np.stack([s.vector for s in seen])
        counts = photo_counts(self._gallery.best_scores(vectors)) if len(seen) > 1 else np.ones(1, np.float32)
        query = vectors * counts[:, None]
        confidence = float(counts @ np.array([s.mask.confidence for s in seen], np.float32))
        matches, verdict, probability = self._ranked(query, query, confidence, k=k, weights=weights, only=only)
        clock.lap("search")
        first = seen[0]
        return Answer(
            verdict, probability, matches, first.cutout, first.mask, first.photo, self.folder.name, clock.timings(),
            concepts=self._concepts(seen, counts, matches) | self._taught_json(query), query=query.sum(0), photo_vectors=query,
            confidence=confidence, photos=len(seen), left_out=left_out or {},
        )  # fmt: skip

    def _concepts(self, seen: Sequence[Seen], counts: np.ndarray, matches: Sequence[Match]) -> dict[str, Any]:
        """What the garment is, for the Answer; empty where the models do not tell."""
        said = [s.concepts for s in seen if s.concepts is not None]
        if len(said) < len(seen):
            return {}
        return self._with_hint(self.stages.concepts_together(said, counts.tolist()).as_json(), matches)

    def _with_hint(self, concepts: Mapping[str, Any], matches: Sequence[Match]) -> dict[str, Any]:
        """Concepts with a hint where they contradict the first match: {"photo": "skirt", "item": "shorts"}, else None."""
        if "category" not in concepts:
            return dict(concepts)
        hint = self.stages.concepts_hint(concepts["category"]["name"], matches[0].item.product_type) if matches else None
        return {**concepts, "hint": hint}

    def _taught_json(self, query: np.ndarray) -> dict[str, Any]:
        """Tags taught to this index, for the Answer; empty where there are none."""
        taught = self._taught.of_photo(query.sum(0))
        return {"taught": taught} if taught else {}

    def _towards(self, query: np.ndarray, liked: Sequence[str], disliked: Sequence[str]) -> np.ndarray:
        """Each photo's row (P, D) moved by the views that suit it best: those a person saw beside it, and judged."""
        views = [[self._gallery.vectors(self._gallery.of_item(query, item_id)) for item_id in ids] for ids in (liked, disliked)]
        return np.stack(
            [
                moved_towards(row, *(np.array([v[p] for v in each], np.float32) for each in views), self.stages.parts)
                for p, row in enumerate(query)
            ]
        )

    def _ranked(
        self,
        query: np.ndarray,
        towards: np.ndarray,
        confidence: float,
        *,
        k: int,
        weights: Mapping[str, float] | None,
        only: Filter | None,
        last: frozenset[str] = frozenset(),
    ) -> tuple[tuple[Match, ...], Verdict, float]:
        """Matches in the direction of `towards`, judged by the photos' own `query`; items in `last` come after all others."""
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        gallery = self._gallery
        weights = checked_weights(weights, self.stages.parts)
        hits = gallery.put_last(gallery.nearest(gallery.weigh(towards, weights), k + len(last), only=only), last)
        matches = tuple(self._tagged(m) for m in gallery.matches(query, hits.at(range(min(k, len(hits.scores)))), weights))
        if not matches:
            return (), Verdict.UNSURE, 0.0
        plain = towards is query and weights is None and only in (None, Filter()) and k > 1
        best = hits if plain else gallery.nearest(query, 2)
        parts = tuple(gallery.cosines(query, best).values())
        shown = None
        if matches[0].item.item_id != gallery.item_id(best):
            own = gallery.of_item(query, matches[0].item.item_id)
            shown = float(own.scores[0]), tuple(gallery.cosines(query, own).values())
        return matches, *judge(self._calibration, best.scores[:2].tolist(), parts, confidence, shown=shown)

    def _tagged(self, match: Match) -> Match:
        own = [tag for tag in match.item.tags.split(",") if tag]
        return replace(match, tags=tuple(dict.fromkeys((*own, *self._taught.of_item(match.item.item_id)))))

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
