"""The judge of enhancement: its colour difference, its classical methods and its lights."""

import numpy as np
import pytest

from benchmarks.enhancement import error_figures
from benchmarks.enhancement_classical import METHODS
from benchmarks.enhancement_colour import ciede2000, garment_difference
from benchmarks.enhancement_lights import KINDS, adaptation, hard_edge, lit, worn
from edge.develop import angle_between, to_linear, to_srgb

SHARMA = """
50.0000 2.6772 -79.7751 50.0000 0.0000 -82.7485 2.0425
50.0000 3.1571 -77.2803 50.0000 0.0000 -82.7485 2.8615
50.0000 2.8361 -74.0200 50.0000 0.0000 -82.7485 3.4412
50.0000 -1.3802 -84.2814 50.0000 0.0000 -82.7485 1.0000
50.0000 -1.1848 -84.8006 50.0000 0.0000 -82.7485 1.0000
50.0000 -0.9009 -85.5211 50.0000 0.0000 -82.7485 1.0000
50.0000 0.0000 0.0000 50.0000 -1.0000 2.0000 2.3669
50.0000 -1.0000 2.0000 50.0000 0.0000 0.0000 2.3669
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0009 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0010 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0011 7.2195
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0012 7.2195
50.0000 -0.0010 2.4900 50.0000 0.0009 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0010 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0011 -2.4900 4.7461
50.0000 2.5000 0.0000 50.0000 0.0000 -2.5000 4.3065
50.0000 2.5000 0.0000 73.0000 25.0000 -18.0000 27.1492
50.0000 2.5000 0.0000 61.0000 -5.0000 29.0000 22.8977
50.0000 2.5000 0.0000 56.0000 -27.0000 -3.0000 31.9030
50.0000 2.5000 0.0000 58.0000 24.0000 15.0000 19.4535
50.0000 2.5000 0.0000 50.0000 3.1736 0.5854 1.0000
50.0000 2.5000 0.0000 50.0000 3.2972 0.0000 1.0000
50.0000 2.5000 0.0000 50.0000 1.8634 0.5757 1.0000
50.0000 2.5000 0.0000 50.0000 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""
"""The published test data of Sharma, Wu and Dalal (2005)."""


def test_ciede2000_gives_the_published_values():
    pairs = np.array([[float(n) for n in line.split()] for line in SHARMA.split("\n") if line])
    assert len(pairs) == 34
    np.testing.assert_allclose(ciede2000(pairs[:, :3], pairs[:, 3:6]), pairs[:, 6], atol=1e-4)
    np.testing.assert_allclose(ciede2000(pairs[:, 3:6], pairs[:, :3]), pairs[:, 6], atol=1e-4)


def test_only_the_garment_counts_for_the_difference():
    a = np.full((20, 20, 3), 120, np.uint8)
    b = a.copy()
    b[:10] = 200
    mask = np.zeros((20, 20), np.float32)
    mask[10:] = 1
    assert garment_difference(a, b, mask) == 0 and garment_difference(a, b, 1 - mask) > 20


def grey_scene(light: np.ndarray) -> np.ndarray:
    """Grey patches of all brightnesses under a light, uint8 (96, 96, 3)."""
    grey = np.random.default_rng(2).uniform(0.03, 0.6, (12, 12)).repeat(8, 0).repeat(8, 1)
    return np.clip(np.rint(to_srgb(grey[..., None] * light) * 255), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", [name for name in METHODS if name != "no correction"])
def test_each_classical_method_finds_the_light_on_a_grey_scene(name):
    light = np.array([1.3, 1.0, 0.6])
    assert angle_between(METHODS[name](grey_scene(light)), light) < 1.5
    assert angle_between(METHODS["no correction"](grey_scene(light)), light) > 10


def test_adaptation_turns_white_into_the_light_and_nothing_where_nothing_is_left():
    np.testing.assert_allclose(adaptation((0.4476, 0.4074), 0.0), np.eye(3), atol=1e-9)
    red, green, blue = adaptation((0.4476, 0.4074), 1.0).sum(1)
    assert red > 1.3 * green > 1.3 * blue > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_judged_photo_tells_the_light_that_grey_shows(kind):
    rgb, mask = grey_scene(np.ones(3)), np.zeros((96, 96), np.float32)
    mask[20:70, 30:80] = 1
    for seed in range(4):
        changed = lit(rgb // 2, mask, np.random.default_rng(seed), kind)
        shown = to_linear(changed.rgb / 255.0)[mask > 0]
        unclipped = shown[(shown.max(1) < 0.98) & (shown.min(1) > 0.005)]
        if kind != "two lights":  # the mean over grey of two brightnesses is not the mean light
            assert angle_between(unclipped.mean(0), changed.light) < 1.5
        worse = worn(changed, np.random.default_rng(seed))
        assert worse.rgb.shape == rgb.shape and 0 < angle_between(worse.light, changed.light) < 25


def test_a_cast_has_the_strength_asked_for():
    rgb, mask = grey_scene(np.ones(3)), np.ones((96, 96), np.float32)
    for kind in KINDS[:3]:
        light = lit(rgb, mask, np.random.default_rng(3), kind, degrees=8.0).light
        assert abs(angle_between(light, np.ones(3)) - 8) < 0.5


def test_an_edge_between_two_lights_is_hard():
    for seed in range(5):
        field = hard_edge(np.random.default_rng(seed), 200, 160)
        assert ((field > 0.05) & (field < 0.95)).mean() < 0.1 and 0 < field.mean() < 1


def test_the_worst_quarter_is_the_mean_of_the_largest_errors():
    assert error_figures(np.arange(8.0)) == {"mean": 3.5, "median": 3.5, "worst_quarter": 6.5}
