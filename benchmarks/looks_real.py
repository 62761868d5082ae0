"""Alternatives and new looks on real garments: cutouts of the validation senders' photos by their checked outlines, labels as the feed.

Colours that looks are judged by are means over the whole checked outline, not the dominant colours that the looks were made with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.real_data import Judged, checked_mask, photo_bytes
from edge.alternatives import Alternatives
from edge.catalogue import VectorRow, write_catalogue
from edge.colours import to_lab
from edge.errors import PhotoError
from edge.harmony import colour_error
from edge.index import CORE_FILES, write_index
from edge.looks_file import Look, LookPiece
from edge.looks_new import new_looks
from edge.manifest import MANIFEST_NAME, Manifest, sha256_of
from edge.stages import PIPELINE_VERSION, Stages
from edge.taxonomy import Taxonomy
from edge.types import CatalogueItem, Cutout, Mask

TEMPLATES = (("top", "bottom", "shoes"), ("outer", "top", "bottom"), ("dress", "outer", "shoes"), ("top", "bottom", "hat"))
WORN = {
    "top": ("t-shirt", "shirt", "longsleeve", "polo", "hoodie"), "outer": ("jacket", "blazer"), "bottom": ("pants", "shorts", "skirt"),
    "dress": ("dress",), "shoes": ("shoes",), "hat": ("hat",),
}  # fmt: skip
THUMB = 256


@dataclass(frozen=True, slots=True, eq=False)
class Garment:
    """One photo. leaf: of its label; pattern: as labelled by eye; predicted: the network's leaf, "" without one; mean: CIELAB (3,)."""

    image: str
    leaf: str
    pattern: str
    predicted: str
    mean: np.ndarray
    vector: np.ndarray
    cutout: np.ndarray


def garments(data: Path, rows: Sequence[Judged], patterns: Mapping[str, str], stages: Stages) -> list[Garment]:
    """Cut out by the checked outline and embedded by the models as shipped; photos whose label is no leaf are left out."""
    tree, out = Taxonomy.read(), []
    for row in rows:
        leaf = tree.leaf_of_label(row.label)
        if not leaf:
            continue
        photo = stages.read(photo_bytes(data, row.image))
        mask = Mask(checked_mask(data, row.image, photo.rgb.shape[:2]), 1.0)
        try:
            cut: Cutout = stages.cutout(photo, mask)
        except PhotoError:
            continue
        embedding = stages.embed([cut])[0]
        said = None if stages.concepts_note else stages.concepts(photo, mask, cut)
        mean = to_lab(photo.rgb)[mask.alpha > 0.9].mean(0)
        small = cv2.resize(cut.rgb, (THUMB, THUMB), interpolation=cv2.INTER_AREA)
        out.append(Garment(row.image, leaf, patterns.get(row.image, ""), said.leaf if said else "", mean, embedding.vector, small))
    return out


