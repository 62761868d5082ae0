"""What all sessions share: the loaded models and index, and how many look-ups may run at once."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from edge import lookup as lookups
from edge.config import Settings


@dataclass(frozen=True)
class Box:
    """An open Lookup, its index root, and the seats in front of it."""

    lookup: lookups.Lookup
    root: Path
    seats: threading.BoundedSemaphore


def settings() -> Settings:
    """This box's settings, from the environment. Raises SettingsError."""
    return Settings.from_environment(os.environ)


def index_version(root: Path) -> tuple[str, float]:
    """The current build and when it was last calibrated: what a running page has to notice. Raises IndexFolderError."""
    build = lookups.current_build(root)
    overlay = lookups.overlay_path(root / build)
    return build, overlay.stat().st_mtime if overlay.exists() else 0.0


@st.cache_resource(max_entries=1, show_spinner=False)
def open_box(root: str, version: tuple[str, float]) -> Box:
    """One Box for all sessions. `version` is only the cache's key: a new one opens a new Box. Raises SetupError."""
    chosen = settings()
    return Box(lookups.Lookup.open(Path(root), threads=chosen.threads), Path(root), threading.BoundedSemaphore(chosen.seats))
