"""The benchmark of adapting halves a sender's garments for good, and counts errors over garments, not photos."""

import csv

import numpy as np
import pytest

from benchmarks.adapt import fewer, figures
from benchmarks.adapt_data import warehouse


@pytest.fixture
def table(tmp_path):
    with open(tmp_path / "images.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("image", "sender", "split", "label", "mask"))
        for sender, split, count in (("large", "val", 30), ("small", "val", 8), ("largest", "train", 50)):
            rows.writerows((f"{sender}-{i}", sender, split, "Shirt", "bad" if i % 10 == 9 else "good") for i in range(count))
    return tmp_path


def test_the_largest_sender_is_halved_and_nobody_is_in_two_parts(table):
    house = warehouse(table, "val", [])
    assert {r.sender for r in house.adapt + house.held} == {"large"} and {r.sender for r in house.others} == {"small"}
    assert (len(house.adapt), len(house.held), len(house.others)) == (13, 14, 8)  # bad masks are not judged on
    assert len({r.image for r in house.adapt + house.held + house.others}) == 35
    assert warehouse(table, "val", []) == house
    assert {r.sender for r in warehouse(table, "val", ["small"]).held} == {"small"}


def test_figures_count_errors_and_their_interval_is_over_garments():
    own, other = np.array([0.9, 0.9, 0.3, 0.3]), np.array([0.5, 0.5, 0.5, 0.5])
    alone, together = figures(own, other, other, np.arange(4)), figures(own, other, other, np.array([0, 0, 1, 1]))
    assert alone["errors"] == together["errors"] == 2 and alone["recall@1"] == 0.5
    assert together["garments"] == 2 and together["recall@1_interval"] == [0.0, 1.0]
    assert alone["auroc"] == 0.75  # two above all of the others, two beside them


def test_the_share_of_errors_gone_has_an_interval_that_holds_it():
    before, after = np.array([True] * 12 + [False] * 12), np.array([True] * 6 + [False] * 18)
    low, high = fewer(before, after, np.arange(24))
    assert low < 0.5 < high
    assert fewer(before, before, np.arange(24)) == [0.0, 0.0]
    assert fewer(np.zeros(24, bool), after, np.arange(24)) is None  # of no errors, none can be gone
