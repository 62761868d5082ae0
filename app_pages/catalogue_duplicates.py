"""Items that look the same, as the duplicates command or a build with --duplicates found them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from html import escape
from pathlib import Path

import streamlit as st

from app_pages import address, catalogue
from app_pages.language import say
from app_pages.shared_box import Box
from app_pages.this_box import build_report

FOLDER, NAME, PAGE, BUILD = "duplicates", "duplicates.csv", "duplicates.html", "build.txt"
GROUPS = 30
"""Shown; the report has all."""


def page(box: Box) -> None:
    """The groups with their pictures, or the command that finds them."""
    st.button(say("catalogue.back"), key="catalogue back", width="stretch", on_click=address.show)
    st.html(f"<h2 class='title'>{escape(say('alike.title'))}</h2>")
    found = groups_of(box.root, box.lookup.folder.name, build_report(box))
    command = f"python -m index_builder duplicates --index {box.root} --out {box.root / FOLDER}"
    if found is None:
        st.info(say("alike.unknown"))
        st.code(command, language="bash", wrap_lines=True)
        return
    for kind in ("duplicate", "colourway"):
        # A report may be older than the build: an item alone is like no other.
        there = [[item for item_id in ids if (item := box.lookup.catalogue.find(item_id))] for each, ids in found if each == kind]
        of_kind = [items for items in there if len(items) > 1]
        st.html(f"<h3>{escape(say(f'alike.{kind}', count=len(of_kind)))}</h3>")
        for number, items in enumerate(of_kind[:GROUPS]):
            with st.container(key=f"tiles {kind} {number}"):
                for item in items:
                    catalogue.tile(box, item, key=f"{kind} {number} ")
        if len(of_kind) > GROUPS:
            st.html(f"<p class='note'>{escape(say('alike.more', count=len(of_kind) - GROUPS))}</p>")
    report = box.root / FOLDER / PAGE
    if report.is_file():
        st.download_button(say("health.report"), report.read_bytes, PAGE, "text/html", width="stretch", on_click="ignore")
    st.html(f"<p class='note'>{escape(say('alike.again'))}</p>")
    st.code(command, language="bash", wrap_lines=True)


def groups_of(root: Path, build: str, built: Mapping | None) -> list[tuple[str, list[str]]] | None:
    """(kind, item ids) of each group; None where nobody has looked. The command's report, if it is of this build, goes first."""
    path = root / FOLDER / NAME
    try:
        if _build_of(path) == build:
            return _of_csv(path)
    except (OSError, ValueError, KeyError):
        pass  # none, or not one of ours: the build's own may still tell
    known = (built or {}).get("duplicates")
    if not isinstance(known, Mapping):
        return None
    named = (("duplicate", "groups"), ("colourway", "colourways"))
    return [(kind, [str(item_id) for item_id in ids]) for kind, name in named for ids in known.get(name, ())]


def _build_of(path: Path) -> str:
    """The build that a report is of. Raises OSError where it does not say."""
    return path.with_name(BUILD).read_text("utf-8").strip()


def _of_csv(path: Path) -> list[tuple[str, list[str]]]:
    groups: dict[tuple[str, str], list[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            item_id = row["item_id"]
            # The report guards cells that a spreadsheet would run with an apostrophe.
            groups.setdefault((row["kind"], row["group"]), []).append(item_id[1:] if item_id[:1] == "'" else item_id)
    return [(kind, ids) for (kind, _), ids in groups.items()]
