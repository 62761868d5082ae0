"""Looking for duplicates in every build, in the time there is."""

import json
import shutil

import cv2
import numpy as np
import pytest

from edge.index import open_current
from index_builder.__main__ import main
from index_builder.build import build
from index_builder.candidates import most_alike_first
from index_builder.duplicate_groups import DUPLICATE
from index_builder.duplicates import find_duplicates
from index_builder.report import read_report
from tests.fakes import FakeStages
from tests.index_builder.drawing import draw_feed

PLENTY_S = 1e6


@pytest.fixture
def feed(tmp_path):
    """Five garments; item0 again as a file equal to the byte, and with its light turned down."""
    feed = draw_feed(tmp_path, 5, extra="again,Again,img/again.jpg,,\ndarker,Darker,img/darker.jpg,,\n")
    shutil.copyfile(tmp_path / "img/0.jpg", tmp_path / "img/again.jpg")
    bgr = cv2.imread(str(tmp_path / "img/0.jpg"))
    cv2.imwrite(str(tmp_path / "img/darker.jpg"), np.where(bgr > 240, bgr, (bgr * 0.93).astype(np.uint8)))
    return feed


def test_pairs_are_taken_by_their_cosine_falling():
    vectors = np.float32([[1, 0], [0, 1], [0.8, 0.6], [0.96, 0.28]])
    assert most_alike_first([(0, 1), (0, 2), (0, 3), (1, 2)], vectors) == [(0, 3), (0, 2), (1, 2), (0, 1)]
    assert most_alike_first([], vectors) == []


def test_without_time_only_equal_files_are_found_and_it_is_said_that_nothing_was_looked_at(feed, tmp_path):
    folder = build(feed, tmp_path / "index", stages=FakeStages()).folder
    report = find_duplicates(folder, most_seconds=0.0)
    assert [[m.item_id for m in g.members] for g in report.of_kind(DUPLICATE)] == [["item0", "again"]]
    assert report.looked_at == 0 < report.pairs and report.for_report()["looked_at"] == 0


def test_with_time_enough_all_likely_pairs_are_looked_at(feed, tmp_path):
    folder = build(feed, tmp_path / "index", stages=FakeStages()).folder
    report = find_duplicates(folder, most_seconds=PLENTY_S)
    assert [[m.item_id for m in g.members] for g in report.of_kind(DUPLICATE)] == [["item0", "again", "darker"]]
    assert report.looked_at == report.pairs > 0 and not report.skipped


def test_a_picture_that_cannot_be_looked_at_is_named_and_the_others_are_compared(feed, tmp_path):
    folder = build(feed, tmp_path / "index", stages=FakeStages()).folder
    (folder / "thumbs/3.jpg").write_bytes(b"no picture")
    report = find_duplicates(folder, most_seconds=PLENTY_S)
    assert [item_id for item_id, _ in report.skipped] == ["item3"] and report.looked_at == report.pairs
    assert report.of_kind(DUPLICATE)


def test_every_build_reports_duplicates_and_how_many_pairs_were_looked_at(feed, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("edge.stages.Stages", FakeStages)
    out = tmp_path / "index"
    command = [str(feed), "--out", str(out), "--no-calibration", "--json"]
    assert main(["build", *command, "--duplicates"]) == 0
    found = json.loads(capsys.readouterr().out)["duplicates"]
    assert found["groups"] == 1 and found["looked_at"] == found["candidates"] > 0
    folder = open_current(out)[0]
    assert read_report(folder)["duplicates"]["groups"] == [["item0", "again", "darker"]]
    assert "likely pairs were looked at" in (folder / "report.html").read_text()
    assert main(["update", *command]) == 0
    assert json.loads(capsys.readouterr().out)["duplicates"]["groups"] == 1
    assert main(["update", *command, "--duplicates-s", "0"]) == 0
    assert json.loads(capsys.readouterr().out)["duplicates"] is None and read_report(open_current(out)[0])["duplicates"] is None


def test_the_page_says_where_the_time_was_up(feed, tmp_path, monkeypatch):
    build(feed, tmp_path / "index", stages=FakeStages(), duplicates_s=1e-9)
    page = (open_current(tmp_path / "index")[0] / "report.html").read_text()
    assert "0 of " in page and "The time was up" in page
