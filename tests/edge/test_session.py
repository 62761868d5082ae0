import json
import shutil

import numpy as np
import pytest

from edge.errors import ModelError
from edge.session import DEFAULT_MODELS, Session, read_model_folder, usable_cpus


@pytest.mark.parametrize("role", ["segmenter", "embedder"])
def test_the_models_in_the_repository_load_and_say_which_provider_they_got(role):
    session = Session(read_model_folder(DEFAULT_MODELS / role), threads=1, gpu=False)
    size = session.folder.spec["input_size"]
    assert session.provider == "CPU" and not session.fell_back
    assert np.isfinite(session.run(np.zeros((1, 3, size, size), np.float32))[0]).all()
    assert (DEFAULT_MODELS / role / "CARD.md").exists()


def test_a_gpu_that_is_wanted_and_not_got_is_reported_as_a_fall_back():
    session = Session(read_model_folder(DEFAULT_MODELS / "segmenter"), threads=1, gpu=True)
    assert session.fell_back == (session.provider == "CPU")


def test_a_damaged_missing_or_swapped_model_is_refused_by_name(tmp_path):
    folder = tmp_path / "segmenter"
    shutil.copytree(DEFAULT_MODELS / "segmenter", folder)
    onnx = folder / "model.onnx"
    onnx.write_bytes(onnx.read_bytes()[:-100])
    with pytest.raises(ModelError, match="damaged"):
        read_model_folder(folder)
    onnx.unlink()
    with pytest.raises(ModelError, match="missing"):
        read_model_folder(folder)
    (folder / "model.json").write_text(json.dumps({"role": "segmenter"})[:-3])
    onnx.write_bytes(b"x")
    with pytest.raises(ModelError):
        read_model_folder(folder)


def test_thread_counts_come_from_the_cpus_we_may_use():
    assert usable_cpus() >= 1


def test_another_number_beside_the_same_weights_is_another_model(tmp_path):
    folder = shutil.copytree(DEFAULT_MODELS / "segmenter", tmp_path / "segmenter")
    before = read_model_folder(folder)
    spec = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**spec, "least_coverage": 0.02}))
    after = read_model_folder(folder)
    assert after.sha256 == before.sha256 and after.identity != before.identity
    (folder / "model.json").write_text(json.dumps(spec, indent=7, sort_keys=True))
    assert read_model_folder(folder).identity == before.identity  # the same numbers, written otherwise
