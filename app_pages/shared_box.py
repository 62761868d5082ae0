"""What all sessions share: the loaded models and index, the queue in front of them, and the journal."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app_pages.queue_of_seats import Seats
from edge import lookup as lookups
from edge.config import Settings
from edge.journal import Journal
from edge.store_choice import StoreChoice


@dataclass(frozen=True)
class Box:
    """An open Lookup, its index root, and the seats in front of it."""

    lookup: lookups.Lookup
    root: Path
    seats: Seats


def settings() -> Settings:
    """This box's settings, from the environment. Raises SettingsError."""
    return Settings.from_environment(os.environ)


def chosen_store() -> StoreChoice:
    """Where this box's catalogue is searched, from the environment. Raises SetupError."""
    return StoreChoice.of(os.environ)


def index_version(root: Path) -> tuple[str, float]:
    """The current build and when it was last calibrated: what a running page has to notice. Raises IndexFolderError."""
    build = lookups.current_build(root)
    overlay = lookups.overlay_path(root / build)
    return build, overlay.stat().st_mtime if overlay.exists() else 0.0


@st.cache_resource(max_entries=1, show_spinner=False)
def open_box(root: str, version: tuple[str, float]) -> Box:
    """One Box for all sessions. `version` is only the cache's key: a new one opens a new Box. Raises SetupError."""
    chosen = settings()
    lookup = lookups.Lookup.open(Path(root), models=chosen.models_in_use, threads=chosen.threads, store=chosen_store().open())
    return Box(lookup, Path(root), _seats(chosen.seats))


def journal() -> Journal:
    """The box's journal, one for all sessions. Raises JournalError, each time anew until what is wrong is put right."""
    chosen = settings()
    return _journal(str(chosen.data_dir), chosen)


@st.cache_resource(max_entries=1, show_spinner=False)
def _journal(data_dir: str, _chosen: Settings) -> Journal:
    return Journal.open(_chosen)


@st.cache_resource(show_spinner=False)
def _seats(count: int) -> Seats:
    """One queue, also over a change of the index: the processor stays the same."""
    return Seats(count)
