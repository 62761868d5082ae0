"""The edge commands as others script against them."""

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from edge.__main__ import main
from index_builder.__main__ import main as builder
from index_builder.demo import draw_item, phone_view, studio_view


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    (folder / "studio").mkdir()
    for i in (0, 4, 8, 13):
        item = draw_item(3, i)
        cv2.imwrite(str(folder / "studio" / f"item-{i}.jpg"), studio_view(item)[..., ::-1])
    photo, mask = phone_view(draw_item(3, 4), np.random.default_rng(1))
    cv2.imwrite(str(folder / "photo.jpg"), photo[..., ::-1])
    np.save(folder / "mask.npy", mask)
    cv2.imwrite(str(folder / "photo2.jpg"), phone_view(draw_item(3, 4), np.random.default_rng(2))[0][..., ::-1])
    (folder / "notes.jpg").write_text("no picture")
    assert builder(["build", str(folder / "studio"), "--out", str(folder / "index"), "--quiet"]) == 0
    return folder


def test_lookup_prints_a_json_line_per_photo_with_the_promised_keys(shop, capsys):
    assert main(["lookup", str(shop / "photo.jpg"), "--index", str(shop / "index"), "--json"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert {"photo", "verdict", "probability", "matches", "concepts", "timings_ms"} <= set(line)
    assert line["matches"][0]["item_id"] == "item-4"
    assert set(line["matches"][0]["parts"]) == {"shape", "pattern", "colour"}


def test_a_bad_photo_is_named_and_the_rest_is_done(shop, capsys):
    code = main(["lookup", str(shop / "notes.jpg"), str(shop / "photo.jpg"), "--index", str(shop / "index"), "--json"])
    out, err = capsys.readouterr()
    assert code == 1 and "notes.jpg" in err and len(out.splitlines()) == 1


def test_a_missing_index_ends_with_two_and_says_what_to_run(shop, capsys):
    assert main(["lookup", str(shop / "photo.jpg"), "--index", str(shop / "nowhere")]) == 2
    assert "index_builder build" in capsys.readouterr().err


def lines_of(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_several_photos_of_one_item_give_one_line_that_names_them(shop, capsys):
    photo, again = str(shop / "photo.jpg"), str(shop / "photo2.jpg")
    assert main(["lookup", photo, again, "--one-item", "--index", str(shop / "index"), "--json"]) == 0
    (line,) = lines_of(capsys)
    assert line["photo"] == photo and line["photos"] == [photo, again] and line["matches"][0]["item_id"] == "item-4"
    assert main(["lookup", photo, str(shop / "notes.jpg"), "--one-item", "--index", str(shop / "index"), "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["photos"] == [photo] and "notes.jpg" in err
    assert main(["lookup", str(shop / "notes.jpg"), "--one-item", "--index", str(shop / "index"), "--json"]) == 1
    assert "notes.jpg" in capsys.readouterr().err
    (shop / "empty.jpg").write_bytes(b"")
    assert main(["lookup", str(shop / "empty.jpg"), str(shop / "notes.jpg"), "--one-item", "--index", str(shop / "index")]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert "empty.jpg: The file is empty." in first and "notes.jpg" in second and "is empty" not in second


def test_what_is_said_about_matches_changes_the_ranking_and_the_line_tells_how(shop, capsys):
    asked = ["lookup", str(shop / "photo.jpg"), "--index", str(shop / "index"), "--json"]
    assert main(asked) == 0
    (plain,) = lines_of(capsys)
    order = [m["item_id"] for m in plain["matches"]]
    assert main([*asked, "--weights", "colour=2,pattern=0.5", "--like", order[3], "--unlike", order[0]]) == 0
    (refined,) = lines_of(capsys)
    assert [m["item_id"] for m in refined["matches"]][3] == order[0]
    assert {"item_id": order[0], "before": 1, "after": 4} in refined["changes"] and "changes" not in plain
    assert plain["matches"][0]["percentile"] > 0.5 and set(plain["matches"][0]["part_percentiles"]) == {"shape", "pattern", "colour"}
    assert main([*asked[:-1], "--unlike", order[0]]) == 0
    assert "was 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--weights", "smell=2"], "shape, pattern, colour"),
        (["--weights", "colour=-1"], "0 or more"),
        (["--weights", "colour"], "PART=NUMBER"),
        (["--weights", "colour=much"], "PART=NUMBER"),
        (["--like", "nobody"], "'nobody'"),
        (["--like", "item-4", "--unlike", "item-4"], "both liked and disliked"),
        (["--category", "trousers"], "'trousers'"),
        (["--k", "0"], "less than 1"),
    ],
)
def test_wishes_that_cannot_be_met_end_with_two_and_a_sentence(shop, capsys, wrong, said):
    try:
        code = main(["lookup", str(shop / "photo.jpg"), "--index", str(shop / "index"), *wrong])
    except SystemExit as stopped:  # argparse's way out
        code = stopped.code
    assert code == 2 and said in capsys.readouterr().err


def test_segment_writes_a_mask_of_the_photos_size_on_the_garment(shop, tmp_path):
    assert main(["segment", str(shop / "photo.jpg"), "--out", str(tmp_path)]) == 0
    got = cv2.imread(str(tmp_path / "photo.png"), cv2.IMREAD_UNCHANGED)
    want = np.load(shop / "mask.npy") > 0.5
    assert got.dtype == np.uint8 and got.shape == want.shape
    assert ((got > 127) & want).sum() / ((got > 127) | want).sum() > 0.9


def test_no_photos_file_takes_the_place_of_anothers_and_a_folder_that_cannot_be_made_is_said(shop, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "photo.png"
    cv2.imwrite(str(twin), np.full((300, 300, 3), 255, np.uint8))
    for command, written in (("segment", "photo.png"), ("enhance", "photo-1.jpg"), ("frame", "photo.png")):
        out = tmp_path / command
        assert main([command, str(shop / "photo.jpg"), str(twin), str(shop / "photo2.jpg"), "--out", str(out)]) == 1
        err = capsys.readouterr().err
        assert str(twin) in err and "overwrite" in err and str(shop / "photo.jpg") in err
        first = cv2.imread(str(out / written))
        assert first.shape[:2] == cv2.imread(str(shop / "photo.jpg")).shape[:2], "the first photo's file stands"
        assert (out / written.replace("photo", "photo2")).is_file()
        assert main([command, str(shop / "photo.jpg"), "--out", str(twin)]) == 2
        assert "cannot be made" in capsys.readouterr().err


def test_no_file_that_was_given_is_overwritten(shop, tmp_path, capsys):
    for name in ("a.png", "b.jpg", "b-1.jpg"):
        cv2.imwrite(str(tmp_path / name), cv2.imread(str(shop / "photo.jpg")))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    for command, photos in (("segment", ["a.png"]), ("frame", ["a.png"]), ("enhance", ["b.jpg", "b-1.jpg"])):
        assert main([command, *(str(tmp_path / name) for name in photos), "--out", str(tmp_path)]) == 1
        assert "overwrite the photo" in capsys.readouterr().err
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_a_file_name_that_is_no_text_is_written_too(shop, tmp_path, capsys):
    odd = tmp_path / "\udcff\udcfe.jpg"
    odd.write_bytes((shop / "photo.jpg").read_bytes())
    for command, end in (("frame", ".png"), ("segment", ".png"), ("enhance", "-1.jpg")):
        assert main([command, str(odd), str(shop / "photo.jpg"), "--out", str(tmp_path / command)]) == 0
        assert {f"\udcff\udcfe{end}", f"photo{end}"} <= {file.name for file in (tmp_path / command).iterdir()}


def test_who_has_read_enough_is_not_told_of_failed_photos(shop):
    words = [sys.executable, "-m", "edge", "lookup", *[str(shop / "photo.jpg")] * 3, "--index", str(shop / "index"), "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        running.stdout.close()
        said = running.stderr.read()
    assert running.returncode == 1 and said == ""


def test_doctor_says_what_runs_and_ends_with_one_when_unfit(shop, tmp_path, capsys):
    assert main(["doctor", "--json", "--index", str(shop / "index")]) in (0, 1)
    report = json.loads(capsys.readouterr().out)
    assert set(report["models"]) >= {"segmenter", "embedder", "frame"} and report["index"]["items"] == 4
    assert main(["doctor", "--json", "--models", str(tmp_path)]) == 1
    assert "missing" in json.loads(capsys.readouterr().out)["problems"][0]
