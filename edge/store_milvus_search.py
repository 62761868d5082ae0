"""One build in Milvus, open for search. Speaks through the client it is given, and imports no network library itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from edge.filters import values_passing
from edge.index import checked_queries
from edge.manifest import MANIFEST_NAME, Manifest
from edge.types import CatalogueItem, Filter

MOST_HITS = 16_384
"""Milvus gives no more at once."""
_AT_ONCE = 500


class MilvusStore:
    """An open build in Milvus; see Store. It stays the one that was in use when it was opened."""

    def __init__(
        self, client: Any, collection: str, record: Mapping[str, Any], translated: Callable[[str], AbstractContextManager[None]],
        *, answer_s: float,
    ) -> None:  # fmt: skip
        """client: a MilvusClient; record: as published; translated: turns its errors into SetupErrors; answer_s: the longest wait."""
        self.manifest = Manifest.from_json(json.dumps(record["manifest"]), path=f"{collection}/{MANIFEST_NAME}")
        self.build_id, self.count, self.dim = self.manifest.build_id, self.manifest.count, self.manifest.dim
        self.most_hits = min(self.count, MOST_HITS)
        self._client, self.collection, self._ef_search = client, collection, self.manifest.ef_search
        self._translated, self._answer_s = translated, answer_s
        self._types, self._colours = tuple(record["types"]), tuple(record["colours"])

    def search(self, vectors: np.ndarray, k: int, *, only: Filter | None = None) -> list[tuple[np.ndarray, np.ndarray]]:
        """See Store; Milvus filters before it walks the graph. k is at most MOST_HITS."""
        queries = checked_queries(vectors, self.dim, k)
        k = min(k, self.count)
        if k > MOST_HITS:
            raise ValueError(f"k must be at most {MOST_HITS}, got {k}")
        with self._translated("search"):
            answers = self._client.search(
                self.collection, queries.tolist(), limit=k, filter=self._expression(only),
                search_params={"metric_type": "IP", "params": {"ef": max(self._ef_search, 2 * k)}}, timeout=self._answer_s,
            )  # fmt: skip
        found = []
        for hits in answers:
            pairs = sorted((-hit["distance"], hit["label"]) for hit in hits)
            found.append((np.array([p[1] for p in pairs], np.int64), -np.array([p[0] for p in pairs], np.float32)))
        return found

    def vectors_of(self, labels: Sequence[int] | np.ndarray) -> np.ndarray:
        """See Store."""
        wanted = np.asarray(labels, np.int64).tolist()
        rows: dict[int, list[float]] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            rows |= {row["label"]: row["vector"] for row in self._ask(f"label in {wanted[start : start + _AT_ONCE]}", "vector")}
        return np.array([rows[label] for label in wanted], np.float32).reshape(-1, self.dim)

    def labels_of(self, item_id: str) -> list[int]:
        """See Store."""
        return sorted(row["label"] for row in self._ask(f"item_id == {json.dumps(item_id, ensure_ascii=False)}", "item_id"))

    def item_of(self, label: int) -> CatalogueItem:
        """See Store."""
        rows = self._ask(f"label == {int(label)}", "item")
        if not rows:
            raise KeyError(label)
        values = json.loads(rows[0]["item"])
        return CatalogueItem(**values | {"extra_images": tuple(values["extra_images"])})

    def close(self) -> None:
        """Nothing to let go of: the connection is the catalogue's."""

    def _ask(self, expression: str, field: str) -> list[dict[str, Any]]:
        with self._translated("answer"):
            return self._client.query(self.collection, filter=expression, output_fields=["label", field], timeout=self._answer_s)

    def _expression(self, only: Filter | None) -> str:
        """The filter in Milvus' words: places in the build's lists of types and colours, so that no text of a feed is ever quoted."""
        if only is None or only == Filter():
            return ""
        types, colours = values_passing(self._types, self._colours, only)
        tests = ["on_shelf == true"] if only.in_stock else []
        for name, have, passing in (("type", self._types, types), ("colour", self._colours, colours)):
            if len(passing) < len(have):
                tests.append(f"{name} in {[place for place, value in enumerate(have) if value in passing]}")
        return " and ".join(tests)
