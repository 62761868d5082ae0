"""Embedder's checkpoint -> assets/models/embedder: compared with PyTorch from the JPEG on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from edge.cutout import cut_out
from edge.transforms import network_input, to_nchw
from training.data import read_pair
from training.embedder_model import PARTS, Embedder
from training.export_segmenter import checked_rows
from training.loop import MEAN, STD
from training.onnx_file import write_model
from training.train_embedder import LABELS, PATTERNS, SLEEVES

_WORST_ALLOWED = 1e-3


class Outputs(torch.nn.Module):
    """What is exported: the parts side by side, and the logits of label, pattern and sleeve that were trained along."""

    def __init__(self, model: Embedder) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        *parts, classes = self.model.features(x)
        return torch.cat(parts, 1), classes


def export_embedder(*, data: Path, run: Path, out: Path, size: int | None = None) -> None:
    """Export the EMA weights of run/last.pt and compare with PyTorch on 40 cutouts. size: input side in pixels, a multiple of 64; default
    as trained. Raises RuntimeError where the two differ."""
    state = torch.load(run / "last.pt", weights_only=True)
    size = size or int(state["size"])
    model = Embedder(widths=tuple(state["widths"]), activation=state["activation"])
    model.load_state_dict(state["ema"])
    weights = model.weights().tolist()
    spec = {
        "role": "embedder", "input_size": size, "mean": MEAN, "std": STD, "batches": [1, 16],
        "parts": {name: {"dim": dim, "weight": round(w, 4)} for (name, dim), w in zip(PARTS.items(), weights, strict=True)},
        "heads_trained_along": {"label": LABELS, "pattern": PATTERNS, "sleeve": SLEEVES},
    }  # fmt: skip
    session = write_model(Outputs(model), out, spec, size, dynamic=True, outputs=("parts", "classes"))
    model.eval()
    worst = 0.0
    for row in checked_rows(data, "tune")[:40]:
        rgb, mask = read_pair(data, row.image)
        x = to_nchw(network_input(cut_out(rgb, mask.astype(np.float32) / 255)[0], size), MEAN, STD)
        with torch.no_grad():
            want = model(torch.from_numpy(x)).numpy()[0]
        got = session.run(x)[0][0]
        at = 0
        for dim in PARTS.values():
            a, b = want[at : at + dim], got[at : at + dim]
            worst = max(worst, float(1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b))))
            at += dim
    if worst > _WORST_ALLOWED:
        raise RuntimeError(f"ONNX and PyTorch differ by {worst:.2e} in cosine")
    print(json.dumps({"onnx_minus_torch": worst, "weights": weights, "minutes": round(state["spent"] / 60, 1), "step": state["step"]}))
