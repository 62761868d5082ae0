"""The store Milvus for tests: a file of milvus-lite, skipped with a reason where it is not installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from edge.store_choice import StoreChoice

LITE = all(importlib.util.find_spec(name) for name in ("pymilvus", "milvus_lite"))
needs_lite = pytest.mark.skipif(not LITE, reason="pymilvus and milvus-lite are not installed (requirements-milvus.txt)")
ON_LITE = pytest.param("milvus-lite", marks=needs_lite)


def lite(file: Path) -> StoreChoice:
    """milvus-lite in a file."""
    return StoreChoice("milvus", str(file))


def published(folder: Path, file: Path):
    """A build, copied into milvus-lite and open there."""
    with lite(file).catalogue(make_file=True) as catalogue:
        catalogue.publish(folder)
    return lite(file).open()
