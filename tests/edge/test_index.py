"""Searching, and refusing what does not fit, against the slow and obvious way."""

from __future__ import annotations

import resource
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import hnswlib
import numpy as np
import pytest

from edge.errors import IndexFolderError
from edge.graph import Graph, principal_directions
from edge.index import CORE_FILES, EXACT_BELOW, Index, open_current, wide_enough, write_index
from edge.manifest import Manifest, sha256_of

ROOT = Path(__file__).resolve().parents[2]


def unit_rows(count: int, dim: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def write_folder(root: Path, vectors: np.ndarray, build_id: str = "20260101-000000-000000") -> tuple[Path, Manifest]:
    folder = root / build_id
    folder.mkdir(parents=True)
    write_index(folder, vectors)
    (folder / "catalogue.sqlite").write_bytes(b"not asked here")
    manifest = Manifest(
        build_id=build_id, created="", model_ids={"embedder": "x"}, parts={"all": (0, vectors.shape[1])}, dim=vectors.shape[1],
        count=len(vectors), pipeline_version=1, files={name: sha256_of(folder / name) for name in CORE_FILES},
    )  # fmt: skip
    (folder / "manifest.json").write_text(manifest.to_json())
    (root / "CURRENT").write_text(build_id + "\n")
    return folder, manifest


def obvious_search(vectors, queries, k):
    """Each pair by hand."""
    labels, scores = [], []
    for q in queries:
        pairs = sorted(((-float(np.dot(q, v)), i) for i, v in enumerate(vectors)))[:k]
        labels.append([i for _, i in pairs])
        scores.append([-s for s, _ in pairs])
    return np.array(labels), np.array(scores, np.float32)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    vectors = unit_rows(1500, 24)
    return *write_folder(tmp_path_factory.mktemp("index"), vectors), vectors


def test_exact_search_equals_comparing_each_pair(built):
    folder, manifest, vectors = built
    index = Index.open(folder, manifest=manifest)
    assert index.exact and len(vectors) < EXACT_BELOW
    queries = unit_rows(70, 24, 1)
    labels, scores = index.search(queries, 9)
    expected_labels, expected_scores = obvious_search(vectors, queries, 9)
    assert labels.dtype == np.int64 and scores.dtype == np.float32
    assert np.array_equal(labels, expected_labels)
    assert np.allclose(scores, expected_scores, atol=1e-5)


def test_the_graph_finds_nearly_all_of_the_true_neighbours(built):
    folder, manifest, vectors = built
    index = Index.open(folder, manifest=manifest, exact_below=1)
    assert not index.exact
    queries = unit_rows(100, 24, 1)
    labels, scores = index.search(queries, 10)
    truth, _ = obvious_search(vectors, queries, 10)
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(labels, truth, strict=True)])
    assert recall > 0.98
    assert np.allclose(scores, np.take_along_axis(queries @ vectors.T, labels, 1), atol=1e-5)
    assert (np.diff(scores, axis=1) <= 0).all()


@pytest.mark.parametrize("exact_below", [1, EXACT_BELOW])
def test_k_beyond_the_catalogue_gives_all_of_it(tmp_path, exact_below):
    vectors = np.repeat(unit_rows(3, 8), 4, axis=0)  # twins, which thin out a graph
    folder, manifest = write_folder(tmp_path, vectors)
    labels, scores = Index.open(folder, manifest=manifest, exact_below=exact_below).search(vectors[:2], 50)
    assert sorted(labels[0]) == list(range(12)) and scores.shape == (2, 12)


def test_one_vector_is_an_index(tmp_path):
    folder, manifest = write_folder(tmp_path, unit_rows(1, 8))
    assert Index.open(folder, manifest=manifest).search(unit_rows(1, 8), 5)[0].tolist() == [[0]]


def test_more_than_the_graph_reaches_is_searched_exactly(built):
    folder, manifest, vectors = built
    index = Index.open(folder, manifest=manifest, exact_below=1)

    class Unreachable:
        ef = 10**6

        def knn_query(self, queries, k):
            raise RuntimeError("Cannot return the results in a contiguous 2D array. Probably ef or M is too small")

    broken = Index(vectors=index.vectors, graph=Graph(Unreachable(), None), ef_search=64)
    assert np.array_equal(broken.search(vectors[:3], 4)[0], obvious_search(vectors, vectors[:3], 4)[0])


