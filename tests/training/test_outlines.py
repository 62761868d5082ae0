"""Masks drawn by hand go into a text file as polygons and come back from it, in place of the masks found wrong."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import RequestError
from training import data as data_module
from training import outlines
from training.__main__ import main


def drawn(height: int = 120, width: int = 90) -> np.ndarray:
    """Two pieces, one of them with a hole."""
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (40, 45), (30, 38), 20, 0, 360, 255, -1)
    cv2.circle(mask, (40, 45), 9, 0, -1)
    cv2.rectangle(mask, (5, 100), (60, 115), 255, -1)
    return mask


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a > 127) & (b > 127)).sum() / ((a > 127) | (b > 127)).sum())


def test_a_mask_with_a_hole_and_two_pieces_comes_back(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), drawn())
    assert outlines.add_masks(tmp_path, tmp_path / "o.jsonl") == (1, 1)
    back = outlines.read_outlines(tmp_path / "o.jsonl")["a"].mask()
    assert back.shape == (120, 90) and iou(back, drawn()) > 0.99 and back[45, 40] == 0 and back[108, 30] == 255


def test_later_masks_replace_earlier_ones_and_the_others_stay(tmp_path: Path) -> None:
    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), drawn())
    outlines.add_masks(tmp_path, tmp_path / "o.jsonl")
    (tmp_path / "b.png").unlink()
    cv2.imwrite(str(tmp_path / "a.png"), 255 - drawn())
    assert outlines.add_masks(tmp_path, tmp_path / "o.jsonl") == (1, 2)
    found = outlines.read_outlines(tmp_path / "o.jsonl")
    assert iou(found["a"].mask(), 255 - drawn()) > 0.99 and iou(found["b"].mask(), drawn()) > 0.99


@pytest.mark.parametrize(
    "line", ["{", '{"image": "a"}', '{"image": "a", "size": [9], "polygons": []}', '{"image": "a", "size": [9, 9], "polygons": [[1]]}']
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "o.jsonl").write_text('{"image":"b","size":[9,9],"polygons":[[0,0,5,0,5,5]]}\n' + line + "\n")
    with pytest.raises(RequestError, match="line 2"):
        outlines.read_outlines(tmp_path / "o.jsonl")


def test_the_command_refuses_folders_without_masks_and_empty_masks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content, said in ((None, "no masks"), (np.zeros((9, 9), np.uint8), "is empty")):
        if content is not None:
            cv2.imwrite(str(tmp_path / "a.png"), content)
        with pytest.raises(SystemExit) as stop:
            main(["outlines", str(tmp_path)])
        assert stop.value.code == 2 and said in capsys.readouterr().err


def test_an_outline_of_ours_stands_for_the_mask_that_was_found_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    columns = ["image", "sender", "split", "label", "kids", "pattern", "sleeve", "presentation", "mask", "agreement"]
    with open(tmp_path / "images.csv", "w", newline="") as file:
        table = csv.DictWriter(file, columns, restval="")
        table.writeheader()
        for name in ("a", "b"):
            table.writerow({"image": name, "sender": "s", "split": "train", "mask": "bad"})
            cv2.imwrite(str(tmp_path / "images" / f"{name}.jpg"), np.full((120, 90, 3), 90, np.uint8))
            cv2.imwrite(str(tmp_path / "masks" / f"{name}.png"), np.eye(120, 90, dtype=np.uint8) * 255)
    monkeypatch.setattr(data_module, "known_outlines", lambda: {"a": outlines.outline_of("a", drawn())})
    kinds = {row.image: row.mask for row in data_module.read_rows(tmp_path)}
    assert kinds == {"a": "redrawn", "b": "bad"}
    assert iou(data_module.read_pair(tmp_path, "a")[1], drawn()) > 0.99
    assert iou(data_module.read_pair(tmp_path, "b")[1], drawn()) < 0.1


def test_the_repository_s_outlines_are_of_train_senders() -> None:
    if not (data_module.DEFAULT_DATA / "images.csv").is_file():
        pytest.skip("the photos' data set is not here")
    with open(data_module.DEFAULT_DATA / "images.csv", newline="") as file:
        split = {row["image"]: row["split"] for row in csv.DictReader(file)}
    known = outlines.read_outlines()
    assert known and all(split[name] == "train" for name in known)
