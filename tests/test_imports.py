"""Imports point one way: the arrows drawn in CONTRIBUTING.md are the only ones."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("app_pages", "edge", "index_builder", "training", "benchmarks")
OURS = {*PACKAGES, "app"}

# What each part of the project may import of the project besides itself. The demo draws what training trains on.
MAY_IMPORT = {
    "app": {"app_pages", "edge"},
    "app_pages": {"edge"},
    "edge": set(),
    "index_builder": {"edge"},
    "training": {"edge", "index_builder.demo"},
    "benchmarks": {"edge", "index_builder"},
}

# Inside edge a module imports only from lines above its own.
EDGE_LAYERS = (
    ("errors", "types", "transforms"),
    ("manifest", "output_folder"),
    (
        "session",
        "config",
        "graph",
        "taxonomy",
        "colours",
        "doubt",
        "matting",
        "grabcut",
        "journal_types",
        "journal_store",
        "develop",
        "harmony",
        "looks_file",
        "passcode",
    ),
    ("relabel",),
    ("second_cut",),
    (
        "photo",
        "frame",
        "segment",
        "cutout",
        "enhance",
        "embed",
        "concepts",
        "index",
        "catalogue",
        "verdict",
        "rank",
        "likeness",
        "outline",
        "pieces",
        "veil",
        "taught",
    ),  # fmt: skip
    ("stages", "filters", "correct", "corrections", "journal_photos", "journal_answer", "journal_rows"),
    ("store", "seen"),
    ("store_index",),
    ("gallery", "looks_pieces", "journal_history", "journal_prune"),
    ("lookup", "store_milvus_search", "store_milvus_connect", "alternatives", "journal", "journal_export"),
    ("store_milvus", "journal_command", "enhance_command", "looks", "looks_new", "looks_seed"),
    ("store_choice",),
    ("doctor", "looks_command"),
    ("__main__",),
)
LAYER = {name: number for number, names in enumerate(EDGE_LAYERS) for name in names}

# Heavy libraries and the only places that may import them.
ONLY_IN = {
    "onnxruntime": "edge/session.py",
    "hnswlib": ("edge/graph.py", "benchmarks/index_scale_child.py"),  # the latter to compare with
    "pymilvus": "edge/store_milvus",  # and store_milvus_connect
    "streamlit": ("app.py", "app_pages/", "benchmarks/page_memory.py"),  # the last drives the whole page
    "torch": "training/",
}
NETWORK = ("requests", "urllib", "urllib3", "http", "httpx", "socket", "grpc", "pymilvus")


def source_files() -> list[Path]:
    """All of the project's Python but its tests, relative to the root."""
    files = [ROOT / "app.py", *(file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))]
    return [file.relative_to(ROOT) for file in files]


def imported(file: Path) -> set[str]:
    """Dotted names of all modules a file imports, wherever in it: `from edge import types` gives edge.types."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}:{node.lineno}: imports are written in full, not relative"
            inside = node.module.split(".")[0] in OURS and (ROOT / node.module.replace(".", "/")).is_dir()
            names |= {f"{node.module}.{alias.name}" if inside else node.module for alias in node.names}
    return names


def within(name: str, parent: str) -> bool:
    return name == parent or name.startswith(parent + ".")


@pytest.mark.parametrize("file", source_files(), ids=str)
def test_a_part_imports_only_what_lies_below_it(file: Path) -> None:
    part = file.parts[0].removesuffix(".py")
    allowed = MAY_IMPORT[part] | {part}
    ours = {name for name in imported(file) if name.split(".")[0] in OURS}
    wrong = {name for name in ours if not any(within(name, parent) for parent in allowed)}
    assert not wrong, f"{file} imports {sorted(wrong)}; {part} may import only {sorted(allowed)}"


@pytest.mark.parametrize("file", [file for file in source_files() if file.parts[0] == "edge" and file.stem != "__init__"], ids=str)
def test_inside_edge_a_module_imports_only_lower_layers(file: Path) -> None:
    assert file.stem in LAYER, f"say in EDGE_LAYERS where {file} belongs"
    wrong = {name for name in imported(file) if within(name, "edge") and LAYER[name.split(".")[1]] >= LAYER[file.stem]}
    assert not wrong, f"{file} imports {sorted(wrong)}, which are not below it"


@pytest.mark.parametrize("file", source_files(), ids=str)
def test_heavy_libraries_have_one_importer(file: Path) -> None:
    for library, place in ONLY_IN.items():
        if any(within(name, library) for name in imported(file)):
            assert file.as_posix().startswith(place), f"{file} imports {library}, which belongs to {place}"


@pytest.mark.parametrize("file", [file for file in source_files() if file.parts[0] == "edge"], ids=str)
def test_edge_speaks_to_no_network_but_where_milvus_is(file: Path) -> None:
    wrong = {name for name in imported(file) if any(within(name, library) for library in NETWORK)}
    assert not wrong or file.as_posix().startswith("edge/store_milvus"), f"{file} imports {sorted(wrong)}"


def test_importing_all_of_edge_loads_no_network_library() -> None:
    modules = [".".join(file.with_suffix("").parts) for file in source_files() if file.parts[0] == "edge" and file.stem != "__main__"]
    load = "\n".join(f"import {name}" for name in modules)
    code = f"{load}\nimport sys\nprint(*{{'pymilvus', 'grpc', 'requests'}} & {{*sys.modules}})"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []
