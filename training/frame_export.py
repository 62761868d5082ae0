"""Frame network's checkpoint -> assets/models/frame: its threshold chosen on the tune senders, compared with PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from edge.transforms import to_nchw
from training.frame_model import POSITIONS, FrameNet
from training.frame_samples import SIZE
from training.frame_train import measures, tune_samples
from training.loop import MEAN, STD
from training.onnx_file import read_spec, write_model, write_spec

MOST_FALSE_ALARMS = 0.01
"""Share of tune pictures without a frame that may be cut: a garment cut into costs more than a frame that stays."""
_WORST_ALLOWED = 0.02


def choose_threshold(probability: np.ndarray, framed: np.ndarray, *, most_false_alarms: float = MOST_FALSE_ALARMS) -> float:
    """The threshold of best accuracy among those with at most this share of false alarms; the middle of the gap it lies in.

    probability float (N,), framed bool (N,), both kinds present.
    """
    values = np.unique(np.concatenate([[0.0], probability, [1.0]]))
    cuts = (values[1:] + values[:-1]) / 2
    said = probability[None] > cuts[:, None]
    allowed = (said & ~framed).sum(1) <= most_false_alarms * (~framed).sum()
    accuracy = np.where(allowed, (said == framed).mean(1), -1)
    best = np.flatnonzero(accuracy == accuracy.max())
    return float(np.clip(cuts[best[len(best) // 2]], 0.02, 0.98))


def export_frame(*, data: Path, run: Path, out: Path, count: int = 1000) -> None:
    """Export run/best.pt, compare with PyTorch on tune samples and write the threshold. Raises RuntimeError where the two differ."""
    model = FrameNet()
    model.load_state_dict(torch.load(run / "best.pt", weights_only=True)["model"])
    spec = {"role": "frame", "input_size": SIZE, "mean": MEAN, "std": STD, "positions": POSITIONS, "threshold": 0.5}
    session = write_model(model, out, spec, SIZE, dynamic=False)
    x, widths = tune_samples(data, run, count=count)
    output = np.concatenate([session.run(to_nchw(one, MEAN, STD))[0] for one in x])
    with torch.no_grad():
        want = torch.sigmoid(model(torch.from_numpy(to_nchw(x[:100], MEAN, STD)))[:, 0]).numpy()
    probability = 1 / (1 + np.exp(-output[:, 0].astype(np.float64)))
    worst = float(np.abs(probability[:100] - want).max())
    if worst > _WORST_ALLOWED:
        raise RuntimeError(f"ONNX and PyTorch differ by {worst:.2e} in probability")
    spec = read_spec(out)
    spec["threshold"] = round(choose_threshold(probability, widths.max(1) > 0), 4)
    write_spec(out, spec)
    print(json.dumps({"threshold": spec["threshold"], "bytes": spec["bytes"], "onnx_minus_torch": worst,
                      **measures(output, widths, threshold=spec["threshold"])}))  # fmt: skip
