"""Small charts as inline SVG: no scripts, nothing from the network; every text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_MOST_BARS = 30


def bars(values: Mapping[str, float], *, unit: str = "", colour: str = "main") -> str:
    """Horizontal bars, one per name in the mapping's order; the rest beyond 30 is summed up in a sentence."""
    shown = list(values.items())[:_MOST_BARS]
    if not shown:
        return '<p class="none">None.</p>'
    most = max(value for _, value in shown) or 1
    lines = []
    for i, (name, value) in enumerate(shown):
        y = 26 * i
        short = name if len(name) <= 34 else f"…{name[-33:]}"
        width = max(2.0, 330 * value / most)
        lines.append(
            f'<g><title>{escape(name)}: {value:g} {escape(unit)}</title><text x="232" y="{y + 17}" text-anchor="end">{escape(short)}</text>'
            f'<rect class="{colour}" x="242" y="{y + 4}" width="{width:.1f}" height="18" rx="3"/>'
            f'<text class="value" x="{250 + width:.1f}" y="{y + 17}">{value:g} {escape(unit)}</text></g>'
        )
    more = f"<p>and {len(values) - _MOST_BARS} more, all in report.json</p>" if len(values) > _MOST_BARS else ""
    return f'<svg viewBox="0 0 660 {26 * len(lines)}" role="img">{"".join(lines)}</svg>{more}'


def shares(values: Mapping[str, tuple[float, str]]) -> str:
    """One bar of parts, each (count, colour), with a legend under it."""
    total = sum(count for count, _ in values.values())
    if not total:
        return '<p class="none">None.</p>'
    x, parts = 0.0, []
    for name, (count, colour) in values.items():
        width = 660 * count / total
        parts.append(
            f'<rect class="{colour}" x="{x:.1f}" y="0" width="{width:.1f}" height="22"><title>{escape(name)}: {count:g}</title></rect>'
        )
        x += width
    legend = "".join(f'<span><i class="{colour}"></i>{escape(name)} <b>{count:,.0f}</b></span>' for name, (count, colour) in values.items())
    return f'<svg viewBox="0 0 660 22" role="img" class="shares">{"".join(parts)}</svg><p class="legend">{legend}</p>'


def histogram(edges: Sequence[float], counts: Sequence[float], *, label: str) -> str:
    """Columns of counts between edges (one more than counts), with the axis named."""
    if not counts or not sum(counts):
        return '<p class="none">None.</p>'
    low, high, most = edges[0], edges[-1], max(counts)
    left, right, bottom = 44, 650, 170

    def x(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low)

    parts = [
        f'<rect class="main" x="{x(a) + 1:.1f}" y="{bottom - 150 * count / most:.1f}" width="{max(1.0, x(b) - x(a) - 2):.1f}" '
        f'height="{150 * count / most:.1f}"><title>{a:g} to {b:g}: {count:g}</title></rect>'
        for a, b, count in zip(edges, edges[1:], counts, strict=False)
        if count
    ]
    parts.append(f'<line x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>')
    for i in range(6):
        value = low + (high - low) * i / 5
        parts.append(f'<text x="{x(value):.1f}" y="{bottom + 18}" text-anchor="middle">{value:.1f}</text>')
    parts.append(f'<text x="{left - 6}" y="{bottom - 140}" text-anchor="end">{most:g}</text>')
    parts.append(f'<text x="{(left + right) / 2}" y="{bottom + 40}" text-anchor="middle">{escape(label)}</text>')
    return f'<svg viewBox="0 0 660 {bottom + 48}" role="img">{"".join(parts)}</svg>'


def reliability(bins: Sequence[Mapping[str, Any]]) -> str:
    """Said against was, with intervals; dots on the diagonal are honest. bins as evaluate_scores.reliability gives them."""
    if not bins:
        return '<p class="none">None.</p>'
    left, top, side = 60, 10, 280

    def x(value: float) -> float:
        return left + side * value

    def y(value: float) -> float:
        return top + side * (1 - value)

    most = max(line["was"]["trials"] for line in bins)
    parts = [
        f'<rect class="frame" x="{left}" y="{top}" width="{side}" height="{side}"/>',
        f'<line class="ideal" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>',
    ]
    for line in bins:
        was, said = line["was"], line["said"]
        size = 3 + 6 * (was["trials"] / most) ** 0.5
        parts.append(
            f'<line class="interval" x1="{x(said):.1f}" x2="{x(said):.1f}" y1="{y(was["low"]):.1f}" y2="{y(was["high"]):.1f}"/>'
            f'<circle class="main" cx="{x(said):.1f}" cy="{y(was["value"]):.1f}" r="{size:.1f}">'
            f"<title>said {said:.0%}, was {was['value']:.0%} of {was['trials']}</title></circle>"
        )
    for value in (0, 0.5, 1):
        parts.append(f'<text x="{x(value)}" y="{top + side + 18}" text-anchor="middle">{value:.0%}</text>')
        parts.append(f'<text x="{left - 8}" y="{y(value) + 4}" text-anchor="end">{value:.0%}</text>')
    parts.append(f'<text x="{x(0.5)}" y="{top + side + 40}" text-anchor="middle">probability said</text>')
    parts.append(f'<text x="14" y="{y(0.5)}" text-anchor="middle" transform="rotate(-90 14 {y(0.5)})">share that was right</text>')
    return f'<svg viewBox="0 0 360 {top + side + 48}" role="img" class="square">{"".join(parts)}</svg>'
