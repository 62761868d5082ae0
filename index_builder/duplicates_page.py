"""A duplicate report for people: a CSV for the spreadsheet and one page with the pictures side by side, in one file."""

from __future__ import annotations

import base64
import csv
import io
from html import escape
from pathlib import Path

import cv2
import numpy as np

from index_builder.duplicate_groups import COLOURWAY, DUPLICATE, Group, Member
from index_builder.duplicates import DuplicateReport

COLUMNS = ("group", "kind", "item_id", "title", "image", "score", "mirrored", "evidence")
MOST_GROUPS = 400
"""Groups of a kind on the page, about 30 kB each; the CSV has all."""
_SIDE, _QUALITY = 200, 72


def csv_of(report: DuplicateReport) -> str:
    """One line per item of each group. A cell that a spreadsheet would run as a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for group in report.groups:
        for m in group.members:
            cells = (group.number, group.kind, m.item_id, m.title, m.image, f"{m.score:.4f}", "yes" if m.mirrored else "no", m.evidence)
            writer.writerow([f"'{cell}" if str(cell)[:1] in "=+-@\t\r" and str(cell) else cell for cell in cells])
    return out.getvalue()


def page_of(report: DuplicateReport, folder: Path) -> str:
    """The whole page; pictures come from the index folder's thumbnails and are put into the page. Everything from the feed is escaped."""
    same, colours = report.of_kind(DUPLICATE), report.of_kind(COLOURWAY)
    extra = sum(len(group.members) - 1 for group in same)
    facts = (
        (len(same), "groups of duplicates" if len(same) != 1 else "group of duplicates"),
        (extra, "items that may be one too many" if extra != 1 else "item that may be one too many"),
        (len(colours), "cuts in several colours" if len(colours) != 1 else "cut in several colours"),
        (report.items, "items looked through"),
    )
    notes = []
    if report.sizes:
        many = "items are" if report.sizes != 1 else "item is"
        notes.append(f"{report.sizes} {many} left out: a size of another item, as the feed says.")
    if report.skipped:
        named = ", ".join(item_id for item_id, _ in report.skipped[:20])
        many = "pictures" if len(report.skipped) != 1 else "picture"
        notes.append(f"{len(report.skipped)} {many} could not be looked at: {named}{' …' if len(report.skipped) > 20 else ''}")
    return _PAGE.format(
        build=escape(report.build_id),
        facts="".join(f"<div><b>{count:,}</b>{escape(words)}</div>" for count, words in facts),
        notes="".join(f'<p class="note">{escape(note)}</p>' for note in notes),
        same=_groups(same, folder, empty="No duplicates found."),
        colours=_groups(colours, folder, empty="No colourways found."),
    )


def _groups(groups: tuple[Group, ...], folder: Path, *, empty: str) -> str:
    if not groups:
        return f'<p class="none">{empty}</p>'
    shown = "".join(
        f'<section class="{"wide" if len(group.members) > 2 else "pair"}">'
        f"<h3>Group {group.number}<small>{len(group.members)} items</small></h3>"
        f"<ul>{''.join(_card(member, folder, first=n == 0) for n, member in enumerate(group.members))}</ul></section>"
        for group in groups[:MOST_GROUPS]
    )
    rest = len(groups) - MOST_GROUPS
    return f'<div class="groups">{shown}</div>' + (f'<p class="none">{rest:,} more groups are in duplicates.csv.</p>' if rest > 0 else "")


def _card(member: Member, folder: Path, *, first: bool) -> str:
    badges = "" if first else f'<span class="badge">{member.score:.0%} alike</span>'
    if member.mirrored:
        badges += '<span class="badge mirror">mirrored</span>'
    picture = _data_uri(folder / member.thumb)
    shown = f'<img src="{picture}" alt="{escape(member.title or member.item_id, quote=True)}">' if picture else "<i>no picture</i>"
    return (
        f'<li><div class="frame">{shown}</div><p class="badges">{badges}</p><p class="title">{escape(member.title or "(no title)")}</p>'
        f'<p class="id">{escape(member.item_id)}</p><p class="why">{escape(member.evidence)}</p></li>'
    )


def _data_uri(path: Path) -> str:
    try:
        bgr = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except OSError:
        return ""
    if bgr is None:
        return ""
    scale = min(1.0, _SIDE / max(bgr.shape[:2]))
    small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else bgr
    data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Duplicates in {build}</title>
<style>
:root {{ color-scheme: light; --ink: #1d2430; --soft: #5d6778; --line: #e2e6ec; --back: #f5f6f8; --accent: #1f5fa8 }}
* {{ box-sizing: border-box }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 0 }}
main {{ max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }}
h1 {{ font-size: 1.6rem; margin: 0 }} h2 {{ font-size: 1.2rem; margin: 2.5rem 0 .2rem }} h2 + p {{ margin: 0 0 1rem; color: var(--soft) }}
h3 {{ font-size: .95rem; margin: 0 0 .6rem }} h3 small {{ font-weight: normal; color: var(--soft); margin-left: .6rem }}
nav a {{ color: var(--accent); margin-right: 1rem }} .build, .note, .none {{ color: var(--soft) }}
.build {{ margin: .1rem 0 1rem; font-size: .9rem; overflow-wrap: anywhere }}
.facts {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem; margin-bottom: 1rem }}
.facts div, section {{ background: #fff; border: 1px solid var(--line); border-radius: 10px }}
.facts div {{ padding: .7rem .9rem; color: var(--soft); font-size: .9rem }}
.facts b {{ display: block; font-size: 1.5rem; color: var(--ink) }}
.groups {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(min(26rem, 100%), 1fr)); gap: .9rem }}
.wide {{ grid-column: 1 / -1 }} section {{ padding: .9rem 1rem }}
ul {{ list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: 1rem }}
li p {{ margin: 0; overflow-wrap: anywhere }}
.frame {{ height: 11.5rem; border: 1px solid var(--line); border-radius: 8px; background: #fff; display: flex; align-items: center;
justify-content: center; overflow: hidden; margin-bottom: .4rem; color: var(--soft) }}
.frame img {{ max-width: 100%; max-height: 100%; display: block }}
.badges {{ min-height: 1.55rem }}
.badge {{ display: inline-block; font-size: .78rem; padding: .05rem .5rem; border-radius: 99px; background: #e6eef8; color: #17497f;
margin-right: .3rem }} .mirror {{ background: #fdf0dc; color: #7a4a00 }}
.title {{ font-weight: 600; line-height: 1.3 }} .id {{ font: .82rem ui-monospace, monospace; color: var(--soft) }}
.why {{ font-size: .8rem; line-height: 1.35; color: var(--soft); margin-top: .25rem !important }}
@media (max-width: 30rem) {{ ul {{ grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .8rem }} .frame {{ height: 9.5rem }}
.facts {{ grid-template-columns: 1fr 1fr }} h1 {{ font-size: 1.35rem }} }}
@media print {{ body {{ background: #fff }} section {{ break-inside: avoid }} }}
</style></head><body><main>
<h1>Items that look the same</h1><p class="build">Index {build}</p>
<div class="facts">{facts}</div>{notes}
<nav><a href="#duplicates">Duplicates</a><a href="#colourways">Colourways</a></nav>
<h2 id="duplicates">Duplicates</h2><p>Same cut, pattern and colour, perhaps photographed, cropped or turned another way.</p>{same}
<h2 id="colourways">Colourways</h2><p>One cut and pattern in several colours. One item stands for each group of duplicates.</p>{colours}
</main></body></html>
"""
