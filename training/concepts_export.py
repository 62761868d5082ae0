"""Concepts checkpoint -> assets/models/concepts: compared with PyTorch, probabilities and hedging calibrated on the tune senders."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from edge.concepts import calibrated
from edge.session import DEFAULT_MODELS, Session, read_model_folder
from edge.taxonomy import Hedge, Taxonomy
from training.concepts_data import FeatureStore
from training.concepts_model import Feedback
from training.concepts_train import TAGS, targets_of
from training.onnx_file import halve_weights, write_spec
from training.train_embedder import LABELS

_WORST_ALLOWED = 0.05
WRONG = (0.02, 0.05, 0.1)
"""Shares of wrong answers for which a lambda is kept."""


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """(N, L), (N,) -> the temperature of least cross-entropy (Guo et al. 2017), by trying many."""
    x, t = torch.from_numpy(logits), torch.from_numpy(truth)
    return float(min(np.geomspace(0.3, 4, 120), key=lambda temperature: float(F.cross_entropy(x / temperature, t))))


def fit_tag(scores: np.ndarray, active: np.ndarray, *, prior: float = 8.0) -> tuple[float, float]:
    """(N,) scores, (N,) 0/1 -> slope and offset of a logistic (Platt 1999), drawn towards 1 and 0, as some tags are rare."""
    x, y = torch.from_numpy(scores).double(), torch.from_numpy(active).double()
    w = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([w], max_iter=100)

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = F.binary_cross_entropy_with_logits(x * w[0] + w[1], y, reduction="sum") + prior * ((w[0] - 1) ** 2 + 0.05 * w[1] ** 2)
        value.backward()
        return value

    optimiser.step(loss)
    slope, offset = w.detach().tolist()
    return max(0.05, slope), offset


def write_onnx(model: torch.nn.Module, path: Path, inputs: int) -> None:
    """model.onnx with outputs leaves (N, steps, L), tags (N, T), image (N, D); weights in half precision."""
    names = ["leaves", "tags", "image"]
    torch.onnx.export(
        model, (torch.zeros(1, inputs),), str(path), input_names=["features"], output_names=names,
        dynamic_axes={name: {0: "batch"} for name in ("features", *names)}, opset_version=17, dynamo=False,
    )  # fmt: skip
    halve_weights(path)


def export_concepts(*, data: Path, run: Path, out: Path, models: Path = DEFAULT_MODELS) -> None:
    """Write `out`. models: where the embedder lies that it was trained behind. Raises RuntimeError where ONNX and PyTorch differ, or
    where the checkpoint belongs to another embedder."""
    state = torch.load(run / "last.pt", weights_only=True)
    store = FeatureStore(data=data, run=run, models=models)
    if state["embedder"] != store.embedder_id:
        raise RuntimeError("these concepts were trained behind another embedder; run `python -m training concepts` first")
    model = Feedback(splits=tuple(state["splits"]), leaves=len(LABELS), tags=len(TAGS), width=int(state["width"]))
    model.load_state_dict(state["model"])
    model.eval()
    inputs = sum(state["splits"])
    out.mkdir(parents=True, exist_ok=True)
    write_onnx(model, out / "model.onnx", inputs)
    tune = store.own("tune")
    target = targets_of(tune.rows)
    tree = Taxonomy.read()
    spec = {
        "role": "concepts", "inputs": inputs, "embedder": store.embedder_id, "labels": LABELS, "tags": TAGS, "steps": len(state["splits"]),
        "sha256": hashlib.sha256((out / "model.onnx").read_bytes()).hexdigest(), "bytes": (out / "model.onnx").stat().st_size,
        "made": date.today().isoformat(), "parameters": sum(p.numel() for p in model.parameters()),
    }  # fmt: skip
    write_spec(out, spec)
    got = Session(read_model_folder(out), threads=1, gpu=False).run(tune.x)
    with torch.no_grad():
        want = [t.numpy() for t in model(torch.from_numpy(tune.x))]
    worst = max(float(np.abs(g - w).max()) for g, w in zip(got, want, strict=True))
    if worst > _WORST_ALLOWED:
        raise RuntimeError(f"ONNX and PyTorch differ by {worst:.2e}")
    known = target.leaf.numpy() >= 0
    logits, truth = got[0][known, -1], target.leaf.numpy()[known]
    temperature = fit_temperature(logits, truth)
    leaves = calibrated(logits, temperature)
    hedge = Hedge(tree, [tree.leaf_of_label(label) for label in LABELS])
    names = [tree.leaf_of_label(LABELS[t]) for t in truth]
    tags = target.tags.numpy()
    spec |= {
        "temperature": round(temperature, 4),
        "tag_calibration": {
            tag: [round(v, 4) for v in fit_tag(got[1][~np.isnan(tags[:, i]), i], tags[~np.isnan(tags[:, i]), i])]
            for i, tag in enumerate(TAGS)
        },
        "hedging": {str(wrong): round(hedge.fit(leaves, names, wrong=wrong), 4) for wrong in WRONG},
        "calibrated_on": int(known.sum()),
    }
    write_spec(out, spec)
    right, bits = hedge.judge(leaves, names, spec["hedging"]["0.05"])
    kept = bits.mean() / np.log2(len(LABELS))
    print(
        json.dumps(
            {
                "onnx_minus_torch": worst, "bytes": spec["bytes"], "temperature": spec["temperature"], "hedging": spec["hedging"],
                "tune_hedged_accuracy": round(float(right.mean()), 4), "tune_information": round(float(kept), 4),
            }
        )
    )  # fmt: skip
