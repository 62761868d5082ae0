"""Scores of masks, against slow and obvious versions."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.mask_scores import Scores, boundary, boundary_f, scores, summary


def blob(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A few random rectangles, some over the picture's edge."""
    mask = np.zeros((height, width), bool)
    for _ in range(3):
        y, x = rng.integers(-4, height - 3), rng.integers(-4, width - 3)
        mask[max(0, y) : y + rng.integers(3, 20), max(0, x) : x + rng.integers(3, 20)] = True
    return mask


def slow_boundary(mask: np.ndarray) -> list[tuple[int, int]]:
    points = []
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            around = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
            inside = [mask[b, a] for b, a in around if 0 <= b < mask.shape[0] and 0 <= a < mask.shape[1]]
            if mask[y, x] and not all(inside):
                points.append((y, x))
    return points


def slow_boundary_f(mask: np.ndarray, truth: np.ndarray, tolerance: float) -> float:
    a, b = slow_boundary(mask), slow_boundary(truth)
    if not a or not b:
        return float(bool(a) == bool(b))
    radius = tolerance * (mask.shape[0] ** 2 + mask.shape[1] ** 2) ** 0.5

    def share(points: list, others: list) -> float:
        near = [any((y - v) ** 2 + (x - u) ** 2 <= radius**2 + 1e-6 for v, u in others) for y, x in points]
        return sum(near) / len(near)

    precision, recall = share(a, b), share(b, a)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@pytest.mark.parametrize("seed", range(12))
def test_boundary_f_is_that_of_the_slow_version(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = blob(rng, 40, 53), blob(rng, 40, 53)
    if seed % 3 == 0:  # much alike, where most of the outline is within reach
        b = np.roll(a, (1, -1), (0, 1))
    for tolerance in (0.01, 0.03, 5 / np.hypot(40, 53)):  # the last reaches points at exactly its radius, as (3, 4)
        assert boundary_f(a, b, tolerance=tolerance) == pytest.approx(slow_boundary_f(a, b, tolerance), abs=1e-9)


def test_the_photos_edge_is_no_outline() -> None:
    mask = np.zeros((20, 30), bool)
    mask[:, :10] = True
    assert {tuple(p) for p in np.argwhere(boundary(mask))} == {(y, 9) for y in range(20)} == set(slow_boundary(mask))
    assert not boundary(np.ones((5, 5), bool)).any()


def test_an_outline_within_the_tolerance_is_perfect_and_beyond_it_is_not() -> None:
    truth = np.zeros((300, 400), bool)  # diagonal 500, so the tolerance is 5 pixels
    truth[100:200, 100:300] = True
    grown, more = np.zeros_like(truth), np.zeros_like(truth)
    grown[97:203, 97:303] = True
    more[90:210, 90:310] = True
    assert boundary_f(grown, truth) == 1.0
    assert boundary_f(more, truth) == 0.0


def test_masks_with_nothing_in_them_have_scores() -> None:
    empty, full = np.zeros((8, 9), bool), np.ones((8, 9), bool)
    some = empty.copy()
    some[2:5, 2:5] = True
    assert scores(empty, empty) == Scores(1.0, 1.0, 1.0)
    assert scores(empty, full).iou == 0.0
    assert scores(empty, some).boundary_f == 0.0


def test_iou_and_accuracy_count_pixels() -> None:
    a, b = np.zeros((10, 10), bool), np.zeros((10, 10), bool)
    a[:, :6], b[:, 4:] = True, True
    got = scores(a, b)
    assert got.iou == pytest.approx(20 / 100)
    assert got.pixel_accuracy == pytest.approx(20 / 100)


def test_masks_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in size"):
        scores(np.zeros((4, 5), bool), np.zeros((5, 4), bool))


def test_weights_count_like_repeated_photos() -> None:
    rng = np.random.default_rng(0)
    found = [Scores(*rng.random(3)) for _ in range(9)]
    times = rng.integers(1, 5, 9)
    repeated = [s for s, n in zip(found, times, strict=True) for _ in range(n)]
    want = {**summary(repeated), "n": 9}
    assert summary(found, times) == pytest.approx(want)
    assert summary(repeated)["median_iou"] == pytest.approx(np.median([s.iou for s in repeated]), abs=1e-4)
    assert summary(found)["median_iou"] == pytest.approx(np.median([s.iou for s in found]), abs=1e-4)


def test_no_photo_has_no_summary() -> None:
    with pytest.raises(ValueError, match="no photo"):
        summary([])
