import numpy as np
import pytest

from edge.second_cut import expected_after, second_cut
from edge.seen import Clock, readings_of, see_masked
from edge.segment import Segmenter
from edge.stages import Stages
from edge.types import Mask, Photo

SECOND = {"below": 0.95, "weights": {"first": 0.1, "agreement": 0.5}, "offset": 1.2}


def red_shirt(height: int = 240, width: int = 180) -> tuple[np.ndarray, np.ndarray]:
    """A red garment on a grey floor, both a little uneven, and where it lies."""
    rng = np.random.default_rng(0)
    truth = np.zeros((height, width), bool)
    truth[height // 6 : -height // 6, width // 5 : -width // 5] = True
    rgb = np.where(truth[..., None], (170, 40, 45), (120, 122, 118)) + rng.normal(0, 6, (height, width, 3))
    return np.clip(rgb, 0, 255).astype(np.uint8), truth


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def wrong(truth: np.ndarray) -> np.ndarray:
    """A mask that misses a sleeve's worth of the garment and takes a corner of the floor."""
    alpha = np.where(truth, np.float32(0.9), np.float32(0.05))
    height, width = truth.shape
    alpha[height // 6 : height // 2, width // 5 : width // 3] = 0.05
    alpha[-height // 6 : -height // 12, width // 4 : width // 2] = 0.9
    return alpha


def test_what_the_network_missed_comes_back_and_the_floor_goes():
    rgb, truth = red_shirt()
    alpha = wrong(truth)
    again, agreement = second_cut(rgb, alpha)
    assert again.shape == truth.shape and again.dtype == np.float32 and 0 <= again.min() and again.max() <= 1
    assert iou(alpha > 0.5, truth) < 0.85 and iou(again > 0.5, truth) > 0.97
    assert agreement == pytest.approx(iou(alpha > 0.5, truth), abs=0.03)


def test_a_right_mask_stays_as_it_is_away_from_its_rim():
    rgb, truth = red_shirt()
    alpha = np.where(truth, np.float32(0.9), np.float32(0.02))
    again, agreement = second_cut(rgb, alpha)
    assert agreement > 0.97 and iou(again > 0.5, truth) > 0.98
    assert (again[truth] == np.float32(0.9)).mean() > 0.9  # the network's chances, which a correction goes on from


def test_what_the_network_is_certain_of_stays_whatever_its_colour():
    rgb, truth = red_shirt()
    sleeve = np.zeros(truth.shape, bool)
    sleeve[60:140, 16:36] = True  # sticks out over the floor, and has its colour
    alpha = np.where(truth | sleeve, np.float32(0.9), np.float32(0.05))
    guessed, _ = second_cut(rgb, alpha)
    alpha[sleeve] = 0.999
    certain, _ = second_cut(rgb, alpha)
    assert (guessed[sleeve] > 0.5).mean() < 0.1 and (certain[sleeve] > 0.5).mean() > 0.9


def test_where_colours_find_some_other_thing_the_networks_mask_stays():
    rgb, truth = red_shirt()
    elsewhere = np.zeros(truth.shape, np.float32)
    elsewhere[60:100, 60:90] = 1  # a tenth of the garment: colours then take all of it
    again, agreement = second_cut(rgb, elsewhere)
    assert agreement < 0.5
    np.testing.assert_array_equal(again, elsewhere)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 2), (9, 9), (700, 40)])
