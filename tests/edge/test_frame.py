"""Frames: the magnified border, widths from distributions, cutting; and the shipped network on plain cases."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from edge.__main__ import main
from edge.frame import FrameFinder, border_pixels, cropped, magnified_border, magnify_border, side_widths
from edge.stages import Stages
from edge.types import Box, Photo
from index_builder.demo import draw_item
from index_builder.demo.render import studio_view

SPEC = {"input_size": 128, "mean": [0.5] * 3, "std": [0.25] * 3, "positions": 33, "threshold": 0.6}


class Fixed:
    """An engine that always says the same: a logit, and for each side the one width in magnified pixels that it is sure of."""

    def __init__(self, logit, widths):
        scores = np.full((4, 33), -20.0)
        for side, width in enumerate(widths):
            scores[side, width] = 20
        self.output = np.concatenate([[logit], scores.ravel()])[None].astype(np.float32)

    def run(self, x):
        assert x.shape == (1, 3, 128, 128) and x.dtype == np.float32
        return [self.output]


def studio(width, height, seed=0):
    return np.ascontiguousarray(cv2.resize(studio_view(draw_item(0, seed)), (width, height), interpolation=cv2.INTER_AREA))


def photo_of(rgb):
    return Photo(np.ascontiguousarray(rgb), rgb.shape[1::-1], "PNG")


@pytest.mark.parametrize("height,width", [(600, 600), (401, 733), (90, 60), (3, 3), (24, 1000)])
def test_a_border_takes_five_sixteenths_of_the_square_whatever_the_size(height, width):
    rgb = np.zeros((height, width, 3), np.uint8)
    rows, columns = border_pixels(height), border_pixels(width)
    rgb[:rows, :, 0], rgb[-rows:, :, 0], rgb[:, :columns, 1], rgb[:, -columns:, 1] = 200, 200, 200, 200
    square = magnify_border(rgb, 128)
    edge = magnified_border(128)
    assert edge == 40 and square.shape == (128, 128, 3)
    assert (square[:edge, :, 0] == 200).all() and (square[-edge:, :, 0] == 200).all() and (square[edge:-edge, :, 0] == 0).all()
    assert (square[:, :edge, 1] == 200).all() and (square[:, -edge:, 1] == 200).all() and (square[:, edge:-edge, 1] == 0).all()


def test_magnifying_leaves_the_picture_as_it_was():
    rgb = studio(300, 200)
    before = rgb.copy()
    magnify_border(rgb, 128)
    assert np.array_equal(rgb, before)


def test_a_width_between_two_positions_is_their_mean_and_a_far_second_guess_does_not_pull():
    scores = np.full((4, 33), -30.0)
    scores[0, [6, 7]] = np.log([0.5, 0.5])
    scores[1, [3, 30]] = np.log([0.6, 0.4])
    scores[2, [0, 9]] = np.log([0.9, 0.1])
    scores[3, 1] = 0
    there, widths = side_widths(scores)
    assert there == pytest.approx([1, 1, 0.1, 1], abs=1e-6)
    assert widths == pytest.approx([6.5, 3, 9, 1], abs=1e-4)


def test_widths_come_back_in_pixels_of_each_side():
    frame = FrameFinder(Fixed(5.0, (4, 8, 0, 20)), SPEC).find(np.zeros((500, 1000, 3), np.uint8))
    assert frame.framed and frame.probability > 0.99
    # 40 magnified pixels are a fifth of a side: 200 px across, 100 px down.
    assert frame.box == Box(20, 20, 1000, 450)


@pytest.mark.parametrize("logit,widths", [(0.3, (8, 8, 8, 8)), (-5.0, (8, 0, 0, 0))])
def test_under_the_threshold_nothing_is_cut(logit, widths):
    finder = FrameFinder(Fixed(logit, widths), SPEC)
    photo = Photo(studio(300, 300), (600, 600), "PNG")
    assert finder.find(photo.rgb).box == Box(0, 0, 300, 300)
    assert finder.remove(photo) is photo


def test_a_picture_too_small_to_judge_has_no_frame():
    assert not FrameFinder(Fixed(9.0, (8, 8, 8, 8)), SPEC).find(np.zeros((20, 300, 3), np.uint8)).framed


def test_a_cut_photo_knows_where_it_lay_and_its_share_of_the_source():
    rgb = np.random.default_rng(0).integers(0, 256, (100, 200, 3), np.uint8)
    once = cropped(Photo(rgb, (2000, 1000), "JPEG"), Box(10, 5, 190, 95))
    twice = cropped(once, Box(1, 2, 100, 80))
    assert once.origin == (10, 5) and once.source_size == (1800, 900) and once.format == "JPEG"
    assert twice.origin == (11, 7) and np.array_equal(twice.rgb, rgb[7:85, 11:110])


@pytest.fixture(scope="module")
def stages():
    return Stages.open(gpu=False, threads=1)


@pytest.mark.parametrize("sides", [(30, 30, 30, 30), (60, 45, 60, 45), (0, 0, 0, 70)])
@pytest.mark.parametrize("colour", [(200, 30, 40), (20, 60, 150)])
def test_the_shipped_network_finds_a_plain_frame_round_a_studio_picture(stages, sides, colour):
    left, top, right, bottom = sides
    rgb = cv2.copyMakeBorder(studio(600 - left - right, 600 - top - bottom, 3), top, bottom, left, right, cv2.BORDER_CONSTANT, value=colour)
    frame = stages.frame(photo_of(rgb))
    assert frame.framed
    assert np.abs(np.array(frame.box.as_list()) - (left, top, 600 - right, 600 - bottom)).max() <= 12  # 2 % of the side


def test_the_shipped_network_leaves_studio_pictures_alone(stages):
    photos = [photo_of(studio(600, 600, seed)) for seed in range(12)]
    assert all(stages.unframe(photo) is photo for photo in photos)


def test_the_command_says_what_lies_inside_and_goes_on_after_a_bad_file(tmp_path, capsys):
    rgb = cv2.copyMakeBorder(studio(500, 500, 1), 50, 50, 50, 50, cv2.BORDER_CONSTANT, value=(10, 110, 60))
    cv2.imwrite(str(tmp_path / "framed.png"), rgb[..., ::-1])
    cv2.imwrite(str(tmp_path / "plain.png"), studio(500, 500, 1)[..., ::-1])
    (tmp_path / "text.jpg").write_text("no picture")
    files = [str(tmp_path / name) for name in ("framed.png", "text.jpg", "plain.png")]
    assert main(["frame", *files, "--json", "--out", str(tmp_path / "out")]) == 1
    out, err = capsys.readouterr()
    first, second = (json.loads(line) for line in out.splitlines())
    assert first["photo"] == files[0] and first["framed"] and 0 <= first["probability"] <= 1
    assert np.abs(np.array(first["box"]) - (50, 50, 550, 550)).max() <= 12 and first["size"] == [600, 600]
    assert second == {**second, "photo": files[2], "framed": False, "box": [0, 0, 500, 500]}
    assert "text.jpg" in err
    left, top, right, bottom = first["box"]
    assert cv2.imread(str(tmp_path / "out/framed.png")).shape[:2] == (bottom - top, right - left)
