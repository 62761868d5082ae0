import cv2
import numpy as np
import pytest

from edge.cutout import cut_out
from edge.matting import foreground_colours, refine_alpha
from index_builder.demo import draw_item
from index_builder.demo.backgrounds import background


def strapped(index: int, *, side: int = 720) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A drawn garment with thin straps on a drawn floor: photo, exact alpha, the garment on white, and where the straps lie."""
    rng = np.random.default_rng(index)
    item = draw_item(11, index)
    alpha = item.alpha.copy()
    colour = np.maximum(item.rgb.astype(np.float32) - 255 * (1 - alpha[..., None]), 0)
    own = np.median(item.rgb[alpha > 0.99], axis=0) * 0.9
    columns = np.flatnonzero((alpha > 0.9).any(0))
    lines = np.zeros((2 * side, 2 * side), np.uint8)
    for share, thickness in ((0.3, 5), (0.45, 7), (0.6, 9)):
        x = int(columns[0] + share * np.ptp(columns))
        y = int(np.flatnonzero(alpha[:, x] > 0.9)[0])
        points = np.array([[x, y + 10], [x + 12, y - 25], [x + 40, y - 40], [x + 60, y - 15]]) * 2
        cv2.polylines(lines, [points.reshape(-1, 1, 2)], False, 255, thickness, cv2.LINE_AA)
    straps = cv2.resize(lines, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255 * (1 - alpha)
    alpha, colour = alpha + straps, colour + own * straps[..., None]
    scene = background(rng, side, side, hanging=False)
    photo = colour + scene * (1 - alpha[..., None]) + rng.normal(0, 2, colour.shape)
    return np.clip(photo, 0, 255).astype(np.uint8), alpha.astype(np.float32), colour + 255 * (1 - alpha[..., None]), straps > 0.4


def as_a_network_sees_it(alpha: np.ndarray, *, size: int = 224) -> np.ndarray:
    """The alpha on a network's coarse grid, its edge softened, brought back."""
    small = cv2.GaussianBlur(cv2.resize(alpha, (size, size), interpolation=cv2.INTER_AREA), (0, 0), 0.6)
    return cv2.resize((1 / (1 + np.exp(-9 * (small - 0.45)))).astype(np.float32), alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)


def rim(alpha: np.ndarray) -> np.ndarray:
    kernel = np.ones((9, 9), np.uint8)
    return cv2.dilate(alpha, kernel) - cv2.erode(alpha, kernel) > 0.1


def halo(colours: np.ndarray, alpha: np.ndarray, on_white: np.ndarray, where: np.ndarray) -> float:
    """Mean colour error of a cutout on white, CIE 1976 Delta E."""
    got = colours.astype(np.float32) * alpha[..., None] + 255 * (1 - alpha[..., None])
    lab = [cv2.cvtColor(np.clip(x, 0, 255).astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for x in (got, on_white)]
    return float(np.linalg.norm(lab[0] - lab[1], axis=-1)[where].mean())


def test_error_and_halo_in_the_rim_shrink_by_a_third_and_thin_straps_survive():
    error, glow, kept = [], [], []
    for index in range(4):
        rgb, alpha, on_white, straps = strapped(index)
        coarse = as_a_network_sees_it(alpha)
        fine = refine_alpha(rgb, coarse)
        where = rim(alpha)
        error.append([np.abs(a - alpha)[where].mean() for a in (coarse, fine)])
        glow.append([halo(rgb, a, on_white, where) for a in (coarse, fine)])
        kept.append([a[straps].mean() / alpha[straps].mean() for a in (coarse, fine)])
    for before, after in (np.mean(error, 0), np.mean(glow, 0)):
        assert after < 0.67 * before
    before, after = np.mean(kept, 0)
    assert before < 0.8 and after > 0.85


def test_the_rim_is_soft_where_a_pixel_is_half_covered():
    rgb = np.full((200, 200, 3), 240, np.uint8)
    rgb[:, :100] = (30, 40, 120)
    rgb[:, 100] = (135, 140, 180)  # half of each
    alpha = np.zeros((200, 200), np.float32)
    alpha[:, :98] = 1
    fine = refine_alpha(rgb, cv2.GaussianBlur(alpha, (0, 0), 2))
    assert (fine[20:180, :99] > 0.9).all() and (fine[20:180, 102:] < 0.1).all()
    assert 0.3 < fine[100, 100] < 0.7


def test_where_colours_cannot_be_told_apart_the_outline_stays():
    alpha = np.zeros((160, 160), np.float32)
    alpha[40:120, 40:120] = 1
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1.5)
    noise = np.random.default_rng(0).normal(128, 4, (160, 160, 3)).astype(np.uint8)
    fine = refine_alpha(noise, alpha)
    assert ((fine > 0.5) != (alpha > 0.5)).mean() < 0.005


def test_far_from_the_outline_nothing_changes():
    rgb, alpha, _, _ = strapped(1)
    coarse = (as_a_network_sees_it(alpha) > 0.5).astype(np.float32)
    fine = refine_alpha(rgb, coarse)
    inner = cv2.erode(coarse, np.ones((31, 31), np.uint8)) > 0.5
    outer = cv2.dilate(coarse, np.ones((31, 31), np.uint8)) < 0.5
    assert np.array_equal(fine[inner | outer], coarse[inner | outer])


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 3), (64, 2)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_any_size_and_flat_masks_work(shape, value):
    rgb = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    alpha = np.full(shape, value, np.float32)
    alpha[0, 0] = 1.0
    fine = refine_alpha(rgb, alpha)
    assert fine.shape == shape and fine.dtype == np.float32 and np.isfinite(fine).all() and fine.min() >= 0 and fine.max() <= 1
    assert foreground_colours(rgb, alpha).shape == rgb.shape


def test_arguments_are_not_changed():
    rgb, alpha, _, _ = strapped(2)
    before = rgb.copy(), alpha.copy()
    refine_alpha(rgb, alpha)
    foreground_colours(rgb, alpha)
    assert np.array_equal(rgb, before[0]) and np.array_equal(alpha, before[1])


def test_half_covered_pixels_lose_the_backgrounds_colour():
    rgb, alpha, on_white, _ = strapped(0)
    mixed = (alpha > 0.2) & (alpha < 0.95)
    assert halo(foreground_colours(rgb, alpha), alpha, on_white, mixed) < 0.6 * halo(rgb, alpha, on_white, mixed)


def test_a_cutout_keeps_straps_that_the_mask_only_suspects():
    rgb, alpha, _, straps = strapped(3)
    coarse = as_a_network_sees_it(alpha)
    top = int(np.flatnonzero((alpha > 0.5).any(1))[0])
    _, box = cut_out(rgb, coarse)
    assert box.top <= top + 3
