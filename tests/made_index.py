"""An index folder written straight from vectors: for tests that need one without pictures or a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge.catalogue import VectorRow, write_catalogue
from edge.embed import join_parts
from edge.index import CORE_FILES, write_index
from edge.manifest import MANIFEST_NAME, Manifest, sha256_of
from edge.stages import PIPELINE_VERSION
from edge.types import CatalogueItem

PARTS = {"shape": slice(0, 12), "pattern": slice(12, 20), "colour": slice(20, 26)}
WEIGHTS = {"shape": 0.7, "pattern": 0.6, "colour": 0.4}


def random_vectors(count: int, seed: int = 0, *, parts: Mapping[str, slice] = PARTS, weights: Mapping[str, float] = WEIGHTS) -> np.ndarray:
    """float32 (count, D): parts joined as the embedder joins them."""
    rng = np.random.default_rng(seed)
    return join_parts({name: rng.normal(size=(count, where.stop - where.start)) for name, where in parts.items()}, weights)


def made_index(
    root: Path,
    vectors: np.ndarray,
    owners: Sequence[str],
    items: Sequence[CatalogueItem],
    *,
    model_ids: Mapping[str, str] | None = None,
    parts: Mapping[str, slice] = PARTS,
    calibration: Mapping[str, Any] | None = None,
) -> tuple[Path, Manifest]:
    """Write root/made and root/CURRENT: row i of `vectors` is a view of the item owners[i]. Gives the folder and its manifest."""
    folder = root / "made"
    folder.mkdir(parents=True)
    write_index(folder, vectors)
    write_catalogue(folder / "catalogue.sqlite", items, [VectorRow(i, owner, f"{owner}.jpg", "") for i, owner in enumerate(owners)])
    manifest = Manifest(
        build_id="made",
        created="2026-01-01T00:00:00+00:00",
        model_ids=dict(model_ids or {}),
        parts={name: (where.start, where.stop) for name, where in parts.items()},
        dim=vectors.shape[1],
        count=len(vectors),
        pipeline_version=PIPELINE_VERSION,
        files={name: sha256_of(folder / name) for name in CORE_FILES},
        calibration=calibration,
    )
    (folder / MANIFEST_NAME).write_text(manifest.to_json())
    (root / "CURRENT").write_text("made\n")
    return folder, manifest
