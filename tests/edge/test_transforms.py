import numpy as np

from edge.transforms import letterbox_mirror, to_nchw, undo_letterbox


def test_the_aspect_ratio_is_kept_and_undone():
    rng = np.random.default_rng(0)
    for height, width in ((60, 100), (100, 60), (64, 64), (7, 300)):
        image = np.zeros((height, width), np.float32)
        image[: height // 2, : width // 2] = 1
        square, place = letterbox_mirror(image, 224)
        assert square.shape == (224, 224)
        assert abs(place.width / place.height - width / height) < 0.1 * width / height + 0.01 or min(place.width, place.height) < 12
        back = undo_letterbox(square, place)
        assert back.shape == image.shape
        assert np.abs(back - image).mean() < 0.05
    assert letterbox_mirror(rng.integers(0, 255, (50, 90, 3), dtype=np.uint8), 64)[0].shape == (64, 64, 3)


def test_the_rest_of_the_square_continues_the_picture_instead_of_bars():
    image = np.full((50, 100), 90, np.uint8)
    assert (letterbox_mirror(image, 64)[0] == 90).all()


def test_normalising_gives_what_the_formula_says_and_leaves_its_argument():
    rgb = np.random.default_rng(1).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    kept = rgb.copy()
    x = to_nchw(rgb, (0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
    assert x.shape == (1, 3, 4, 4) and x.dtype == np.float32
    assert np.isclose(x[0, 2, 1, 3], (kept[1, 3, 2] / 255 - 0.3) / 0.4)
    assert (rgb == kept).all()
