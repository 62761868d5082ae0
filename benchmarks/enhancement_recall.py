"""Look-ups of garments under five strengths of cast: as they are, with the light divided out, and as a look-up chooses between both."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.enhancement_lights import KINDS, lit
from benchmarks.judge_views import studio_picture
from benchmarks.real_data import checked_mask, checked_rows, photo_bytes
from benchmarks.retrieval_scores import ranks, similarities
from edge.develop import Development, develop
from edge.enhance import Enhancer, Reading
from edge.errors import PhotoError
from edge.pieces import reading
from edge.stages import Stages
from edge.types import Photo

STRENGTHS = (0.0, 4.0, 8.0, 12.0, 16.0, 22.0)
"""Degrees between the light and white; the first is the photo as it is."""
LOOK_UP = "as a look-up does"
WAYS = ("as it is", LOOK_UP, "light always", "best estimate")


@dataclass(slots=True)
class Looked:
    """Vectors float32 (Q, D) of the queries of one strength, per way but the look-up's; what was read of each."""

    vectors: dict[str, list[np.ndarray]] = field(default_factory=lambda: {name: [] for name in WAYS if name != LOOK_UP})
    readings: list[Reading] = field(default_factory=list)


def encoded(stages: Stages, photo: Photo) -> np.ndarray:
    """The whole way of a photo -> its vector; zeros where no garment is found."""
    try:
        return stages.embed([stages.cutout(photo, stages.mask(photo))])[0].vector
    except PhotoError:
        return np.zeros(stages.dim, np.float32)


def versions(photo: Photo, read: Development) -> dict[str, Photo]:
    """The photo for each of WAYS but the look-up's, which chooses between the first two."""
    light = Development(red=read.red, blue=read.blue)
    changed = {"light always": light, "best estimate": read}
    return {"as it is": photo} | {name: replace(photo, rgb=develop(photo.rgb, what)) for name, what in changed.items()}


def looked_up(
    data: Path, split: str, model: Enhancer, *, queries: int, gallery: int | None, models: Path | None
) -> tuple[dict[float, Looked], np.ndarray, np.ndarray]:
    """All look-ups -> per strength what was looked up; the gallery's vectors (N, D); the true row of each query (Q,).

    Gallery: the checked garments of the split, bent and relit mildly on white; queries: their photos as taken, the light changed.
    """
    stages, rows = Stages.open(models), checked_rows(data, split)
    order = np.random.default_rng(31).permutation(len(rows))[:gallery]
    rows = [rows[i] for i in order]
    truth = np.arange(min(queries, len(rows)))
    items = []
    for i, row in enumerate(rows):
        rgb = stages.read(photo_bytes(data, row.image)).rgb
        picture = studio_picture(rgb, checked_mask(data, row.image, rgb.shape[:2]), np.random.default_rng((17, i)))
        items.append(encoded(stages, Photo(picture, (600, 600), "made")))
    found = {strength: Looked() for strength in STRENGTHS}
    for i in truth.tolist():
        photo = stages.read(photo_bytes(data, rows[i].image))
        mask, rng = checked_mask(data, rows[i].image, photo.rgb.shape[:2]), np.random.default_rng((43, i))
        kind, seed = KINDS[int(rng.integers(3))], int(rng.integers(2**31))
        for strength, looked in found.items():
            rgb = lit(photo.rgb, mask, np.random.default_rng(seed), kind, degrees=strength).rgb if strength else photo.rgb
            seen = model.read(rgb)
            looked.readings.append(seen)
            for name, version in versions(replace(photo, rgb=rgb), seen.development).items():
                looked.vectors[name].append(encoded(stages, version))
    return found, np.stack(items), truth


def recall_under_cast(data: Path, split: str, model: Enhancer, *, queries: int, models: Path | None) -> dict[str, Any]:
    """recall@1 per strength and way, with the shares of photos that a look-up tries without their light, and takes so. Prints a table."""
    start = time.perf_counter()
    found, gallery, truth = looked_up(data, split, model, queries=queries, gallery=None, models=models)
    result: dict[str, Any] = {"gallery": len(gallery), "queries": len(truth)}
    print(f"\nrecall@1, {len(truth)} queries, {len(gallery)} garments; {time.perf_counter() - start:.0f} s")
    print("cast      " + "".join(f"{name:>18s}" for name in WAYS) + "   tried, corrected in a look-up")
    for strength, looked in found.items():
        scores = {name: similarities(np.stack(v), gallery) for name, v in looked.vectors.items()}
        # The photo without its light is tried where the cast is worth it, and counts where the catalogue knows it better.
        tried = np.array([each.cast for each in looked.readings]) >= model.cast_from
        best = np.stack([scores["as it is"].max(1), np.where(tried, scores["light always"].max(1), -1)], 1)
        chosen = np.array([reading(pair) for pair in best]) == 1
        scores[LOOK_UP] = np.where(chosen[:, None], scores["light always"], scores["as it is"])
        right = {name: ranks(score, truth) == 1 for name, score in scores.items()}
        line = {name: round(float(right[name].mean()), 4) for name in WAYS}
        line |= {"tried": round(float(tried.mean()), 4), "corrected": round(float(chosen.mean()), 4)}
        result[f"{strength:g} degrees"] = line
        print(f"{strength:4.0f} deg  " + "".join(f"{line[name]:18.3f}" for name in WAYS) + f"{line['tried']:12.3f}{line['corrected']:8.3f}")
    return result
