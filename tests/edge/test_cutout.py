import numpy as np
import pytest

from edge.cutout import cut_out, cutout
from edge.errors import NoGarmentFound
from edge.types import Mask, Photo


def red_on_green(height: int, width: int, top: int, left: int, h: int, w: int):
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 1] = 200
    rgb[top : top + h, left : left + w] = (200, 0, 0)
    alpha = np.zeros((height, width), np.float32)
    alpha[top : top + h, left : left + w] = 1
    return rgb, alpha


def test_the_garment_fills_the_square_but_for_the_margin_and_is_not_squashed():
    rgb, alpha = red_on_green(300, 200, 50, 60, 200, 50)
    out, box = cut_out(rgb, alpha, size=320, margin=0.05)
    assert box.as_list() == [60, 50, 110, 250]
    ys, xs = np.nonzero(out[..., 1] < 128)
    assert abs(np.ptp(ys) + 1 - 288) <= 2
    assert abs((np.ptp(ys) + 1) / (np.ptp(xs) + 1) - 4) < 0.15


def test_nothing_of_the_old_background_stays():
    rgb, alpha = red_on_green(200, 200, 40, 40, 100, 100)
    import cv2

    out, _ = cut_out(rgb, cv2.GaussianBlur(alpha, (0, 0), 2), size=128)
    greenish = (out[..., 1].astype(int) - out[..., 0] > 30).mean()
    assert greenish < 0.005
    assert (out[0] == 255).all() and (out[:, -1] == 255).all()


def test_an_empty_mask_is_refused_with_a_remedy():
    rgb = np.zeros((20, 20, 3), np.uint8)
    with pytest.raises(NoGarmentFound):
        cutout(Photo(rgb, (20, 20), "made"), Mask(np.zeros((20, 20), np.float32), 0.5))


def test_a_garment_that_touches_the_photos_edge_is_cut_without_error():
    rgb, alpha = red_on_green(100, 100, 0, 0, 100, 30)
    out, box = cut_out(rgb, alpha, size=64)
    assert out.shape == (64, 64, 3) and box.left == 0
