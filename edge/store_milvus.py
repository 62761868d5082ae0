"""A catalogue's builds in Milvus: published from index folders, searched, switched by one alias. The only importer of pymilvus.

NAME_<build>     one collection per build, never changed after it is complete: label, vector, item, and what filters ask about
NAME_builds      a record per complete build: its manifest, what it replaced, the catalogue's product types and colours
NAME_current     the alias that says which build is in use; altered in one step, as CURRENT is in an index folder

milvus-lite (a file as uri) ignores ef_search and serves one process at a time; see docs/scaling.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import SetupError
from edge.manifest import Manifest, damaged_files, read_manifest
from edge.store import FolderRows
from edge.store_milvus_search import MilvusStore

EF_CONSTRUCTION = 200
LEAST_FOUND = 0.99
_AT_ONCE = 500
_RECORD_BYTES = 60_000  # a VARCHAR of Milvus ends at 65,535 bytes
_OPTIONS = {
    "RACKLENS_MILVUS_TOKEN": "token",
    "RACKLENS_MILVUS_DB": "db_name",
    "RACKLENS_MILVUS_CA": "ca_pem_path",
    "RACKLENS_MILVUS_CERT": "client_pem_path",
    "RACKLENS_MILVUS_KEY": "client_key_path",
    "RACKLENS_MILVUS_SERVER_NAME": "server_name",
}


def connection_options(environment: Mapping[str, str]) -> dict[str, Any]:
    """What MilvusClient gets besides the uri: token ("user:password" or a key), database, and for TLS the files of the authority and of
    the client's own certificate. Empty variables count as unset; an https uri or an authority turns TLS on."""
    options: dict[str, Any] = {keyword: environment[name] for name, keyword in _OPTIONS.items() if environment.get(name, "").strip()}
    return options | {"secure": True} if "ca_pem_path" in options else options


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

    def __init__(self, uri: str, *, name: str = "racklens", options: Mapping[str, Any] | None = None) -> None:
        """uri: http(s)://host:19530, or a file for milvus-lite. Raises SetupError where pymilvus or the server is missing."""
        try:
            from pymilvus import MilvusClient
        except ImportError as error:
            raise SetupError(
                f"The store Milvus needs pymilvus ({error}).", remedy="Install it: `pip install -r requirements-milvus.txt`."
            ) from error
        self.uri, self._name = uri, name
        with self.translated("be opened"):
            self.client = MilvusClient(uri, **(options or {}))
            if not self.client.has_collection(self._records):
                self._create_records()

    def publish(self, folder: Path, *, ef_search: int | None = None) -> PublishedBuild:
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
        kept = list(dict.fromkeys(b for b in order if b in {b.build_id for b in builds}))[:keep]
        gone = [b.build_id for b in builds if b.build_id not in kept]
        with self.translated("delete builds"):
            for build_id in gone:  # the record first: without it the rest is a leftover, never a build
                self.client.delete(self._records, filter=f'id like "{build_id}/%"')
                self.client.flush(self._records)
            self._remove_leftovers()
        return gone

    def open(self) -> MilvusStore:
        """The build in use. Raises SetupError where there is none."""
        now = self.current()
        if not now:
            raise SetupError(f"No build in {self.uri} is in use.", remedy="Publish one first.")
        with self.translated("open the build"):
            return MilvusStore(self.client, self._collection(now), self._read_records()[now], self.translated)

    def current(self) -> str:
        """The id of the build in use, "" where there is none. Raises SetupError."""
        with self.translated("be asked"):
            for build_id in self._read_records():
                if self._alias in self.client.list_aliases(collection_name=self._collection(build_id))["aliases"]:
                    return build_id
        return ""

    def close(self) -> None:
        self.client.close()

    @property
    def _records(self) -> str:
        return f"{self._name}_builds"

    @property
    def _alias(self) -> str:
        return f"{self._name}_current"

    def _collection(self, build_id: str) -> str:
        return f"{self._name}_b_{re.sub(r'[^0-9A-Za-z]', '_', build_id)}"

    @contextmanager
    def translated(self, doing: str) -> Iterator[None]:
        """Errors of pymilvus inside become SetupErrors that say what could not be done."""
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except (MilvusException, OSError) as error:
            raise SetupError(f"Milvus at {self.uri} could not {doing} ({error}).", remedy="Check uri, credentials and server.") from error

    def _create_records(self) -> None:
        from pymilvus import DataType

        schema = self.client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=512)
        schema.add_field("text", DataType.VARCHAR, max_length=65_535)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)  # Milvus has no collection without one
        index = self.client.prepare_index_params()
        index.add_index("vector", index_type="FLAT", metric_type="L2")
        self.client.create_collection(self._records, schema=schema, index_params=index, consistency_level="Strong")

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
        self.client.create_collection(collection, schema=schema, index_params=index, consistency_level="Strong")
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
            )  # fmt: skip
        self.client.flush(collection)
        self.client.load_collection(collection)

    def _check(self, collection: str, manifest: Manifest, rows: FolderRows) -> None:
        counted = self.client.query(collection, filter="", output_fields=["count(*)"])[0]["count(*)"]
        sample = np.unique(np.linspace(0, manifest.count - 1, min(200, manifest.count)).round().astype(int))
        best = [
            hits[0]["distance"] if len(hits) else 0.0 for hits in self.client.search(collection, rows.vectors[sample].tolist(), limit=1)
        ]
        found = float(np.mean(np.array(best) > 1 - 1e-3))  # an equal twin counts
        if counted != manifest.count or found < LEAST_FOUND:
            raise SetupError(
                f"Of {manifest.count} vectors Milvus holds {counted}, and {found:.1%} find themselves; the build was not put to use.",
                remedy="Publish it again.",
            )

    def _write_record(self, build_id: str, text: str) -> None:
        parts = [text[at : at + _RECORD_BYTES] for at in range(0, len(text), _RECORD_BYTES)]
        # One insert: a record is there whole or not at all.
        self.client.insert(
            self._records, [{"id": f"{build_id}/{n:06d}/{len(parts)}", "text": t, "vector": [0.0, 0.0]} for n, t in enumerate(parts)]
        )
        self.client.flush(self._records)

    def _read_records(self) -> dict[str, dict[str, Any]]:
        texts: dict[str, list[str]] = {}
        for row in sorted(self.client.query(self._records, filter='id != ""', output_fields=["id", "text"]), key=lambda row: row["id"]):
            texts.setdefault(row["id"].rsplit("/", 2)[0], []).append(row["text"])
        return {build_id: json.loads("".join(parts)) for build_id, parts in texts.items()}

    def _switch(self, build_id: str) -> None:
        there = self.current()
        if there != build_id:
            (self.client.alter_alias if there else self.client.create_alias)(self._collection(build_id), self._alias)

    def _remove_leftovers(self) -> None:
        known = {self._collection(build_id) for build_id in self._read_records()}
        for collection in self.client.list_collections():
            if collection.startswith(f"{self._name}_b_") and collection not in known:
                self.client.drop_collection(collection)
