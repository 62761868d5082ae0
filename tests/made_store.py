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


def restart(choice: StoreChoice) -> None:
    """As when the process ended: what is opened next is read from the file anew, and nothing is loaded."""
    if choice.kind == "milvus":
        from milvus_lite.server_manager import server_manager_instance

        server_manager_instance.release_server(choice.uri)


def published(folder: Path, file: Path):
    """A build, copied into milvus-lite and open there."""
    with lite(file).catalogue(make_file=True) as catalogue:
        catalogue.publish(folder)
    restart(lite(file))
    return lite(file).open()
