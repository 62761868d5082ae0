"""Segmenter's checkpoint -> assets/models/segmenter: compared with PyTorch from the JPEG on, its doubt fitted on the tune senders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from edge.doubt import STATISTICS, expected_iou
from edge.segment import Segmenter as Stage
from edge.transforms import letterbox_mirror, to_nchw
from training.data import CHECKED, Row, read_pair, read_rows
from training.loop import MEAN, STD, mean_weights
from training.onnx_file import read_spec, write_model, write_spec
from training.segmenter_model import Mirrored
from training.segmenter_views import training_view
from training.train_segmenter import ARCHITECTURES, drawn_background, load_squares

ASKED = 0.07
"""Share of photos at which staff are asked to look at the outline: those of the lowest expected IoU. More would be clicked away."""
_WORST_ALLOWED = 0.02


def checked_rows(data: Path, part: str) -> list[Row]:
    """Photos of a part whose masks a person has found right."""
    return [r for r in read_rows(data) if r.part == part and r.mask in CHECKED]


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two bool arrays."""
    return float((a & b).sum() / max(1, (a | b).sum()))


def fit_doubt(statistics: np.ndarray, real: np.ndarray) -> dict[str, Any]:
    """(N, 5) statistics and (N,) real IoU -> the logistic of edge.doubt with the least squared error, small weights preferred."""
    weights, offset = fit_logistic(statistics, real)
    return {"weights": dict(zip(STATISTICS, weights, strict=True)), "offset": offset}


def fit_logistic(statistics: np.ndarray, real: np.ndarray) -> tuple[list[float], float]:
    """(N, S) and (N,) in 0..1 -> weights and offset of the logistic with the least squared error, small weights preferred."""
    middle, spread = statistics.mean(0), statistics.std(0) + 1e-6
    x, y = torch.from_numpy((statistics - middle) / spread).float(), torch.from_numpy(real).float()
    w, b = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([w, b], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = ((torch.sigmoid(x @ w + b) - y) ** 2).mean() + 1e-4 * (w**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    weights = w.detach().numpy() / spread
    return [round(float(v), 4) for v in weights], round(float(b.item() - (weights * middle).sum()), 4)


def export_segmenter(*, data: Path, run: Path, out: Path, size: int | None = None, averaged_with: Sequence[Path] = ()) -> None:
    """Export run/best.pt at `size` pixels (default: as trained), its weights averaged with those of runs that went on from the same one;
    compare with PyTorch on 40 photos, fit the expected IoU on tune photos and hard scenes made of them. Raises RuntimeError where the two
    differ."""
    state = torch.load(run / "best.pt", weights_only=True)
    architecture = state.get("architecture", "unet")
    model = ARCHITECTURES[architecture]()
    others = [torch.load(other / "best.pt", weights_only=True)["model"] for other in averaged_with]
    model.load_state_dict(mean_weights([state["model"], *others]))
    model = (Mirrored(model) if architecture == "unet" else model).eval()
    size = size or int(state["size"])
    spec = {"role": "segmenter", "architecture": architecture, "input_size": size, "mean": MEAN, "std": STD, "least_coverage": 0.01}
    before = read_spec(out) if (out / "model.json").is_file() else {}
    if "second_cut" in before:  # fitted with other networks' mistakes (training/second_cut_fit.py), so as good for this one
        spec["second_cut"] = before["second_cut"]
    session = write_model(model, out, spec, size, dynamic=False)
    stage = Stage(session, read_spec(out))
    worst, statistics, real = 0.0, [], []
    for i, row in enumerate(checked_rows(data, "tune")):
        rgb, mask = read_pair(data, row.image)
        if i < 40:
            x = to_nchw(letterbox_mirror(rgb, size)[0], MEAN, STD)
            with torch.no_grad():
                want = torch.sigmoid(model(torch.from_numpy(x))[:, :1]).numpy()
            worst = max(worst, float(np.abs(1 / (1 + np.exp(-session.run(x)[0][:, :1])) - want).max()))
        statistics.append(stage.statistics(rgb))
        real.append(iou(stage.probability(rgb) > 0.5, mask > 127))
    if worst > _WORST_ALLOWED:
        raise RuntimeError(f"ONNX and PyTorch differ by {worst:.2e} in probability")
    photos = len(real)
    # Bad masks are too rare among so few photos to learn from, so hard scenes join.
    garments = load_squares(data, ("tune",), size, CHECKED)
    rng = np.random.default_rng(5)
    scenes = np.stack([drawn_background(size, rng) for _ in range(12)])
    for i in range(2 * photos):
        rgb, mask, known = training_view(garments, i % photos, scenes, rng, size, composites=0.7, near=0.3)
        inside = known > 0
        statistics.append(stage.statistics(rgb))
        real.append(iou((stage.probability(rgb) > 0.5) & inside, (mask > 127) & inside))
    x, y = np.stack(statistics), np.array(real)
    fold = np.arange(len(y)) % photos % 5  # a photo and its scenes are held out together
    held = np.empty(len(y))
    for k in range(5):
        fitted = fit_doubt(x[fold != k], y[fold != k])
        held[fold == k] = [expected_iou(s, fitted) for s in x[fold == k]]
    spec = read_spec(out)
    check_below = round(float(np.quantile(held[:photos], ASKED)), 3)
    spec["confidence"] = {
        **fit_doubt(x, y),
        "check_below": check_below,
        "fitted_on": len(y),
        "held_out_error": round(float(np.abs(held - y).mean()), 4),
    }
    write_spec(out, spec)
    told = held[:photos] < check_below
    print(
        json.dumps(
            {
                "tune_iou": round(float(y[:photos].mean()), 4),
                "onnx_minus_torch": worst,
                "bytes": spec["bytes"],
                "expected_iou_error_photos": round(float(np.abs(held[:photos] - y[:photos]).mean()), 4),
                "expected_iou_error_scenes": round(float(np.abs(held[photos:] - y[photos:]).mean()), 4),
                "iou_of_told": round(float(y[:photos][told].mean()), 4),
                "under_0.80_told": f"{int((told & (y[:photos] < 0.8)).sum())}/{int((y[:photos] < 0.8).sum())}",
                **spec["confidence"],
            }
        )
    )