def rows_of_few_directions(count: int, dim: int, directions: int, seed: int = 0) -> np.ndarray:
    """float32 (count, dim) of norm 1, nearly all of which lies in so many directions."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, directions)) @ rng.normal(size=(directions, dim)) + 0.02 * rng.normal(size=(count, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_vectors_of_few_directions_are_walked_by_these_and_ranked_whole(tmp_path):
    vectors, queries = np.split(rows_of_few_directions(3100, 96, 20), [3000])
    folder, manifest = write_folder(tmp_path, vectors)
    projection = np.load(folder / "projection.npy")
    assert projection.shape == (96, 32) and np.allclose(projection.T @ projection, np.eye(32), atol=1e-5)
    assert (folder / "vectors.hnsw").stat().st_size < 3000 * 96 * 4  # a graph of whole vectors would be larger than they are
    found, scores = Index.open(folder, manifest=manifest, exact_below=1).search(queries, 10)
    wanted, cosines = obvious_search(vectors, queries, 10)
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, wanted, strict=True)]) > 0.99
    same = found == wanted
    assert np.allclose(scores[same], cosines[same], atol=1e-5) and (np.diff(scores, axis=1) <= 1e-6).all()


def test_directions_that_keep_95_percent_or_all_as_they_are():
    few = rows_of_few_directions(500, 96, 20)
    kept = np.square(few @ principal_directions(few)).sum() / np.square(few).sum()
    assert 0.95 <= kept < 1
    assert np.array_equal(principal_directions(unit_rows(500, 24)), np.eye(24, dtype=np.float32))
    assert np.array_equal(principal_directions(unit_rows(1, 8)), np.eye(8, dtype=np.float32))


def test_rows_that_differ_beyond_the_main_directions_are_walked_whole(tmp_path):
    """A strong common mean, and families of near twins: few directions hold the length and little of what tells rows apart."""
    rng = np.random.default_rng(3)
    common = 3 * unit_rows(1, 64) + 0.12 * rng.normal(size=(2000, 64))
    families = np.repeat(unit_rows(20, 12) @ rng.normal(size=(12, 64)), 100, 0) + 0.15 * rng.normal(size=(2000, 64))
    for i, rows in enumerate((common, families)):
        vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        folder, manifest = write_folder(tmp_path / str(i), vectors)
        assert np.load(folder / "projection.npy").shape[1] > 16  # of which the families have 98 % of their length
        found = Index.open(folder, manifest=manifest, exact_below=1).search(vectors[:200], 10)[0]
        wanted = obvious_search(vectors, vectors[:200], 10)[0]
        assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, wanted, strict=True)]) > 0.95


def test_all_that_a_walk_keeps_is_ranked_whole(tmp_path):
    vectors, queries = np.split(rows_of_few_directions(3100, 96, 20), [3000])
    folder, manifest = write_folder(tmp_path, vectors)

    class Backwards:  # as a graph of very short vectors might rank its candidates
        def candidates(self, asked, k):
            return np.stack([np.argsort(-(vectors @ q))[:k][::-1] for q in asked])

    index = Index(vectors=Index.open(folder, manifest=manifest).vectors, graph=Backwards(), ef_search=64)
    assert np.array_equal(index.search(queries[:5], 10, ef_search=100)[0], obvious_search(vectors, queries[:5], 10)[0])


def test_a_build_of_format_1_is_opened_and_searched_as_before(tmp_path):
    vectors = unit_rows(400, 24)
    folder, manifest = write_folder(tmp_path, vectors)
    graph = hnswlib.Index(space="cosine", dim=24)
    graph.init_index(max_elements=400, M=16, ef_construction=200, random_seed=100)
    graph.add_items(vectors, np.arange(400), num_threads=1)
    graph.save_index(str(folder / "vectors.hnsw"))
    (folder / "projection.npy").unlink()
    files = {name: sha256_of(folder / name) for name in CORE_FILES if name != "projection.npy"}
    old = Manifest.from_json(replace(manifest, files=files, format_version=1).to_json(), path="")
    for below in (1, EXACT_BELOW):
        labels, scores = Index.open(folder, manifest=old, exact_below=below).search(vectors[:20], 3)
        assert labels[:, 0].tolist() == list(range(20)) and np.allclose(scores[:, 0], 1, atol=1e-5)


@pytest.mark.parametrize(
    "array", [np.zeros((23, 8), np.float32), np.zeros((24, 8)), np.zeros((24, 0), np.float32), np.zeros(24, np.float32)]
)
def test_a_projection_that_does_not_fit_is_refused_even_with_the_right_checksum(tmp_path, array):
    folder, manifest = write_folder(tmp_path, unit_rows(50, 24))
    np.save(folder / "projection.npy", array)
    files = {**manifest.files, "projection.npy": sha256_of(folder / "projection.npy")}
    for below in (1, EXACT_BELOW):
        with pytest.raises(IndexFolderError, match="projection.npy holds"):
            Index.open(folder, manifest=replace(manifest, files=files), exact_below=below)


def test_larger_catalogues_get_wider_walks():
    assert wide_enough(1) == wide_enough(EXACT_BELOW) == 64
    assert 64 < wide_enough(100_000) < wide_enough(1_000_000) < 400


def test_queries_of_another_width_or_with_holes_are_refused(built):
    folder, manifest, _ = built
    index = Index.open(folder, manifest=manifest, exact_below=1)
    for bad in (unit_rows(2, 23), unit_rows(2, 25), unit_rows(1, 24)[0], np.full((1, 24), np.nan, np.float32)):
        with pytest.raises(ValueError):
            index.search(bad, 3)
    with pytest.raises(ValueError):
        index.search(unit_rows(1, 24), 0)
    assert index.search(np.empty((0, 24), np.float32), 3)[0].shape == (0, 3)


def test_vectors_are_the_written_ones_and_cannot_be_changed(built):
    folder, manifest, vectors = built
    index = Index.open(folder, manifest=manifest)
    assert isinstance(index.vectors, np.memmap) and np.array_equal(index.vectors, vectors)
    with pytest.raises(ValueError):
        index.vectors[0, 0] = 1


def test_the_same_vectors_give_the_same_file(tmp_path):
    folders = [write_folder(tmp_path / str(i), unit_rows(300, 16))[0] for i in range(2)]
    assert sha256_of(folders[0] / "vectors.hnsw") == sha256_of(folders[1] / "vectors.hnsw")


def test_vectors_that_are_not_unit_length_are_not_written(tmp_path):
    for bad in (unit_rows(3, 8) * 2, np.full((3, 8), np.nan, np.float32), unit_rows(3, 8).astype(np.float64), np.empty((0, 8), np.float32)):
        with pytest.raises(ValueError):
            write_index(tmp_path, bad)


@pytest.mark.parametrize("name", CORE_FILES)
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_any_damaged_file_is_named_before_it_is_loaded(tmp_path, name, damage):
    folder, manifest = write_folder(tmp_path, unit_rows(50, 8))
    path = folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    {"flip": lambda: path.write_bytes(data), "cut": lambda: path.write_bytes(data[:-5]), "gone": path.unlink}[damage]()
    with pytest.raises(IndexFolderError, match=name):
        Index.open(folder, manifest=manifest)


def test_a_graph_of_another_dim_is_refused_even_with_the_right_checksum(tmp_path):
    folder, manifest = write_folder(tmp_path / "a", unit_rows(50, 8))
    other, _ = write_folder(tmp_path / "b", unit_rows(50, 16))
    (folder / "vectors.hnsw").write_bytes((other / "vectors.hnsw").read_bytes())
    files = {**manifest.files, "vectors.hnsw": sha256_of(folder / "vectors.hnsw")}
    with pytest.raises(IndexFolderError, match="50 vectors of 16 numbers, expected 50 of 8"):
        Index.open(folder, manifest=replace(manifest, files=files))


def test_a_file_that_the_disk_cut_short_is_noticed_at_once(tmp_path):
    code = f"""
        import resource, numpy as np
        from pathlib import Path
        from edge.errors import IndexFolderError
        from edge.index import write_index
        v = np.random.default_rng(0).normal(size=(400, 64)).astype(np.float32)
        v /= np.linalg.norm(v, axis=1, keepdims=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, {resource.RLIM_INFINITY}))  # the vectors fit, the graph does not
        try:
            write_index(Path({str(tmp_path)!r}), v)
        except IndexFolderError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "ends too early" in done.stdout, done.stderr
    assert not (tmp_path / "vectors.hnsw").exists()


def test_open_current_reads_what_was_written(built):
    folder, manifest, _ = built
    assert open_current(folder.parent) == (folder, manifest)


@pytest.mark.parametrize("pointer", [None, "", "gone", "../elsewhere", ".", "..", "."])
def test_a_missing_or_wrong_pointer_says_what_to_run(tmp_path, pointer):
    if pointer is not None:
        (tmp_path / "CURRENT").write_text(pointer)
    with pytest.raises(IndexFolderError, match="python -m index_builder build"):
        open_current(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:40],
        lambda text: text.replace('"dim": 8', '"dim": "8"'),
        lambda text: text.replace('"dim"', '"dimension"'),
        lambda text: text.replace('"format_version": 2', '"format_version": 3'),
        lambda text: "[]",
        lambda text: "\x00",
    ],
)
def test_a_damaged_manifest_says_what_to_run(tmp_path, change):
    folder, _ = write_folder(tmp_path, unit_rows(5, 8))
    path = folder / "manifest.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(IndexFolderError, match="python -m index_builder build"):
        open_current(tmp_path)
