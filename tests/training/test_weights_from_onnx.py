"""What is read back from an ONNX file computes what the file computes; anything else is refused."""

import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")

from edge.errors import ModelError  # noqa: E402
from edge.session import DEFAULT_MODELS, Session, read_model_folder  # noqa: E402
from training.embedder_model import Embedder  # noqa: E402
from training.export_embedder import Outputs  # noqa: E402
from training.onnx_file import write_model  # noqa: E402
from training.weights_from_onnx import fill, read_embedder, read_layers  # noqa: E402


def test_the_released_embedder_comes_back_with_its_outputs_and_weights():
    model, size = read_embedder(DEFAULT_MODELS / "embedder")
    folder = read_model_folder(DEFAULT_MODELS / "embedder")
    x = np.random.default_rng(3).normal(0, 1, (3, 3, size, size)).astype(np.float32)
    parts, classes = Session(folder, threads=1, gpu=False).run(x)
    with torch.no_grad():
        *ours, ours_classes = model.features(torch.from_numpy(x))
    assert np.abs(torch.cat(ours, 1).numpy() - parts).max() < 1e-3 * parts.std()
    assert np.abs(ours_classes.numpy() - classes).max() < 1e-3 * classes.std()
    assert model.weights().tolist() == pytest.approx([p["weight"] for p in folder.spec["parts"].values()], abs=2e-4)
    assert not model.training


def test_batch_norms_with_real_statistics_survive_the_way_out_and_back(tmp_path):
    torch.manual_seed(1)
    model = Embedder(widths=(8, 12, 16, 24))
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 2)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.3)
    parts = {"shape": {"dim": 128, "weight": 0.8}, "pattern": {"dim": 96, "weight": 0.6}, "colour": {"dim": 64, "weight": 0.0001}}
    spec = {"role": "embedder", "input_size": 64, "mean": [0.5] * 3, "std": [0.25] * 3, "parts": parts}
    write_model(Outputs(model), tmp_path, spec, 64, dynamic=True, outputs=("parts", "classes"))
    back, size = read_embedder(tmp_path)
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        want, got = model.eval()(x), back(x)
    assert size == 64 and (want - got).abs().max() < 0.01 * want.std()  # half precision in the file


def test_another_networks_file_is_refused(tmp_path):
    layers = read_layers(DEFAULT_MODELS / "embedder" / "model.onnx")
    with pytest.raises(ValueError, match="no layer of shape"):
        fill(Embedder(widths=(16, 32, 64, 128)), layers, 128)
    shutil.copytree(DEFAULT_MODELS / "frame", tmp_path / "embedder")
    spec = json.loads((tmp_path / "embedder" / "model.json").read_text())
    (tmp_path / "embedder" / "model.json").write_text(json.dumps({**spec, "parts": {}}))
    with pytest.raises(ModelError, match="no embedder"):
        read_embedder(tmp_path / "embedder")
