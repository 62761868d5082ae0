"""The default calibration of every index: phone-like views of its own items, each looked up once as it is and once left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from edge.embed import part_scores
from edge.errors import PhotoError
from edge.pieces import reading
from edge.seen import all_readings
from edge.session import usable_cpus
from edge.stages import Stages
from edge.types import Cutout, Photo
from edge.verdict import features_of
from index_builder.calibrate import Trial, fit
from index_builder.phone_views import phone_like_photo

TWIN_COSINE = 0.9999
"""From here on two pictures cannot be told apart (sizes of one article, say): neither is wrong for the other."""

ENOUGH_VIEWS = 240
MOST_PER_SAMPLE = 4


def twins_of(item_id: str, vectors: np.ndarray, item_ids: Sequence[str]) -> frozenset[str]:
    """The item and all items that have a picture equal to one of its own. vectors float (N, D) of norm 1, item_ids per row."""
    own = [i for i, name in enumerate(item_ids) if name == item_id]
    if not own:
        return frozenset({item_id})
    near = (np.asarray(vectors[own]) @ np.asarray(vectors).T).max(0) > TWIN_COSINE
    return frozenset({item_id, *(item_ids[i] for i in np.flatnonzero(near))})


def best_per_item(scores: np.ndarray, item_ids: Sequence[str], without: Collection[str] = ()) -> list[tuple[str, float, int]]:
    """float (N,) scores of all vectors -> (item, its best score, that row), best first; items `without` are as if not there."""
    best: dict[str, tuple[float, int]] = {}
    for row in np.argsort(-scores)[:200].tolist():
        item = item_ids[row]
        if item not in without and item not in best:
            best[item] = float(scores[row]), row
    return [(item, score, row) for item, (score, row) in best.items()]


def trials_from_made_views(
    samples: Sequence[tuple[int, Cutout]],
    vectors: np.ndarray,
    item_ids: Sequence[str],
    *,
    stages: Stages,
    seed: int = 0,
    views: int = 1,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Trial]:
    """`views` phone-like views of each (label, cutout) go the whole way, then count twice: with their item in the catalogue, and with it
    and its twins left out. Its sisters in other colours stay: they are other items, and hard to tell. In the order of the samples."""

    def trials_of(job: tuple[int, Cutout, int]) -> list[Trial]:
        label, cutout, nth = job
        rgb = phone_like_photo(cutout.rgb, np.random.default_rng((seed, label, nth)))
        photo = Photo(rgb, (rgb.shape[1], rgb.shape[0]), "made")
        try:
            readings = all_readings(photo, stages)
        except PhotoError:
            return []
        scores = np.stack([vectors @ r.vector for r in readings])
        twins, out = twins_of(item_ids[label], vectors, item_ids), []
        for known in (True, False):
            each = [best_per_item(row, item_ids, () if known else twins) for row in scores]
            if all(each):
                chosen = reading(np.array([ranked[0][1] for ranked in each]))
                ranked, vector = each[chosen], readings[chosen].vector
                first, _, row = ranked[0]
                parts = tuple(part_scores(vector, np.asarray(vectors[row]), stages.parts).values())
                features = features_of([s for _, s, _ in ranked[:2]], readings[chosen].mask.confidence, parts)
                out.append(Trial(features, known, known and first in twins, item_ids[label]))
        return out

    jobs = [(label, cutout, nth) for nth in range(views) for label, cutout in samples]
    trials: list[Trial] = []
    with ThreadPoolExecutor(workers or usable_cpus(), thread_name_prefix="calibrate") as pool:
        for done, got in enumerate(pool.map(trials_of, jobs), 1):
            trials += got
            if progress:
                progress(done, len(jobs))
    return trials


def calibrate_on_made_views(
    samples: Sequence[tuple[int, Cutout]],
    vectors: np.ndarray,
    item_ids: Sequence[str],
    *,
    stages: Stages,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any] | None:
    """No labelled queries needed. A small catalogue gets several views per item, up to four. None where it is too small."""
    views = min(MOST_PER_SAMPLE, -(-ENOUGH_VIEWS // max(1, len(samples))))
    made = trials_from_made_views(samples, vectors, item_ids, stages=stages, seed=seed, views=views, progress=progress)
    return fit(made, source="made views")
