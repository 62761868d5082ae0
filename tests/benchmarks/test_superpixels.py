"""The classic baseline finds what it should find, so that being better than it says something."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.mask_scores import scores
from benchmarks.superpixels import geodesic_saliency, saliency_grabcut, slic
from index_builder.demo import draw_item, phone_view


def two_colours() -> tuple[np.ndarray, np.ndarray]:
    """A noisy orange square on noisy blue, rgb uint8 (120, 160, 3), and where it lies."""
    rng = np.random.default_rng(0)
    truth = np.zeros((120, 160), bool)
    truth[30:90, 45:115] = True
    colours = np.where(truth[..., None], np.array([220, 120, 40]), np.array([60, 90, 160]))
    return np.clip(colours + rng.normal(0, 6, colours.shape), 0, 255).astype(np.uint8), truth


def lab_of(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB)


def test_superpixels_follow_the_edge_and_are_about_as_many_as_asked_for() -> None:
    rgb, truth = two_colours()
    label = slic(lab_of(rgb), count=80)
    assert label.shape == truth.shape and label.dtype == np.int32
    assert set(np.unique(label)) == set(range(label.max() + 1))
    assert 50 <= label.max() + 1 <= 110
    share = np.bincount(label.ravel(), truth.ravel()) / np.bincount(label.ravel())
    # Undersegmentation: hardly a pixel lies in a superpixel that is mostly of the other side.
    assert ((share[label] > 0.5) != truth).mean() < 0.01


def test_what_differs_from_the_border_is_salient_and_the_border_is_not() -> None:
    rgb, truth = two_colours()
    lab = lab_of(rgb)
    label = slic(lab, count=80)
    value = geodesic_saliency(lab, label)[label]
    assert value.min() >= 0 and value.max() <= 1
    assert value[truth].mean() > 0.9
    assert value[~truth].mean() < 0.1


def test_a_picture_of_one_colour_has_nothing_salient_and_does_not_crash() -> None:
    flat = np.full((60, 80, 3), 128, np.uint8)
    lab = lab_of(flat)
    assert geodesic_saliency(lab, slic(lab)).max() == 0
    assert saliency_grabcut(flat).shape == (60, 80)


def test_it_cuts_a_plain_scene_out_and_most_drawn_garments() -> None:
    rgb, truth = two_colours()
    assert scores(saliency_grabcut(rgb), truth).iou > 0.98
    found = []
    for i in range(3):
        photo, alpha = phone_view(draw_item(11, i), np.random.default_rng(i))
        size = 300, 400
        small, small_alpha = (cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (photo, alpha))
        found.append(scores(saliency_grabcut(small), small_alpha > 0.5).iou)
    assert np.median(found) > 0.8, found


def test_the_same_photo_gives_the_same_mask() -> None:
    rgb, _ = two_colours()
    assert np.array_equal(saliency_grabcut(rgb), saliency_grabcut(rgb))
