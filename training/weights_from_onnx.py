"""A network's weights read back from its ONNX file, so that a released model can be trained on without its checkpoint.

The export folded each batch norm into the convolution before it. What comes back computes the same: the folded convolution, and a
batch norm that only adds the offset. Keep such a network in eval mode: its batch norms have no statistics to go on from.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from edge.errors import ModelError
from edge.session import ModelFolder, Session, read_model_folder
from training.embedder_model import PARTS, Embedder
from training.segmenter_model import Mirrored, Segmenter

_WORST_ALLOWED = 2e-3
"""Largest difference of an output, as a share of the outputs' deviation; float32 sums in another order give about 1e-5."""
Layers = list[tuple[np.ndarray, np.ndarray]]


def _values(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """The file's numbers by name, float32; weights are stored in half precision, with a cast behind them."""
    values = {t.name: onnx.numpy_helper.to_array(t).astype(np.float32) for t in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    return values


def read_layers(path: Path) -> Layers:
    """(weight, bias), float32, of every convolution and linear layer, in the order they are computed in."""
    graph = onnx.load(str(path)).graph
    values, found = _values(graph), []
    added = {name: node for node in graph.node if node.op_type == "Add" for name in node.input}
    for node in graph.node:
        if node.op_type in ("Conv", "Gemm") and len(node.input) > 2 and node.input[1] in values:
            found.append((values[node.input[1]], values[node.input[2]]))
        elif node.op_type == "MatMul" and node.input[1] in values:  # a linear layer on places: its offset is added behind
            sum_of = added.get(node.output[0])
            bias = next((values[name] for name in sum_of.input if name in values), None) if sum_of else None
            weight = np.ascontiguousarray(values[node.input[1]].T)
            found.append((weight, np.zeros(len(weight), np.float32) if bias is None else bias))
    return found


@torch.no_grad()
def fill(model: nn.Module, layers: Layers, size: int) -> None:
    """Put folded layers into a network whose forward pass computes them in this order. Raises ValueError where they do not fit."""
    model.eval()
    order: list[tuple[nn.Module, nn.BatchNorm2d | None]] = []
    made: dict[int, int] = {}
    kept: list[torch.Tensor] = []  # keeps the tensors alive, or their addresses would be given out again

    def seen(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        kept.append(output)
        if isinstance(module, nn.BatchNorm2d):
            place = made[id(inputs[0])]
            order[place] = (order[place][0], module)
        else:
            made[id(output)] = len(order)
            order.append((module, None))

    hooks = [m.register_forward_hook(seen) for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear | nn.BatchNorm2d)]
    try:
        model(torch.zeros(1, 3, size, size))
    finally:
        for hook in hooks:
            hook.remove()
    # What is computed last side by side may be written in another order: each takes the first layer left that has its shape.
    left = list(layers)
    for module, norm in order:
        fits = next((i for i, (w, b) in enumerate(left) if w.shape == tuple(module.weight.shape)), None)
        if fits is None:
            raise ValueError(f"the file has no layer of shape {tuple(module.weight.shape)}")
        weight, bias = (torch.from_numpy(np.array(x)) for x in left.pop(fits))
        module.weight.copy_(weight)
        if norm is None:
            if module.bias is not None:
                module.bias.copy_(bias)
            continue
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
        norm.weight.fill_(1)
        norm.bias.copy_(bias)
    if left:
        raise ValueError(f"the file has {len(left)} layers more than the network")


def read_embedder(folder: Path) -> tuple[Embedder, int]:
    """The embedder of a model folder as a PyTorch network in eval mode, and its input's side in pixels.

    Compared with the ONNX file's own output. Raises ModelError where it is another network or the two differ.
    """
    found = read_model_folder(folder)
    size, spec = int(found.spec["input_size"]), found.spec["parts"]
    try:
        layers = read_layers(folder / "model.onnx")
        widths = _widths(layers)
        model = Embedder(widths=widths)
        # `classes` is computed with the others, but only in `features`.
        model.forward = lambda x: torch.cat(model.features(x), 1)  # type: ignore[method-assign]
        fill(model, layers, size)
        del model.forward
        if {name: int(part["dim"]) for name, part in spec.items()} != PARTS:
            raise ValueError(f"its parts are {json.dumps(spec)}")
    except (ValueError, KeyError, IndexError) as error:
        raise ModelError(f"{folder} holds no embedder that can be trained on ({error}).", path=str(folder)) from error
    with torch.no_grad():
        model.log_weights.copy_(torch.log(torch.tensor([float(spec[name]["weight"]) for name in PARTS])))
        model.log_temperature.fill_(3.0)
    _compare(model, found, torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(0)))
    return model, size


def read_segmenter(folder: Path) -> tuple[Segmenter, int]:
    """The segmenter of a model folder as a PyTorch network in eval mode (without the mirror image that the file averages it with), and its
    input's side in pixels.

    Compared with the ONNX file's own output. Raises ModelError where it is another network or the two differ.
    """
    found = read_model_folder(folder)
    size = int(found.spec["input_size"])
    model = Segmenter()
    try:
        fill(model, read_layers(folder / "model.onnx"), size)
        values = _values(onnx.load(str(folder / "model.onnx")).graph)
        with torch.no_grad():
            for name, module in model.named_modules():
                if isinstance(module, nn.LayerNorm):
                    for kind, parameter in module.named_parameters():
                        parameter.copy_(torch.from_numpy(np.array(values[f"model.{name}.{kind}"])))
    except (ValueError, KeyError, IndexError, RuntimeError) as error:
        raise ModelError(f"{folder} holds no segmenter that can be trained on ({error}).", path=str(folder)) from error
    _compare(Mirrored(model).eval(), found, torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0)))
    return model.eval(), size


@torch.no_grad()
def _compare(model: nn.Module, found: ModelFolder, x: torch.Tensor) -> None:
    """Raises ModelError where the network and the file it was read from give different outputs."""
    got, want = model(x).numpy(), Session(found, threads=1, gpu=False).run(x.numpy())[0]
    worst = float(np.abs(got - want).max() / want.std())
    if worst > _WORST_ALLOWED:
        raise ModelError(f"The weights read back from {found.path} give other outputs (by {worst:.1e}).", path=str(found.path))


def _widths(layers: Layers) -> tuple[int, ...]:
    """Channels of the four stages: those of the 3 x 3 convolutions, in the order they come up."""
    wide: dict[int, None] = {}
    for weight, _ in layers:
        if weight.ndim == 4 and weight.shape[2] == 3:
            wide[weight.shape[0]] = None
    widths = tuple(wide)
    if len(widths) != 4:
        raise ValueError(f"its stages are {widths} wide")
    return widths
