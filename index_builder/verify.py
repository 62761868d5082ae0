"""Is the current index whole, fit for these models, and does everything in it find itself?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.catalogue import Catalogue
from edge.index import core_files, open_current
from edge.manifest import damaged_files
from edge.stages import PIPELINE_VERSION, Stages
from index_builder.self_recall import LOWEST_AGREEMENT, LOWEST_SELF_RECALL, SelfRecall, look_for_itself


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found; fine without problems. self_recall None where damaged files forbid to open the index."""

    build_id: str
    folder: Path
    items: int
    vectors: int
    files: int
    problems: tuple[str, ...]
    self_recall: SelfRecall | None


def verify(index_root: Path, *, stages: Stages | None = None) -> Verified:
    """Check the index in use: every file's checksum, labels, dimensions, self-recall by graph and by exact search; and with `stages`
    that it was made with these models, parts and pipeline version. Raises IndexFolderError where there is none."""
    folder, manifest = open_current(Path(index_root))
    damaged = damaged_files(folder, manifest)
    problems = [f"{folder / name}: {reason}" for name, reason in damaged.items()]
    if stages:
        problems += [
            f"{folder.name}: built with another {role}; this program cannot use it"
            for role in sorted({*stages.model_ids, *manifest.model_ids})
            if manifest.model_ids.get(role) != stages.model_ids.get(role)
        ]
        if manifest.pipeline_version != PIPELINE_VERSION:
            problems.append(f"{folder.name}: built by pipeline version {manifest.pipeline_version}, this is {PIPELINE_VERSION}")
        parts = {name: (part.start, part.stop) for name, part in stages.parts.items()}
        if manifest.dim != stages.dim or dict(manifest.parts) != parts:
            problems.append(
                f"{folder.name}: vectors of {manifest.dim} numbers {dict(manifest.parts)}, the embedder gives {stages.dim} {parts}"
            )
    items = 0
    found = None
    if not damaged.keys() & set(core_files(manifest)):
        catalogue = Catalogue.open(folder / "catalogue.sqlite")
        try:
            items, rows = catalogue.count, catalogue.vectors()
        finally:
            catalogue.close()
        if [row.label for row in rows] != list(range(manifest.count)):
            problems.append(f"{folder}: the catalogue's labels are not those of the vectors")
        else:
            found = look_for_itself(folder, manifest, [row.item_id for row in rows])
            problems += _not_found(folder, found, [row.item_id for row in rows])
    return Verified(manifest.build_id, folder, items, manifest.count, len(manifest.files), tuple(problems), found)


def _not_found(folder: Path, found: SelfRecall, ids: list[str]) -> list[str]:
    problems = []
    if found.lowest < LOWEST_SELF_RECALL:
        named = ", ".join(ids[label] for label in found.lost[:5])
        problems.append(f"{folder.name}: only {found.lowest:.2%} of the vectors find themselves ({len(found.lost)} lost: {named})")
    if found.agreement < LOWEST_AGREEMENT:
        problems.append(f"{folder.name}: the graph finds only {found.agreement:.2%} of the exact ten nearest")
    return problems
