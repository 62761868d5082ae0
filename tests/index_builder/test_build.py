"""A build is all or nothing: complete and verified, or the index in use stays as it was."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading

import numpy as np
import pytest
from PIL import Image

from edge.catalogue import Catalogue
from edge.errors import FeedError, SetupError
from edge.index import Index, open_current
from edge.manifest import damaged_files
from index_builder.__main__ import main
from index_builder.build import build
from index_builder.report import Report, Skipped
from index_builder.report_page import html_of
from tests.fakes import FakeStages
from tests.index_builder.drawing import draw_feed, snapshot


def test_every_item_is_found_by_its_own_studio_image(tmp_path):
    result = build(draw_feed(tmp_path), tmp_path / "index", stages=FakeStages())
    folder, manifest = open_current(tmp_path / "index")
    assert folder == result.folder and (result.items, result.vectors, result.skipped, result.self_recall) == (12, 12, (), 1.0)
    assert not damaged_files(folder, manifest)
    index, catalogue, stages = Index.open(folder, manifest=manifest), Catalogue.open(folder / "catalogue.sqlite"), FakeStages()
    for i in range(12):
        photo = stages.read((tmp_path / f"img/{i}.jpg").read_bytes())
        vector = stages.embed([stages.cutout(photo, stages.mask(photo))])[0].vector
        labels, scores = index.search(vector[None], 3)
        assert catalogue.item_of(labels[0, 0]).item_id == f"item{i}" and scores[0, 0] > 0.9999


def test_the_folder_holds_exactly_what_its_manifest_lists(tmp_path):
    folder = build(draw_feed(tmp_path), tmp_path / "index", stages=FakeStages()).folder
    _, manifest = open_current(tmp_path / "index")
    assert set(snapshot(folder)) == {*manifest.files, "manifest.json"}
    assert (manifest.model_ids, manifest.dim, manifest.count) == (FakeStages.model_ids, 195, 12)
    assert manifest.parts == {"color": (0, 3), "shape": (3, 195)} and manifest.calibration is None


def test_thumbs_show_the_studio_image_not_the_cutout(tmp_path):
    folder = build(draw_feed(tmp_path), tmp_path / "index", stages=FakeStages()).folder
    thumb = Image.open(folder / Catalogue.open(folder / "catalogue.sqlite").thumb_of(0))
    assert thumb.format == "JPEG" and max(thumb.size) == 256
    studio = Image.open(tmp_path / "img/0.jpg").resize(thumb.size, Image.BOX)
    assert np.abs(np.asarray(thumb, float) - np.asarray(studio, float)).mean() < 5


def test_the_number_of_workers_changes_nothing(tmp_path):
    feed = draw_feed(tmp_path, 20)
    built = [build(feed, tmp_path / f"index{n}", stages=FakeStages(), workers=n).folder for n in (1, 5)]
    for name in ("vectors.npy", "vectors.hnsw"):
        assert (built[0] / name).read_bytes() == (built[1] / name).read_bytes()


def test_bad_images_are_skipped_by_name_and_the_rest_is_built(tmp_path):
    extra = "gone,,img/gone.jpg\nbroken,,img/broken.jpg\nblank,,img/blank.png\n,,img/0.jpg\npdf,,img/a.pdf\n"
    feed = draw_feed(tmp_path, 4, extra=extra)
    (tmp_path / "img/broken.jpg").write_bytes((tmp_path / "img/0.jpg").read_bytes()[:900])
    (tmp_path / "img/a.pdf").write_bytes(b"%PDF-1.7")
    Image.new("RGB", (50, 50), "white").save(tmp_path / "img/blank.png")
    result = build(feed, tmp_path / "index", stages=FakeStages())
    assert result.items == 4
    reasons = {s.item_id or s.line: s.reason for s in result.skipped}
    assert set(reasons) == {"gone", "broken", "blank", "pdf", 9}
    assert "is not there" in reasons["gone"] and "incomplete" in reasons["broken"] and "PDF" in reasons["pdf"]
    assert "No garment" in reasons["blank"] and reasons[9] == "no id"
    report = json.loads((result.folder / "report.json").read_text())
    assert report["items"] == 4 and len(report["skipped"]) == 5 and report["rows"] == 9
    assert {"fetch", "read", "mask", "cutout", "embed", "index"} <= set(report["stage_seconds"])
    assert report["categories"] == {"Dresses > Kind 0": 2, "Dresses > Kind 1": 1, "Dresses > Kind 2": 1}


def test_a_picture_that_breaks_a_stage_costs_only_itself(tmp_path):
    class Brittle(FakeStages):
        def cutout(self, photo, mask):
            if photo.source_size == (401, 500):
                raise ZeroDivisionError("odd width")
            return super().cutout(photo, mask)

    feed = draw_feed(tmp_path, 3, extra="odd,,img/odd.png\n")
    Image.new("RGB", (401, 500), "red").save(tmp_path / "img/odd.png")
    result = build(feed, tmp_path / "index", stages=Brittle())
    assert result.items == 3 and [s.reason for s in result.skipped] == ["ZeroDivisionError: odd width"]


def test_further_images_belong_to_their_item_and_can_stand_in_for_the_first(tmp_path):
    feed = draw_feed(tmp_path, 4)
    feed.write_text('id,image_link,additional_image_link\na,img/0.jpg,"img/1.jpg,img/gone.jpg"\nb,img/none.jpg,img/2.jpg\n')
    result = build(feed, tmp_path / "index", stages=FakeStages())
    assert (result.items, result.vectors, len(result.skipped)) == (2, 3, 2)
    catalogue = Catalogue.open(result.folder / "catalogue.sqlite")
    assert [catalogue.item_of(label).item_id for label in range(3)] == ["a", "a", "b"]


def test_items_that_look_the_same_are_listed(tmp_path):
    feed = draw_feed(tmp_path, 3, extra="twin,,img/1.jpg\n")
    result = build(feed, tmp_path / "index", stages=FakeStages())
    assert json.loads((result.folder / "report.json").read_text())["twins"] == [["item1", "twin"]] and result.self_recall == 1.0


def test_the_calibrator_gets_samples_vectors_and_owners(tmp_path):
    seen = {}

    def calibrator(samples, vectors, item_ids):
        seen.update(labels=[label for label, _ in samples], shape=vectors.shape, ids=list(item_ids))
        return {"bias": 1.5}

    result = build(draw_feed(tmp_path), tmp_path / "index", stages=FakeStages(), calibrator=calibrator)
    assert seen == {"labels": list(range(12)), "shape": (12, 195), "ids": [f"item{i}" for i in range(12)]}
    assert result.calibrated and open_current(tmp_path / "index")[1].calibration == {"bias": 1.5}


def test_progress_counts_every_image_in_order(tmp_path):
    told = []
    build(draw_feed(tmp_path, 5), tmp_path / "index", stages=FakeStages(), progress=lambda t: told.append((t.done, t.total)))
    assert told == [(i, 5) for i in range(1, 6)]


def test_few_pictures_are_in_memory_at_a_time(tmp_path):
    class Counting(FakeStages):
        read_so_far = 0
        lock = threading.Lock()
        lead = 0

        def read(self, data):
            with self.lock:
                self.read_so_far += 1
            return super().read(data)

    stages = Counting()

    def progress(tally):
        stages.lead = max(stages.lead, stages.read_so_far - tally.done)

    build(draw_feed(tmp_path, 120), tmp_path / "index", stages=stages, workers=2, progress=progress)
    assert stages.lead <= 3 * 2 + 3 * 16  # waiting to be embedded, and three batches on their way


def test_a_second_build_replaces_the_pointer_and_leaves_the_first_folder_alone(tmp_path):
    feed, out = draw_feed(tmp_path), tmp_path / "index"
    first = build(feed, out, stages=FakeStages())
    before = snapshot(first.folder)
    second = build(feed, out, stages=FakeStages())
    assert open_current(out)[0] == second.folder != first.folder
    assert snapshot(first.folder) == before


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("where", ["write_index", "write_catalogue", "write_report", "write_durably"])
def test_a_full_disk_is_said_plainly_and_touches_nothing_in_use(tmp_path, monkeypatch, where):
    feed, out = draw_feed(tmp_path, 3), tmp_path / "index"
    build(feed, out, stages=FakeStages())
    before = snapshot(out)
    monkeypatch.setattr(f"index_builder.build.{where}", full_disk)
    with pytest.raises(SetupError, match="disk is full"):
        build(feed, out, stages=FakeStages())
    after = {name: data for name, data in snapshot(out).items() if name in before}
    assert after == before and not list(out.glob(".building-*"))


def test_a_feed_without_one_usable_image_leaves_the_index_in_use(tmp_path):
    out = tmp_path / "index"
    build(draw_feed(tmp_path, 3), out, stages=FakeStages())
    before = snapshot(out)
    bad = tmp_path / "bad.csv"
    bad.write_text("id,image_link\n1,gone.jpg\n")
    with pytest.raises(SetupError, match="None of the feed's images"):
        build(bad, out, stages=FakeStages())
    bad.write_text("sku,picture\n1,gone.jpg\n")
    with pytest.raises(FeedError):
        build(bad, out, stages=FakeStages())
    assert snapshot(out) == before


def test_a_second_builder_is_told_who_is_at_work(tmp_path):
    out = tmp_path / "index"
    out.mkdir()
    with open(out / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write('{"pid": 4711, "host": "rack", "since": "noon"}')
        lock.flush()
        with pytest.raises(SetupError, match="process 4711 on rack, since noon"):
            build(draw_feed(tmp_path, 2), out, stages=FakeStages())
    build(draw_feed(tmp_path, 2), out, stages=FakeStages())


def test_the_html_report_escapes_what_comes_from_the_feed():
    evil = "<script>alert(1)</script>"
    page = html_of(
        Report(
            build_id="b", feed=evil, rows=1, items=1, vectors=1, self_recall=1.0, skipped=(Skipped(2, evil, evil, evil),),
            twins=((evil, evil),), stage_seconds={evil: 1.0}, wall_seconds=1.0, categories={evil: 1}, calibration=None,
        )
    )  # fmt: skip
    assert "<script" not in page and "&lt;script&gt;" in page and "<svg" in page and "http" not in page


@pytest.fixture
def fake_models(monkeypatch):
    """The commands with FakeStages in place of the networks."""
    monkeypatch.setattr("edge.stages.Stages", FakeStages)


def test_build_command_exits_0_and_prints_one_json_line(tmp_path, capsys, fake_models):
    code = main(["build", str(draw_feed(tmp_path, 3)), "--out", str(tmp_path / "index"), "--json", "--no-calibration"])
    printed = capsys.readouterr()
    assert code == 0 and json.loads(printed.out)["items"] == 3 and printed.err == ""
    assert main(["verify", str(tmp_path / "index")]) == 0
    assert "3 items, 3 vectors" in capsys.readouterr().out


def test_build_command_exits_1_and_names_what_was_skipped(tmp_path, capsys, fake_models):
    feed = draw_feed(tmp_path, 3, extra="gone,,img/gone.jpg\n")
    assert main(["build", str(feed), "--out", str(tmp_path / "index"), "--quiet", "--no-calibration"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "" and "skipped line 5, gone, " in printed.err and "is not there" in printed.err


def test_build_command_exits_2_with_one_sentence_for_a_bad_feed(tmp_path, capsys, fake_models):
    assert main(["build", str(tmp_path / "gone.csv"), "--out", str(tmp_path / "index")]) == 2
    assert "cannot be read" in capsys.readouterr().err and not (tmp_path / "index").exists()


def test_verify_command_names_the_damaged_file_or_says_what_to_run(tmp_path, capsys):
    assert main(["verify", str(tmp_path)]) == 2
    assert "python -m index_builder build" in capsys.readouterr().err
    folder = build(draw_feed(tmp_path, 3), tmp_path / "index", stages=FakeStages()).folder
    (folder / "thumbs/1.jpg").write_bytes(b"")
    assert main(["verify", str(tmp_path / "index")]) == 1
    assert "thumbs/1.jpg: changed since the build" in capsys.readouterr().err


def test_an_image_that_fails_is_named_with_its_line_in_the_feed_among_the_rows_left_out(tmp_path, capsys, fake_models):
    feed = draw_feed(tmp_path, 2, extra='broken,"Two\nlines",img/0.jpg,img/gone.jpg,\n,No id,img/1.jpg,,\nlast,,img/missing.jpg,,\n')
    out = tmp_path / "index"
    assert main(["build", str(feed), "--out", str(out), "--quiet", "--no-calibration"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0].split(",")[0] for line in said] == ["skipped line 4", "skipped line 6", "skipped line 7"]
    skipped = json.loads((open_current(out)[0] / "report.json").read_bytes())["skipped"]
    assert [(s["line"], s["item_id"]) for s in skipped] == [(4, "broken"), (6, ""), (7, "last")]
    assert "gone.jpg is not there" in skipped[0]["reason"]
