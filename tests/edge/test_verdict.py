import pytest

from edge.types import Verdict
from edge.verdict import Calibration, features_of

LINE = {"weights": {"score": 10.0, "margin": 5.0, "confidence": 1.0}, "bias": -8.0, "accept_at": 0.8, "reject_at": 0.3,
        "trials": 100, "unknown_trials": 50, "source": "made views"}  # fmt: skip


def test_a_better_score_and_a_longer_lead_never_lower_the_probability():
    c = Calibration.from_json(LINE)
    assert c.probability((0.9, 0.2, 0.9)) > c.probability((0.8, 0.2, 0.9)) > c.probability((0.8, 0.1, 0.9))


def test_few_trials_never_back_near_certainty():
    c = Calibration.from_json({**LINE, "weights": {"score": 1000.0, "margin": 0.0, "confidence": 0.0}})
    assert c.probability((1.0, 0.3, 1.0)) == pytest.approx(101 / 102)
    assert c.probability((-1.0, 0.0, 1.0)) == pytest.approx(1 / 102)


def test_between_the_two_cutoffs_the_answer_is_unsure():
    c = Calibration.from_json(LINE)
    assert [c.verdict(p) for p in (0.9, 0.5, 0.1)] == [Verdict.IN_CATALOGUE, Verdict.UNSURE, Verdict.NOT_IN_CATALOGUE]


def test_a_catalogue_of_one_item_is_not_sure_of_everything():
    assert features_of([0.4], 0.9) == pytest.approx((0.4, 0.3, 0.9))
    assert features_of([], 0.9)[0] == -1
