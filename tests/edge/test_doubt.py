import numpy as np
import pytest

from edge.doubt import STATISTICS, expected_iou, soft_iou, statistics_of


def square_of(chance: float, elsewhere: float = 0.0) -> np.ndarray:
    p = np.full((50, 50), elsewhere, np.float32)
    p[10:40, 10:40] = chance
    return p


def test_a_certain_map_is_expected_to_fit_better_than_a_doubtful_one():
    sure, doubtful = square_of(0.99), square_of(0.6, 0.4)
    assert soft_iou(sure) > 0.95 > 0.6 > soft_iou(doubtful)
    assert expected_iou(statistics_of(sure), {}) > 0.95 > 0.6 > expected_iou(statistics_of(doubtful), {})


def test_a_map_with_nothing_in_it_is_not_trusted():
    assert soft_iou(np.zeros((20, 20), np.float32)) == 0.0
    assert expected_iou(statistics_of(np.zeros((20, 20), np.float32)), {}) < 0.01


def test_a_mirror_image_that_disagrees_lowers_its_statistic():
    p = square_of(0.9, 0.05)
    agreeing, other = np.zeros((50, 50)), np.zeros((50, 50))
    other[10:40, 10:25] = 5.0  # half of the garment is found one way round only
    at = STATISTICS.index("twin_iou")
    assert statistics_of(p, agreeing)[at] > 5 > statistics_of(p, other)[at] == pytest.approx(0.0, abs=0.01)


def test_border_pieces_and_coverage_are_shares():
    p = np.zeros((40, 40), np.float32)
    p[:, :20] = 1  # touches half of top and bottom and one side
    p[30:40, 30:40] = 1
    found = dict(zip(STATISTICS, statistics_of(p), strict=True))
    assert found["coverage"] == pytest.approx((40 * 20 + 100) / 1600)
    assert found["pieces"] == pytest.approx(100 / 900)
    assert found["border"] == pytest.approx((20 + 20 + 40 + 10 + 10) / 160)


def test_fitted_weights_move_the_expectation():
    fitted = {"weights": dict.fromkeys(STATISTICS, 0.0) | {"border": -4.0}, "offset": 2.0}
    inside, cut = np.array([0, 0, 0.0, 0, 0.3]), np.array([0, 0, 0.8, 0, 0.3])
    assert expected_iou(inside, fitted) == pytest.approx(1 / (1 + np.exp(-2)))
    assert expected_iou(cut, fitted) < 0.3
