"""What the segmenter learns from: a close-up still has its mask where the garment is, and claims nothing outside the picture."""

import numpy as np
import pytest

from training.segmenter_views import Garments, close_up, training_view


def square(s: int = 96) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mask = np.zeros((s, s), np.uint8)
    mask[20:80, 30:60] = 255
    rgb = np.where(mask[..., None] > 0, (200, 30, 30), (90, 95, 100)).astype(np.uint8)
    return rgb, mask, np.full_like(mask, 255)


def red(rgb: np.ndarray) -> np.ndarray:
    return rgb[..., 0].astype(int) - rgb[..., 1] > 60


@pytest.mark.parametrize("seed", range(12))
def test_a_close_up_cuts_picture_and_mask_alike(seed: int) -> None:
    rgb, mask, known = close_up(*square(), np.random.default_rng(seed))
    assert rgb.shape == (96, 96, 3) and mask.shape == known.shape == (96, 96)
    assert ((mask > 127) != red(rgb)).mean() < 0.04
    rows, columns = np.flatnonzero(known.max(1)), np.flatnonzero(known.max(0))
    inside = known[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert (inside == 255).all() and max(inside.shape) == 96, "the picture itself is known, the border mirrored round it is not"


def test_most_close_ups_end_within_the_garment() -> None:
    ended = 0
    for seed in range(40):
        _, mask, known = close_up(*square(), np.random.default_rng(seed))
        rows, columns = np.flatnonzero(known.max(1)), np.flatnonzero(known.max(0))
        part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] > 127
        ended += part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any()
    assert ended > 30


def test_no_garment_no_close_up() -> None:
    rgb, mask, known = square()
    assert close_up(rgb, np.zeros_like(mask), known, np.random.default_rng(0))[0] is rgb


def test_a_view_s_mask_lies_on_its_garment() -> None:
    rgb, mask, known = (np.stack([x]) for x in square())
    garments = Garments(rgb, mask, known, ["redrawn"], np.ones(1, bool), np.ones(1))
    for seed in range(8):
        drawn = np.empty((0, 96, 96, 3), np.uint8)
        x, y, where = training_view(garments, 0, drawn, np.random.default_rng(seed), 64, composites=0.0, near=1.0)
        assert x.shape == (64, 64, 3) and set(np.unique(where)) <= {0, 255} and ((y > 127) & (where > 0)).any()
