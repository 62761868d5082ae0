"""What frames cost a catalogue: recall@1 with some of its images framed, frames left as they are and cut away."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.frame_pictures import Garments
from benchmarks.frame_styles import STYLES, framed
from benchmarks.judge_views import composite_photo, emptied, studio_picture
from edge.errors import NoGarmentFound
from edge.stages import Stages
from edge.types import Photo


def _vector(stages: Stages, photo: Photo) -> np.ndarray:
    """float32 (D,); zeros, which match nothing, where no garment is found."""
    try:
        return stages.embed([stages.cutout(photo, stages.mask(photo))])[0].vector
    except NoGarmentFound:
        return np.zeros(stages.dim, np.float32)


def recall_at_1(queries: np.ndarray, gallery: np.ndarray) -> float:
    """Both float32 (N, D), row i of one belongs to row i of the other."""
    return float(((queries @ gallery.T).argmax(1) == np.arange(len(queries))).mean())


def framed_catalogue(stages: Stages, garments: Garments, *, share: float = 0.3, seed: int = 9) -> dict[str, float]:
    """recall@1 of composites (other background, bent, tilted, relit) against studio pictures: none framed, `share` of them framed and left
    so, framed and cut, and framed and cut for the framed items alone."""
    rng = np.random.default_rng(seed)
    count = len(garments.photos)
    with_frame = rng.random(count) < share
    gallery: dict[str, list[np.ndarray]] = {"plain": [], "left": [], "cut": []}
    queries, names = [], list(STYLES)
    for i, (rgb, alpha) in enumerate(zip(garments.photos, garments.masks, strict=True)):
        other = int(rng.integers(count - 1))
        other += other >= i
        background = emptied(garments.photos[other], garments.masks[other])
        query = stages.read(composite_photo(rgb, alpha, background, rng))
        queries.append(_vector(stages, stages.unframe(query)))
        studio = studio_picture(rgb, alpha)
        plain = _vector(stages, Photo(studio, studio.shape[1::-1], "PNG"))
        gallery["plain"].append(plain)
        if not with_frame[i]:
            photo = Photo(studio, studio.shape[1::-1], "PNG")
            gallery["left"].append(plain)
            gallery["cut"].append(plain if stages.unframe(photo) is photo else _vector(stages, stages.unframe(photo)))
            continue
        picture, _ = framed(studio, names[int(rng.integers(len(names)))], rng, garments.photos[other])
        data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
        photo = stages.read(data)
        gallery["left"].append(_vector(stages, photo))
        gallery["cut"].append(_vector(stages, stages.unframe(photo)))
    q = np.stack(queries)
    g = {name: np.stack(rows) for name, rows in gallery.items()}
    result = {name: round(recall_at_1(q, rows), 4) for name, rows in g.items()}
    best = {name: (q @ rows.T).argmax(1) == np.arange(count) for name, rows in g.items()}
    return {
        "items": count, "framed_items": int(with_frame.sum()), **result,
        **{f"{name}_framed_items": round(float(best[name][with_frame].mean()), 4) for name in g},
    }  # fmt: skip
