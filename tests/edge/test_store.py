"""A store against the folder it was filled from: search, filters, vectors and items, builds switched, gone back to and deleted alike.

Ranking by parts, graphs, weights and wishes run on both in test_gallery.py and test_lookup.py.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from edge.errors import RequestError, SetupError
from edge.manifest import MANIFEST_NAME, write_durably
from edge.store import Store
from edge.types import CatalogueItem, Filter
from index_builder.folders import list_builds, prune, rollback
from tests.edge.folder_store import FolderStore
from tests.made_index import made_index, random_vectors

COUNT, PER_ITEM = 600, 2
TYPES, COLOURS = ("Tops > Polo", "Tops > Shirt", "Hats \"round\", 'tall'"), ("red", "Blue", "red/white", "")
ITEMS = [
    CatalogueItem(
        f"i{n:04d}'\"" if n == 7 else f"i{n:04d}", f"Item {n} ü", "x.jpg", product_type=TYPES[n % 3], color=COLOURS[n // 3 % 4],
        quantity=(None, 0, 3)[n % 3 - 1], extra_images=("a.jpg", "b.jpg") if n == 1 else (),
    )
    for n in range(COUNT // PER_ITEM)
]  # fmt: skip
OWNERS = [ITEMS[n // PER_ITEM].item_id for n in range(COUNT)]
VECTORS = random_vectors(COUNT)
LITE = importlib.util.find_spec("pymilvus") is not None and importlib.util.find_spec("milvus_lite") is not None
BUILDS = ("20260101-000000-000001", "20260102-000000-000002", "20260103-000000-000003")


def add_build(root: Path, build_id: str, vectors: np.ndarray) -> Path:
    """A build of an index folder, put to use."""
    folder, manifest = made_index(root / "new", vectors, OWNERS[: len(vectors)], ITEMS[: len(vectors) // PER_ITEM])
    target = root / build_id
    folder.rename(target)
    manifest = replace(manifest, build_id=build_id, created=f"{build_id[:4]}-01-{build_id[6:8]}T00:00:00+00:00")
    (target / MANIFEST_NAME).write_text(manifest.to_json())
    (root / "new" / "CURRENT").unlink()
    (root / "new").rmdir()
    write_durably(root / "CURRENT", f"{build_id}\n".encode())
    return target


@dataclass
class Kind:
    """How a kind of store is filled, opened and looked after."""

    add: Callable[[str, np.ndarray], object]
    open: Callable[[], Store]
    builds: Callable[[], list[tuple[str, bool]]]
    rollback: Callable[..., tuple[str, str]]
    prune: Callable[[int], list[str]]
    root: Path


def folder_kind(root: Path) -> Kind:
    return Kind(
        add=lambda build_id, vectors: add_build(root, build_id, vectors),
        open=lambda: FolderStore.open(root),
        builds=lambda: [(b.build_id, b.current) for b in list_builds(root)],
        rollback=lambda to="": rollback(root, to=to),
        prune=lambda keep: list(prune(root, keep=keep).builds),
        root=root,
    )


def milvus_kind(root: Path) -> Kind:
    from edge.store_milvus import MilvusCatalogue

    catalogue = MilvusCatalogue(str(root / "lite.db"))
    return Kind(
        add=lambda build_id, vectors: catalogue.publish(add_build(root / "folders", build_id, vectors)),
        open=catalogue.open,
        builds=lambda: [(b.build_id, b.current) for b in catalogue.builds()],
        rollback=lambda to="": catalogue.rollback(to=to),
        prune=lambda keep: catalogue.prune(keep=keep),
        root=root,
    )


KINDS = [
    "folder",
    pytest.param("milvus-lite", marks=pytest.mark.skipif(not LITE, reason="pymilvus and milvus-lite are not installed")),
]


def made_kind(name: str, root: Path) -> Kind:
    return milvus_kind(root) if name == "milvus-lite" else folder_kind(root)


@pytest.fixture(scope="module", params=KINDS)
def store(request, tmp_path_factory):
    kind = made_kind(request.param, tmp_path_factory.mktemp("store"))
    kind.add(BUILDS[0], VECTORS)
    opened = kind.open()
    yield opened
    opened.close()


@pytest.fixture(params=KINDS)
def kind(request, tmp_path):
    return made_kind(request.param, tmp_path)


def test_a_store_says_what_it_holds(store):
    assert (store.build_id, store.count, store.dim) == (BUILDS[0], COUNT, VECTORS.shape[1])


@pytest.mark.parametrize("k", [1, 10, 50])
def test_search_gives_the_nearest_with_their_cosines(store, k):
    asked = random_vectors(20, seed=4)
    right = 0
    for query, (labels, scores) in zip(asked, store.search(asked * 3, k), strict=True):
        wanted = np.argsort(-(VECTORS @ query), kind="stable")[:k]
        assert labels.dtype == np.int64 and len(labels) == k and np.all(np.diff(scores) <= 0)
        assert np.allclose(scores, VECTORS[labels] @ query, atol=1e-4)
        right += len(np.intersect1d(labels, wanted))
    assert right >= 0.98 * k * len(asked)


FILTERS = [
    (Filter(categories=("tops",)), lambda i: "Tops" in i.product_type),
    (Filter(colours=("RED",)), lambda i: i.color in ("red", "red/white")),
    (Filter(in_stock=True), lambda i: i.quantity != 0),
    (Filter(categories=('hats "round", \'tall\'',), colours=("blue",), in_stock=True),
     lambda i: "Hats" in i.product_type and i.color == "Blue" and i.quantity != 0),
]  # fmt: skip


@pytest.mark.parametrize(("only", "passes"), FILTERS)
def test_a_filter_loses_nothing_and_lets_nothing_else_through(store, only, passes):
    allowed = np.array([passes(ITEMS[label // PER_ITEM]) for label in range(COUNT)])
    asked = random_vectors(10, seed=6)
    right = 0
    for query, (labels, _) in zip(asked, store.search(asked, 10, only=only), strict=True):
        wanted = np.flatnonzero(allowed)[np.argsort(-(VECTORS[allowed] @ query), kind="stable")[:10]]
        assert allowed[labels].all() and len(labels) == len(wanted)
        right += len(np.intersect1d(labels, wanted)) / max(1, len(wanted))
    assert right >= 0.98 * sum(bool(allowed.any()) for _ in asked)


def test_a_filter_that_few_pass_gives_few_and_an_unknown_one_a_sentence(store):
    with pytest.raises(RequestError, match="No item of the catalogue has the category 'skirt'"):
        store.search(VECTORS[:1], 3, only=Filter(categories=("skirt",)))
    only = Filter(categories=("polo",), colours=("blue",))
    passing = [i for i in ITEMS if "Polo" in i.product_type and i.color == "Blue"]
    ((labels, _),) = store.search(VECTORS[:1], COUNT, only=only)
    assert len(labels) == len(passing) * PER_ITEM > 0


def test_vectors_come_back_by_label_for_scores_per_part(store):
    labels = [5, 599, 5, 0]
    assert np.allclose(store.vectors_of(labels), VECTORS[labels], atol=1e-6)
    assert store.vectors_of([]).shape == (0, store.dim)
    with pytest.raises(KeyError):
        store.vectors_of([1, COUNT])


@pytest.mark.parametrize("number", [0, 1, 7])
def test_items_come_back_by_label_and_labels_by_item(store, number):
    assert store.labels_of(ITEMS[number].item_id) == [2 * number, 2 * number + 1]
    assert store.item_of(2 * number + 1) == ITEMS[number]
    assert store.labels_of("nobody's") == []
    with pytest.raises(KeyError):
        store.item_of(COUNT)


def test_queries_that_do_not_fit_are_refused(store):
    for wrong in (VECTORS[:1, :-1], np.full((1, store.dim), np.nan, np.float32)):
        with pytest.raises(ValueError):
            store.search(wrong, 3)
    with pytest.raises(ValueError):
        store.search(VECTORS[:1], 0)


def test_a_new_build_is_used_at_once_and_one_that_is_open_stays(kind):
    kind.add(BUILDS[0], VECTORS)
    before = kind.open()
    kind.add(BUILDS[1], VECTORS[:100])
    assert before.build_id == BUILDS[0] and before.search(VECTORS[400:401], 1)[0][0].tolist() == [400]
    now = kind.open()
    assert (now.build_id, now.count) == (BUILDS[1], 100)
    assert kind.builds() == [(BUILDS[0], False), (BUILDS[1], True)]
    before.close()
    now.close()


def test_rolling_back_and_forward_and_deleting_old_builds(kind):
    for build_id, count in zip(BUILDS, (COUNT, 200, 100), strict=True):
        kind.add(build_id, VECTORS[:count])
    assert kind.rollback() == (BUILDS[2], BUILDS[1])
    assert kind.open().count == 200
    assert kind.rollback(to=BUILDS[2]) == (BUILDS[1], BUILDS[2])
    with pytest.raises(SetupError, match="There is no build 2025"):
        kind.rollback(to="2025")
    assert kind.prune(2) == [BUILDS[0]]
    assert kind.builds() == [(BUILDS[1], False), (BUILDS[2], True)]
    assert kind.open().build_id == BUILDS[2]


def test_without_a_build_nothing_opens(kind):
    with pytest.raises(SetupError):
        kind.open()
