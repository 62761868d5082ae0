"""What the page Looks needs of the open index: alternatives, and the looks in use: those taken in last, else the demo's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app_pages.shared_box import Box, settings
from edge.alternatives import Alternatives
from edge.errors import RequestError
from edge.looks_file import Look, LookProblem, parse_looks, read_looks
from edge.looks_pieces import Pieces
from edge.lookup import Lookup
from edge.manifest import write_durably

FOLDER = "looks"
"""Below the data folder: looks.csv as it was taken in, and what was read off the catalogue's pictures."""


@dataclass(frozen=True)
class Opened:
    """alternatives of the index in use; looks and what was wrong with the others; error: why there is no file of looks to show."""

    alternatives: Alternatives
    folder: Path
    colours: tuple[str, ...]
    looks: tuple[Look, ...] = ()
    problems: tuple[LookProblem, ...] = ()
    error: RequestError | None = None


def opened(box: Box) -> Opened:
    """Everything for one run of the page; only the looks file is read anew."""
    found = _alternatives(str(box.lookup.folder), box.lookup)
    folder, colours = box.lookup.folder, ("", *found.colours())
    file = _looks_file(box.root)
    if file is None:
        return Opened(found, folder, colours)
    try:
        looks, problems = read_looks(file, known=found.pieces.items.__contains__)
    except RequestError as error:
        return Opened(found, folder, colours, error=error)
    return Opened(found, folder, colours, looks, problems)


def take_looks(data: bytes, name: str, shop: Opened) -> None:
    """Keep a looks file as the one in use. Raises RequestError for a file that is none or has no look that can be used; OSError."""
    looks, problems = parse_looks(data, name=name, known=shop.alternatives.pieces.items.__contains__)
    if not looks:
        raise RequestError(f"No look of {name} can be used: {problems[0]}.", remedy="Put it right and choose the file again.")
    folder = settings().data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(folder / "looks.csv", data)


def _looks_file(root: Path) -> Path | None:
    files = (settings().data_dir / FOLDER / "looks.csv", root.parent / "demo" / "looks.csv")
    return next((file for file in files if file.is_file()), None)


@st.cache_resource(max_entries=1, show_spinner=False)
def _alternatives(folder: str, _lookup: Lookup) -> Alternatives:
    """One for all sessions; `folder` is the key."""
    pieces = Pieces(_lookup.catalogue, Path(folder), stages=lambda: _lookup.stages, cache=settings().data_dir / FOLDER)
    return Alternatives(_lookup.index, _lookup.catalogue, _lookup.stages.parts, pieces)