def opened(folder: Path, kept: Sequence[Garment], parts: Mapping[str, slice], *, category: str = "leaf") -> Alternatives:
    """The garments as an index whose feed says each one's category (field `category`) and pattern; all in stock."""
    build = folder / "real"
    (build / "thumbs").mkdir(parents=True)
    rows, items = [], []
    for n, g in enumerate(kept):
        cv2.imwrite(str(build / "thumbs" / f"{n}.jpg"), g.cutout[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        items.append(CatalogueItem(g.image, g.image[:8], f"{g.image}.jpg", getattr(g, category), pattern=g.pattern, quantity=1))
        rows.append(VectorRow(n, g.image, f"{g.image}.jpg", f"thumbs/{n}.jpg"))
    vectors = np.stack([g.vector for g in kept])
    write_index(build, vectors)
    write_catalogue(build / "catalogue.sqlite", items, rows)
    manifest = Manifest(
        build_id="real", created="2026-01-01T00:00:00+00:00", model_ids={}, parts={n: (w.start, w.stop) for n, w in parts.items()},
        dim=vectors.shape[1], count=len(kept), pipeline_version=PIPELINE_VERSION,
        files={name: sha256_of(build / name) for name in CORE_FILES}, calibration=None,
    )  # fmt: skip
    (build / MANIFEST_NAME).write_text(manifest.to_json())
    (folder / "CURRENT").write_text("real\n")
    return Alternatives.open(folder)


def category_agreement(kept: Sequence[Garment], alternatives: Alternatives, *, k: int = 5) -> dict[str, float]:
    """Share of the first k alternatives that have the query's label: with a category as `alternatives` knows it, and without any."""
    leaf = {g.image: g.leaf for g in kept}
    vectors, counts = np.stack([g.vector for g in kept]), Counter(leaf.values())
    given, nearest = [], []
    near = vectors @ vectors.T
    np.fill_diagonal(near, -2)
    for n, g in enumerate(kept):
        given += [leaf[a.match.item.item_id] == g.leaf for a in alternatives.of(g.image, k=k)]
        nearest += [kept[i].leaf == g.leaf for i in np.argsort(-near[n], kind="stable")[:k]]
    random = sum(c * (c - 1) for c in counts.values()) / (len(kept) * (len(kept) - 1))
    return {"alternatives": float(np.mean(given)), "nearest of all": float(np.mean(nearest)), "random": float(random)}


def new_look_errors(
    references: Sequence[Garment], kept: Sequence[Garment], alternatives: Alternatives, *, looks: int = 120, seed: int = 0
) -> tuple[dict[str, dict[str, float]], list[list[list[Garment]]]]:
    """Random looks of `references` followed with garments of `kept` around a random seed -> method -> mean colour-relation error (CIELAB)
    and share with more loud patterns than allowed; and some looks with what each method made of them, for the eye.

    alternatives: holds both. Every method gets the same seed in the first slot, and per slot the reference's category.
    """
    rng = np.random.default_rng(seed)
    by_name = {g.image: g for g in (*references, *kept)}
    errors: dict[str, list[float]] = {"new looks": [], "nearest neighbours only": [], "random": []}
    loud: dict[str, list[bool]] = {name: [] for name in errors}
    shown: list[list[list[Garment]]] = []
    own = {g.image for g in references}
    for number in range(looks):
        slots = TEMPLATES[number % len(TEMPLATES)]
        reference = [_drawn([g for g in references if g.leaf in WORN[slot]], rng) for slot in slots]
        pools = [[g for g in kept if g.leaf == r.leaf] for r in reference]
        if not all(pools):
            continue
        start = _drawn(pools[0], rng)
        look = Look(f"R{number}", tuple(LookPiece(slot, g.image) for slot, g in zip(slots, reference, strict=True)))
        made = new_looks(look, alternatives, seed=alternatives.item(start.image), count=1, leave_out=own)
        if not made:
            continue
        mine = [by_name[p.piece.item.item_id] for p in made[0].pieces]
        near = [
            start,
            *(max(pool, key=lambda g, r=r: float(g.vector @ r.vector)) for pool, r in zip(pools[1:], reference[1:], strict=True)),
        ]
        chance = [start, *(_drawn(pool, rng) for pool in pools[1:])]
        most = max(1, sum(_loud(g) for g in reference))
        wanted = np.array([g.mean for g in reference])
        for name, found in zip(errors, (mine, near, chance), strict=True):
            errors[name].append(colour_error(np.array([g.mean for g in found]), wanted))
            loud[name].append(sum(map(_loud, found)) > most)
        if len(shown) < 8:
            shown.append([reference, mine, near, chance])
    return {
        name: {"colour_error": float(np.mean(e)), "too_loud": float(np.mean(loud[name])), "looks": len(e)} for name, e in errors.items()
    }, shown


def sheet(shown: Sequence[Sequence[Sequence[Garment]]], *, side: int = 110) -> np.ndarray:
    """BGR uint8: a row per look; reference, new look, nearest neighbours, random side by side."""
    white = np.full((side, side, 3), 255, np.uint8)
    rows = []
    for methods in shown:
        cells = []
        for found in methods:
            pictures = [cv2.resize(g.cutout[..., ::-1], (side, side), interpolation=cv2.INTER_AREA) for g in found]
            cells += [*pictures, *[white] * (3 - len(pictures)), np.full((side, 12, 3), 90, np.uint8)]
        rows.append(np.hstack(cells))
    head = np.full((26, rows[0].shape[1], 3), 255, np.uint8)
    for n, name in enumerate(("reference", "new look (first piece given)", "nearest neighbours only", "random")):
        cv2.putText(head, name, (n * (3 * side + 12) + 6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([head, *rows])


def _loud(g: Garment) -> bool:
    return g.pattern not in ("", "plain")


def _drawn(pool: Sequence[Garment], rng: np.random.Generator) -> Garment:
    return pool[int(rng.integers(len(pool)))]
