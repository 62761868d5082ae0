"""Concepts checkpoint -> assets/models/concepts: compared with PyTorch, probabilities and hedging calibrated on the tune senders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from edge.concepts import calibrated
from edge.session import DEFAULT_MODELS
from edge.taxonomy import Hedge, Taxonomy
from edge.transforms import to_nchw
from training.concepts_data import squares, still
from training.concepts_model import Mirrored
from training.concepts_train import TAGS, Recipe, make_net, targets_of
from training.loop import MEAN, STD, mean_weights
from training.onnx_file import read_spec, write_model, write_spec
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


def export_concepts(*, data: Path, run: Path, out: Path, models: Path = DEFAULT_MODELS, averaged_with: Sequence[Path] = ()) -> None:
    """Write `out` from run/last.pt, its weights averaged with those of runs that it went on from. models: where the segmenter lies by whose
    masks it is calibrated. Raises RuntimeError where ONNX and PyTorch differ."""
    state = torch.load(run / "last.pt", weights_only=True)
    size, width = int(state["size"]), int(state["width"])
    shape = {name: state[name] for name in ("widths", "activation") if name in state}
    net = make_net(Recipe(size=size, width=width), **shape)
    others = [torch.load(other / "last.pt", weights_only=True)["ema"] for other in averaged_with]
    net.load_state_dict(mean_weights([state["ema"], *others]))
    spec = {"role": "concepts", "input_size": size, "mean": MEAN, "std": STD, "batches": [1], "labels": LABELS, "tags": TAGS,
            "steps": len(net.backbone.splits)}  # fmt: skip
    session = write_model(Mirrored(net), out, spec, size, dynamic=True, outputs=("leaves", "tags", "image"))
    spec = read_spec(out)
    tune = still(squares(data, "tune", cache=run / "squares", models=models), size=size)
    batches = [to_nchw(x, MEAN, STD) for x in tune.x]
    leaves, tags = (np.concatenate(each) for each in zip(*(session.run(x)[:2] for x in batches), strict=True))
    with torch.no_grad():
        some = torch.from_numpy(np.concatenate(batches[:24]))
        worst = max(float(np.abs(g - w.numpy()).max()) for g, w in zip((leaves[:24], tags[:24]), Mirrored(net).eval()(some), strict=False))
    if worst > _WORST_ALLOWED:
        raise RuntimeError(f"ONNX and PyTorch differ by {worst:.2e}")
    target = targets_of(tune.rows)
    known = target.leaf.numpy() >= 0
    logits, truth = leaves[known, -1], target.leaf.numpy()[known]
    temperature = fit_temperature(logits, truth)
    posterior = calibrated(logits, temperature)
    tree = Taxonomy.read()
    hedge = Hedge(tree, [tree.leaf_of_label(label) for label in LABELS])
    names, wanted = [tree.leaf_of_label(LABELS[t]) for t in truth], target.tags.numpy()
    spec |= {
        "temperature": round(temperature, 4),
        "tag_calibration": {
            tag: [round(v, 4) for v in fit_tag(tags[~np.isnan(wanted[:, i]), i], wanted[~np.isnan(wanted[:, i]), i])]
            for i, tag in enumerate(TAGS)
        },
        "hedging": {str(wrong): round(hedge.fit(posterior, names, wrong=wrong), 4) for wrong in WRONG},
        "calibrated_on": int(known.sum()),
    }
    write_spec(out, spec)
    right, bits = hedge.judge(posterior, names, spec["hedging"]["0.05"])
    print(json.dumps({
        "onnx_minus_torch": worst, "bytes": spec["bytes"], "temperature": spec["temperature"], "hedging": spec["hedging"],
        "tune_hedged_accuracy": round(float(right.mean()), 4), "tune_information": round(float(bits.mean() / np.log2(len(LABELS))), 4),
        "minutes": round(state["spent"] / 60, 1), "step": state["step"],
    }))  # fmt: skip
