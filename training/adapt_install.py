"""Adapted models in their folder: exported and compared, put in use by one renamed file, the one before a command away.

MODELS/<id>/<role>/    a complete set of models, segmenter or embedder adapted; adapted.json says from what and what it gained
MODELS/CURRENT         the set in use (edge.config.Settings.models_in_use); without it, those that came with Racklens
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from edge.config import CURRENT_MODELS
from edge.embed import Embedder as Stage
from edge.errors import ModelError, SetupError
from edge.manifest import write_durably
from edge.session import Session, read_model_folder
from edge.transforms import to_nchw
from edge.types import Box, Cutout
from training.adapt_score import Embed
from training.embedder_model import PARTS, Embedder
from training.export_embedder import Outputs
from training.onnx_file import write_model

FACTS_NAME = "adapted.json"
_WORST_ALLOWED = 1e-3


def embed_onnx(folder: Path) -> Embed:
    """A model folder's embedder as a function of cutouts, as look-ups run it. Raises ModelError."""
    found = read_model_folder(folder)
    stage = Stage(Session(found, gpu=False), found.spec, found.sha256)

    def embed(pictures: np.ndarray) -> np.ndarray:
        side = pictures.shape[1]
        cutouts = [Cutout(p, Box(0, 0, side, side), 1.0) for p in pictures]
        return np.stack([e.vector for e in stage.embed(cutouts)])

    return embed


def export(model: Embedder, base: Path, out: Path, pictures: np.ndarray) -> float:
    """Write the embedder into `out` with the numbers of the one in `base`; gives the largest difference in cosine of a part between
    ONNX and PyTorch on pictures uint8 (N, S, S, 3). Raises ModelError where it is more than 0.001."""
    spec = dict(read_model_folder(base).spec)
    size, weights = int(spec["input_size"]), model.weights().tolist()
    spec["parts"] = {name: {"dim": dim, "weight": round(w, 4)} for (name, dim), w in zip(PARTS.items(), weights, strict=True)}
    session = write_model(Outputs(model), out, spec, size, dynamic=True, outputs=("parts", "classes"))
    x = to_nchw(pictures, tuple(spec["mean"]), tuple(spec["std"]))
    with torch.no_grad():
        want = model.eval()(torch.from_numpy(x)).numpy()
    got, at, worst = session.run(x)[0], 0, 0.0
    for dim in PARTS.values():
        a, b = want[:, at : at + dim], got[:, at : at + dim]
        cosines = (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
        worst, at = max(worst, float(1 - cosines.min())), at + dim
    if worst > _WORST_ALLOWED:
        raise ModelError(f"The file written to {out} differs from the network by {worst:.2e} in cosine.", path=str(out))
    return worst


def copy_set(base: Path, out: Path) -> None:
    """The models of `base`, a folder per role, as they are; what was in `out` before goes. Raises OSError."""
    shutil.rmtree(out, ignore_errors=True)
    for role in sorted(path for path in base.iterdir() if (path / "model.json").is_file()):
        shutil.copytree(role, out / role.name)


def copy_role(model: Path, out: Path) -> None:
    """Put one model, a folder named by its role, among the set `out` in the place of the one there."""
    shutil.rmtree(out / model.name)
    shutil.copytree(model, out / model.name)


def install(candidate: Path, models: Path, facts: dict[str, Any]) -> str:
    """Copy a complete set of models and put it in use; gives its id. Raises OSError."""
    models.mkdir(parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    building = models / f".building-{name}"
    try:
        copy_set(candidate, building)
        facts = {**facts, "replaces": current(models)}
        (building / FACTS_NAME).write_text(json.dumps(facts, indent=2) + "\n")
        os.sync()
        os.rename(building, models / name)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    write_durably(models / CURRENT_MODELS, f"{name}\n".encode())
    return name


def current(models: Path) -> str:
    """The id of the set in use; "" for the models that came with Racklens."""
    try:
        return (models / CURRENT_MODELS).read_text().strip()
    except FileNotFoundError:
        return ""


def undo(models: Path) -> tuple[str, str]:
    """Put the set before the one in use to use again; gives (before, now). The other one stays on the disk. Raises SetupError."""
    before = current(models)
    if not before:
        raise SetupError(f"No adapted model is in use in {models}.", remedy="There is nothing to undo.")
    now = str(json.loads((models / before / FACTS_NAME).read_text())["replaces"])
    if now:
        write_durably(models / CURRENT_MODELS, f"{now}\n".encode())
    else:
        (models / CURRENT_MODELS).unlink()
    return before, now
