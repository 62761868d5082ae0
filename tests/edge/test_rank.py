"""Preferences as arithmetic, each against the slow and obvious version."""

import numpy as np
import pytest

from edge.errors import RequestError
from edge.rank import checked_weights, moved, moved_towards, photo_counts, shares, weighted
from edge.types import CatalogueItem, Match
from tests.made_index import PARTS, WEIGHTS, random_vectors


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def slow_score(query: np.ndarray, vector: np.ndarray, weights: dict[str, float]) -> float:
    """The weighted mean of the parts' cosines, one part at a time."""
    counts = {name: weights[name] * WEIGHTS[name] ** 2 for name in PARTS}
    return sum(counts[n] * cosine(query[PARTS[n]], vector[PARTS[n]]) for n in PARTS) / sum(counts.values())


@pytest.mark.parametrize("weights", [{"colour": 2.0, "pattern": 0.5, "shape": 1.0}, {"colour": 1.0, "pattern": 0.0, "shape": 0.0}])
def test_a_weighted_query_scores_like_the_slow_weighted_mean(weights):
    gallery, (query,) = random_vectors(200), random_vectors(1, seed=1)
    fast = gallery @ weighted(query, weights, PARTS, shares(gallery[0], PARTS))
    assert np.allclose(fast, [slow_score(query, v, weights) for v in gallery], atol=1e-5)
    assert not np.array_equal(np.argsort(-fast), np.argsort(-(gallery @ query)))


def test_weights_that_are_all_equal_change_nothing():
    assert checked_weights(None, PARTS) is None and checked_weights({}, PARTS) is None
    assert checked_weights(dict.fromkeys(PARTS, 3.0), PARTS) is None
    assert checked_weights({"colour": 2}, PARTS) == {"shape": 1.0, "pattern": 1.0, "colour": 2.0}


@pytest.mark.parametrize(
    ("weights", "said"),
    [({"smell": 1.0}, "no part called smell.*shape, pattern, colour"), ({"colour": -1.0}, "0 or more"),
     ({"colour": float("nan")}, "0 or more"), ({"colour": float("inf")}, "0 or more"),
     (dict.fromkeys(PARTS, 0.0), "nothing is left")],
)  # fmt: skip
def test_weights_that_make_no_sense_are_refused_with_a_sentence(weights, said):
    with pytest.raises(RequestError, match=said):
        checked_weights(weights, PARTS)


def test_more_like_this_turns_every_part_towards_what_is_liked_and_away_from_what_is_not():
    query, liked, disliked = random_vectors(3, seed=4)
    nobody = np.empty((0, 26), np.float32)
    nearer = moved_towards(query, liked[None], nobody, PARTS)
    farther = moved_towards(query, nobody, disliked[None], PARTS)
    for where in PARTS.values():
        assert cosine(nearer[where], liked[where]) > cosine(query[where], liked[where]) + 0.05
        assert cosine(farther[where], disliked[where]) < cosine(query[where], disliked[where]) - 0.05
        assert cosine(nearer[where], query[where]) > cosine(nearer[where], liked[where])  # the photo keeps the first word
        for got in (nearer, farther):
            assert np.linalg.norm(got[where]) == pytest.approx(np.linalg.norm(query[where]), abs=1e-6)


def test_moving_is_rocchios_formula_on_each_part():
    query, a, b, c = random_vectors(4, seed=7)
    got = moved_towards(query, np.stack([a, b]), c[None], PARTS)
    for where in PARTS.values():
        unit = [v[where] / np.linalg.norm(v[where]) for v in (query, a, b, c)]
        want = 1.0 * unit[0] + 0.75 * (unit[1] + unit[2]) / 2 - 0.25 * unit[3]
        assert np.allclose(got[where] / np.linalg.norm(got[where]), want / np.linalg.norm(want), atol=1e-6)


def test_a_query_that_is_its_own_opposite_stays_finite():
    (query,) = random_vectors(1)
    got = moved_towards(query, np.stack([-query, -query]), np.stack([query]), PARTS)  # 1 - 0.75 - 0.25 = 0
    assert np.allclose(got, query)


def test_a_photo_that_nothing_resembles_hardly_counts():
    counts = photo_counts(np.array([0.95, 0.55]))
    assert counts[1] < 0.01 and counts.sum() == pytest.approx(1)
    assert np.allclose(photo_counts(np.array([0.9, 0.9, 0.9])), 1 / 3)
    assert photo_counts(np.array([-0.4])).tolist() == [1.0]
    with pytest.raises(ValueError):
        photo_counts(np.array([]))


def test_what_changed_names_climbers_newcomers_and_those_that_fell_out():
    def ranking(*ids: str) -> list[Match]:
        return [Match(CatalogueItem(i, i, "x.jpg"), 0.9, {}, n) for n, i in enumerate(ids, 1)]

    changes = moved(ranking("a", "b", "c"), ranking("a", "d", "b"))
    assert [(c.item.item_id, c.before, c.after) for c in changes] == [("d", None, 2), ("b", 2, 3), ("c", 3, None)]
    assert moved(ranking("a", "b"), ranking("a", "b")) == ()
