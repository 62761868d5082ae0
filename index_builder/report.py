"""What a build did: report.json for programs, report.html (one file, no scripts) for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

from edge.manifest import write_durably

_MOST_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Skipped:
    """A feed row (line counts from 1) or one image (line 0, image says which) that is not in the index, and why."""

    line: int
    item_id: str
    image: str
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else ""
        return f"{', '.join(part for part in (where, self.item_id, self.image) if part)}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Report:
    """stage_seconds: summed over all workers, so they may exceed wall_seconds. twins: pairs of item ids that look the same."""

    build_id: str
    feed: str
    rows: int
    items: int
    vectors: int
    self_recall: float
    skipped: tuple[Skipped, ...]
    twins: tuple[tuple[str, str], ...]
    stage_seconds: Mapping[str, float]
    wall_seconds: float
    categories: Mapping[str, int]
    calibration: Mapping[str, Any] | None


def write_report(folder: Path, report: Report) -> None:
    """Write report.json and report.html into a folder. Raises OSError."""
    write_durably(folder / "report.json", json.dumps(asdict(report), indent=1, ensure_ascii=False).encode())
    write_durably(folder / "report.html", html_of(report).encode())


def html_of(report: Report) -> str:
    """The report as one self-contained page; everything from the feed is escaped."""
    facts = {
        "Feed": report.feed,
        "Rows": report.rows,
        "Items": report.items,
        "Images": report.vectors,
        "Skipped": len(report.skipped),
        "Find themselves": f"{report.self_recall:.2%}",
        "Time": f"{report.wall_seconds:.1f} s",
        "Calibrated": "yes" if report.calibration else "no: every answer will be “unsure”",
    }
    return _PAGE.format(
        title=escape(f"Index {report.build_id}"),
        facts="".join(f"<dt>{escape(name)}<dd>{escape(str(value))}" for name, value in facts.items()),
        stages=_bars({name: round(seconds, 2) for name, seconds in report.stage_seconds.items()}, unit="s"),
        categories=_bars({name or "(none)": count for name, count in report.categories.items()}, unit=""),
        skipped=_table(("Line", "Item", "Image", "Reason"), [(s.line or "", s.item_id, s.image, s.reason) for s in report.skipped]),
        twins=_table(("Item", "Looks the same as"), report.twins),
    )


def _bars(values: Mapping[str, float], *, unit: str) -> str:
    if not values:
        return "<p>None."
    most = max(values.values()) or 1
    lines = []
    for i, (name, value) in enumerate(list(values.items())[:40]):
        y = 22 * i
        shown = name if len(name) <= 34 else f"{name[:33]}…"
        lines.append(
            f'<text x="230" y="{y + 15}" text-anchor="end">{escape(shown)}<title>{escape(name)}</title></text>'
            f'<rect x="240" y="{y + 3}" width="{max(1, 340 * value / most):.1f}" height="16"/>'
            f'<text x="{246 + 340 * value / most:.1f}" y="{y + 15}">{value:g} {unit}</text>'
        )
    rest = f"<p>and {len(values) - 40} more" if len(values) > 40 else ""
    return f'<svg viewBox="0 0 680 {22 * len(lines)}" role="img">{"".join(lines)}</svg>{rest}'


def _table(names: tuple[str, ...], rows) -> str:
    if not rows:
        return "<p>None."
    head = "".join(f"<th>{escape(name)}" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(value))}" for value in row) for row in rows[:_MOST_ROWS])
    rest = f"<p>and {len(rows) - _MOST_ROWS} more, all in report.json" if len(rows) > _MOST_ROWS else ""
    return f"<table><tr>{head}{body}</table>{rest}"


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem }} dt {{ color: #666 }} dd {{ margin: 0 }}
svg {{ width: 100%; max-width: 680px; font-size: 13px }} rect {{ fill: #3b6ea5 }}
table {{ border-collapse: collapse; width: 100% }} td, th {{ text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #ddd;
overflow-wrap: anywhere }}
</style>
<h1>{title}</h1><dl>{facts}</dl>
<h2>Time per stage, all workers together</h2>{stages}
<h2>Items per category</h2>{categories}
<h2>Skipped</h2>{skipped}
<h2>Items that look the same</h2>{twins}
</html>
"""
