"""Frames are cut before anything is embedded, named in the report, remembered by updates, and left where one asks for it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from edge.stages import Stages
from index_builder.__main__ import main
from index_builder.build import build
from index_builder.report import read_report
from index_builder.reuse import Journal, Kept
from tests.fakes import FakeStages
from tests.index_builder.drawing import draw_garment


@pytest.fixture
def shop(tmp_path):
    """Eight garments, the fourth with a purple frame round it."""
    for i in range(8):
        draw_garment(tmp_path / f"img/{i}.png", i)
    (tmp_path / "plain.png").write_bytes((tmp_path / "img/3.png").read_bytes())
    picture = Image.open(tmp_path / "plain.png")
    framed = Image.new("RGB", (picture.width + 50, picture.height + 70), (128, 0, 128))
    framed.paste(picture, (20, 40))
    framed.save(tmp_path / "img/3.png")
    (tmp_path / "feed.csv").write_text("id,image_link\n" + "".join(f"item{i},img/{i}.png\n" for i in range(8)))
    return tmp_path


def vectors(folder):
    return np.load(folder / "vectors.npy")


def frames(folder):
    return [(f["item_id"], f["image"].endswith("img/3.png"), f["pixels"]) for f in read_report(folder)["frames"]]


def test_a_framed_image_gives_the_vector_of_the_image_inside_and_is_reported(shop):
    folder = build(shop / "feed.csv", shop / "index", stages=FakeStages()).folder
    assert frames(folder) == [("item3", True, [20, 40, 30, 30])]
    assert "Frames cut away" in (folder / "report.html").read_text()
    (shop / "img/3.png").write_bytes((shop / "plain.png").read_bytes())
    plain = build(shop / "feed.csv", shop / "other", stages=FakeStages()).folder
    assert np.array_equal(vectors(folder), vectors(plain))
    assert frames(plain) == [] and "Frames cut away" not in (plain / "report.html").read_text()


def test_the_thumbnail_is_the_image_as_staff_know_it(shop):
    folder = build(shop / "feed.csv", shop / "index", stages=FakeStages()).folder
    corner = np.asarray(Image.open(folder / "thumbs/3.jpg").convert("RGB"))[2, 2].astype(int)
    assert np.abs(corner - (128, 0, 128)).max() < 20


def test_no_frames_leaves_them_and_takes_over_nothing_of_a_build_that_cut_them(shop):
    cut = build(shop / "feed.csv", shop / "index", stages=FakeStages())
    left = build(shop / "feed.csv", shop / "index", stages=FakeStages(), frames=False, reuse=True)
    assert (left.embedded, left.reused) == (8, 0) and frames(left.folder) == []
    differ = np.abs(vectors(cut.folder) - vectors(left.folder)).max(1) > 1e-3
    assert differ.tolist() == [i == 3 for i in range(8)]


def test_an_update_still_names_the_frames_of_images_it_took_over(shop):
    build(shop / "feed.csv", shop / "index", stages=FakeStages())
    for _ in range(2):
        again = build(shop / "feed.csv", shop / "index", stages=FakeStages(), reuse=True)
        assert again.reused == 8 and frames(again.folder) == [("item3", True, [20, 40, 30, 30])]


def test_the_journal_gives_back_the_frame(tmp_path):
    journal = Journal(tmp_path, recipe="0" * 64, dim=3)
    journal.append([("a" * 64, Kept(np.float32([1, 2, 3]), b"thumb", (1, 20, 300, 70_000)))])
    kept = journal.get("a" * 64)
    journal.close()
    assert kept.frame == (1, 20, 300, 70_000) and kept.thumb == b"thumb" and kept.vector.tolist() == [1, 2, 3]


def test_the_option_reaches_the_build(shop, monkeypatch, capsys):
    monkeypatch.setattr(Stages, "open", FakeStages.open)
    for options, count in ((["--no-frames"], 0), ([], 1)):
        args = ["build", str(shop / "feed.csv"), "--out", str(shop / "by-command"), "--no-calibration", "--json", *options]
        assert main(args) == 0
        folder = shop / "by-command" / json.loads(capsys.readouterr().out)["build_id"]
        assert len(frames(folder)) == count
