"""Developing photos: what each parameter does, and that nothing else changes."""

import numpy as np
import pytest

from edge.develop import (
    LUMINANCE,
    MOST_SHADOWS,
    Development,
    angle_between,
    develop,
    gains_of,
    light_rgb,
    to_linear,
    to_srgb,
    tone,
)


@pytest.fixture
def photo():
    return np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)


def slowly(rgb: np.ndarray, d: Development) -> np.ndarray:
    """The obvious version: float pictures, one step after the other, no tables."""
    x = to_linear(rgb / 255.0) * gains_of(d)
    grey = (x @ LUMINANCE)[..., None]
    x = np.clip(grey + np.exp(d.saturation) * (x - grey), 0, None)
    return np.clip(np.rint(tone(to_srgb(x), contrast=d.contrast, shadows=d.shadows) * 255), 0, 255).astype(np.uint8)


def test_tables_give_what_the_slow_version_gives(photo):
    for seed in range(20):
        values = np.random.default_rng(seed).uniform(-0.25, 0.25, 6)
        d = Development(**dict(zip(("red", "blue", "exposure", "contrast", "shadows", "saturation"), values, strict=True)))
        calm = photo // 2 + 30  # nothing passes twice white, where the tables end
        assert np.abs(develop(calm, d).astype(int) - slowly(calm, d)).max() <= 1


def test_nothing_asked_is_nothing_done_and_the_argument_stays(photo):
    before = photo.copy()
    assert (develop(photo, Development()) == photo).all() and develop(photo, Development()) is not photo
    assert (develop(photo, Development(red=1e-12)) == photo).all()
    develop(photo, Development(red=0.4, exposure=1.0, saturation=0.5))
    assert (photo == before).all()


def test_a_tall_photo_in_strips_is_the_same_as_in_one_piece():
    rgb = np.random.default_rng(1).integers(0, 256, (700, 400, 3), np.uint8)
    d = Development(red=0.2, blue=-0.3, exposure=0.3, contrast=0.2, shadows=0.1, saturation=0.2)
    whole = develop(rgb, d)
    assert (whole[100:200] == develop(rgb[100:200], d)).all() and (develop(rgb, d) == whole).all()


def test_grey_under_a_light_becomes_grey_of_the_same_luminance():
    light = light_rgb(0.35, -0.5)
    linear = 0.2 * light
    rgb = np.rint(to_srgb(linear) * 255).astype(np.uint8)[None, None].repeat(4, 1)
    out = develop(rgb, Development(red=0.35, blue=-0.5))
    assert np.ptp(out.astype(int)) <= 1
    assert abs(float(to_linear(out[0, 0, 1] / 255.0)) - 0.2) < 0.005


def test_a_clipped_lamp_stays_white_and_a_white_wall_is_corrected():
    rgb = np.full((4, 6, 3), 255, np.uint8)
    rgb[:, 3:] = (230, 200, 160)
    out = develop(rgb, Development(red=0.25, blue=-0.5))
    assert (np.ptp(out[:, :3].astype(int), axis=2) == 0).all()
    assert np.ptp(out[0, 4].astype(int)) < 20


def test_a_stop_of_exposure_doubles_the_light():
    rgb = np.full((2, 2, 3), 90, np.uint8)
    assert to_linear(develop(rgb, Development(exposure=1.0))[0, 0, 0] / 255.0) == pytest.approx(
        2 * to_linear(np.float64(90 / 255)), rel=0.02
    )


def test_the_tone_curve_never_turns_back_and_white_stays_white():
    x = np.linspace(0, 1, 2001)
    for contrast in (-0.8, -0.3, 0.0, 0.3, 0.8):
        for shadows in (-1.0, -MOST_SHADOWS, 0.0, MOST_SHADOWS, 1.0):
            y = tone(x, contrast=contrast, shadows=shadows)
            assert np.diff(y).min() >= 0 and y[-1] == 1.0 and y.min() >= 0


def test_shadows_open_the_dark_and_haze_goes_the_other_way():
    dark = np.array([0.1, 0.8])
    opened, cleared = (tone(dark, contrast=0.0, shadows=s) for s in (0.2, -0.2))
    assert opened[0] > 0.13 and cleared[0] < 0.05
    assert abs(opened[1] - 0.8) < 0.02 and abs(cleared[1] - 0.8) < 0.02


def test_saturation_leaves_grey_and_luminance_alone():
    rgb = np.array([[[120, 120, 120], [150, 110, 100]]], np.uint8)
    out = develop(rgb, Development(saturation=0.5))
    assert (out[0, 0] == 120).all() and np.ptp(out[0, 1].astype(int)) > 60
    luminance = [float(to_linear(x[0, 1] / 255.0) @ LUMINANCE) for x in (rgb, out)]
    assert luminance[0] == pytest.approx(luminance[1], rel=0.03)


def test_half_way_is_half_of_everything():
    half = Development(red=0.4, exposure=-1.0, shadows=0.2).share(0.5)
    assert half == Development(red=0.2, exposure=-0.5, shadows=0.1)


def test_angles_do_not_depend_on_brightness():
    a, b = np.array([1.0, 1.0, 1.0]), np.array([1.0, 0.0, 0.0])
    assert angle_between(a, 7 * a) < 1e-9 and angle_between(a, b) == pytest.approx(54.7356, abs=1e-3)
