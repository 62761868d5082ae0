"""An index searched through a store: only its own build, vectors asked for once, fewer hits where fewer are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge import store_index
from edge.errors import SetupError
from edge.index import Index
from edge.store_index import StoreIndex, open_index
from edge.types import CatalogueItem
from tests.edge.folder_store import FolderStore
from tests.made_index import made_index, random_vectors

VECTORS = random_vectors(40)
ITEMS = [CatalogueItem(f"i{n}", "", "x.jpg") for n in range(40)]


class Asked(FolderStore):
    """Notes which vectors it is asked for; finds fewer for some queries than for others, as graphs may."""

    def vectors_of(self, labels):
        self.labels = [*getattr(self, "labels", []), *labels]
        return super().vectors_of(labels)

    def search(self, vectors, k, *, only=None):
        return [(labels[: k - n], scores[: k - n]) for n, (labels, scores) in enumerate(super().search(vectors, k, only=only))]


@pytest.fixture
def opened(tmp_path):
    folder, manifest = made_index(tmp_path, VECTORS, [i.item_id for i in ITEMS], ITEMS)
    store = Asked.open(tmp_path)
    return folder, manifest, store, open_index(folder, manifest=manifest, store=store)


def test_without_a_store_it_is_the_folders_index(opened):
    folder, manifest, _, index = opened
    assert isinstance(open_index(folder, manifest=manifest, store=None), Index) and isinstance(index, StoreIndex)
    assert (index.count, index.dim, index.exact) == (40, VECTORS.shape[1], False) and np.array_equal(index.vectors, VECTORS)


def test_vectors_come_in_the_order_asked_for_and_none_is_asked_for_twice(opened, monkeypatch):
    *_, store, index = opened
    assert np.array_equal(index.rows([3, 1, 3]), VECTORS[[3, 1, 3]]) and store.labels == [3, 1]
    assert np.array_equal(index.rows(np.array([1, 2])), VECTORS[[1, 2]]) and store.labels == [3, 1, 2]
    assert index.rows([]).shape == (0, VECTORS.shape[1])
    monkeypatch.setattr(store_index, "_ROWS_KEPT", 2)
    index.rows([5])  # the oldest are let go: 3 and 1
    assert np.array_equal(index.rows([2, 5, 3]), VECTORS[[2, 5, 3]]) and store.labels == [3, 1, 2, 5, 3]
    with pytest.raises(KeyError):
        index.rows([40])


def test_a_search_gives_as_many_as_were_found_for_every_query(opened):
    *_, index = opened
    labels, scores = index.search(VECTORS[:3], 6)
    assert labels.shape == scores.shape == (3, 4) and labels[:, 0].tolist() == [0, 1, 2] and labels.dtype == np.int64
    assert index.search(VECTORS[:1], 400)[0].shape == (1, 40)


def test_another_build_or_another_count_is_refused(opened):
    folder, manifest, store, _ = opened
    whole = Index.open(folder, manifest=manifest)
    with pytest.raises(SetupError, match="at the build other, the store at made.*rollback"):
        StoreIndex(whole, store, build_id="other")
    less = Index(vectors=whole.vectors[:-1], graph=None, ef_search=64)
    with pytest.raises(SetupError, match="holds 40 vectors of 26 numbers, the folder 39"):
        StoreIndex(less, store, build_id=replace(manifest).build_id)
