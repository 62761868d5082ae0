"""What to expect of a second cut is learned from photos that weaker networks doubt."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs requirements-train.txt")

from training import second_cut_fit  # noqa: E402
from training.__main__ import main  # noqa: E402

SPEC = {"input_size": 64, "mean": [0.0] * 3, "std": [1.0] * 3, "confidence": {"check_below": 0.95}}


class HalfBlind:
    """A weak network: it takes the red right of a place, and is not sure of it."""

    def run(self, x: np.ndarray) -> list[np.ndarray]:
        red = x[:, :1] - x[:, 1:2] > 0.2
        red[..., :24] = False
        return [np.where(red, 1.5, -1.5).astype(np.float32)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Red garments on grey, 36 photos to learn from and as many of the judge's."""
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    columns = ["image", "sender", "split", "label", "kids", "pattern", "sleeve", "presentation", "mask", "agreement"]
    with open(tmp_path / "images.csv", "w", newline="") as file:
        table = csv.DictWriter(file, columns, restval="")
        table.writeheader()
        for i in range(72):
            mask = np.zeros((120, 100), np.uint8)
            mask[20:100, 20 + i % 9 : 70 + i % 9] = 255
            bgr = np.where(mask[..., None] > 0, (45, 40, 170), (118, 122, 120)) + rng.normal(0, 5, (120, 100, 3))
            cv2.imwrite(str(tmp_path / "images" / f"{i}.jpg"), np.clip(bgr, 0, 255).astype(np.uint8))
            cv2.imwrite(str(tmp_path / "masks" / f"{i}.png"), mask)
            table.writerow({"image": i, "sender": f"s{i}", "split": "train" if i < 36 else "val", "mask": "good"})
    return tmp_path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "segmenter"
    folder.mkdir()
    (folder / "model.json").write_text(json.dumps(SPEC))
    return folder


def fitted(monkeypatch: pytest.MonkeyPatch, data: Path, model: Path, elders: int) -> int:
    network = HalfBlind()
    network.folder = SimpleNamespace(spec=SPEC)
    monkeypatch.setattr(second_cut_fit, "read_model_folder", lambda folder: folder)
    monkeypatch.setattr(second_cut_fit, "Session", lambda folder, gpu: network)
    with pytest.raises(SystemExit) as ended:
        main(["fit-second-cut", "--data", str(data), "--out", str(model), *["--elder", "weak"] * elders])
    return ended.value.code


def test_the_numbers_are_written_and_say_what_was_gained(monkeypatch, capsys, data, model):
    assert fitted(monkeypatch, data, model, 1) == 0
    second, said = json.loads((model / "model.json").read_text())["second_cut"], json.loads(capsys.readouterr().out)
    assert second["below"] == 0.947 and set(second["weights"]) == {"first", "agreement"}
    assert second["fitted_on"] == 36  # none of the senders that are only judged on
    assert said["iou_after"] > said["iou_before"] + 0.05 and said["expected_iou_error"] < 0.05


def test_too_few_doubts_are_refused_with_a_sentence(monkeypatch, capsys, data, model):
    rows = list(csv.reader((data / "images.csv").open()))
    (data / "images.csv").write_text("\n".join(",".join(row) for row in rows[:9]))
    assert fitted(monkeypatch, data, model, 2) == 2
    assert "name weaker ones" in capsys.readouterr().err
    assert "second_cut" not in json.loads((model / "model.json").read_text())
