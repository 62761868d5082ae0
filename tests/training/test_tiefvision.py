import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")

from training.embedder_model import Embedder  # noqa: E402
from training.tiefvision import FeatureMap, alike, backbone, export, mean_cosine, triplet_on_angle  # noqa: E402


def test_similarity_is_the_mean_cosine_over_places():
    a, b = torch.randn(2, 5, 3, 4), torch.randn(3, 5, 3, 4)
    slow = torch.stack([torch.stack([torch.cosine_similarity(x, y, dim=0).mean() for y in b]) for x in a])
    assert torch.allclose(mean_cosine(a, b), slow, atol=1e-5)


def test_a_loss_of_zero_means_every_other_garment_is_a_margin_of_angle_away():
    a = torch.eye(3).reshape(3, 3, 1, 1)
    assert float(triplet_on_angle(a, a, margin=1.5)) == 0  # right angles are pi / 2 away
    assert float(triplet_on_angle(a, a, margin=math.pi / 2 + 0.2)) == pytest.approx(0.2, abs=0.02)
    assert float(triplet_on_angle(a, a.roll(1, 0), margin=0.1)) > 0.5


def test_following_the_loss_brings_partners_together():
    torch.manual_seed(0)
    maps = torch.randn(12, 8, 2, 2)
    other = maps + 1.2 * torch.randn_like(maps)
    encoding = torch.nn.Conv2d(8, 6, 1, bias=False)
    optimiser = torch.optim.Adam(encoding.parameters(), lr=1e-2)
    before = float(triplet_on_angle(encoding(maps), encoding(other)).detach())
    for _ in range(60):
        optimiser.zero_grad()
        triplet_on_angle(encoding(maps), encoding(other)).backward()
        optimiser.step()
    assert float(triplet_on_angle(encoding(maps), encoding(other))) < 0.8 * before


@pytest.mark.parametrize("depth", [(1, 1, 1, 1), (1, 2, 2, 1)])
def test_a_checkpoint_of_any_width_and_depth_is_read_and_exported_as_it_computes(tmp_path, depth):
    torch.manual_seed(1)
    model = Embedder(widths=(8, 16, 16, 32), depth=depth)
    torch.save({"ema": model.state_dict(), "size": 64, "activation": "relu"}, tmp_path / "last.pt")
    read, size = backbone(tmp_path)
    assert size == 64
    maps = FeatureMap(read, torch.nn.Conv2d(32, 4, 1, bias=False)).eval()
    sample = torch.randn(2, 3, 64, 64)
    export(maps, tmp_path / "out", {"role": "tiefvision-learned", "input_size": 64}, sample)  # raises where ONNX and PyTorch differ
    seen = {}
    model.eval().stages[-1].register_forward_hook(lambda _, __, out: seen.update(map=out))
    with torch.no_grad():
        model(sample)
        assert torch.allclose(FeatureMap(read)(sample), seen["map"], atol=1e-5)


def test_half_of_a_batch_is_of_one_category_and_none_comes_twice():
    labels = np.array(["hat"] * 30 + ["shirt"] * 70)
    chosen = alike(labels, np.random.default_rng(0), 20)
    assert len(set(chosen.tolist())) == 20
    assert max((labels[chosen] == name).sum() for name in ("hat", "shirt")) >= 10
