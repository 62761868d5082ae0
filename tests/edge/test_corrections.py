import json
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.corrections import LIST_NAME, keep_correction, read_corrections
from edge.types import Mask, Photo

NOON = datetime(2026, 11, 21, 12, 0, 0, 5, UTC)


def made(seed: int = 0) -> tuple[Photo, Mask]:
    rng = np.random.default_rng(seed)
    rgb = cv2.GaussianBlur(rng.integers(0, 256, (40, 30, 3), dtype=np.uint8), (0, 0), 3)
    alpha = cv2.GaussianBlur((rng.random((40, 30)) > 0.5).astype(np.float32), (0, 0), 3)
    return Photo(rgb, (30, 40), "JPEG"), Mask(alpha, 0.9)


def test_what_was_kept_is_read_back_as_photo_mask_and_time(tmp_path):
    photo, mask = made()
    path = keep_correction(tmp_path / "new" / "folder", photo, mask, when=NOON, lookup_id="abc")
    (got,) = read_corrections(tmp_path / "new" / "folder")
    assert got.photo_path == path and got.when == NOON and got.lookup_id == "abc"
    with Image.open(got.photo_path) as image:
        assert image.format == "JPEG" and not image.getexif() and np.abs(np.asarray(image).astype(int) - photo.rgb).mean() < 3
    with Image.open(got.mask_path) as image:
        assert image.mode == "L" and np.abs(np.asarray(image) / 255 - mask.alpha).max() <= 0.5 / 255 + 1e-6


def test_corrections_come_back_oldest_first_whatever_the_order_they_were_kept_in(tmp_path):
    for hours in (2, 0, 1):
        keep_correction(tmp_path, *made(hours), when=NOON + timedelta(hours=hours))
    assert [c.when for c in read_corrections(tmp_path)] == [NOON + timedelta(hours=h) for h in range(3)]


def test_a_line_cut_off_by_a_power_cut_costs_only_itself(tmp_path):
    keep_correction(tmp_path, *made(0), when=NOON)
    with open(tmp_path / LIST_NAME, "a") as file:
        file.write('{"photo": "half')
    keep_correction(tmp_path, *made(1), when=NOON + timedelta(hours=1))
    assert [c.when.hour for c in read_corrections(tmp_path)] == [12, 13]


def test_lines_without_pictures_or_pointing_outside_are_passed_over(tmp_path):
    (tmp_path / "inside").mkdir()
    for name in ("a.jpg", "a.png"):
        (tmp_path / name).write_bytes(b"x")
    line = {"photo": "../a.jpg", "mask": "../a.png", "when": NOON.isoformat()}
    (tmp_path / "inside" / LIST_NAME).write_text(json.dumps(line) + "\n[]\n7\n{}\n")
    assert read_corrections(tmp_path / "inside") == []
    kept = keep_correction(tmp_path, *made(), when=NOON)
    kept.unlink()
    assert read_corrections(tmp_path) == [] and read_corrections(tmp_path / "missing") == []


def test_a_disk_that_refuses_leaves_no_line(tmp_path, monkeypatch):
    monkeypatch.setattr("edge.corrections.write_durably", lambda path, content: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space left"):
        keep_correction(tmp_path, *made(), when=NOON)
    assert not (tmp_path / LIST_NAME).exists()


def test_a_mask_of_another_size_is_refused(tmp_path):
    photo, _ = made()
    with pytest.raises(ValueError, match="differ in size"):
        keep_correction(tmp_path, photo, Mask(np.zeros((3, 3), np.float32), 0.5), when=NOON)
