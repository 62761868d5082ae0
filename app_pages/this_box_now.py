"""How the box is doing now: how long look-ups take, what the disk holds, what the doctor finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st

from app_pages.delivery_store import DeliveryStore
from app_pages.item_view import table
from app_pages.language import say, say_error
from app_pages.look_up_list import zone
from app_pages.shared_box import Box, chosen_store, journal, settings
from edge.doctor import examine
from edge.errors import RacklensError
from edge.journal_types import DiskUse

MINUTES = 60
_SHARES = (0.5, 0.95)
_DISK_EVERY_S = 60


def times() -> None:
    """The last hour's look-ups: half and nineteen of twenty were faster than this, and a chart."""
    st.html(f"<h3>{escape(say('times.title'))}</h3>")
    now = datetime.now(UTC)
    try:
        took = journal().history.latencies(now, minutes=MINUTES)
    except RacklensError as error:
        st.error(say_error(error))
        return
    if not took:
        st.html(f"<p class='note'>{escape(say('times.none'))}</p>")
        return
    half, most = percentiles([ms for _, ms in took])
    slowest = max(ms for _, ms in took)
    st.html(
        table(
            {
                say("times.count"): len(took),
                say("times.p50"): _seconds(half),
                say("times.p95"): _seconds(most),
                say("times.slowest"): _seconds(slowest),
            }
        )
    )
    here = zone()
    first, last = (_wall(at, here) for at in (now - timedelta(minutes=MINUTES), now))
    points = [{"at": _wall(at, here), "s": ms / 1000} for at, ms in took]
    st.vega_lite_chart(chart(points, half / 1000, most / 1000, span=(first, last)), width="stretch")


def percentiles(ms: Sequence[float]) -> tuple[float, float]:
    """p50 and p95 of at least one time, interpolated between neighbours."""
    half, most = np.quantile(np.asarray(ms, np.float64), _SHARES)
    return float(half), float(most)


def _wall(at: datetime, here: tzinfo) -> str:
    """Wall-clock time without a zone: the browser then shows it as it stands."""
    return at.astimezone(here).replace(tzinfo=None).isoformat()


def chart(points: list[dict], half_s: float, most_s: float, *, span: tuple[str, str]) -> dict:
    """Vega-Lite: a point for each look-up, a line at p50 and one at p95. points: at (ISO 8601), s (seconds); span: first and last time."""
    lines = [{"s": half_s, "name": f"p50 {_seconds(half_s * 1000)}"}, {"s": most_s, "name": f"p95 {_seconds(most_s * 1000)}"}]
    named = {"field": "name", "type": "nominal", "scale": {"range": ["#15803d", "#b45309"]}, "legend": {"title": None, "orient": "top"}}
    seconds = {"field": "s", "type": "quantitative", "title": say("times.seconds"), "scale": {"zero": True}}
    return {
        "height": 220,
        "usermeta": {"embedOptions": {"actions": False}},  # a menu of tiny buttons that nobody here needs
        "description": say("times.chart", p50=_seconds(half_s * 1000), p95=_seconds(most_s * 1000)),
        "layer": [
            {
                "data": {"values": points},
                "mark": {"type": "point", "filled": True, "size": 45, "color": "#1d4ed8", "opacity": 0.7},
                "encoding": {
                    "x": {
                        "field": "at",
                        "type": "temporal",
                        "title": None,
                        "scale": {"domain": list(span)},
                        "axis": {"format": "%H:%M", "tickCount": 5, "labelOverlap": True},
                    },
                    "y": seconds,
                },
            },
            {"data": {"values": lines}, "mark": {"type": "rule", "size": 2}, "encoding": {"y": seconds, "color": named}},
        ],
    }


def disk() -> None:
    """What the journal takes of the disk, what is free, and how long photos stay."""
    st.html(f"<h3>{escape(say('disk.title'))}</h3>")
    chosen = settings()
    try:
        used, deliveries = _disk_use(str(chosen.data_dir))
    except (RacklensError, OSError) as error:
        st.error(say_error(error) if isinstance(error, RacklensError) else say("delivery.disk", why=error.strerror or str(error)))
        return
    rows = {
        say("disk.database"): _size(used.database),
        say("disk.photos"): say("disk.of", used=_size(used.photos), most=f"{chosen.max_photos_gib:g} GiB"),
        say("disk.corrections"): _size(used.corrections),
        say("disk.deliveries"): _size(deliveries),
        say("disk.free"): _size(used.free),
        say("disk.keep"): say("disk.days", count=f"{chosen.keep_photos_days:g}"),
        say("disk.folder"): chosen.data_dir,
    }
    st.html(table(rows))


@st.cache_data(ttl=_DISK_EVERY_S, show_spinner=False)
def _disk_use(data_dir: str) -> tuple[DiskUse, int]:
    """Counted file by file, so not at every run of the page. Raises JournalError, OSError."""
    return journal().disk_use(), DeliveryStore(Path(data_dir).absolute() / "deliveries").size()


def findings(box: Box) -> None:
    """What the doctor finds; asked for by a button, for it loads the models anew."""
    st.html(f"<h3>{escape(say('doctor.title'))}</h3>")
    if st.button(say("doctor.look"), key="doctor", width="stretch"):
        with st.spinner(say("doctor.looking")), box.seats:
            st.session_state["doctor found"] = examine(index_root=box.root, models=settings().models_in_use, store=chosen_store())
    found = st.session_state.get("doctor found")
    if found is None:
        return
    for problem in found["problems"]:
        st.error(problem)
    for warning in found["warnings"]:
        st.warning(warning)
    if found["fit"] and not found["warnings"]:
        st.success(say("doctor.fine"))
    facts = {name: found.get(name) for name in ("runtime", "cpus", "gpu_present", "heic", "tls")}
    st.html(table({say(f"doctor.{name}"): _plain(value) for name, value in facts.items() if value is not None}))


def _plain(value: object) -> str:
    return say("yes") if value is True else say("no") if value is False else str(value)


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.2f} s" if ms < 10_000 else f"{ms / 1000:.0f} s"


def _size(count: int) -> str:
    """Bytes in a unit that is read easily."""
    for unit, least in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return f"{count} B"
