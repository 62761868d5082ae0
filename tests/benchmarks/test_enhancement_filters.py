"""The filters that are tried before the match do what they are named for."""

import cv2
import numpy as np
import pytest

from benchmarks.enhancement_filters import FILTERS, SPOILT, noisy, wiener
from index_builder.demo import draw_item, studio_view


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return studio_view(draw_item(3, 0))


def apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_keeps_the_picture_s_form_and_leaves_the_original_alone(picture, name):
    before = picture.copy()
    out = FILTERS[name](picture)
    assert out.shape == picture.shape and out.dtype == np.uint8 and np.array_equal(picture, before)


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_photo_is_the_same_each_time(picture, kind):
    once, again = (SPOILT[kind](picture, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(once, again) and once.shape == picture.shape and (kind == "as taken") == np.array_equal(once, picture)


def test_deconvolution_undoes_the_blur_it_is_made_for(picture):
    blurred = cv2.GaussianBlur(picture, (0, 0), 1.6)
    assert apart(wiener(blurred), picture) < 0.8 * apart(blurred, picture)


def test_denoising_brings_a_noisy_photo_nearer_to_what_it_was(picture):
    bad = noisy(picture, np.random.default_rng(1))
    assert apart(FILTERS["non-local means"](bad), picture) < 0.8 * apart(bad, picture)