def test_small_and_thin_pictures_do_no_harm(shape):
    rgb = np.random.default_rng(1).integers(0, 255, (*shape, 3), np.uint8)
    alpha = np.zeros(shape, np.float32)
    alpha[: max(1, shape[0] // 2)] = 1
    again, agreement = second_cut(rgb, alpha)
    assert again.shape == shape and np.isfinite(again).all() and 0 <= agreement <= 1


def test_no_colours_to_go_by_leave_the_mask_and_the_doubt():
    alpha = np.zeros((60, 50), np.float32)
    alpha[20:40, 10:40] = 1
    again, agreement = second_cut(np.full((60, 50, 3), 128, np.uint8), alpha)
    assert agreement == 0.0
    np.testing.assert_array_equal(again, alpha)


def test_the_same_photo_gives_the_same_cut():
    rgb, truth = red_shirt()
    one, other = (second_cut(rgb, wrong(truth)) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    assert one[1] == other[1]


def test_agreement_raises_what_is_expected_and_so_does_the_first_doubt():
    assert expected_after(0.9, 0.97, SECOND) > expected_after(0.9, 0.8, SECOND) > expected_after(0.9, 0.3, SECOND)
    assert expected_after(0.94, 0.9, SECOND) > expected_after(0.6, 0.9, SECOND)
    assert 0 <= expected_after(0.0, 0.0, SECOND) < expected_after(1.0, 1.0, SECOND) <= 1


class Unsure:
    """An engine that takes half of a garment, and is so unsure of it, or so sure, as told."""

    def __init__(self, logit: float) -> None:
        self.logit = logit

    def run(self, x: np.ndarray) -> list[np.ndarray]:
        red = x[:, :1] - x[:, 1:2] > 0.2
        red[..., : x.shape[3] // 2 - 4] = False
        return [np.where(red, self.logit, -self.logit).astype(np.float32)]


@pytest.mark.parametrize(("logit", "again"), [(1.5, True), (20.0, False)])
def test_only_a_doubtful_mask_is_cut_again(logit, again):
    rgb, truth = red_shirt()
    spec = {"input_size": 64, "mean": [0.0] * 3, "std": [1.0] * 3, "least_coverage": 0.01}
    photo = Photo(rgb, (180, 240), "made")
    plain = Segmenter(Unsure(logit), spec).mask(photo)
    second = Segmenter(Unsure(logit), {**spec, "second_cut": SECOND}).mask(photo)
    assert iou(plain.alpha > 0.5, truth) < 0.8
    if again:
        assert iou(second.alpha > 0.5, truth) > 0.95 and second.confidence != plain.confidence
    else:
        np.testing.assert_array_equal(second.alpha, plain.alpha)
        assert second.confidence == plain.confidence


def test_the_networks_own_outline_goes_along_where_it_differs():
    rgb, _ = red_shirt()
    spec = {"input_size": 64, "mean": [0.0] * 3, "std": [1.0] * 3, "least_coverage": 0.01, "second_cut": SECOND}
    photo = Photo(rgb, (180, 240), "made")
    cut = Segmenter(Unsure(1.5), spec).mask(photo)
    plain = Segmenter(Unsure(1.5), {**spec, "second_cut": None}).mask(photo)
    np.testing.assert_array_equal(cut.first, plain.alpha)
    assert plain.first is None and Segmenter(Unsure(20.0), spec).mask(photo).first is None


def test_both_outlines_are_looked_up_and_the_catalogue_decides():
    rgb, truth = red_shirt()
    photo, stages = Photo(rgb, (180, 240), "made"), Stages.open(threads=1, gpu=False)
    mask = Mask(truth.astype(np.float32), 0.9, first=wrong(truth))
    readings = readings_of(photo, mask, stages)
    assert readings[0].mask is mask and readings[1].mask.alpha is mask.first
    assert float(readings[0].vector @ readings[1].vector) < 0.999
    settled = see_masked(photo, mask, stages, Clock(), best_scores=lambda vectors: np.arange(len(vectors)))
    assert settled.mask is mask  # a person's outline has no second reading


def test_a_garment_that_runs_out_of_the_photo_stays_whole():
    rgb, truth = red_shirt()
    half, there = rgb[:150].copy(), truth[:150]  # its lower part is out of the picture
    alpha = np.where(there, np.float32(0.99), np.float32(0.01))
    alpha[40:75, 36:60] = 0.3  # a sleeve missed
    again, agreement = second_cut(half, alpha)
    assert iou(again > 0.5, there) > 0.97 > iou(alpha > 0.5, there)
    assert (again[-1] > 0.5).sum() == pytest.approx(there[-1].sum(), abs=4) and agreement > 0.8
