"""The page This box: whether it is ready, what it runs on, how the index came out; and the same in short below a look-up."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape

import streamlit as st

from app_pages import language, this_box_now, words
from app_pages.item_view import table
from app_pages.language import say
from app_pages.look_up_list import local_time
from app_pages.results import Result
from app_pages.shared_box import Box


def page(box: Box) -> None:
    """The whole page."""
    report = box.lookup.report()
    state, ready = ("unsure", "health.slow") if report.fell_back else ("in", "health.ready")
    st.html(
        f'<section class="verdict {state}" role="status"><h2>{escape(say(ready))}</h2>'
        f"<p>{escape(say('health.ready.why', items=report.items))}</p></section>"
    )
    warn(report.fell_back)
    this_box_now.times()
    this_box_now.findings(box)
    built = build_report(box)
    st.html(f"<h3>{escape(say('health.build'))}</h3>" + table(index_rows(box, built)))
    _reports(box, built)
    st.html(f"<h3>{escape(say('health.models'))}</h3>" + table(model_rows(report)))
    if report.calibration:
        st.html(f"<h3>{escape(say('health.check'))}</h3>" + table(calibration_rows(report.calibration)))
    this_box_now.disk()
    with st.expander(say("health.rebuild")):
        st.html(f"<p class='note'>{escape(say('health.rebuild.why'))}</p>")
        feed = str((built or {}).get("feed") or "FEED")
        st.code(f"python -m index_builder update {shlex.quote(feed)} --out {shlex.quote(str(box.root))}", language="bash", wrap_lines=True)
    st.html(f"<h3>{escape(say('language'))}</h3>")
    language.choice()


def _reports(box: Box, built: Mapping | None) -> None:
    """What was left out, and the whole report to take away."""
    if built is None:
        st.info(say("health.no_report"))
        return
    if built.get("skipped"):
        with st.expander(f"{say('health.left_out')} ({len(built['skipped'])})"):
            st.dataframe(built["skipped"], hide_index=True, width="stretch")
    full = box.lookup.folder / "report.html"
    if full.is_file():
        st.download_button(
            say("health.report"), full.read_bytes, f"{box.lookup.folder.name}.html", "text/html", width="stretch", on_click="ignore"
        )


def warn(fell_back: bool) -> None:
    if fell_back:
        st.warning(say("fell_back"))


def about(box: Box, newest: Result | None) -> None:
    """In short, for the person who looks after the box: what it runs on, and how long the newest look-up took."""
    report = box.lookup.report()
    warn(report.fell_back)
    trials = (report.calibration or {}).get("trials")
    rows = model_rows(report) | {say("box.index"): report.index_build, say("box.items"): report.items}
    rows[say("box.calibration")] = say("box.trials", trials=trials) if trials else say("box.none_yet")
    if newest:
        rows |= {say("box.took", stage=stage.capitalize()): f"{ms:.0f} ms" for stage, ms in newest.timings_ms.items()}
    with st.expander(say("about")):
        st.html(table(rows))


def model_rows(report) -> dict[str, object]:
    """What each model really runs on, and what was asked for."""
    rows = {role.capitalize(): say("box.runs_on", provider=provider) for role, provider in report.providers.items()}
    return rows | {say("box.asked"): report.wanted, say("box.threads"): report.threads}


def index_rows(box: Box, built: Mapping | None) -> dict[str, object]:
    """The build in use; what its report says where there is one."""
    report = box.lookup.report()
    rows: dict[str, object] = {say("box.index"): report.index_build, say("health.built"): _age(built), say("box.items"): report.items}
    if built:
        rows |= {
            say("health.pictures"): built.get("vectors", ""),
            say("health.self_recall"): _percent(built.get("self_recall")),
            say("health.skipped"): len(built.get("skipped") or ()),
            say("health.twins"): len(built.get("twins") or ()),
        }
    return {name: value for name, value in rows.items() if value != ""}


def calibration_rows(calibration: Mapping) -> dict[str, object]:
    """What the verdict rests on."""
    rows = {
        say("health.checked_on"): say("box.trials", trials=calibration.get("trials", 0)),
        say("health.source"): _source(str(calibration.get("source", ""))),
        say("health.false_accepts"): _percent(calibration.get("false_accepts")),
        say("health.right_accepted"): _percent(calibration.get("right_accepted")),
    }
    return {name: value for name, value in rows.items() if value != ""}


def _age(built: Mapping | None) -> str:
    """When the build was made and how long ago that is; "" where its report does not say."""
    try:
        created = datetime.fromisoformat(str((built or {})["created"]))
        passed = datetime.now(UTC) - created
    except (KeyError, ValueError, TypeError):
        return ""
    minutes = max(0, int(passed.total_seconds() // 60))
    hours = minutes // 60
    ago = say("health.minutes_ago", count=minutes) if minutes < 120 else say("health.hours_ago", count=hours)
    if hours >= 48:
        ago = say("health.days_ago", count=hours // 24)
    return f"{local_time(created)} ({ago})"


def build_report(box: Box) -> Mapping | None:
    """report.json of the build in use; None where there is none that can be read."""
    try:
        built = json.loads((box.lookup.folder / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return built if isinstance(built, dict) else None


def _source(source: str) -> str:
    key = f"health.source.{source}"
    return say(key) if words.known(key) else source


def _percent(share: object) -> str:
    return f"{100 * share:.1f} %" if isinstance(share, int | float) else ""
