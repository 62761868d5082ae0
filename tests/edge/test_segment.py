import numpy as np
import pytest

from edge.errors import NoGarmentFound
from edge.segment import Segmenter, is_blank, keep_large_pieces
from edge.types import Photo

SPEC = {"input_size": 64, "mean": [0.0] * 3, "std": [1.0] * 3, "least_coverage": 0.01}


class BrightIsGarment:
    """An engine whose logits are positive where the picture is bright."""

    def run(self, x: np.ndarray) -> list[np.ndarray]:
        return [(x.mean(1, keepdims=True) - 0.5) * 40]


def photo_of(rgb: np.ndarray) -> Photo:
    return Photo(rgb, (rgb.shape[1], rgb.shape[0]), "made")


def test_the_mask_has_the_photos_size_and_lies_on_the_garment():
    rgb = np.zeros((120, 90, 3), np.uint8)
    rgb[30:90, 20:70] = 255
    mask = Segmenter(BrightIsGarment(), SPEC).mask(photo_of(rgb))
    assert mask.alpha.shape == (120, 90) and mask.alpha.dtype == np.float32
    want = rgb[..., 0] > 127
    got = mask.alpha > 0.5
    assert (got & want).sum() / (got | want).sum() > 0.93
    assert mask.confidence > 0.8


def test_nothing_there_is_said_and_not_looked_up():
    with pytest.raises(NoGarmentFound, match="Fill the frame"):
        Segmenter(BrightIsGarment(), SPEC).mask(photo_of(np.zeros((80, 80, 3), np.uint8)))


def test_an_even_surface_is_no_garment_whatever_the_network_guesses():
    noise = np.random.default_rng(0).normal(0, 1.5, (200, 150, 3))
    for level in (4, 128, 250):
        with pytest.raises(NoGarmentFound):
            Segmenter(BrightIsGarment(), SPEC).mask(photo_of(np.clip(level + noise, 0, 255).astype(np.uint8)))
    faint = np.full((200, 150, 3), 244, np.uint8)
    faint[50:150, 40:110] = 255  # white on nearly white is something
    assert not is_blank(faint)


def test_a_stray_spot_goes_and_the_second_shoe_stays():
    alpha = np.zeros((100, 100), np.float32)
    alpha[10:50, 10:40] = 1
    alpha[10:50, 60:90] = 1
    alpha[80:84, 80:84] = 1
    kept = keep_large_pieces(alpha)
    assert kept[20, 20] == 1 and kept[20, 70] == 1
    assert kept[82, 82] == 0 and alpha[82, 82] == 1
