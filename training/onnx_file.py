"""A PyTorch model -> assets/models/<role>: ONNX with its weights in half precision, and model.json."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from edge.session import Session, read_model_folder


def halve_weights(path: Path, *, least: int = 256) -> None:
    """Store large float32 weights as float16 with a cast behind them: half the file, while the network still computes in float32.

    onnxruntime folds the casts when it loads the file. What half precision costs is seen by comparing the written file's output.
    """
    model = onnx.load(str(path))
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < least:
            continue
        name = tensor.name
        half = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype(np.float16), f"{name}.half")
        tensor.CopyFrom(half)
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT, name=f"{name}.cast"))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def write_model(
    model: torch.nn.Module, out: Path, spec: dict[str, Any], size: int, *, dynamic: bool, outputs: tuple[str, ...] = ("output",)
) -> Session:
    """Write model.onnx and model.json into `out` and open them. dynamic: any batch size, not only 1. outputs: their names, in order."""
    out.mkdir(parents=True, exist_ok=True)
    model.eval()
    path = out / "model.onnx"
    axes = {name: {0: "batch"} for name in ("image", *outputs)} if dynamic else None
    torch.onnx.export(
        model, (torch.zeros(1, 3, size, size),), str(path), input_names=["image"], output_names=list(outputs), dynamic_axes=axes,
        opset_version=17, dynamo=False,
    )  # fmt: skip
    halve_weights(path)
    spec = {**spec, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size, "made": date.today().isoformat(),
            "parameters": sum(p.numel() for p in model.parameters())}  # fmt: skip
    write_spec(out, spec)
    return Session(read_model_folder(out), gpu=False)


def write_spec(out: Path, spec: dict[str, Any]) -> None:
    """Write model.json."""
    (out / "model.json").write_text(json.dumps(spec, indent=2) + "\n")


def read_spec(out: Path) -> dict[str, Any]:
    """Read model.json."""
    return json.loads((out / "model.json").read_text())
