"""Which store a catalogue is searched in: chosen by options or the environment, the same for all commands and the page."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.config import STORES, Settings
from edge.errors import RequestError, SettingsError
from edge.store import Store
from edge.store_milvus import MilvusCatalogue
from edge.store_milvus_connect import connection_options, without_secrets


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """kind: "folder" or "milvus"; uri and options: of Milvus, not shown, as they may hold a password."""

    kind: str = "folder"
    uri: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str], *, kind: str | None = None, uri: str | None = None) -> StoreChoice:
        """What options say, else RACKLENS_STORE and RACKLENS_MILVUS_URI; credentials and TLS always as `connection_options` has it.

        Raises RequestError, SettingsError.
        """
        settings = Settings.from_environment(environment)
        kind = kind or settings.store
        if kind == "folder":
            if uri:
                raise RequestError("--uri says where Milvus is, but the store is the folder.", remedy="Add --store milvus.")
            return cls()
        uri = uri or settings.milvus_uri
        if not uri:
            raise SettingsError(
                "The store is Milvus, but nothing says where it is.", name="milvus_uri",
                remedy="Give --uri http://host:19530 (or a file NAME.db for milvus-lite), or set RACKLENS_MILVUS_URI.",
            )  # fmt: skip
        return cls(kind, uri, connection_options(environment))

    @property
    def shown(self) -> str:
        """The options that choose this store, for sentences that say what to run."""
        return f"--store milvus --uri {without_secrets(self.uri)}" if self.kind == "milvus" else "--store folder"

    def catalogue(self, *, make_file: bool = False) -> MilvusCatalogue:
        """The builds in Milvus, connected; see `connect`. Raises SetupError, and ValueError where the store is the folder."""
        if self.kind != "milvus":
            raise ValueError("the store is the folder")
        return MilvusCatalogue(self.uri, options=self.options, make_file=make_file)

    def open(self) -> Store | None:
        """The build in use there, for Lookup.open; None where the folder itself is searched. Raises SetupError."""
        return self.catalogue().open() if self.kind == "milvus" else None


def add_store_options(command: argparse.ArgumentParser) -> None:
    """--store and --uri."""
    command.add_argument("--store", choices=STORES, help="where to search (default: RACKLENS_STORE, else folder), as in --store milvus")
    command.add_argument(
        "--uri", metavar="URI",
        help="Milvus' address (default: RACKLENS_MILVUS_URI), as in --uri http://localhost:19530 or --uri data/milvus.db for milvus-lite",
    )  # fmt: skip
