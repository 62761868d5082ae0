"""What the benchmark of frames rests on: true labels, a baseline that works where it should, areas that are right."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.frame_canny import find_by_edges
from benchmarks.frame_pictures import OTHERS, RECTANGLES, Garments
from benchmarks.frame_recall import recall_at_1
from benchmarks.frame_roc import area, draw_roc, roc
from benchmarks.frame_styles import STYLES, framed
from benchmarks.frames import Case, best_threshold, scored


@pytest.fixture
def garments():
    rng = np.random.default_rng(0)
    photos = [cv2.resize(rng.integers(0, 256, (9, 7, 3), np.uint8), (420, 540), interpolation=cv2.INTER_CUBIC) for _ in range(3)]
    mask = np.zeros((540, 420), np.float32)
    mask[100:400, 90:330] = 1
    return Garments(photos, [mask] * 3)


@pytest.mark.parametrize("style", STYLES)
def test_outside_the_told_widths_the_content_cannot_be_seen_and_inside_nothing_else(style):
    """The same frame, drawn by the same generator, round black and round white: only the inside may differ."""
    other = np.random.default_rng(5).integers(0, 256, (300, 300, 3), np.uint8)
    for seed in range(5):
        black, widths = framed(np.zeros((400, 500, 3), np.uint8), style, np.random.default_rng(seed), other)
        white, _ = framed(np.full((400, 500, 3), 255, np.uint8), style, np.random.default_rng(seed), other)
        assert 1 <= (widths > 0).sum() <= 4
        left, top, right, bottom = widths.tolist()
        differs = np.abs(white.astype(int) - black).max(2) > 0
        assert differs[top + 5 : 395 - bottom, 250].all() and differs[200, left + 5 : 495 - right].all()
        differs[top : 400 - bottom, left : 500 - right] = False
        assert not differs.any()


@pytest.mark.parametrize("name", [*RECTANGLES, *OTHERS])
def test_pictures_without_a_frame_have_the_size_asked_for_and_differ(name, garments):
    draw = {**RECTANGLES, **OTHERS}[name]
    a, b = (draw(garments, np.random.default_rng(seed), 420, 500) for seed in (1, 2))
    assert a.shape == (420, 500, 3) and a.dtype == np.uint8 and not np.array_equal(a, b)


def test_edges_and_rules_find_a_plain_frame_and_no_white_margin():
    noise = np.random.default_rng(0).integers(90, 200, (360, 360, 3), np.uint8)
    inside = cv2.GaussianBlur(noise, (0, 0), 9)
    blue = cv2.copyMakeBorder(inside, 20, 40, 20, 20, cv2.BORDER_CONSTANT, value=(10, 20, 120))
    score, widths = find_by_edges(blue)
    assert score > 0.9
    assert widths == pytest.approx([20 / 400, 20 / 420, 20 / 400, 40 / 420], abs=0.006)
    white = cv2.copyMakeBorder(inside, 30, 30, 30, 30, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    assert find_by_edges(white)[0] < score and not find_by_edges(white)[1].any()


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    rng = np.random.default_rng(3)
    positive = rng.random(200) < 0.4
    scores = np.round(rng.normal(0, 1, 200) + positive, 1)  # rounded, so that many are equal
    pairs = scores[positive][:, None] - scores[~positive][None]
    assert area(*roc(scores, positive)) == pytest.approx(float(((pairs > 0) + 0.5 * (pairs == 0)).mean()))


def test_the_curve_is_drawn(tmp_path):
    curve = roc(np.arange(20.0), np.arange(20) % 2 == 0)
    draw_roc({"network": curve}, {"network": (0.1, 0.9)}, tmp_path / "roc.png")
    assert len(np.unique(cv2.imread(str(tmp_path / "roc.png")).reshape(-1, 3), axis=0)) > 5


def test_figures_count_what_they_say():
    rgb, framed_widths, none = np.zeros((4, 4, 3), np.uint8), np.full(4, 0.1), np.zeros(4)
    cases = [Case(rgb, "dots", framed_widths), Case(rgb, "dots", framed_widths), Case(rgb, "book", none), Case(rgb, "photo", none)]
    widths = np.array([[0.1, 0.1, 0.12, 0.1], [0.0] * 4, [0.05] * 4, [0.0] * 4])
    result = scored(np.array([True, False, True, False]), widths, cases)
    assert result["accuracy"] == 0.5 and result["frames_missed"] == 0.5
    assert result["false_alarms_rectangles"] == 1.0 and result["false_alarms_others"] == 0.0
    assert result["box_error_percent_of_found"] == pytest.approx(0.5) and result["box_error_percent_of_all"] == pytest.approx(5.25)


def test_the_best_threshold_is_the_best_of_all():
    rng = np.random.default_rng(4)
    positive = rng.random(80) < 0.5
    scores = rng.normal(0, 1, 80) + positive
    best = max(float(((scores >= cut) == positive).mean()) for cut in scores)
    assert float(((scores >= best_threshold(scores, positive)) == positive).mean()) == best


def test_recall_counts_rows_that_find_their_own():
    gallery = np.eye(4, dtype=np.float32)
    assert recall_at_1(gallery[[0, 1, 3, 2]], gallery) == 0.5
