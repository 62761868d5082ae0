"""A folder's builds in Milvus beside it: published before a build is put to use, gone back to, listed and pruned together."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.errors import SetupError
from edge.index import current_folder
from edge.store_choice import StoreChoice
from edge.store_milvus import PublishedBuild
from edge.store_milvus_connect import without_secrets


class Publisher:
    """The Milvus that keeps step with an index folder. Connected anew for each step, as a build may take hours."""

    def __init__(self, choice: StoreChoice) -> None:
        self.choice = choice

    @classmethod
    def of(cls, args: argparse.Namespace) -> Publisher | None:
        """As --store, --uri and the environment say; None where the folder is the store. Raises RequestError, SettingsError."""
        choice = StoreChoice.of(os.environ, kind=args.store, uri=args.uri)
        return cls(choice) if choice.kind == "milvus" else None

    @property
    def shown(self) -> str:
        """Its address, without secrets."""
        return without_secrets(self.choice.uri)

    def check(self) -> None:
        """Whether Milvus can be reached: asked before hours are spent on a build. Raises SetupError."""
        self.choice.catalogue(make_file=True).close()

    def publish(self, folder: Path) -> PublishedBuild:
        """Put a complete build to use in Milvus, copied in first where it is not there yet; the folder's CURRENT is for the caller to
        change next. Raises SetupError that says how to go on; what was in use stays in use, in both."""
        try:
            with self.choice.catalogue(make_file=True) as catalogue:
                return catalogue.publish(folder)
        except SetupError as error:
            raise SetupError(
                f"{error.what} The build {folder.name} is whole in {folder.parent} but not in use; what was in use stays.",
                remedy=f"{error.remedy} Then run the same command again, or `python -m index_builder rollback {folder.parent} "
                f"--to {folder.name} {self.choice.shown}`.",
            ) from error

    def builds(self) -> list[PublishedBuild]:
        """All complete builds, oldest first. Raises SetupError."""
        with self.choice.catalogue() as catalogue:
            return catalogue.builds()

    def check_in_step(self, index_root: Path) -> None:
        """Raises SetupError where folder and Milvus do not use the same build."""
        with self.choice.catalogue() as catalogue:
            there, here = catalogue.current(), current_folder(Path(index_root)).name
        if there != here:
            raise SetupError(
                f"{index_root} uses the build {here}, Milvus at {self.shown} {there or 'none'}; nothing was deleted.",
                remedy=f"Bring both to one: `python -m index_builder rollback {index_root} --to BUILD {self.choice.shown}`.",
            )

    def keep_only(self, build_ids: Sequence[str]) -> list[str]:
        """Delete all builds in Milvus but these and the one in use; gives the deleted. Raises SetupError."""
        with self.choice.catalogue() as catalogue:
            return catalogue.keep_only(build_ids)


def builds_json(publisher: Publisher, builds: Sequence[PublishedBuild]) -> dict[str, Any]:
    """Builds in Milvus for --json: uri, the one in use ("" for none), all of them oldest first with their counts of vectors."""
    return {
        "uri": publisher.shown,
        "current": next((b.build_id for b in builds if b.current), ""),
        "builds": [{"build_id": b.build_id, "vectors": b.vectors} for b in builds],
    }
