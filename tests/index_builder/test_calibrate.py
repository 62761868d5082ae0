import numpy as np
import pytest

from edge.verdict import FEATURES, Calibration, nearness, surest
from index_builder.calibrate import Trial, cross_fitted, cut_offs, fit, fit_logistic, fold_numbers, shortage


def made_trials(count: int, seed: int = 0) -> list[Trial]:
    """Trials whose true chance of being right is a logistic line over nearness and lead."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        score, lead = float(rng.uniform(0.3, 1.0)), float(rng.uniform(0, 1))
        right = bool(rng.random() < 1 / (1 + np.exp(-(3 * (nearness(score) - 1.2) + 4 * (lead - 0.5)))))
        out.append(Trial((score, 0.1, 0.9, nearness(score), lead, nearness(score)), right, right))
    return out


def test_newtons_method_agrees_with_plain_gradient_descent():
    trials = made_trials(300)
    x = np.array([t.features[3:5] for t in trials])
    y = np.array([t.right for t in trials], float)
    w, b = fit_logistic(x, y, ridge=1.0)
    z = (x - x.mean(0)) / (x.std(0) + 1e-6)
    v, c = np.zeros(2), 0.0
    for _ in range(20000):
        p = 1 / (1 + np.exp(-(z @ v + c)))
        v -= 0.01 * (z.T @ (p - y) + v)
        c -= 0.01 * (p - y).sum()
    assert np.allclose(w, v / (x.std(0) + 1e-6), rtol=1e-2)
    assert np.isclose(b, c - (v / (x.std(0) + 1e-6)) @ x.mean(0), rtol=1e-2)


def test_probabilities_match_the_shares_they_promise_on_other_trials():
    calibration = Calibration.from_json(fit(made_trials(2000), source="made views"))
    fresh = made_trials(4000, seed=1)
    p = np.array([calibration.probability(t.features) for t in fresh])
    right = np.array([t.right for t in fresh])
    for low, high in ((0.0, 0.2), (0.3, 0.7), (0.8, 1.0)):
        chosen = (p >= low) & (p <= high)
        assert abs(p[chosen].mean() - right[chosen].mean()) < 0.05
    accepted_wrong = np.mean([calibration.verdict(q).value == "in_catalogue" for q in p[~right]])
    assert 0.001 < accepted_wrong < 0.02


def test_what_is_said_about_false_accepts_holds_on_other_trials_on_average():
    said, was = [], []
    for seed in range(12):
        given = fit(made_trials(400, seed=seed), source="made views")
        said.append(given["false_accepts"])
        calibration = Calibration.from_json(given)
        wrong = [t for t in made_trials(2000, seed=100 + seed) if not t.right]
        was.append(np.mean([calibration.probability(t.features) >= calibration.accept_at for t in wrong]))
    assert np.mean(was) < 0.013
    assert abs(np.mean(said) - np.mean(was)) < 0.006


def test_reliability_is_measured_by_lines_that_have_not_seen_the_trial():
    # Nothing can be learned from noise: judged on what it was fitted on it would look better than chance.
    rng = np.random.default_rng(3)
    trials = [Trial((0, 0, *rng.normal(0, 1, 4)), bool(y), bool(y)) for y in rng.integers(0, 2, 60)]
    p, _ = cross_fitted(trials)
    right = np.array([t.right for t in trials], float)
    assert ((p - right) ** 2).mean() >= 0.25


def test_photos_of_one_garment_stay_in_one_fold():
    groups = [f"item-{i % 23}" for i in range(200)] + ["", ""]
    folds = fold_numbers(groups)
    assert all(len({int(f) for f, g in zip(folds, groups, strict=True) if g == name}) == 1 for name in set(groups) - {""})
    assert set(folds.tolist()) == {0, 1, 2, 3, 4}


def test_one_in_a_hundred_wrong_ones_may_pass_and_none_where_there_are_fewer():
    right = np.array([True] * 50 + [False] * 200)
    p = np.concatenate([np.full(50, 0.99), np.linspace(0, 0.98, 200)])
    accept_at, reject_at = cut_offs(p, right, right)
    assert (p[~right] >= accept_at).sum() == 2
    few = right[:100]
    accept_at, _ = cut_offs(p[:100], few, few)
    assert not (p[:100][~few] >= accept_at).any()
    assert reject_at <= 0.2 <= 0.8 <= accept_at


def test_a_verdict_is_never_outright_where_the_probability_is_middling():
    right = np.array([True] * 100 + [False] * 100)
    p = np.where(right, 0.6, 0.4)
    assert cut_offs(p, right, right) == (0.8, 0.2)


def test_too_few_trials_give_no_calibration_rather_than_a_guess():
    assert fit(made_trials(12), source="made views") is None
    assert fit([t for t in made_trials(200) if t.known], source="made views") is None


def test_fewer_than_a_hundred_wrong_trials_are_named_as_too_few_for_one_percent():
    few = fit(made_trials(120), source="labelled queries")
    assert "false accepts" in shortage(few) and few["false_accepts_expected"] > 0.01
    enough = fit(made_trials(600), source="labelled queries")
    assert shortage(enough) == "" and enough["false_accepts_expected"] == 0.01


def test_a_feature_that_only_looks_harmful_by_chance_is_left_out():
    at = FEATURES.index("confidence")
    trials = [Trial((*t.features[:at], 0.5 if t.right else 0.9, *t.features[at + 1 :]), t.known, t.right) for t in made_trials(200)]
    assert fit(trials, source="made views")["weights"]["confidence"] == 0


def test_no_trial_is_said_to_be_surer_than_the_number_of_trials_allows():
    p, _ = cross_fitted(made_trials(80))
    assert p.max() <= surest(80) + 1e-12
    assert p.min() >= 1 - surest(80) - 1e-12
    assert surest(80) == pytest.approx(81 / 82)
