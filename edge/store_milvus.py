"""A catalogue's builds in Milvus: published from index folders, searched, switched by one alias.

NAME_<build>     one collection per build, never changed after it is complete: label, vector, item, and what filters ask about
NAME_builds      a record per complete build: its manifest, what it replaced, the catalogue's product types and colours
NAME_current     the alias that says which build is in use; altered in one step, as CURRENT is in an index folder

milvus-lite (a file as uri) ignores ef_search and serves one process at a time; see docs/scaling.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import SetupError
from edge.manifest import Manifest, damaged_files, read_manifest
from edge.store import FolderRows
from edge.store_milvus_connect import connect, patience_s, translated, without_secrets
from edge.store_milvus_search import MilvusStore

EF_CONSTRUCTION = 200
LEAST_FOUND = 0.99
_WORK_S = 600.0
_AT_ONCE = 500
_RECORD_BYTES = 60_000  # a VARCHAR of Milvus ends at 65,535 bytes


@dataclass(frozen=True, slots=True)
class PublishedBuild:
    """A complete build in Milvus. created: ISO 8601, UTC; replaces: the build in use before it was published."""

    build_id: str
    created: str
    vectors: int
    replaces: str
    current: bool


class MilvusCatalogue:
    """All builds of one catalogue in one Milvus. Writing is for one process at a time."""

    def __init__(self, uri: str, *, name: str = "racklens", options: Mapping[str, Any] | None = None, make_file: bool = True) -> None:
        """See `connect` for uri, options and make_file. Raises SetupError."""
        self.uri, self._uri, self._name = without_secrets(uri), uri, name
        self._ask_s, self._loaded = patience_s(uri), False
        self.client = connect(uri, options=options or {}, make_file=make_file)

    def __enter__(self) -> MilvusCatalogue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def publish(self, folder: Path) -> PublishedBuild:
        """Copy a verified build in, look whether its vectors find themselves, then put it to use in one step.

        A build that is there already is only put to use. Until the last step the build in use stays; what a killed run leaves is removed
        by the next. Raises IndexFolderError, SetupError.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        wrong = damaged_files(folder, manifest)
        if wrong:
            name, reason = next(iter(wrong.items()))
            raise SetupError(f"The build {folder.name} is damaged ({name}: {reason}); nothing was published.", remedy="Build again.")
        with self.translated("take the build"):
            self._remove_leftovers()
            before = self.current()
            if manifest.build_id not in self._read_records():
                rows = FolderRows.read(folder)
                collection = self._collection(manifest.build_id)
                self._fill(collection, manifest, rows)
                self._check(collection, manifest, rows)
                record = {
                    "manifest": json.loads(manifest.to_json()), "replaces": before,
                    "types": rows.facets.types, "colours": rows.facets.colours,
                }  # fmt: skip
                self._write_record(manifest.build_id, json.dumps(record))
            self._switch(manifest.build_id)
        return next(b for b in self.builds() if b.current)

    def builds(self) -> list[PublishedBuild]:
        """All complete builds, oldest first. Raises SetupError."""
        with self.translated("list its builds"):
            now = self.current()
            found = [
                PublishedBuild(build_id, r["manifest"]["created"], r["manifest"]["count"], r["replaces"], build_id == now)
                for build_id, r in self._read_records().items()
            ]
        return sorted(found, key=lambda b: (b.created, b.build_id))

    def rollback(self, *, to: str = "") -> tuple[str, str]:
        """Use the build that the current one replaced, or `to`; gives (build before, build now). Raises SetupError."""
        builds = {b.build_id: b for b in self.builds()}
        now = next((b for b in builds.values() if b.current), None)
        target = to or (now.replaces if now else "")
        if target not in builds:
            raise SetupError(
                f"There is no build {target or 'before the current one'} in {self.uri}. There are: {', '.join(builds) or 'none'}.",
                remedy="Choose one of these.",
            )
        with self.translated("switch"):
            self._switch(target)
        return now.build_id if now else "", target

    def prune(self, *, keep: int) -> list[str]:
        """Delete all but `keep` builds: the current one, the one it replaced, then the youngest; gives the deleted. Raises SetupError."""
        if keep < 1:
            raise ValueError(f"keep must be at least 1, got {keep}")
        builds = self.builds()
        now = next((b for b in builds if b.current), None)
        if now is None:
            raise SetupError(f"No build in {self.uri} is in use.", remedy="Publish one first.")
        order = [now.build_id, now.replaces, *(b.build_id for b in reversed(builds))]
        return self.keep_only(list(dict.fromkeys(b for b in order if b in {b.build_id for b in builds}))[:keep])

    def keep_only(self, build_ids: Sequence[str]) -> list[str]:
        """Delete all builds but these and the one in use, and what killed runs left; gives the deleted. Raises SetupError."""
        gone = [b.build_id for b in self.builds() if b.build_id not in build_ids and not b.current]
        with self.translated("delete builds"):
            for build_id in gone:  # the record first: without it the rest is a leftover, never a build
                self.client.delete(self._records, filter=f'id like "{build_id}/%"', timeout=self._ask_s)
                self.client.flush(self._records, timeout=_WORK_S)
            self._remove_leftovers()
        return gone

    def open(self) -> MilvusStore:
        """The build in use. Raises SetupError where there is none."""
        now = self.current()
        if not now:
            raise SetupError(
                f"No build in {self.uri} is in use.", remedy="Publish one: `python -m index_builder build ... --store milvus --uri URI`."
            )
        with self.translated("open the build"):
            collection = self._collection(now)
            self.client.load_collection(collection, timeout=_WORK_S)  # nothing to do where it is loaded, as it is after publishing
            return MilvusStore(self.client, collection, self._read_records()[now], self.translated, answer_s=self._ask_s)

    def counted(self, build_id: str) -> int:
        """How many vectors of a complete build Milvus really holds. Raises SetupError."""
        with self.translated("count"):
            return self._count(self._collection(build_id))

    def current(self) -> str:
        """The id of the build in use, "" where there is none. Raises SetupError."""
        with self.translated("be asked"):
            for build_id in self._read_records():
                if self.alias in self.client.list_aliases(collection_name=self._collection(build_id), timeout=self._ask_s)["aliases"]:
                    return build_id
        return ""

    def close(self) -> None:
        self.client.close()

    @property
    def _records(self) -> str:
        return f"{self._name}_builds"

    @property
    def alias(self) -> str:
        """The alias that says which build is in use."""
        return f"{self._name}_current"

    def _collection(self, build_id: str) -> str:
        return f"{self._name}_b_{re.sub(r'[^0-9A-Za-z]', '_', build_id)}"

    def translated(self, doing: str) -> AbstractContextManager[None]:
        """Errors of pymilvus inside become SetupErrors that say what could not be done."""
        return translated(self._uri, doing)

    def _create_records(self) -> None:
        from pymilvus import DataType

        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=512)
        schema.add_field("text", DataType.VARCHAR, max_length=65_535)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)  # Milvus has no collection without one
        index = self.client.prepare_index_params()
        index.add_index("vector", index_type="FLAT", metric_type="L2")
        self.client.create_collection(self._records, schema=schema, index_params=index, consistency_level="Strong", timeout=_WORK_S)

    def _fill(self, collection: str, manifest: Manifest, rows: FolderRows) -> None:
        from pymilvus import DataType

        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("label", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=manifest.dim)
        schema.add_field("item_id", DataType.VARCHAR, max_length=1024)
        schema.add_field("type", DataType.INT32)
        schema.add_field("colour", DataType.INT32)
        schema.add_field("on_shelf", DataType.BOOL)
        schema.add_field("item", DataType.VARCHAR, max_length=65_535)
        index = self.client.prepare_index_params()
        index.add_index("vector", index_type="HNSW", metric_type="IP", params={"M": manifest.m, "efConstruction": EF_CONSTRUCTION})
        self.client.create_collection(collection, schema=schema, index_params=index, consistency_level="Strong", timeout=_WORK_S)
        facets, items = rows.facets, {item_id: json.dumps(asdict(item)) for item_id, item in rows.items.items()}
        for start in range(0, len(rows.vectors), _AT_ONCE):
            some = range(start, min(start + _AT_ONCE, len(rows.vectors)))
            self.client.insert(
                collection,
                [
                    {
                        "label": label, "vector": rows.vectors[label].tolist(), "item_id": rows.item_ids[label],
                        "type": int(facets.type_of[label]), "colour": int(facets.colour_of[label]),
                        "on_shelf": bool(facets.on_shelf[label]), "item": items[rows.item_ids[label]],
                    }
                    for label in some
                ],
                timeout=_WORK_S,
            )  # fmt: skip
        self.client.flush(collection, timeout=_WORK_S)
        self.client.load_collection(collection, timeout=_WORK_S)

    def _check(self, collection: str, manifest: Manifest, rows: FolderRows) -> None:
        counted = self._count(collection)
        sample = np.unique(np.linspace(0, manifest.count - 1, min(200, manifest.count)).round().astype(int))
        answers = self.client.search(collection, rows.vectors[sample].tolist(), limit=1, timeout=_WORK_S)
        best = [hits[0]["distance"] if len(hits) else 0.0 for hits in answers]
        found = float(np.mean(np.array(best) > 1 - 1e-3))  # an equal twin counts
        if counted != manifest.count or found < LEAST_FOUND:
            raise SetupError(
                f"Of {manifest.count} vectors Milvus holds {counted}, and {found:.1%} find themselves; the build was not put to use.",
                remedy="Publish it again.",
            )

    def _count(self, collection: str) -> int:
        return int(self.client.query(collection, filter="", output_fields=["count(*)"], timeout=self._ask_s)[0]["count(*)"])

    def _write_record(self, build_id: str, text: str) -> None:
        if not self.client.has_collection(self._records, timeout=self._ask_s):
            self._create_records()
        parts = [text[at : at + _RECORD_BYTES] for at in range(0, len(text), _RECORD_BYTES)]
        # One insert: a record is there whole or not at all.
        self.client.insert(
            self._records, [{"id": f"{build_id}/{n:06d}/{len(parts)}", "text": t, "vector": [0.0, 0.0]} for n, t in enumerate(parts)],
            timeout=self._ask_s,
        )  # fmt: skip
        self.client.flush(self._records, timeout=_WORK_S)

    def _read_records(self) -> dict[str, dict[str, Any]]:
        texts: dict[str, list[str]] = {}
        if not self.client.has_collection(self._records, timeout=self._ask_s):
            return {}
        if not self._loaded:  # a server, or a file, that was started anew holds nothing in memory
            self.client.load_collection(self._records, timeout=_WORK_S)
            self._loaded = True
        rows = self.client.query(self._records, filter='id != ""', output_fields=["id", "text"], timeout=self._ask_s)
        for row in sorted(rows, key=lambda row: row["id"]):
            texts.setdefault(row["id"].rsplit("/", 2)[0], []).append(row["text"])
        return {build_id: json.loads("".join(parts)) for build_id, parts in texts.items()}

    def _switch(self, build_id: str) -> None:
        there = self.current()
        if there != build_id:
            (self.client.alter_alias if there else self.client.create_alias)(self._collection(build_id), self.alias, timeout=self._ask_s)

    def _remove_leftovers(self) -> None:
        known = {self._collection(build_id) for build_id in self._read_records()}
        for collection in self.client.list_collections(timeout=self._ask_s):
            if collection.startswith(f"{self._name}_b_") and collection not in known:
                self.client.drop_collection(collection, timeout=self._ask_s)
