import numpy as np

from edge.verdict import Calibration
from index_builder.calibrate import Trial, best_per_item, fit, fit_logistic


def made_trials(count: int, seed: int = 0) -> list[Trial]:
    """Trials whose true chance of being right is a logistic line over score and margin."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        score, margin = float(rng.uniform(0.3, 1.0)), float(rng.uniform(0, 0.3))
        right = bool(rng.random() < 1 / (1 + np.exp(-(14 * (score - 0.65) + 8 * (margin - 0.15)))))
        out.append(Trial((score, margin, 0.9), right, right))
    return out


def test_newtons_method_agrees_with_plain_gradient_descent():
    trials = made_trials(300)
    x = np.array([t.features[:2] for t in trials])
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
        assert abs(p[chosen].mean() - right[chosen].mean()) < 0.08
    accepted_wrong = np.mean([calibration.verdict(q).value == "in_catalogue" for q in p[~right]])
    assert accepted_wrong < 0.04


def test_too_few_trials_give_no_calibration_rather_than_a_guess():
    assert fit(made_trials(12), source="made views") is None
    assert fit([t for t in made_trials(200) if t.known], source="made views") is None


def test_leaving_an_item_out_leaves_out_all_its_pictures():
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    assert best_per_item(scores, ["a", "b", "a", "c"]) == [("a", 0.9), ("b", 0.8), ("c", 0.6)]
    assert best_per_item(scores, ["a", "b", "a", "c"], without="a") == [("b", 0.8), ("c", 0.6)]


def test_a_feature_that_only_looks_harmful_by_chance_is_left_out():
    trials = [Trial((t.features[0], t.features[1], 0.5 if t.right else 0.9), t.known, t.right) for t in made_trials(200)]
    assert fit(trials, source="made views")["weights"]["confidence"] == 0
