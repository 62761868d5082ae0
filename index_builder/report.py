"""What a build did, as facts: report.json for programs; report.html (report_page.py) for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edge.manifest import write_durably


@dataclass(frozen=True, slots=True)
class Skipped:
    """A feed row, or one image (`image` says which), that is not in the index, and why. line: where its row is, 0 in a folder."""

    line: int
    item_id: str
    image: str
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else ""
        return f"{', '.join(part for part in (where, self.item_id, self.image) if part)}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Unframed:
    """An image from which a decorative frame was cut: pixels on left, top, right and bottom of the image as it was read."""

    item_id: str
    image: str
    pixels: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Report:
    """stage_seconds: summed over all workers, so they may exceed wall_seconds. twins: pairs of item ids that look the same.

    self_recall is the lower of exact and graph search; likeness, graph_agreement: see self_recall.SelfRecall. embedded and reused
    are images; changes counts items against the build `replaces`. duplicates: {"groups": [[item id, ...], ...], "colourways":
    [[...], ...], "candidates": likely pairs, "looked_at": how many of them were compared in the time there was, "seconds": wall-clock} or
    None where nobody looked for them. predicted: of how many items a field was read off the picture. doubtful: (item id, what its picture
    shows, what the feed says) where the two cannot both be right.
    """

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
    created: str = ""
    replaces: str = ""
    embedded: int = 0
    reused: int = 0
    changes: Mapping[str, int] | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    exact_self_recall: float | None = None
    graph_agreement: float | None = None
    likeness: Mapping[str, list[float]] = field(default_factory=dict)
    duplicates: Mapping[str, Any] | None = None
    frames: tuple[Unframed, ...] = ()
    predicted: Mapping[str, int] = field(default_factory=dict)
    doubtful: tuple[tuple[str, str, str], ...] = ()


def write_report(folder: Path, report: Report) -> None:
    """Write report.json and report.html into a folder. Raises OSError."""
    from index_builder.report_page import html_of

    write_durably(folder / "report.json", json.dumps(asdict(report), indent=1, ensure_ascii=False).encode())
    write_durably(folder / "report.html", html_of(report).encode())


def read_report(folder: Path) -> dict[str, Any]:
    """report.json of a finished build; empty where there is none or it cannot be read."""
    try:
        report = json.loads((folder / "report.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}
