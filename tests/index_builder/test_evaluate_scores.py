import numpy as np
import pytest

from edge.types import Verdict
from index_builder.evaluate_scores import (
    LeftOut,
    Outcome,
    accepted_at,
    auroc,
    auroc_interval,
    mean_interval,
    reliability,
    summary,
    wilson,
)


def outcome(item_id: str, rank: int | None, verdict: Verdict, score: float, **more) -> Outcome:
    return Outcome("p", item_id, "x", rank, verdict, score, (score, 0.1, 0.9, 0.0, 0.0, 0.0), 1.0, **more)


def test_shares_count_what_they_name():
    got = summary(
        [
            outcome("a", 1, Verdict.IN_CATALOGUE, 0.9),
            outcome("b", 3, Verdict.IN_CATALOGUE, 0.8),
            outcome("c", None, Verdict.NOT_IN_CATALOGUE, 0.4),
            outcome("d", 1, Verdict.UNSURE, 0.7),
            outcome("", None, Verdict.IN_CATALOGUE, 0.75),
            outcome("", None, Verdict.NOT_IN_CATALOGUE, 0.3),
        ]
    )
    assert got["recall@1"]["value"] == 0.5 and got["recall@5"]["value"] == 0.75
    assert got["mrr"] == pytest.approx((1 + 1 / 3 + 1) / 4, abs=1e-4)
    assert got["mrr_interval"][0] < got["mrr"] < got["mrr_interval"][1]
    assert got["false_accepts"]["value"] == 0.5 and got["false_accepts"]["trials"] == 2
    assert got["known_accepted"]["value"] == 0.25 and got["wrong_item_accepted"]["value"] == 0.25
    assert got["false_rejects"]["value"] == 0.25
    assert got["queries"] == {"known": 4, "unknown": 2}
    # Above the unknown one at 0.75 lie a (right) and b (wrong item first): only a may count.
    assert got["known_accepted_at_1_percent_by_score"]["value"] == 0.25


def test_categories_are_counted_apart_and_outsiders_belong_to_none():
    got = summary(
        [
            outcome("a", 1, Verdict.UNSURE, 0.9, category="Shirt"),
            outcome("b", 2, Verdict.UNSURE, 0.9, category="Shirt"),
            outcome("c", 1, Verdict.IN_CATALOGUE, 0.9, category="Hat"),
            outcome("", None, Verdict.UNSURE, 0.2),
        ]
    )["categories"]
    assert list(got) == ["Shirt", "Hat"]
    assert got["Shirt"]["recall@1"]["value"] == 0.5 and got["Shirt"]["mrr"] == 0.75
    assert got["Hat"]["known_accepted"]["value"] == 1.0 and got["Hat"]["recall@1"]["trials"] == 1


def test_without_outsiders_the_left_out_items_stand_for_the_unknown():
    left = LeftOut(Verdict.UNSURE, 0.2, (0.3, 0.1, 0.9, 0.0, 0.0, 0.0))
    got = summary([outcome("a", 1, Verdict.IN_CATALOGUE, 0.9, left_out=left), outcome("b", 1, Verdict.UNSURE, 0.8, left_out=left)])
    assert got["auroc_score"] is None and got["left_out"]["by_score"]["auroc"]["value"] == 1.0
    assert got["left_out"]["false_accepts"]["value"] == 0.0 and got["left_out"]["false_accepts"]["trials"] == 2
    assert got["reliability"]["trials"] == 4 and "left-out" in got["reliability"]["on"]
    assert summary([outcome("", None, Verdict.UNSURE, 0.5)])["left_out"] is None


def test_no_query_at_all_gives_no_figure_rather_than_a_fault():
    got = summary([])
    assert got["recall@1"]["value"] is None and got["mrr"] is None and got["ece"] is None and got["milliseconds"] is None


def test_auroc_is_the_share_of_pairs_in_the_right_order():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 40) / 8, rng.integers(0, 7, 30) / 8
    slow = np.mean([(x > y) + 0.5 * (x == y) for x in a for y in b])
    assert auroc(a.tolist(), b.tolist()) == pytest.approx(slow)
    assert auroc([], [1.0]) is None


@pytest.mark.parametrize("centre", [0.3, 1.5])
def test_the_interval_of_an_auroc_holds_the_true_one_about_as_often_as_it_says(centre):
    rng = np.random.default_rng(1)
    true = np.mean(rng.normal(centre, 1, 200_000) > rng.normal(0, 1, 200_000))
    held = 0
    for _ in range(300):
        area = auroc(rng.normal(centre, 1, 60), rng.normal(0, 1, 50))
        low, high = auroc_interval(area, 60, 50)
        held += low <= true <= high
    assert 0.88 <= held / 300 <= 1.0


def test_no_false_accept_in_ten_trials_does_not_prove_none():
    low, high = wilson(0, 10)
    assert low == 0 and 0.2 < high < 0.35


def test_a_threshold_lets_no_more_of_the_unknown_pass_than_asked():
    rng = np.random.default_rng(2)
    known, unknown = rng.normal(1, 1, 500), rng.normal(0, 1, 300)
    got = accepted_at(known, [True] * 500, unknown)
    assert (unknown > got["threshold"]).sum() == 3
    assert got["value"] == pytest.approx((known > got["threshold"]).mean(), abs=1e-4)
    assert accepted_at(known, [True] * 500, unknown[:99])["threshold"] == pytest.approx(unknown[:99].max(), abs=1e-5)
    assert accepted_at([0.5], [True], [])["value"] is None


def test_the_calibration_error_is_that_of_counting_by_hand():
    p = [0.05, 0.05, 0.95, 0.95, 0.95, 0.95]
    right = [False, True, True, True, True, False]
    got = reliability(p, right)
    assert got["ece"] == pytest.approx((2 / 6) * abs(0.05 - 0.5) + (4 / 6) * abs(0.95 - 0.75), abs=1e-4)
    assert [b["was"]["trials"] for b in got["bins"]] == [2, 4]
    assert reliability([1.0], [True])["bins"][0]["to"] == 1.0


def test_honest_probabilities_have_almost_no_calibration_error_and_boasting_ones_do():
    rng = np.random.default_rng(4)
    p = rng.random(20_000)
    right = rng.random(20_000) < p
    assert reliability(p, right)["ece"] < 0.02
    assert reliability(p**0.3, right)["ece"] > 0.15


def test_a_bootstrap_interval_shrinks_with_the_root_of_the_trials():
    rng = np.random.default_rng(5)
    few, many = (mean_interval(rng.random(n)) for n in (100, 10_000))
    assert (few[1] - few[0]) / (many[1] - many[0]) == pytest.approx(10, rel=0.35)
