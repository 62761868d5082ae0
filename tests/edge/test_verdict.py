import pytest

from edge.types import Verdict
from edge.verdict import Calibration, features_of, judge

LINE = {"weights": {"score": 10.0, "margin": 5.0, "confidence": 1.0}, "bias": -8.0, "accept_at": 0.8, "reject_at": 0.3,
        "trials": 100, "unknown_trials": 50, "source": "made views"}  # fmt: skip


def at(score: float, margin: float, confidence: float) -> tuple[float, ...]:
    return score, margin, confidence, 0.0, 0.0, 0.0


def test_a_better_score_and_a_longer_lead_never_lower_the_probability():
    c = Calibration.from_json(LINE)
    assert c.probability(at(0.9, 0.2, 0.9)) > c.probability(at(0.8, 0.2, 0.9)) > c.probability(at(0.8, 0.1, 0.9))


def test_few_trials_never_back_near_certainty():
    c = Calibration.from_json({**LINE, "weights": {"score": 1000.0, "margin": 0.0, "confidence": 0.0}})
    assert c.probability(at(1.0, 0.3, 1.0)) == pytest.approx(101 / 102)
    assert c.probability(at(-1.0, 0.0, 1.0)) == pytest.approx(1 / 102)


def test_between_the_two_cutoffs_the_answer_is_unsure():
    c = Calibration.from_json(LINE)
    assert [c.verdict(p) for p in (0.9, 0.5, 0.1)] == [Verdict.IN_CATALOGUE, Verdict.UNSURE, Verdict.NOT_IN_CATALOGUE]


def test_a_catalogue_of_one_item_is_not_sure_of_everything():
    assert features_of([0.4], 0.9)[:3] == pytest.approx((0.4, 0.3, 0.9))
    assert features_of([], 0.9)[0] == -1


def test_a_lead_counts_as_the_share_of_what_the_next_item_lacks():
    assert features_of([0.95, 0.9], 0.9)[4] == pytest.approx(features_of([0.7, 0.4], 0.9)[4]) == pytest.approx(0.5)


def test_the_part_that_fits_worst_speaks_against_a_match_whose_whole_fits():
    *_, same = features_of([0.9, 0.5], 0.9, (0.92, 0.9, 0.88))
    *_, other_colour = features_of([0.9, 0.5], 0.9, (0.99, 0.99, 0.4))
    assert other_colour < same


def test_a_calibration_of_an_older_build_is_still_read():
    c = Calibration.from_json(LINE)
    assert c.weights[:3] == (10.0, 5.0, 1.0) and set(c.weights[3:]) == {0.0}
    with pytest.raises(KeyError):
        Calibration.from_json({**LINE, "weights": {"surprise": 1.0}})


def test_the_best_match_is_judged_as_calibrated():
    c = Calibration.from_json({**LINE, "bias": -10.0})
    p = c.probability(features_of([0.95, 0.6], 0.9, [0.95]))
    assert judge(c, [0.95, 0.6], [0.95], 0.9) == (Verdict.IN_CATALOGUE, p)
    assert judge(None, [0.95, 0.6], [0.95], 0.9) == (Verdict.UNSURE, 0.0)


def test_another_item_put_first_gets_at_most_what_the_best_one_leaves_over():
    c = Calibration.from_json({**LINE, "weights": {"score": 10.0}})  # blind to the lead: nearly the same for both, if it were asked alone
    _, best = judge(c, [0.95, 0.94], [0.95], 0.9)
    verdict, other = judge(c, [0.95, 0.94], [0.95], 0.9, shown=(0.94, [0.94]))
    assert best > 0.8 and other == pytest.approx(1 - best) and verdict is Verdict.UNSURE
    verdict, other = judge(c, [0.3, 0.2], [0.3], 0.9, shown=(0.2, [0.2]))
    assert verdict is Verdict.NOT_IN_CATALOGUE and other < 0.1
