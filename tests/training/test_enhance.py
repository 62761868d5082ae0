"""Training of the enhancement: the camera that spoils, the edits that undo it, the network."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")

from edge.develop import Development, angle_between, develop, light_rgb  # noqa: E402
from edge.enhance import TONES  # noqa: E402
from training.enhance_camera import REACH as DRAWN  # noqa: E402
from training.enhance_camera import blend_map, draw_light, light_at, spoil  # noqa: E402
from training.enhance_data import SIZE, draw_samples, keep_samples, read_samples  # noqa: E402
from training.enhance_edit import SCALES, developed, fitted_tones  # noqa: E402
from training.enhance_export import nearest_temperature  # noqa: E402
from training.enhance_model import BINS, REACH, TONE_COUNT, EnhanceNet, loss_of, shares, votes_in_plane  # noqa: E402
from training.enhance_train import degrees, found_lights  # noqa: E402


@pytest.fixture
def photos():
    rng = np.random.default_rng(0)
    small = rng.integers(20, 230, (4, 8, 8, 3), np.uint8)
    masks = np.zeros((4, 128, 128), np.uint8)
    masks[:, 30:100, 40:90] = 255
    return small.repeat(16, 1).repeat(16, 2), masks


def test_the_locus_runs_from_red_to_blue_and_off_it_lie_green_and_pink():
    warm, day, cold = (light_at(k, 0.0) for k in (2700, 6500, 12000))
    assert warm[0] > 2 * warm[2] and np.abs(day - 1).max() < 0.06 and cold[2] > cold[0]
    assert light_at(4500, 0.02)[1] > light_at(4500, 0.0)[1] > light_at(4500, -0.02)[1]


def test_drawn_lights_stay_within_the_networks_reach():
    for kind in ("none", "planckian", "off-locus", "any"):
        logs = np.array([np.log(draw_light(np.random.default_rng(s), kind)) for s in range(200)])
        assert np.abs(logs - logs[:, 1:2]).max() <= DRAWN + 1e-9 < REACH
    assert all(0 <= blend_map(np.random.default_rng(s), 30, 40).min() for s in range(20))


def test_a_spoilt_grey_card_shows_the_light_that_is_told():
    grey, mask = np.full((64, 64, 3), 110, np.uint8), np.zeros((64, 64), np.float32)
    mask[20:40, 20:40] = 1
    errors = []
    for seed in range(60):
        done = spoil(grey, mask, np.random.default_rng(seed))
        x = (done.rgb[20:40, 20:40] / 255.0) ** 2.2
        if x.max() < 0.95 and x.min() > 0.03:  # unclipped
            errors.append(angle_between(x.mean((0, 1)), np.exp([done.light[0], 0, done.light[1]])))
    assert len(errors) > 30 and np.median(errors) < 1.0 and (grey == 110).all()  # haze bleaches a few


def test_training_develops_as_the_runtime_does():
    rgb = np.random.default_rng(1).integers(20, 200, (30, 20, 3), np.uint8)
    for seed in range(6):
        red, blue, *tones = np.random.default_rng(seed).uniform(-0.25, 0.25, 6).tolist()
        ours = developed(torch.tensor(rgb.reshape(1, -1, 3) / 255.0).float(), torch.tensor([[red, blue]]), torch.tensor([tones]))
        want = develop(rgb, Development(red=red, blue=blue, **dict(zip(TONES, tones, strict=True)))).reshape(1, -1, 3)
        assert np.abs(ours.numpy() * 255 - want).max() < 1.5


def test_fitted_tones_undo_an_edit():
    pixels = torch.rand(3, 150, 3, generator=torch.Generator().manual_seed(0)) * 0.7 + 0.1
    light, wanted = torch.tensor([[0.2, -0.3]] * 3), torch.tensor([[0.4, 0.1, 0.0, 0.1], [-0.3, -0.2, -0.05, 0.2], [0.0, 0.0, 0.0, 0.0]])
    good = developed(pixels, light, wanted)
    fitted = fitted_tones(pixels, good, light, torch.ones(3, 150), steps=80) * torch.tensor(list(SCALES.values()))
    assert (developed(pixels, light, fitted) - good).abs().mean() < 0.01
    assert fitted[2].abs().max() < 0.03


def test_votes_are_what_a_loop_over_the_pixels_counts():
    rng = np.random.default_rng(0)
    red, blue, weight = (torch.from_numpy(rng.normal(0, 0.7, (1, 50)).astype(np.float32)) for _ in range(3))
    weight = weight.abs()[:, None]
    want = torch.einsum("p,pi,pj->ij", weight[0, 0], shares(red, BINS, -REACH, REACH)[0], shares(blue, BINS, -REACH, REACH)[0])
    torch.testing.assert_close(votes_in_plane(red, blue, weight)[0, 0], want, atol=2e-3, rtol=1e-3)


def test_a_light_moves_all_votes_by_the_same_step():
    rng = np.random.default_rng(0)
    red, blue = (torch.from_numpy(rng.normal(0, 0.2, (1, 80)).astype(np.float32)) for _ in range(2))
    step = 2 * REACH / (BINS - 1)
    weight = torch.ones(1, 1, 80)
    moved = votes_in_plane(red + 3 * step, blue - 2 * step, weight)
    torch.testing.assert_close(moved[0, 0, 3:, :-2], votes_in_plane(red, blue, weight)[0, 0, :-3, 2:], atol=1e-3, rtol=1e-3)


def test_samples_hold_what_the_network_needs_and_survive_the_disk(photos, tmp_path):
    samples = draw_samples(*photos, 12, np.random.default_rng(2))
    assert samples.spoilt.shape == (12, SIZE, SIZE, 3) and samples.light.shape == (12, 2) and samples.tones.shape == (12, TONE_COUNT)
    assert np.isfinite(samples.tones).all() and samples.spoilt.dtype == np.uint8
    keep_samples(samples, tmp_path / "pool.npz")
    again = read_samples(tmp_path / "pool.npz")
    assert (again.spoilt == samples.spoilt).all() and (again.light == samples.light).all() and list(again.kinds) == list(samples.kinds)


def test_a_few_steps_lower_the_loss(photos):
    torch.manual_seed(0)
    samples = draw_samples(*photos, 16, np.random.default_rng(3))
    model = EnhanceNet()
    x = torch.from_numpy(samples.spoilt).permute(0, 3, 1, 2).float() / 127.5 - 1
    light, tones = torch.from_numpy(samples.light), torch.from_numpy(samples.tones)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(8):
        loss = loss_of(model(2 * x), light, tones)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_found_lights_and_their_errors():
    places = np.linspace(-REACH, REACH, BINS)
    scores = -((places[:, None] - 0.4) ** 2 + (places[None] + 0.3) ** 2) / (2 * 0.05**2)
    output = np.concatenate([scores.ravel(), np.zeros(2 * TONE_COUNT)])[None].astype(np.float32)
    found = found_lights(output)
    assert found[0] == pytest.approx((0.4, -0.3), abs=0.02)
    assert degrees(found, np.array([[0.4, -0.3]]))[0] < 1
    assert degrees(np.zeros((1, 2)), np.array([[0.4, -0.3]]))[0] == pytest.approx(angle_between(light_rgb(0.4, -0.3), np.ones(3)))


def test_the_temperature_is_high_where_the_network_is_too_sure():
    rng = np.random.default_rng(0)
    places = np.linspace(-REACH, REACH, BINS)
    light = rng.normal(0, 0.3, (200, 2)).astype(np.float32)
    said = light + rng.normal(0, 0.1, (200, 2))
    off = (places[None, :, None] - said[:, 0, None, None]) ** 2 + (places[None, None] - said[:, 1, None, None]) ** 2
    sharp, honest = (np.concatenate([(-off / (2 * w**2)).reshape(200, -1), np.zeros((200, 8))], 1) for w in (0.07, 0.1))
    assert nearest_temperature(sharp, light) > 1.5 > 1.2 > nearest_temperature(honest, light) > 0.8
