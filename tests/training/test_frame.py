import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")

from training import frame_fills  # noqa: E402
from training.frame_export import choose_threshold  # noqa: E402
from training.frame_model import POSITIONS, FrameNet  # noqa: E402
from training.frame_pictures import PICTURES, Sources, cached_sources  # noqa: E402
from training.frame_samples import SIZE, draw_sample, put_frame  # noqa: E402
from training.frame_train import loss_of, measures, turned  # noqa: E402


@pytest.fixture
def sources():
    rng = np.random.default_rng(0)
    photos = [rng.integers(0, 256, (240, 180, 3), np.uint8) for _ in range(3)]
    mask = np.zeros((240, 180), np.uint8)
    mask[60:200, 40:140] = 255
    return Sources(photos, [(photo, mask) for photo in photos])


@pytest.mark.parametrize("fill", sorted({f.__name__ for f in frame_fills.FILLS}))
def test_every_fill_fills_the_size_asked_for(fill):
    for seed in range(6):
        assert getattr(frame_fills, fill)(np.random.default_rng(seed), 120, 170).shape == (120, 170, 3)


def test_every_kind_of_picture_has_the_size_asked_for(sources):
    for kind, _ in PICTURES:
        for seed in range(12):
            picture = kind(sources, np.random.default_rng(seed), 130, 190)
            assert picture.shape == (130, 190, 3) and picture.dtype == np.uint8, (kind.__name__, seed)


def test_outside_the_told_widths_the_content_cannot_be_seen():
    for seed in range(30):
        widths = np.random.default_rng(seed).integers(0, 25, 4)
        widths[seed % 4] = 12
        fill = np.full((200, 240, 3), (90, 20, 160), np.uint8)
        a, b = (put_frame(np.full((200, 240, 3), v, np.uint8), fill, widths, np.random.default_rng(seed)) for v in (200, 255))
        left, top, right, bottom = widths.tolist()
        differs = (a != b).any(2)
        assert differs[100, left + 3 : 237 - right].all()
        differs[top : 200 - bottom, left : 240 - right] = False
        assert not differs.any()


def test_half_of_the_samples_are_framed_and_widths_stay_within_the_positions(sources):
    rng = np.random.default_rng(1)
    widths = np.stack([draw_sample(sources, rng)[1] for _ in range(200)])
    assert 0.35 < (widths.max(1) > 0).mean() < 0.6
    assert widths.max() <= POSITIONS - 1 and widths[widths > 0].min() > 1


def test_a_turned_frame_keeps_its_widths_on_the_right_sides():
    x, widths = np.zeros((1, SIZE, SIZE, 3), np.uint8), np.array([[5, 9, 14, 20]], np.float32)
    x[:, 9:-20, 5:-14] = 255
    seen = set()
    for seed in range(40):
        a, w = turned(torch.from_numpy(x), torch.from_numpy(widths), np.random.default_rng(seed))
        left, top, right, bottom = (int(v) for v in w[0])
        seen.add((left, top, right, bottom))
        inside = a[0, ..., 0].numpy() == 255
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        assert (columns[0], rows[0], SIZE - 1 - columns[-1], SIZE - 1 - rows[-1]) == (left, top, right, bottom)
    assert len(seen) == 8


def said(widths, logits):
    """An output that is sure of these widths (N, 4) and gives these logits."""
    scores = torch.full((len(widths), 4, POSITIONS), -12.0)
    for n in range(len(widths)):
        for side in range(4):
            low = min(int(widths[n, side]), POSITIONS - 2)
            share = float(widths[n, side]) - low
            for place, p in ((low, 1 - share), (low + 1, share)):
                if p > 0:
                    scores[n, side, place] = float(np.log(p))
    return torch.cat((torch.tensor(logits)[:, None], scores.flatten(1)), 1)


def test_the_loss_is_least_at_the_truth():
    widths = torch.tensor([[3.0, 0.0, 7.5, 32.0], [0.0, 0.0, 0.0, 0.0]])
    right = float(loss_of(said(widths, [9.0, -9.0]), widths))
    assert right < float(loss_of(said(widths, [-9.0, 9.0]), widths))
    assert right < float(loss_of(said(widths.roll(1, 1), [9.0, -9.0]), widths))
    assert measures(said(widths, [9.0, -9.0]).numpy(), widths.numpy())["box_error_percent"] < 0.05


def test_the_network_has_one_output_per_position_and_stays_under_a_megabyte():
    model = FrameNet().eval()
    assert model(torch.zeros(2, 3, SIZE, SIZE)).shape == (2, 1 + 4 * POSITIONS)
    assert 2 * sum(p.numel() for p in model.parameters()) < 2**20


def test_the_threshold_keeps_false_alarms_under_the_limit():
    rng = np.random.default_rng(0)
    framed = rng.random(2000) < 0.5
    probability = np.clip(rng.normal(0.3 + 0.4 * framed, 0.15), 0, 1)
    for most in (0.005, 0.05):
        cut = choose_threshold(probability, framed, most_false_alarms=most)
        assert ((probability > cut) & ~framed).sum() <= most * (~framed).sum()
    apart = 0.1 * probability + 0.8 * framed
    assert ((apart > choose_threshold(apart, framed)) == framed).all()


def test_kept_sources_come_back_as_they_were(tmp_path, monkeypatch, sources):
    monkeypatch.setattr("training.frame_pictures.load_sources", lambda data, part, count: sources)
    for _ in range(2):
        back = cached_sources(tmp_path, "fit", count=3, cache=tmp_path)
        assert all(np.array_equal(a, b) for a, b in zip(back.photos, sources.photos, strict=True))
        assert all(np.array_equal(a[1], b[1]) for a, b in zip(back.garments, sources.garments, strict=True))
