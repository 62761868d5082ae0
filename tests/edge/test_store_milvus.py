"""What only the store Milvus does: credentials, refusing damaged builds, cleaning up after killed runs, saying what is missing."""

from __future__ import annotations

import builtins
import importlib.util

import numpy as np
import pytest

from edge.errors import SetupError
from edge.store_milvus import MilvusCatalogue
from edge.store_milvus_connect import connection_options
from tests.edge.test_store import BUILDS, VECTORS, add_build

LITE = importlib.util.find_spec("pymilvus") is not None and importlib.util.find_spec("milvus_lite") is not None
needs_lite = pytest.mark.skipif(not LITE, reason="pymilvus and milvus-lite are not installed")


def test_credentials_and_tls_come_from_the_environment():
    assert connection_options({}) == {} and connection_options({"RACKLENS_MILVUS_TOKEN": " "}) == {}
    given = connection_options({"RACKLENS_MILVUS_TOKEN": "me:secret", "RACKLENS_MILVUS_CA": "/etc/ca.pem", "OTHER": "x"})
    assert given == {"token": "me:secret", "ca_pem_path": "/etc/ca.pem", "secure": True}


def test_without_pymilvus_the_sentence_says_what_to_install(monkeypatch, tmp_path):
    real = builtins.__import__

    def without(name, *rest):
        if name == "pymilvus":
            raise ImportError("No module named 'pymilvus'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SetupError, match="requirements-milvus.txt"):
        MilvusCatalogue(str(tmp_path / "lite.db"))


@pytest.fixture
def catalogue(tmp_path):
    opened = MilvusCatalogue(str(tmp_path / "lite.db"))
    yield opened
    opened.close()


@needs_lite
def test_a_damaged_build_is_not_published(catalogue, tmp_path):
    catalogue.publish(add_build(tmp_path / "folders", BUILDS[0], VECTORS[:100]))
    folder = add_build(tmp_path / "folders", BUILDS[1], VECTORS[:50])
    content = bytearray((folder / "vectors.npy").read_bytes())
    content[-1] ^= 1
    (folder / "vectors.npy").write_bytes(content)
    with pytest.raises(SetupError, match="vectors.npy: changed since the build"):
        catalogue.publish(folder)
    assert [(b.build_id, b.current) for b in catalogue.builds()] == [(BUILDS[0], True)]


@needs_lite
def test_a_run_that_breaks_off_leaves_the_build_in_use_and_the_next_cleans_up(catalogue, tmp_path, monkeypatch):
    catalogue.publish(add_build(tmp_path / "folders", BUILDS[0], VECTORS[:100]))
    folder = add_build(tmp_path / "folders", BUILDS[1], VECTORS[:50])
    with monkeypatch.context() as broken:
        broken.setattr(catalogue, "_write_record", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            catalogue.publish(folder)
    assert catalogue.open().build_id == BUILDS[0] and len(catalogue.builds()) == 1
    assert len(catalogue.client.list_collections()) == 3  # records, the build, and what was left
    catalogue.publish(add_build(tmp_path / "folders", BUILDS[2], VECTORS[:40]))
    assert catalogue.open().build_id == BUILDS[2]
    assert len(catalogue.client.list_collections()) == 3  # records and two builds


@needs_lite
def test_vectors_that_do_not_find_themselves_are_not_put_to_use(catalogue, tmp_path, monkeypatch):
    catalogue.publish(add_build(tmp_path / "folders", BUILDS[0], VECTORS[:100]))
    search = catalogue.client.search
    monkeypatch.setattr(catalogue.client, "search", lambda name, data, **rest: search(name, (-np.array(data)).tolist(), **rest))
    with pytest.raises(SetupError, match="was not put to use"):
        catalogue.publish(add_build(tmp_path / "folders", BUILDS[1], VECTORS[:50]))
    assert catalogue.open().build_id == BUILDS[0]


@needs_lite
def test_a_build_that_is_there_is_only_put_to_use_and_reopened_files_remember(tmp_path):
    first = MilvusCatalogue(str(tmp_path / "lite.db"))
    folders = [add_build(tmp_path / "folders", build_id, VECTORS[:count]) for build_id, count in zip(BUILDS, (100, 50), strict=False)]
    for folder in folders:
        first.publish(folder)
    assert first.publish(folders[0]).current and len(first.builds()) == 2
    first.close()
    again = MilvusCatalogue(str(tmp_path / "lite.db"))
    store = again.open()
    assert store.build_id == BUILDS[0] and store.search(VECTORS[3:4], 1)[0][0].tolist() == [3]
    again.close()


@needs_lite
def test_records_longer_than_milvus_holds_in_one_field_come_back_whole(catalogue):
    text = '{"text": "' + "x" * 150_000 + '"}'
    catalogue._write_record("b", text)
    assert catalogue._read_records()["b"]["text"] == "x" * 150_000
