import cv2
import numpy as np
import pytest

from edge.types import Box, Cutout
from edge.verdict import FEATURES
from index_builder.calibrate_views import best_per_item, calibrate_on_made_views, trials_from_made_views, twins_of
from index_builder.phone_views import alpha_of_white, phone_like_photo
from tests.fakes import FakeStages


def drawn_cutout(colour: tuple[int, int, int], width: int = 30) -> Cutout:
    rgb = np.full((96, 96, 3), 255, np.uint8)
    cv2.rectangle(rgb, (48 - width, 14), (48 + width, 82), colour, -1)
    cv2.rectangle(rgb, (48 - width, 30), (48 + width, 40), tuple(c // 2 for c in colour), -1)
    return Cutout(rgb, Box(0, 0, 96, 96), 0.5)


@pytest.fixture(scope="module")
def catalogue():
    stages = FakeStages()
    cutouts = [drawn_cutout(c, w) for c in ((200, 30, 30), (40, 60, 190)) for w in (18, 34)]
    vectors = np.stack([e.vector for e in stages.embed(cutouts)])
    return stages, list(enumerate(cutouts)), vectors


def test_leaving_an_item_out_leaves_out_all_its_pictures():
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    assert best_per_item(scores, ["a", "b", "a", "c"]) == [("a", 0.9, 0), ("b", 0.8, 1), ("c", 0.6, 3)]
    assert best_per_item(scores, ["a", "b", "a", "c"], {"a"}) == [("b", 0.8, 1), ("c", 0.6, 3)]


def test_items_with_equal_pictures_are_twins_and_sisters_are_not():
    vectors = np.array([[1, 0], [0, 1], [1, 0], [0.9, np.sqrt(1 - 0.81)]], np.float32)
    assert twins_of("a", vectors, ["a", "b", "c", "d"]) == {"a", "c"}
    assert twins_of("b", vectors, ["a", "b", "c", "d"]) == {"b"}


def test_each_view_counts_once_with_its_item_and_once_without(catalogue):
    stages, samples, vectors = catalogue
    trials = trials_from_made_views(samples, vectors, [f"i{k}" for k in range(4)], stages=stages, views=2, workers=2)
    known = [t for t in trials if t.known]
    assert len(known) == len(trials) / 2 > 4
    assert not any(t.right for t in trials if not t.known)
    assert {len(t.features) for t in trials} == {len(FEATURES)} and {t.group for t in trials} <= {f"i{k}" for k in range(4)}


def test_trials_do_not_depend_on_the_number_of_workers(catalogue):
    stages, samples, vectors = catalogue
    ids = [f"i{k}" for k in range(4)]
    one, three = (trials_from_made_views(samples[:2], vectors, ids, stages=stages, workers=w) for w in (1, 3))
    assert one == three


def test_a_twin_is_left_out_with_its_item_and_right_as_the_first_match(catalogue):
    stages, samples, vectors = catalogue
    doubled = np.concatenate([vectors, vectors])
    ids = [f"i{k}" for k in range(4)] + [f"twin{k}" for k in range(4)]
    single = trials_from_made_views(samples, vectors, ids[:4], stages=stages)
    double = trials_from_made_views(samples, doubled, ids, stages=stages)
    assert [t.right for t in single] == [t.right for t in double]
    assert [t.features[0] for t in single] == pytest.approx([t.features[0] for t in double], abs=1e-5)


def test_a_catalogue_of_two_is_too_small_to_calibrate_on(catalogue):
    stages, samples, vectors = catalogue
    assert calibrate_on_made_views(samples[:2], vectors[:2], ["a", "b"], stages=stages) is None


def test_a_made_view_is_a_photo_with_background_and_the_same_seed_gives_the_same():
    cutout = drawn_cutout((200, 30, 30))
    a, b = (phone_like_photo(cutout.rgb, np.random.default_rng(4)) for _ in range(2))
    assert (a == b).all() and a.dtype == np.uint8 and a.shape[2] == 3
    assert (a.min(2) >= 250).mean() < 0.5


def test_white_inside_the_outline_stays_garment():
    rgb = np.full((96, 96, 3), 255, np.uint8)
    cv2.rectangle(rgb, (20, 20), (76, 76), (10, 10, 10), 4)
    alpha = alpha_of_white(rgb)
    assert alpha[48, 48] == pytest.approx(1, abs=1e-3) and alpha[4, 4] == 0
