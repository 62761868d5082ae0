import numpy as np
import pytest

from edge.errors import FeedError
from edge.types import Verdict
from index_builder.evaluate import Outcome, auroc, read_queries, summary, wilson


def outcome(item_id: str, rank: int | None, verdict: Verdict, score: float) -> Outcome:
    return Outcome("p", item_id, "x", rank, verdict, score, (score, 0.1, 0.9), 1.0)


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
    assert got["false_accepts"]["value"] == 0.5 and got["false_accepts"]["trials"] == 2
    assert got["known_accepted"]["value"] == 0.25 and got["wrong_item_accepted"]["value"] == 0.25
    assert got["false_rejects"]["value"] == 0.25


def test_auroc_is_the_share_of_pairs_in_the_right_order():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 40) / 8, rng.integers(0, 7, 30) / 8
    slow = np.mean([(x > y) + 0.5 * (x == y) for x in a for y in b])
    assert auroc(a.tolist(), b.tolist()) == pytest.approx(slow)
    assert auroc([], [1.0]) is None


def test_no_false_accept_in_ten_trials_does_not_prove_none():
    low, high = wilson(0, 10)
    assert low == 0 and 0.2 < high < 0.35


def test_a_file_without_the_two_columns_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("picture,id\na.jpg,1\n")
    with pytest.raises(FeedError, match="photo,item_id"):
        read_queries(path)
