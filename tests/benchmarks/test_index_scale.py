"""The scale benchmark at a size that takes seconds: its vectors, its processes, what it says of what is missing or takes too long."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from benchmarks import index_scale
from benchmarks.index_scale_child import ENGINES, recall
from benchmarks.index_scale_data import VIEW_COSINE, fitted
from benchmarks.index_scale_filters import SHARES, measure_filters
from tests.made_index import PARTS, random_vectors


@pytest.fixture(scope="module")
def mixture():
    centres = random_vectors(6, seed=1)
    vectors = np.repeat(centres, 60, 0) + 0.2 * random_vectors(360, seed=2)
    return fitted(vectors.astype(np.float32), PARTS, query_cosine=0.9, clusters=6)


def options(**changes: object) -> argparse.Namespace:
    return argparse.Namespace(
        **{"queries": 40, "m": [8], "ef_construction": 50, "efs": [10, 200], "seconds": 5.0, "build_s": 300.0, "build_threads": 1,
           "rounds": 2, "scratch": None, "filters": False} | changes
    )  # fmt: skip


def test_the_catalogue_is_as_clustered_as_what_it_was_fitted_to(mixture):
    catalogue = mixture.catalogue(2000)
    assert catalogue.shape == (2000, 26) and catalogue.dtype == np.float32
    assert np.allclose(np.linalg.norm(catalogue, axis=1), 1, atol=1e-5)
    assert np.array_equal(catalogue, mixture.catalogue(2000)) and not np.array_equal(catalogue, mixture.catalogue(2000, seed=2))
    nearest = (catalogue @ (mixture.centres / np.linalg.norm(mixture.centres, axis=1, keepdims=True)).T).max(1)
    assert np.median(nearest) > 0.9 and mixture.shares.sum() == pytest.approx(1)


def test_views_and_photos_are_as_near_as_asked_for(mixture):
    catalogue = mixture.catalogue(2000)
    assert np.einsum("nd,nd->n", catalogue[::2], catalogue[1::2]).mean() == pytest.approx(VIEW_COSINE, abs=0.03)
    seen = mixture.near(catalogue, 0.9, np.random.default_rng(0))
    assert np.einsum("nd,nd->n", catalogue, seen).mean() == pytest.approx(0.9, abs=0.03)


def test_recall_counts_what_was_found_whatever_its_order():
    assert recall(np.array([[3, 1, 9]]), np.array([[1, 2, 3], [4, 5, 6]])) == pytest.approx(2 / 3)


def test_engines_build_and_search_in_processes_of_their_own(mixture, capsys):
    lines, filtered = index_scale.measure(mixture, 600, options(filters=True), ["hnswlib", "exact"])
    assert [(line["engine"], line["threads"]) for line in lines] == [("hnswlib", 1), ("exact", 1), ("hnswlib", 2), ("exact", 2)]
    for line in lines:
        assert "failed" not in line and all(point["qps_alone"] > 0 and point["per_cpu_s"] > 0 for point in line["points"])
        assert line["points"][-1]["recall"] >= (0.99 if line["engine"] == "hnswlib" else 1.0)
    assert "hnswlib" in capsys.readouterr().out
    assert {name.split()[0] for _, name in index_scale.best_at(lines, 600, 1)} == {"hnswlib", "exact"}
    assert index_scale.best_at(lines, 600, 1, aim=1.01) == []
    assert {line["way"] for line in filtered} == {"gallery", "subset", "over-fetch"} and all(line["recall"] == 1 for line in filtered)


@pytest.mark.parametrize("engine", ["faiss", "faiss-fp16", "usearch", "usearch-f16"])
def test_a_peer_finds_what_exact_search_finds(mixture, engine):
    if index_scale.missing(engine):
        pytest.skip(index_scale.missing(engine))
    line = index_scale.measure(mixture, 600, options(), [engine])[0][0]
    assert line["points"][-1]["recall"] >= 0.98 and line["build_s"] > 0


def test_rates_at_a_recall_lie_on_the_line_between_two_points():
    points = [{"ef": ef, "recall": recall, "per_cpu_s": rate} for ef, recall, rate in ((10, 0.97, 900.0), (20, 0.99, 500.0))]
    lines = [{"engine": "hnswlib", "size": 5, "threads": 1, "m": 8, "points": points}]
    assert index_scale.best_at(lines, 5, 1, aim=0.98) == [(pytest.approx(700), "hnswlib M 8 ef 10 to 20")]
    assert index_scale.best_at(lines, 5, 1, aim=0.5) == [(900.0, "hnswlib M 8 ef 10")]


def test_of_several_rounds_the_median_counts_and_a_failure_is_not_hidden():
    def answer(rate: float) -> dict:
        point = {"ef": 10, "recall": 1.0, "qps": rate, "qps_alone": rate, "per_cpu_s": rate}
        return {"load_s": rate, "memory_mib": 1.0, "points": [point]}

    middle = index_scale.middle([answer(1.0), answer(5.0), answer(2.0)])
    assert middle["points"][0]["per_cpu_s"] == 2.0 and (middle["load_s"], middle["shortest_load_s"]) == (2.0, 1.0)
    assert index_scale.middle([answer(1.0), {"failed": "killed"}]) == {"failed": "killed"}


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(index_scale.importlib.util, "find_spec", lambda name: None)
    assert "requirements-bench.txt" in index_scale.missing("faiss") and index_scale.missing("exact") == ""
    assert set(index_scale.LIBRARY) <= set(ENGINES)


def test_a_build_that_takes_too_long_is_given_up_and_named(mixture, tmp_path: Path):
    gave = index_scale.child("build", "hnswlib", tmp_path, threads=1, timeout_s=0.01)
    assert "not done" in gave["failed"]


def test_an_engine_that_fails_is_named_with_its_reason(tmp_path: Path):
    gave = index_scale.child("build", "hnswlib", tmp_path / "none", threads=1, timeout_s=300)
    assert "vectors.npy" in gave["failed"]


def test_filtered_search_as_the_gallery_does_it_loses_nothing(mixture):
    lines = measure_filters(mixture, 2000, queries=20, seconds=60)
    assert len(lines) == 3 * len(SHARES)
    assert all(line["recall"] >= 0.999 for line in lines if line["way"] in ("gallery", "subset"))
