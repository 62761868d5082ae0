"""Is this box fit for work? Models, providers really used, index, limits: one report."""

from __future__ import annotations

import ssl
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from edge.errors import SetupError
from edge.lookup import Lookup
from edge.session import gpu_present, runtime_version, usable_cpus
from edge.stages import Stages
from edge.store import Store
from edge.store_choice import StoreChoice
from edge.store_milvus_connect import without_secrets


def examine(*, index_root: Path | None, models: Path | None = None, store: StoreChoice | None = None) -> dict[str, Any]:
    """Facts, problems (unfit for work) and warnings (works, but look at it). Never raises for what it examines."""
    facts: dict[str, Any] = {
        "runtime": runtime_version(),
        "cpus": usable_cpus(),
        "gpu_present": gpu_present(),
        "heic": find_spec("pillow_heif") is not None,
        "tls": ssl.OPENSSL_VERSION,
    }
    problems: list[str] = []
    warnings: list[str] = []
    facts["store"], opened = _store(store or StoreChoice(), problems)
    try:
        stages = Stages.open(models)
        facts["models"] = {role: {"provider": s.provider, "sha256": s.folder.sha256[:12]} for role, s in stages.sessions.items()}
        if any(s.fell_back for s in stages.sessions.values()):
            problems.append(
                "A GPU is there, but the CPU does the work: install the CUDA libraries that onnxruntime-gpu names (README, GPU)."
            )
        if stages.concepts_note:
            warnings.append(stages.concepts_note)
        if index_root is not None:
            lookup = Lookup.open(index_root, stages=stages, store=opened)
            report = lookup.report()
            facts["index"] = {"build": report.index_build, "items": report.items, "calibration": report.calibration}
            if report.calibration is None:
                warnings.append("The index has no calibration, so every answer is `unsure`: build it again or run `evaluate --calibrate`.")
    except SetupError as error:
        problems.append(str(error))
    if not facts["heic"]:
        warnings.append("pillow-heif is missing: HEIC photos of iPhones are refused.")
    return {"fit": not problems, "problems": problems, "warnings": warnings, **facts}


def _store(store: StoreChoice, problems: list[str]) -> tuple[dict[str, Any], Store | None]:
    """What the store holds, and the store, open; None for the folder, or where Milvus does not answer, which is a problem."""
    if store.kind == "folder":
        return {"kind": store.kind}, None
    facts: dict[str, Any] = {"kind": store.kind, "uri": without_secrets(store.uri), "reachable": False}
    try:
        catalogue = store.catalogue()
        builds = catalogue.builds()
        facts |= {"reachable": True, "alias": catalogue.alias, "build": "", "builds": [build.build_id for build in builds]}
        opened = catalogue.open()
        held = catalogue.counted(opened.build_id)
        facts |= {"build": opened.build_id, "collection": opened.collection, "vectors": held}
        if held != opened.count:
            problems.append(f"Milvus holds {held} vectors of the build {opened.build_id}, it should hold {opened.count}: publish it again.")
        return facts, opened
    except SetupError as error:
        problems.append(str(error))
        return facts, None
