"""A mask in pieces is read as a whole and piece by piece; the catalogue decides."""

import numpy as np
import pytest

from edge.pieces import WHOLE_FIRST, pieces_alone, reading


def mask_of(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    alpha = np.zeros((120, 100), np.float32)
    for top, left, bottom, right in boxes:
        alpha[top:bottom, left:right] = 1
    return alpha


def test_one_piece_or_none_has_no_other_reading():
    assert pieces_alone(mask_of()) == [] and pieces_alone(mask_of((10, 10, 60, 60))) == []
    assert pieces_alone(mask_of((10, 10, 60, 60), (80, 80, 90, 90))) == []  # a spot of a twenty-fifth


def test_the_two_largest_pieces_stand_alone_larger_first():
    large, small, third = (5, 5, 55, 60), (70, 5, 110, 45), (70, 60, 95, 85)
    found = pieces_alone(mask_of(large, small, third))
    assert len(found) == 2
    assert np.array_equal(found[0], mask_of(large)) and np.array_equal(found[1], mask_of(small))
    assert found[0].dtype == np.float32


def test_pieces_are_told_apart_whatever_they_are_numbered():
    boxes = [(29, 1, 37, 13), (38, 26, 55, 35), (28, 20, 41, 32)]
    whole = mask_of(*boxes)
    first, second = pieces_alone(whole)
    assert first.sum() > second.sum() > 0 and (first * second).max() == 0
    assert np.array_equal(first + second, whole * ((first > 0) | (second > 0)))
    assert pieces_alone(np.ones((1, 1), np.float32)) == [] and pieces_alone(np.ones((1, 7), np.float32)) == []


def test_a_soft_rim_goes_with_its_own_piece():
    alpha = mask_of((10, 10, 50, 90), (70, 10, 110, 90))
    alpha[50:54, 10:90], alpha[66:70, 10:90] = 0.3, 0.2
    above, below = pieces_alone(alpha)
    assert np.allclose(above + below, alpha)
    assert above[51, 50] == np.float32(0.3) and above[67, 50] == 0 and below[67, 50] == np.float32(0.2) and below[51, 50] == 0


def test_a_large_photo_full_of_specks_is_read_as_a_small_one():
    small = mask_of((5, 5, 55, 60), (70, 5, 110, 45))
    large = np.kron(small, np.ones((20, 20), np.float32))
    specked = large.copy()
    specked[40:2400:37, 1400:2000:41] = 1  # too small to be pieces; each looked at alone would take seconds
    for alpha in (large, specked):
        first, second = pieces_alone(alpha)
        assert np.array_equal(first[:1200, :1300], large[:1200, :1300]) and not first[1300:, :1000].any()
        assert np.array_equal(second[1300:, :1000], large[1300:, :1000]) and not second[:1200, :1300].any()


@pytest.mark.parametrize(
    ("best", "chosen"),
    [([0.9], 0), ([0.6, 0.9, 0.4], 1), ([0.6, 0.4, 0.9], 2), ([0.9, 0.9 + WHOLE_FIRST / 2], 0), ([0.5, 0.51, 0.52], 0)],
)
def test_a_piece_counts_where_the_catalogue_knows_it_clearly_better(best, chosen):
    assert reading(np.array(best)) == chosen
