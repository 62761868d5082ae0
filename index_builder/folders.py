"""The builds in an index folder: list them, go back to an earlier one, delete old ones."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.catalogue import Catalogue
from edge.errors import IndexFolderError, SetupError
from edge.index import CURRENT_NAME, current_folder
from edge.lookup import overlay_path
from edge.manifest import MANIFEST_NAME, damaged_files, read_manifest, write_durably
from edge.verdict import Calibration
from index_builder.guards import only_builder, remove_leftovers, translated_disk_errors
from index_builder.report import read_report
from index_builder.reuse import WORK_NAME


@dataclass(frozen=True, slots=True)
class Build:
    """One finished build. created: ISO 8601, UTC; size in bytes; calibrated: on what ("" for not); problem: why it cannot be read."""

    build_id: str
    folder: Path
    created: str
    items: int
    images: int
    size: int
    current: bool
    calibrated: str
    replaces: str
    problem: str = ""


def list_builds(index_root: Path) -> list[Build]:
    """All builds of an index folder, oldest first. Raises IndexFolderError where there is no such folder."""
    index_root = Path(index_root)
    if not index_root.is_dir():
        raise IndexFolderError(f"There is no index folder {index_root}.", path=str(index_root))
    current = _current_name(index_root)
    folders = [f for f in index_root.iterdir() if f.is_dir() and not f.name.startswith(".") and (f / MANIFEST_NAME).is_file()]
    return sorted((_describe(folder, current=folder.name == current) for folder in folders), key=lambda b: (b.created, b.build_id))


def rollback(index_root: Path, *, to: str = "", publish: Callable[[Path], object] | None = None) -> tuple[str, str]:
    """Make the previous build (or the build `to`) the current one, in one atomic step; gives (build before, build now).

    The previous build is the one that the current one replaced when it was built, so that a build that was rolled back from is
    not come back to by rolling back from its successor; where that one is gone, the youngest that is older. Rolling back twice
    goes two back. The way forward is `to`. All files of the build are verified first. publish: as for `build`. Raises IndexFolderError,
    SetupError.
    """
    index_root = Path(index_root)
    builds = {b.build_id: b for b in list_builds(index_root)}
    with translated_disk_errors(index_root), only_builder(index_root):
        now = _current_name(index_root)
        target = builds.get(to) if to else _previous(builds, now)
        if target is None:
            have = ", ".join(builds) or "none"
            what = (
                f"There is no build {to} in {index_root}."
                if to
                else f"There is no build before {now or 'the current one'} in {index_root}."
            )
            raise SetupError(f"{what} There are: {have}.", remedy="See `python -m index_builder list INDEX_DIR`.")
        wrong = damaged_files(target.folder, read_manifest(target.folder))
        if wrong:
            name, reason = next(iter(wrong.items()))
            raise IndexFolderError(
                f"The build {target.build_id} is damaged ({name}: {reason}); the index in use stays.",
                path=str(target.folder), remedy="Choose another with --to, or build again.",
            )  # fmt: skip
        if publish:
            publish(target.folder)
        write_durably(index_root / CURRENT_NAME, f"{target.build_id}\n".encode())
    return now, target.build_id


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted: builds by id, whether leftovers of killed runs went too, bytes freed in all."""

    builds: tuple[str, ...]
    leftovers: bool
    freed: int


def carry_calibration(before: Path | None, folder: Path) -> str:
    """Let a calibration on photos that people labelled or decided on (`evaluate --calibrate`) go on with the build that takes the place of
    `before`: "carried"; "dropped" where it would say nothing of it (other models, over twice or under half as many images, damaged);
    "" where there is none.

    Raises OSError.
    """
    if before is None or not overlay_path(before).is_file():
        return ""
    kept = overlay_path(before).read_bytes()
    try:
        was, now = read_manifest(before), read_manifest(folder)
        Calibration.from_json(json.loads(kept))
    except (IndexFolderError, ValueError, KeyError, TypeError):  # damaged: the new build is better off without
        return "dropped"
    same = dict(was.model_ids) == dict(now.model_ids) and was.pipeline_version == now.pipeline_version
    if not same or not was.count / 2 <= now.count <= was.count * 2:
        return "dropped"
    write_durably(overlay_path(folder), kept)
    return "carried"


