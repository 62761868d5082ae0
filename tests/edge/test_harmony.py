"""Claims about colour relations, and the search against trying everything."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edge.harmony import UNKNOWN_ERROR, Pool, colour_error, follow, relation, relation_error


def turned(lab: np.ndarray, degrees: float) -> np.ndarray:
    """The same colour elsewhere on the hue circle."""
    t = np.radians(degrees)
    a, b = lab[..., 1], lab[..., 2]
    return np.stack([lab[..., 0], a * np.cos(t) - b * np.sin(t), a * np.sin(t) + b * np.cos(t)], -1)


def test_a_relation_is_as_long_as_the_colours_are_apart() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.uniform(-60, 60, (2, 50, 3))
    assert np.allclose(np.linalg.norm(relation(one, other), axis=1), np.linalg.norm(one - other, axis=1))


def test_a_relation_stays_when_both_colours_turn_round_the_hue_circle_and_changes_when_one_does() -> None:
    one, other = np.array([40.0, 50, 10]), np.array([70.0, -20, 30])
    assert np.allclose(relation(turned(one, 75), turned(other, 75)), relation(one, other))
    assert relation_error(turned(one, 75), other, relation(one, other)) > 10


def test_lightness_counts_with_its_sign() -> None:
    dark, light = np.array([20.0, 0, 0]), np.array([80.0, 0, 0])
    assert relation_error(light, dark, relation(dark, light)) == pytest.approx(120)


def test_an_unknown_colour_costs_a_fixed_amount() -> None:
    unknown = np.full(3, np.nan)
    assert relation_error(unknown, np.zeros(3), np.zeros(3)) == UNKNOWN_ERROR


def test_the_same_look_has_no_error_and_a_single_piece_none_either() -> None:
    labs = np.random.default_rng(1).uniform(-50, 50, (4, 3))
    assert colour_error(labs, labs) == 0 and colour_error(labs[:1], labs[1:2]) == 0


def pools_of(rng: np.random.Generator, sizes: tuple[int, ...]) -> list[Pool]:
    return [Pool(rng.choice(30, n, replace=False), rng.uniform(-50, 50, (n, 3)), rng.random(n) < 0.5, rng.uniform(0, 20, n)) for n in sizes]


def cost_of(pools: list[Pool], places: tuple[int, ...], reference: np.ndarray) -> float:
    labs = np.array([pool.labs[p] for pool, p in zip(pools, places, strict=True)])
    return colour_error(labs, reference) + float(np.mean([pool.own[p] for pool, p in zip(pools, places, strict=True)]))


@pytest.mark.parametrize("seed", range(12))
def test_the_search_finds_what_trying_everything_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pools = pools_of(rng, ((6, 7, 5), (4, 4, 5, 3), (8, 2))[seed % 3])
    reference = rng.uniform(-50, 50, (len(pools), 3))
    allowed = [
        places
        for places in itertools.product(*(range(len(pool.keys)) for pool in pools))
        if len({int(pool.keys[p]) for pool, p in zip(pools, places, strict=True)}) == len(pools)
        and sum(bool(pool.loud[p]) for pool, p in zip(pools, places, strict=True)) <= 1
    ]
    found = follow(pools, reference, most_loud=1)
    if not allowed:
        assert found is None
        return
    assert found in allowed
    assert cost_of(pools, found, reference) == pytest.approx(min(cost_of(pools, places, reference) for places in allowed))


def test_a_narrow_beam_still_keeps_the_rules() -> None:
    rng = np.random.default_rng(5)
    pools = pools_of(rng, (10, 10, 10, 10))
    found = follow(pools, rng.uniform(-50, 50, (4, 3)), most_loud=2, beam=3)
    assert found is not None
    assert len({int(pool.keys[p]) for pool, p in zip(pools, found, strict=True)}) == 4
    assert sum(bool(pool.loud[p]) for pool, p in zip(pools, found, strict=True)) <= 2


def test_where_every_choice_is_too_loud_or_a_slot_is_empty_there_is_no_look() -> None:
    loud = Pool(np.arange(3), np.zeros((3, 3)), np.ones(3, bool), np.zeros(3))
    other = Pool(np.arange(3, 6), np.zeros((3, 3)), np.ones(3, bool), np.zeros(3))
    empty = Pool(np.empty(0, np.int64), np.empty((0, 3)), np.empty(0, bool), np.empty(0))
    assert follow([loud, other], np.zeros((2, 3)), most_loud=1) is None
    assert follow([loud, empty], np.zeros((2, 3)), most_loud=2) is None
