"""An updated index equals one built anew, and only new and changed images were embedded for it."""

from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pytest

from edge.catalogue import Catalogue
from edge.errors import SetupError
from edge.index import open_current
from edge.stages import Stages
from index_builder.__main__ import main
from index_builder.build import build
from tests.fakes import FakeStages
from tests.index_builder.drawing import draw_feed, draw_garment, same_index


class Counting(FakeStages):
    """Counts pictures that were really segmented."""

    def __init__(self):
        self.masked = 0

    def mask(self, photo):
        self.masked += 1
        return super().mask(photo)


def told_samples(samples, vectors, item_ids):
    """A calibrator that says what it was given."""
    return {"samples": [[label, int(cutout.rgb.astype(np.int64).sum())] for label, cutout in samples], "ids": list(item_ids)}


def write_feed(folder, rows):
    """rows: (id, image, price)."""
    feed = folder / "feed.csv"
    feed.write_text("id,image_link,price,quantity\n" + "".join(f"{i},{image},{price},3\n" for i, image, price in rows))
    return feed


@pytest.fixture
def shop(tmp_path):
    for i in range(30):
        draw_garment(tmp_path / f"img/{i}.jpg", i)
    return tmp_path


def test_an_update_equals_a_full_build_and_embeds_only_what_is_new_or_changed(shop):
    rows = [(f"item{i}", f"img/{i}.jpg", "10 EUR") for i in range(20)]
    build(write_feed(shop, rows), shop / "index", stages=FakeStages(), calibrator=told_samples)
    rows = [r for r in rows if r[0] not in ("item0", "item7")]  # removed
    rows[3] = (rows[3][0], rows[3][1], "12 EUR")  # another price
    draw_garment(shop / "img/9.jpg", 99)  # another picture under the same name
    rows.insert(5, ("new1", "img/25.jpg", "1 EUR"))
    rows.append(("new2", "img/26.jpg", "1 EUR"))
    rows.reverse()
    feed, stages = write_feed(shop, rows), Counting()
    updated = build(feed, shop / "index", stages=stages, reuse=True)
    assert (updated.embedded, updated.reused, stages.masked) == (3, 17, 3)
    assert updated.changes == {"new": 2, "removed": 2, "pictures": 1, "texts": 1, "unchanged": 16}
    assert same_index(updated.folder, build(feed, shop / "anew", stages=FakeStages()).folder)


def test_an_update_is_calibrated_on_the_same_pictures_as_a_full_build(shop, monkeypatch):
    monkeypatch.setattr("index_builder.samples.MOST_SAMPLES", 7)
    rows = [(f"item{i}", f"img/{i}.jpg", "") for i in range(20)]
    build(write_feed(shop, rows), shop / "index", stages=FakeStages(), calibrator=told_samples)
    feed = write_feed(shop, rows[4:] + [(f"new{i}", f"img/{i}.jpg", "") for i in range(20, 30)])
    updated = build(feed, shop / "index", stages=FakeStages(), calibrator=told_samples, reuse=True)
    anew = build(feed, shop / "anew", stages=FakeStages(), calibrator=told_samples)
    assert same_index(updated.folder, anew.folder)
    assert len(open_current(shop / "index")[1].calibration["samples"]) == 7


def test_an_update_with_the_real_networks_equals_a_full_build(shop):
    rows = [(f"item{i}", f"img/{i}.jpg", "") for i in range(21)]
    stages = Stages.open(threads=1)
    build(write_feed(shop, rows[:17]), shop / "index", stages=stages)
    feed = write_feed(shop, rows[:4:-1])  # fewer old ones, some new ones, another order: other company in every batch
    updated = build(feed, shop / "index", stages=stages, reuse=True)
    assert (updated.embedded, updated.reused) == (4, 12)
    assert same_index(updated.folder, build(feed, shop / "anew", stages=stages).folder)


def test_a_change_of_texts_alone_embeds_nothing(shop):
    rows = [(f"item{i}", f"img/{i}.jpg", "10 EUR") for i in range(8)]
    build(write_feed(shop, rows), shop / "index", stages=FakeStages())
    stages = Counting()
    updated = build(write_feed(shop, [(i, image, "9 EUR") for i, image, _ in rows]), shop / "index", stages=stages, reuse=True)
    assert stages.masked == 0 and updated.embedded == 0 and updated.changes["texts"] == 8
    assert Catalogue.open(updated.folder / "catalogue.sqlite").item_of(0).price == "9 EUR"


def test_pictures_that_moved_are_known_by_their_content(shop):
    feed = draw_feed(shop, 6)
    build(feed, shop / "index", stages=FakeStages())
    os.rename(shop / "img", shop / "elsewhere")
    feed.write_text(feed.read_text().replace("img/", "elsewhere/"))
    assert build(feed, shop / "index", stages=FakeStages(), reuse=True).embedded == 0


def test_other_models_or_a_damaged_index_are_not_reused(shop):
    class Newer(FakeStages):
        model_ids = {**FakeStages.model_ids, "segmenter": "fake-segmenter-2"}

    feed = draw_feed(shop, 6)
    first = build(feed, shop / "index", stages=FakeStages())
    assert build(feed, shop / "index", stages=Newer(), reuse=True).reused == 0
    second = build(feed, shop / "index", stages=Newer(), reuse=True)
    assert second.reused == 6
    (second.folder / "thumbs/2.jpg").write_bytes(b"no picture")
    third = build(feed, shop / "index", stages=Newer(), reuse=True)
    assert (third.embedded, third.reused) == (1, 5)
    (third.folder / "vectors.npy").write_bytes((third.folder / "vectors.npy").read_bytes()[:-4] + b"abcd")
    assert build(feed, shop / "index", stages=Newer(), reuse=True).reused == 0
    assert first.replaces == "" and second.replaces


def test_the_first_update_builds_everything(shop):
    result = build(draw_feed(shop, 5), shop / "index", stages=FakeStages(), reuse=True)
    assert (result.embedded, result.replaces, result.changes) == (5, "", None)


def test_too_many_skipped_images_leave_the_index_in_use(shop):
    feed = draw_feed(shop, 10)
    first = build(feed, shop / "index", stages=FakeStages())
    shutil.move(shop / "img/3.jpg", shop / "3.jpg")
    shutil.move(shop / "img/4.jpg", shop / "4.jpg")
    with pytest.raises(SetupError, match="20% of the feed's images cannot be used, more than the 10% that may be"):
        build(feed, shop / "index", stages=FakeStages(), reuse=True, most_skipped=0.1)
    assert open_current(shop / "index")[0] == first.folder
    assert build(feed, shop / "index", stages=FakeStages(), reuse=True, most_skipped=0.2).items == 8


def test_the_update_command_says_what_changed(shop, capsys, monkeypatch):
    monkeypatch.setattr("edge.stages.Stages", FakeStages)
    feed, out = draw_feed(shop, 6), str(shop / "index")
    assert main(["build", str(feed), "--out", out, "--quiet", "--no-calibration"]) == 0
    draw_feed(shop, 8)
    assert main(["update", str(feed), "--out", out, "--json", "--no-calibration"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["embedded"], told["reused"], told["changes"]["new"]) == (2, 6, 2)
    assert main(["update", str(feed), "--out", out, "--no-calibration", "--keep", "2"]) == 0
    said = capsys.readouterr().out
    assert "(0 embedded, 8 taken over)" in said and "8 unchanged" in said and "deleted 1 old" in said
