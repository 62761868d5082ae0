import numpy as np
import pytest

from edge.colours import NAMED, dominant_colours, name_of, to_lab

WALL = (214, 210, 204)


def photo(*parts: tuple[tuple[int, int, int], float], side: int = 240, wall=WALL, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A square garment of upright stripes, each with its share of the width, noisy as cloth is, before a wall."""
    rgb = np.full((side, side, 3), wall, np.uint8)
    alpha = np.zeros((side, side), np.float32)
    low, high = side // 6, side * 5 // 6
    alpha[low:high, low:high] = 1
    left = low
    for place, (colour, share) in enumerate(parts):
        right = high if place == len(parts) - 1 else left + round((high - low) * share)
        rgb[low:high, left:right] = colour
        left = right
    noise = np.random.default_rng(seed).normal(0, 5, rgb.shape)
    return np.clip(rgb + noise, 0, 255).astype(np.uint8), alpha


@pytest.mark.parametrize(("rgb", "name"), [
    ((16, 16, 18), "black"), ((250, 250, 248), "white"), ((128, 128, 130), "grey"), ((200, 30, 40), "red"), ((24, 34, 68), "navy"),
    ((46, 96, 180), "blue"), ((30, 100, 60), "green"), ((235, 160, 180), "pink"), ((90, 60, 40), "brown"), ((215, 198, 165), "beige"),
    ((240, 210, 60), "yellow"), ((230, 115, 40), "orange"), ((90, 45, 120), "purple"), ((100, 105, 60), "olive"),
    ((25, 135, 145), "turquoise"),
])  # fmt: skip
def test_plain_garments_are_called_by_their_colour(rgb, name):
    (only,) = dominant_colours(*photo((rgb, 1.0)))
    assert only.name == name and only.share > 0.95
    assert np.abs(np.array(only.rgb) - rgb).max() <= 6, "the colour shown is the one photographed"


def test_every_typical_value_has_the_name_it_stands_for():
    for name, values in NAMED.items():
        for v in values:
            assert name_of(to_lab(np.array([v >> 16, v >> 8 & 255, v & 255], np.uint8))) == name


def test_shares_follow_the_area_and_at_most_three_are_named():
    found = dominant_colours(*photo(((200, 30, 40), 0.5), ((245, 245, 245), 0.3), ((24, 34, 68), 0.2)))
    assert [c.name for c in found] == ["red", "white", "navy"]
    assert np.allclose([c.share for c in found], (0.5, 0.3, 0.2), atol=0.03)
    five = dominant_colours(*photo(*[(c, 0.2) for c in ((200, 30, 40), (245, 245, 245), (24, 34, 68), (240, 210, 60), (30, 100, 60))]))
    assert len(five) == 3


def test_a_small_print_is_not_a_colour_of_the_garment():
    assert [c.name for c in dominant_colours(*photo(((24, 34, 68), 0.95), ((245, 245, 245), 0.05)))] == ["navy"]


def test_the_background_does_not_count():
    rgb, alpha = photo(((200, 30, 40), 1.0), wall=(40, 160, 60))
    assert [c.name for c in dominant_colours(rgb, alpha)] == ["red"]


def test_folds_do_not_make_a_second_colour():
    rgb, alpha = photo(((46, 96, 180), 1.0))
    shade = 1 + 0.3 * np.sin(np.arange(240) / 12)[None, :, None]
    assert [c.name for c in dominant_colours(np.clip(rgb * shade, 0, 255).astype(np.uint8), alpha)] == ["blue"]


def test_most_of_a_cast_is_taken_back():
    warm = np.array((1.12, 1.0, 0.84))
    kept, lost = 0, 0
    for colour in ((128, 128, 130), (245, 244, 240), (46, 96, 180), (24, 34, 68), (200, 30, 40), (30, 100, 60)):
        rgb, alpha = photo((colour, 1.0))
        cast = np.clip(rgb * warm, 0, 255).astype(np.uint8)
        want = dominant_colours(rgb, alpha)[0].name
        kept += dominant_colours(cast, alpha)[0].name == want
        lost += dominant_colours(cast, alpha, strength=0.0)[0].name != want
    assert kept == 6
    assert lost >= 1, "the cast is too weak to show anything"


def test_the_same_photo_gives_the_same_answer_and_stays_as_it_is():
    rgb, alpha = photo(((200, 30, 40), 0.6), ((245, 245, 245), 0.4))
    before = rgb.copy()
    assert dominant_colours(rgb, alpha) == dominant_colours(rgb, alpha)
    assert np.array_equal(rgb, before)


def test_an_empty_mask_has_no_colour_and_a_tiny_one_has():
    rgb, alpha = photo(((200, 30, 40), 1.0))
    assert dominant_colours(rgb, np.zeros_like(alpha)) == ()
    tiny = np.zeros_like(alpha)
    tiny[100:104, 100:104] = 1
    assert [c.name for c in dominant_colours(rgb, tiny)] == ["red"]


def test_lab_is_in_its_usual_units():
    lab = to_lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], np.uint8))
    assert np.allclose(lab, [[100, 0, 0], [0, 0, 0], [53.2, 80.1, 67.2]], atol=0.5)
