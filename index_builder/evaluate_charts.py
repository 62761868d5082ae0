"""The report's charts as inline SVG: no scripts, colours from the page's style (classes known, other, mid, line)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np


def _svg(width: int, height: int, label: str, body: str) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{body}</svg>'


def rank_strip(ranks: Sequence[int | None]) -> str:
    """One bar of 100 %: where the true item stood in the list. ranks from 1; None: not among the candidates."""
    groups = (("first", 1, 1, "known"), ("2nd to 5th", 2, 5, "known2"), ("6th to 20th", 6, 20, "mid"), ("not found", 0, 0, "other"))
    counts = [sum((r is None) if not low else r is not None and low <= r <= high for r in ranks) for _, low, high, _ in groups]
    body, x = "", 0.0
    for (name, _, _, css), count in zip(groups, counts, strict=True):
        width = 640 * count / max(1, len(ranks))
        if count:
            body += f'<rect class="{css}" x="{x:.1f}" y="0" width="{max(2.0, width):.1f}" height="34"><title>{name}: {count}</title></rect>'
        x += width
    strip = _svg(640, 34, "Place of the true item in the list", body)
    legend = "".join(f'<li><i class="{css}"></i>{name} <b>{count}</b>' for (name, _, _, css), count in zip(groups, counts, strict=True))
    return f'{strip}<ul class="legend">{legend}</ul>'


def two_histograms(known: Sequence[float], other: Sequence[float], *, accept_at: float | None, reject_at: float | None) -> str:
    """Probabilities 0..1 of photos whose first match is right (up) and of all others (down), in 20 bins, with both cut-offs."""
    bins = 20
    up, down = (np.histogram(np.asarray(v, float), bins, (0, 1))[0] for v in (known, other))
    most = max(1, int(up.max(initial=0)), int(down.max(initial=0)))
    left, width, middle, reach = 16, 448, 112, 84
    step = width / bins
    body = f'<line class="axis" x1="{left}" y1="{middle}" x2="{left + width}" y2="{middle}"/>'
    for i, (a, b) in enumerate(zip(up.tolist(), down.tolist(), strict=True)):
        x, span = left + i * step + 1.5, f"{100 * i / bins:.0f}–{100 * (i + 1) / bins:.0f} %"
        if a:
            h = max(2.0, reach * a / most)
            title = f"<title>{span}: {a} rightly found</title>"
            body += f'<rect class="known" x="{x:.1f}" y="{middle - h:.1f}" width="{step - 3:.1f}" height="{h:.1f}">{title}</rect>'
        if b:
            h = max(2.0, reach * b / most)
            title = f"<title>{span}: {b} others</title>"
            body += f'<rect class="other" x="{x:.1f}" y="{middle + 1}" width="{step - 3:.1f}" height="{h:.1f}">{title}</rect>'
    for at, name, anchor in ((reject_at, "rejected below", "start"), (accept_at, "accepted from", "end")):
        if at is not None:
            x = left + width * at
            body += f'<line class="cut" x1="{x:.1f}" y1="18" x2="{x:.1f}" y2="204"/>'
            body += f'<text x="{x + (4 if anchor == "start" else -4):.1f}" y="13" text-anchor="{anchor}">{name} {100 * at:.0f} %</text>'
    for tick in (0, 25, 50, 75, 100):
        body += f'<text class="tick" x="{left + width * tick / 100:.1f}" y="222" text-anchor="middle">{tick} %</text>'
    names = (("known", "first match right"), ("other", "first match wrong, or garment not in the catalogue"))
    legend = "".join(f'<li><i class="{css}"></i>{name}' for css, name in names)
    return _svg(480, 228, "Probability said, for right and for other first matches", body) + f'<ul class="legend">{legend}</ul>'


def reliability_chart(curve: Mapping[str, Any]) -> str:
    """Said against found, each bin with its 95 % interval; the diagonal is honesty. curve: as evaluate_scores.reliability gives it."""
    left, top, size = 46, 10, 270

    def at(said: float, was: float) -> tuple[float, float]:
        return left + size * said, top + size * (1 - was)

    body = "".join(
        f'<line class="grid" x1="{left}" y1="{at(0, v)[1]}" x2="{left + size}" y2="{at(0, v)[1]}"/>'
        f'<text class="tick" x="{left - 6}" y="{at(0, v)[1] + 4}" text-anchor="end">{100 * v:.0f}</text>'
        f'<text class="tick" x="{at(v, 0)[0]}" y="{top + size + 17}" text-anchor="middle">{100 * v:.0f}</text>'
        for v in (0, 0.25, 0.5, 0.75, 1)
    )
    body += f'<line class="cut" x1="{left}" y1="{top + size}" x2="{left + size}" y2="{top}"/>'
    for line in curve["bins"]:
        was = line["was"]
        x, y = at(line["said"], was["value"])
        body += f'<line class="whisker" x1="{x:.1f}" y1="{at(0, was["low"])[1]:.1f}" x2="{x:.1f}" y2="{at(0, was["high"])[1]:.1f}"/>'
        radius = 3 + 5 * (was["trials"] / max(1, curve["trials"])) ** 0.5
        title = f"<title>said {line['said']:.0%}, was right {was['value']:.0%} of {was['trials']}</title>"
        body += f'<circle class="known" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">{title}</circle>'
    body += f'<text class="tick" x="{left + size / 2}" y="{top + size + 36}" text-anchor="middle">probability said, %</text>'
    turn = f"translate(12 {top + size / 2}) rotate(-90)"
    body += f'<text class="tick" transform="{turn}" text-anchor="middle">first match was right, %</text>'
    return _svg(330, 326, "Reliability: probability said against share found right", body)


def interval_bar(value: Mapping[str, Any], *, css: str = "known") -> str:
    """A share as a small bar with its 95 % interval; value as evaluate_scores.share gives it."""
    if value["value"] is None:
        return "–"
    body = '<rect class="back" x="0" y="3" width="100" height="10"/>'
    body += f'<rect class="{css}" x="0" y="3" width="{100 * value["value"]:.1f}" height="10"/>'
    body += f'<line class="whisker" x1="{100 * value["low"]:.1f}" y1="8" x2="{100 * value["high"]:.1f}" y2="8"/>'
    return f'<svg class="bar" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">{body}</svg> {100 * value["value"]:.0f} %'
