"""Weights of several networks averaged."""

import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")

from training.loop import mean_weights  # noqa: E402


def network(seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))


def test_the_mean_of_weights_lies_between_them_and_counters_stay_whole():
    several = [network(seed) for seed in (1, 2, 3)]
    for count, net in enumerate(several):
        net[1].num_batches_tracked += count
    found = mean_weights([net.state_dict() for net in several])
    for name in ("0.weight", "0.bias", "1.running_var"):
        want = sum(net.state_dict()[name] for net in several) / 3
        assert torch.allclose(found[name], want, atol=1e-6) and found[name].dtype == want.dtype
    assert found["1.num_batches_tracked"] == 0 and found["1.num_batches_tracked"].dtype == torch.int64
    mixed = network(4)
    mixed.load_state_dict(found)  # the same names and shapes


def test_one_network_alone_stays_what_it_is():
    weights = network(1).state_dict()
    found = mean_weights([weights])
    assert all(torch.equal(found[name], weights[name]) for name in weights)


def test_networks_of_other_shapes_have_no_mean():
    with pytest.raises((KeyError, RuntimeError)):
        mean_weights([network(1).state_dict(), torch.nn.Conv2d(3, 5, 3).state_dict()])
