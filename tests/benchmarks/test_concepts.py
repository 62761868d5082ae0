import numpy as np
import pytest

from benchmarks.concepts_scores import (
    Judged,
    average_precision,
    category_figures,
    confusion,
    confusion_picture,
    f1,
    hedged_figures,
    tag_figures,
)
from edge.concepts import Concepts
from edge.taxonomy import Taxonomy

TREE = Taxonomy.read()


def judged(truth: str, leaf: str, p: float = 0.9, *, category: str = "", pattern: str = "plain", said: str = "plain") -> Judged:
    rest = (1 - p) / (len(TREE.leaves) - 1)
    leaves = {name: p if name == leaf else rest for name in TREE.leaves}
    tags = {tag: 0.8 if tag == said else 0.1 for kind in TREE.tags.values() for tag in kind.values}
    category = category or leaf
    return Judged(Concepts(category, TREE.path(category), p, leaves, tags, (said,)), truth, pattern, "short")


def test_average_precision_is_the_mean_precision_at_each_hit():
    assert average_precision(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False])) == pytest.approx((1 + 2 / 3) / 2)
    assert np.isnan(average_precision(np.array([0.5]), np.array([False])))


def test_f1_is_the_harmonic_mean():
    truth, said = np.array([1, 1, 1, 0, 0], bool), np.array([1, 1, 0, 1, 0], bool)
    precision, recall = 2 / 3, 2 / 3
    assert f1(truth, said) == pytest.approx(2 * precision * recall / (precision + recall))
    assert f1(truth, ~truth) == 0


def test_a_polo_called_a_shirt_is_the_right_group_and_the_wrong_category():
    found = category_figures([judged("polo", "shirt"), judged("pants", "pants"), judged("hat", "shoes"), judged("shirt", "shirt")], TREE)
    assert found["group"]["value"] == 0.75 and found["category"]["value"] == 0.5
    assert found["ten_main"]["trials"] == 3 and found["ten_main"]["value"] == pytest.approx(2 / 3, abs=1e-3)
    assert found["compliance"]["value"] == 1.0


def test_among_the_ten_an_answer_outside_of_them_does_not_count():
    one = judged("t-shirt", "polo", 0.5)
    one.said.leaves["t-shirt"] = 0.4
    found = category_figures([one], TREE)
    assert found["ten_main"]["value"] == 0.0 and found["ten_main_among_ten"]["value"] == 1.0


def test_a_group_instead_of_a_wrong_leaf_is_right_and_keeps_some_information():
    answers = [judged("polo", "shirt", category="tops"), judged("pants", "pants"), judged("hat", "shoes")]
    found = hedged_figures(answers, TREE)
    assert found["accuracy"]["value"] == pytest.approx(2 / 3, abs=1e-3)
    tops = sum("tops" in TREE.path(leaf) for leaf in TREE.leaves)
    bits = np.log2(17) + np.log2(17) - np.log2(tops)
    assert found["information_kept"] == pytest.approx(bits / (3 * np.log2(17)), abs=1e-4)
    assert found["information_of_unhedged"] == pytest.approx(bits / np.log2(17), abs=1e-4)
    assert found["levels"] == {"1": 0.3333, "2": 0.6667}


def test_tags_are_judged_only_where_they_were_labelled():
    answers = [judged("polo", "polo", pattern="striped", said="striped"), judged("polo", "polo", pattern="", said="dotted"),
               judged("polo", "polo", pattern="plain", said="striped")]  # fmt: skip
    found = tag_figures(answers, "pattern", TREE.tags["pattern"].values)
    assert found["accuracy"] == {**found["accuracy"], "value": 0.5, "trials": 2}
    assert (
        found["tags"]["striped"]["f1"] == pytest.approx(2 / 3, abs=1e-4)
        and found["tags"]["plain"]["f1"] == 0
        and "dotted" not in found["tags"]
    )
    assert found["macro_f1"] == pytest.approx(1 / 3, abs=1e-4)


def test_the_confusion_matrix_has_a_row_per_truth_and_its_picture_marks_them():
    answers = [judged("polo", "shirt"), judged("polo", "polo"), judged("hat", "hat")]
    counts = confusion(answers, TREE.leaves)
    names = list(TREE.leaves)
    assert counts[names.index("polo"), names.index("shirt")] == 1 and counts.sum() == 3
    picture = confusion_picture(counts, names)
    assert picture.dtype == np.uint8 and picture.ndim == 3
    empty = confusion_picture(np.zeros_like(counts), names)
    changed = (picture != empty).any(2)
    row = names.index("polo")
    assert changed[120 + row * 46 : 120 + (row + 1) * 46].any() and not changed[:120].any()
