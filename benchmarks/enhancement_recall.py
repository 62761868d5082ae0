"""Look-ups of garments under five strengths of cast, with and without the look-up's correction of the light."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.enhancement_lights import KINDS, lit
from benchmarks.judge_views import studio_picture
from benchmarks.real_data import checked_mask, checked_rows, photo_bytes
from benchmarks.retrieval_scores import ranks, similarities
from edge.develop import Development, develop
from edge.enhance import Enhancer
from edge.errors import PhotoError
from edge.stages import Stages
from edge.types import Photo

STRENGTHS = (0.0, 4.0, 8.0, 12.0, 16.0, 22.0)
"""Degrees between the light and white; the first is the photo as it is."""
WAYS = ("as it is", "look-up's rule", "light always", "best estimate")


def encoded(stages: Stages, photo: Photo) -> np.ndarray:
    """The whole way of a photo -> its vector; zeros where no garment is found."""
    try:
        return stages.embed([stages.cutout(photo, stages.mask(photo))])[0].vector
    except PhotoError:
        return np.zeros(stages.dim, np.float32)


def versions(photo: Photo, model: Enhancer) -> dict[str, Photo]:
    """The photo for each of WAYS."""
    read = model.read(photo.rgb).development
    light = Development(red=read.red, blue=read.blue)
    changed = {"light always": light, "best estimate": read}
    out = {"as it is": photo, "look-up's rule": model.neutralised(photo)}
    return out | {name: Photo(develop(photo.rgb, what), photo.source_size, photo.format) for name, what in changed.items()}


def recall_under_cast(data: Path, split: str, model: Enhancer, *, queries: int, models: Path | None) -> dict[str, Any]:
    """recall@1 per strength and way. Gallery: all checked garments of the split, bent and relit mildly on white; queries: their photos as
    taken, chosen by a fixed seed, the light changed. Prints a table."""
    stages, start = Stages.open(models), time.perf_counter()
    rows = checked_rows(data, split)
    chosen = np.random.default_rng(31).permutation(len(rows))[: max(queries, 1)]
    if split == "train":  # to try things out: a gallery of the size of the validation's
        rows = [rows[i] for i in np.random.default_rng(32).permutation(len(rows))[:800]]
        chosen = np.arange(min(queries, len(rows)))
    gallery = []
    for i, row in enumerate(rows):
        rgb = stages.read(photo_bytes(data, row.image)).rgb
        picture = studio_picture(rgb, checked_mask(data, row.image, rgb.shape[:2]), np.random.default_rng((17, i)))
        gallery.append(encoded(stages, Photo(picture, (600, 600), "made")))
    vectors: dict[tuple[float, str], list[np.ndarray]] = {(s, w): [] for s in STRENGTHS for w in WAYS}
    touched = dict.fromkeys(STRENGTHS, 0)
    for i in chosen.tolist():
        photo = stages.read(photo_bytes(data, rows[i].image))
        mask, rng = checked_mask(data, rows[i].image, photo.rgb.shape[:2]), np.random.default_rng((43, i))
        kind = KINDS[int(rng.integers(3))]
        seed = int(rng.integers(2**31))
        for strength in STRENGTHS:
            rgb = lit(photo.rgb, mask, np.random.default_rng(seed), kind, degrees=strength).rgb if strength else photo.rgb
            ways = versions(Photo(rgb, photo.source_size, photo.format), model)
            plain = encoded(stages, ways["as it is"])
            touched[strength] += ways["look-up's rule"] is not ways["as it is"]
            for name, version in ways.items():
                vectors[strength, name].append(plain if version is ways["as it is"] else encoded(stages, version))
    result: dict[str, Any] = {"gallery": len(rows), "queries": len(chosen)}
    print(f"\nrecall@1, {len(chosen)} queries, {len(rows)} garments; {time.perf_counter() - start:.0f} s")
    print("cast      " + "".join(f"{name:>16s}" for name in WAYS) + "   corrected by the rule")
    for strength in STRENGTHS:
        line = {}
        for name in WAYS:
            r = ranks(similarities(np.stack(vectors[strength, name]), np.stack(gallery)), chosen)
            line[name] = round(float((r == 1).mean()), 4)
        line["corrected"] = round(touched[strength] / len(chosen), 4)
        result[f"{strength:g} degrees"] = line
        print(f"{strength:4.0f} deg  " + "".join(f"{line[name]:16.3f}" for name in WAYS) + f"{line['corrected']:16.3f}")
    return result