def prune(index_root: Path, *, keep: int) -> Pruned:
    """Delete all but `keep` builds: the current one, the one it replaced (the way back), then the youngest. keep >= 1.

    Calibrations beside a build go with it, and so do leftovers of killed runs and the embeddings kept of them. Raises SetupError.
    """
    if keep < 1:
        raise ValueError(f"keep must be at least 1, got {keep}")
    index_root = Path(index_root)
    builds = {b.build_id: b for b in list_builds(index_root)}
    with translated_disk_errors(index_root), only_builder(index_root):
        now = current_folder(index_root).name  # without one nobody knows what is dispensable: raises
        previous = _previous(builds, now)
        order = [now, *([previous.build_id] if previous else []), *sorted(builds, key=lambda b: (builds[b].created, b), reverse=True)]
        kept = set(list(dict.fromkeys(order))[:keep])
        gone = [b for name, b in builds.items() if name not in kept]
        freed = 0
        for build in gone:
            freed += build.size
            # Out of sight in one step first: a half-deleted build must never look like one.
            doomed = index_root / f".building-pruned-{build.build_id}"
            os.rename(build.folder, doomed)
            shutil.rmtree(doomed, ignore_errors=True)
            overlay_path(build.folder).unlink(missing_ok=True)
        for overlay in index_root.glob("*.calibration.json"):
            if not (index_root / overlay.name.removesuffix(".calibration.json")).is_dir():
                overlay.unlink(missing_ok=True)
        left = remove_leftovers(index_root)
        work = index_root / WORK_NAME
        if work.is_dir():
            left += _size_of(work)
            shutil.rmtree(work, ignore_errors=True)
    return Pruned(tuple(b.build_id for b in gone), left > 0, freed + left)


def _previous(builds: dict[str, Build], now: str) -> Build | None:
    if now not in builds:
        return None
    if builds[now].replaces in builds:
        return builds[builds[now].replaces]
    older = [b for b in builds.values() if (b.created, b.build_id) < (builds[now].created, now)]
    return max(older, key=lambda b: (b.created, b.build_id), default=None)


def _describe(folder: Path, *, current: bool) -> Build:
    size = _size_of(folder)
    try:
        manifest = read_manifest(folder)
        catalogue = Catalogue.open(folder / "catalogue.sqlite")
        try:
            items = catalogue.count
        finally:
            catalogue.close()
    except IndexFolderError as error:
        return Build(folder.name, folder, "", 0, 0, size, current, "", "", error.what)
    calibrated = str(manifest.calibration.get("source", "yes")) if manifest.calibration else ""
    if overlay_path(folder).exists():
        calibrated = "labelled queries"
    replaces = str(read_report(folder).get("replaces", ""))
    return Build(folder.name, folder, manifest.created, items, manifest.count, size, current, calibrated, replaces)


def _current_name(index_root: Path) -> str:
    try:
        return current_folder(index_root).name
    except IndexFolderError:
        return ""


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def table_of(builds: Sequence[Build]) -> str:
    """The builds as lines of text for a terminal; * marks the current one."""
    lines = [f"  {'build':28s} {'built (UTC)':17s} {'items':>8s} {'images':>8s} {'MB':>8s}  calibrated on"]
    for b in builds:
        facts = f"{b.created[:16].replace('T', ' '):17s} {b.items:8,d} {b.images:8,d} {b.size / 1e6:8.1f}  {b.calibrated or '-'}"
        lines.append(f"{'*' if b.current else ' '} {b.build_id:28s} {b.problem or facts}")
    return "\n".join(lines)
