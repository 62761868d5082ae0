"""Weights of several networks averaged; the books of a training that is stopped by the clock or for lack of gain."""

import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")

from training import loop  # noqa: E402
from training.loop import Budget, mean_weights  # noqa: E402


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


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand: clock[0] is its time."""
    now = [100.0]
    monkeypatch.setattr(loop.time, "monotonic", lambda: now[0])
    return now


def test_looks_come_at_equal_parts_of_the_time_and_cost_none_of_it(clock):
    books, looks = Budget(1, looks=4, patience=9, best=0.0), []
    clock[0] += 500  # getting ready
    books.saved()
    while books.goes_on():
        clock[0] += 3
        books.stepped()
        if books.look_is_due():
            looks.append(books.spent)
            clock[0] += 1000
            books.looked(best=None)
            books.saved()
    assert looks == [15, 30, 45, 60] and books.spent == 60 and books.step == 20 and books.done == 1


def test_it_ends_when_nothing_was_gained_for_a_while_also_over_a_kill(clock):
    books = Budget(10, looks=10, patience=3, best=0.5)
    books.saved()

    def look(best):
        clock[0] += 60
        books.stepped()
        assert books.look_is_due()
        books.looked(best=best)
        books.saved()

    for best in (0.6, None, None):
        look(best)
    kept, books = books.counts(), Budget(20, looks=10, patience=3, best=0.5)
    books.go_on_from(kept)
    assert (books.step, books.spent, books.best) == (3, 180, 0.6) and books.goes_on() and not books.look_is_due()
    clock[0] += 60
    books.saved()
    look(None)
    assert not books.goes_on() and books.minutes < 20


def test_a_checkpoint_is_due_after_a_minute_of_training(clock):
    books = Budget(10, looks=2, patience=3, best=0.0)
    books.saved()
    clock[0] += 59
    books.stepped()
    assert not books.save_is_due()
    clock[0] += 2
    books.stepped()
    assert books.save_is_due()
    books.saved()
    assert not books.save_is_due() and books.spent == 61
