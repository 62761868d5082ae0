"""Checkpoints -> assets/models/<role>, finished only when ONNX and PyTorch agree on real photos from the JPEG on."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import numpy as np
import torch

from edge.cutout import cut_out
from edge.embed import network_input
from edge.segment import expected_iou
from edge.session import Session, read_model_folder
from edge.transforms import letterbox_mirror, to_nchw, undo_letterbox
from training.data import Row, read_pair, read_rows
from training.embedder_model import PARTS, Embedder
from training.segmenter_model import Mirrored, Segmenter
from training.train_embedder import LABELS, PATTERNS, SIZE, SLEEVES
from training.train_segmenter import MEAN, STD


def _write(model: torch.nn.Module, out: Path, spec: dict, size: int, *, dynamic: bool) -> Session:
    out.mkdir(parents=True, exist_ok=True)
    model.eval()
    path = out / "model.onnx"
    axes = {"image": {0: "batch"}, "output": {0: "batch"}} if dynamic else None
    torch.onnx.export(
        model, (torch.zeros(1, 3, size, size),), str(path), input_names=["image"], output_names=["output"], dynamic_axes=axes,
        opset_version=17, dynamo=False,
    )  # fmt: skip
    spec = {**spec, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size, "made": date.today().isoformat(),
            "parameters": sum(p.numel() for p in model.parameters())}  # fmt: skip
    (out / "model.json").write_text(json.dumps(spec, indent=2) + "\n")
    return Session(read_model_folder(out), gpu=False)


def _judged(data: Path, part: str) -> list[Row]:
    return [r for r in read_rows(data) if r.part == part and r.mask in ("good", "repaired")]


def export_segmenter(*, data: Path, run: Path, out: Path) -> None:
    """Export run/best.pt, compare with PyTorch on 40 photos, fit the confidence line on the tune senders. Raises RuntimeError."""
    state = torch.load(run / "best.pt", weights_only=True)
    model = Segmenter()
    model.load_state_dict(state["model"])
    model = Mirrored(model).eval()
    size = int(state["size"])
    spec = {"role": "segmenter", "input_size": size, "mean": MEAN, "std": STD, "least_coverage": 0.01}
    session = _write(model, out, spec, size, dynamic=False)
    worst, soft, real = 0.0, [], []
    for i, row in enumerate(_judged(data, "tune")):
        rgb, mask = read_pair(data, row.image)
        square, place = letterbox_mirror(rgb, size)
        x = to_nchw(square, MEAN, STD)
        got = session.run(x)[0]
        if i < 40:
            with torch.no_grad():
                worst = max(worst, float(np.abs(1 / (1 + np.exp(-got)) - torch.sigmoid(model(torch.from_numpy(x))).numpy()).max()))
        p = undo_letterbox((1 / (1 + np.exp(-np.clip(got[0, 0], -30, 30)))).astype(np.float32), place)
        a, b = p > 0.5, mask > 127
        soft.append(expected_iou(p))
        real.append(float((a & b).sum() / max(1, (a | b).sum())))
    if worst > 1e-3:
        raise RuntimeError(f"ONNX and PyTorch differ by {worst:.2e} in probability")
    slope, offset = np.polyfit(soft, real, 1)
    spec = json.loads((out / "model.json").read_text())
    spec["confidence"] = {"slope": round(float(slope), 4), "offset": round(float(offset), 4), "fitted_on": len(real)}
    (out / "model.json").write_text(json.dumps(spec, indent=2) + "\n")
    error = np.abs(np.clip(np.polyval([slope, offset], soft), 0, 1) - real).mean()
    print(
        json.dumps(
            {
                "tune_iou": round(float(np.mean(real)), 4),
                "onnx_minus_torch": worst,
                "confidence_error": round(float(error), 4),
                **spec["confidence"],
            }
        )
    )


def export_embedder(*, data: Path, run: Path, out: Path) -> None:
    """Export the EMA weights of run/last.pt and compare with PyTorch on 40 cutouts. Raises RuntimeError."""
    state = torch.load(run / "last.pt", weights_only=True)
    model = Embedder()
    model.load_state_dict(state["ema"])
    weights = model.weights().tolist()
    spec = {
        "role": "embedder", "input_size": SIZE, "mean": MEAN, "std": STD, "batches": [1, 16],
        "parts": {name: {"dim": dim, "weight": round(w, 4)} for (name, dim), w in zip(PARTS.items(), weights, strict=True)},
        "heads_trained_along": {"label": LABELS, "pattern": PATTERNS, "sleeve": SLEEVES},
    }  # fmt: skip
    session = _write(model, out, spec, SIZE, dynamic=True)
    worst = 0.0
    for row in _judged(data, "tune")[:40]:
        rgb, mask = read_pair(data, row.image)
        x = to_nchw(network_input(cut_out(rgb, mask.astype(np.float32) / 255)[0], SIZE), MEAN, STD)
        with torch.no_grad():
            want = model(torch.from_numpy(x)).numpy()[0]
        got = session.run(x)[0][0]
        at = 0
        for dim in PARTS.values():
            a, b = want[at : at + dim], got[at : at + dim]
            worst = max(worst, float(1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b))))
            at += dim
    if worst > 1e-3:
        raise RuntimeError(f"ONNX and PyTorch differ by {worst:.2e} in cosine")
    print(json.dumps({"onnx_minus_torch": worst, "weights": weights, "minutes": round(state["spent"] / 60, 1), "step": state["step"]}))
