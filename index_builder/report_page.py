"""A build's report as one self-contained page: figures first, then charts, then what was left out and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from index_builder.charts import bars, histogram, reliability, shares
from index_builder.report import Report, Skipped, Unframed

_MOST_ROWS = 2000
_STAGES = {
    "fetch": "fetch images",
    "known?": "look up what is known",
    "read": "decode",
    "frame": "cut frames away",
    "mask": "find the garment",
    "cutout": "cut it out",
    "thumb": "thumbnail",
    "concepts": "category, tags, colours",
    "embed": "embed",
    "index": "write index",
    "self-recall": "check self-recall",
    "calibration": "calibrate",
    "duplicates": "look for duplicates",
}


def html_of(report: Report) -> str:
    """The report as one self-contained page; everything from the feed is escaped."""
    together = "All workers together, so the sum may exceed the clock. Waiting for the network counts as fetching."
    nearest = "Cosine between each image and the nearest image of another item: the further right, the harder to tell."
    categories = bars({name or "(none)": count for name, count in report.categories.items()})
    sections = [
        ("Images", _images(report), ""),
        ("Time per stage", _stages(report), together),
        ("Does everything find itself?", _finding(report), "Every vector is looked up in the index it lies in."),
        ("How alike are neighbours?", _likeness(report), nearest),
        ("Verdict", _calibration(report), ""),
        ("Items per category", categories, ""),
        ("Read off the pictures", _predicted(report), "What the feed does not say; marked as predicted in the catalogue."),
        ("Feed and picture disagree", _doubtful(report), "A wrong category in the feed, a wrong picture, or a wrong guess: worth a look."),
        ("Skipped", _skipped(report.skipped), ""),
        ("Frames cut away", _frames(report.frames), "Decorative frames round a picture. Where one was none, build with --no-frames."),
        ("Items that look the same", _alike(report), ""),
    ]
    body = "".join(
        f"<section><h2>{escape(title)}</h2>{f'<p class=hint>{escape(hint)}</p>' if hint else ''}{content}</section>"
        for title, content, hint in sections
        if content
    )
    return _PAGE.format(title=escape(f"Index {report.build_id}"), subtitle=_subtitle(report), tiles=_tiles(report), body=body)


def _subtitle(report: Report) -> str:
    said = [f"of {report.feed}"]
    if report.created:
        said.append(f"built {report.created[:16].replace('T', ' ')} UTC in {_duration(report.wall_seconds)}")
    if report.replaces:
        said.append(f"replaces {report.replaces}")
    return escape(" · ".join(said))


def _tiles(report: Report) -> str:
    tiles = [
        (f"{report.items:,}", f"items from {report.rows:,} rows", ""),
        (f"{report.vectors:,}", "images", ""),
        (f"{len(report.skipped):,}", "skipped", "warn" if report.skipped else "good"),
        (f"{report.self_recall:.2%}".replace("100.00%", "100%"), "find themselves", "good" if report.self_recall >= 0.99 else "warn"),
        ("yes" if report.calibration else "no", "calibrated" if report.calibration else "calibrated: every answer is “unsure”",
         "good" if report.calibration else "warn"),
    ]  # fmt: skip
    return "".join(f'<div class="tile {kind}"><b>{escape(figure)}</b><span>{escape(what)}</span></div>' for figure, what, kind in tiles)


def _images(report: Report) -> str:
    missing = sum(1 for s in report.skipped if s.image)
    bar = shares(
        {"embedded anew": (report.embedded, "main"), "taken over": (report.reused, "second"), "skipped": (missing, "bad")}
        if report.embedded or report.reused
        else {"in the index": (report.vectors, "main"), "skipped": (missing, "bad")}
    )
    if not report.changes:
        return bar
    words = {"new": "new", "removed": "removed", "pictures": "with other pictures", "texts": "with other texts", "unchanged": "unchanged"}
    counted = ", ".join(f"<b>{report.changes.get(key, 0):,}</b> {word}" for key, word in words.items())
    return f"{bar}<p>Items against the index before: {counted}.</p>"


def _stages(report: Report) -> str:
    return bars({_STAGES.get(name, name): round(seconds, 2) for name, seconds in report.stage_seconds.items()}, unit="s")


def _finding(report: Report) -> str:
    facts = {
        "By exact search": report.exact_self_recall,
        "By the graph": report.self_recall,
        "Exact ten nearest that the graph finds": report.graph_agreement,
    }
    if report.exact_self_recall is None:
        facts = {"Vectors that find themselves": report.self_recall}
    return _table(("Search", "Share"), [(name, "-" if share is None else f"{share:.2%}") for name, share in facts.items()])


def _likeness(report: Report) -> str:
    if not report.likeness:
        return ""
    return histogram(report.likeness["edges"], report.likeness["counts"], label="cosine of the nearest other item")


def _calibration(report: Report) -> str:
    found = report.calibration
    if not found:
        return (
            "<p>Not calibrated: every answer will be “unsure”. Calibrate with <code>evaluate --calibrate</code> "
            "or build without <code>--no-calibration</code>.</p>"
        )
    rows = [
        (
            "Rests on",
            f"{found.get('trials', '?')} look-ups ({found.get('source', '?')}), {found.get('unknown_trials', '?')} of garments left out",
        ),
        ("“In the catalogue” from", _percent(found.get("accept_at"))),
        ("“Not in the catalogue” under", _percent(found.get("reject_at"))),
        ("Wrong matches accepted", _percent(found.get("false_accepts"))),
        ("Right matches accepted outright", _percent(found.get("right_accepted"))),
    ]
    curve = found.get("reliability")
    if not isinstance(curve, Mapping) or not curve.get("bins"):
        return _table(("Figure", "Value"), rows)
    if curve.get("ece") is not None:
        rows.append(("Said against was, mean gap", _percent(curve["ece"])))
    return f'<div class="pair"><div>{_table(("Figure", "Value"), rows)}</div><div>{reliability(curve["bins"])}</div></div>'


def _predicted(report: Report) -> str:
    words = {"product_type": "category", "color": "colours", "pattern": "pattern", "tags": "tags"}
    return bars({words.get(name, name): count for name, count in report.predicted.items()}, unit="items") if report.predicted else ""


def _doubtful(report: Report) -> str:
    return _table(("Item", "The picture shows", "The feed says"), report.doubtful) if report.doubtful else ""


def _skipped(skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return '<p class="none">None.</p>'
    reasons = Counter(_kind_of(s) for s in skipped)
    table = _table(("Line", "Item", "Image", "Reason"), [(s.line or "", s.item_id, s.image, s.reason) for s in skipped])
    opened = " open" if len(skipped) <= 12 else ""
    return f"{bars(dict(reasons.most_common()), colour='bad')}<details{opened}><summary>All {len(skipped):,}</summary>{table}</details>"


def _frames(frames: Sequence[Unframed]) -> str:
    if not frames:
        return ""
    rows = [(f.item_id, f.image, *f.pixels) for f in frames]
    opened = " open" if len(rows) <= 12 else ""
    table = _table(("Item", "Image", "Left px", "Top px", "Right px", "Bottom px"), rows)
    return f"<details{opened}><summary>{len(rows):,} images</summary>{table}</details>"


def _kind_of(skipped: Skipped) -> str:
    """The reason without what is different each time: names, numbers, what stands in brackets."""
    reason = skipped.reason.replace(skipped.image, "…") if skipped.image else skipped.reason
    return re.sub(r"\d+", "…", re.sub(r"\s*\(.*\)", "", re.sub(r"(/|https?:)\S+", "…", reason)))


def _alike(report: Report) -> str:
    parts = []
    if report.duplicates is not None:
        seen, likely = (report.duplicates.get(name) for name in ("looked_at", "candidates"))
        if seen is not None and likely is not None:
            more = "" if seen == likely else " The time was up; <code>--duplicates</code> or the command <code>duplicates</code> sees all."
            parts.append(f"<p>{seen:,} of {likely:,} likely pairs were looked at.{more}</p>")
        for key, title in (("groups", "Groups of true duplicates"), ("colourways", "One cut in several colours")):
            groups = report.duplicates.get(key, [])
            parts.append(f"<h3>{title}: {len(groups):,}</h3>" + (_table(("Items",), [(", ".join(g),) for g in groups]) if groups else ""))
    parts.append("<h3>Pairs that cannot be told apart</h3>" + _table(("Item", "Looks the same as"), report.twins))
    return "".join(parts)


def _table(names: tuple[str, ...], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return '<p class="none">None.</p>'
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>" for row in rows[:_MOST_ROWS])
    rest = f"<p>and {len(rows) - _MOST_ROWS:,} more, all in report.json</p>" if len(rows) > _MOST_ROWS else ""
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>{rest}'


def _percent(share: object) -> str:
    return f"{share:.1%}" if isinstance(share, int | float) else "-"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
:root {{ --ink: #1d2530; --soft: #5d6b7a; --line: #dde3ea; --card: #fff; --page: #f3f5f8;
  --main: #2f6db3; --second: #8fb8de; --bad: #c4572b; --good: #23794c }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e6ebf1; --soft: #9aa8b6; --line: #323c47; --card: #1b222a; --page: #12171d;
    --main: #5b9bdf; --second: #2f587f; --bad: #e07b4f; --good: #58b685 }}
}}
* {{ box-sizing: border-box }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 2rem 1rem 4rem;
  color: var(--ink); background: var(--page) }}
h1 {{ font-size: 1.6rem; margin: 0 }}
h2 {{ font-size: 1.1rem; margin: 0 0 .6rem }}
h3 {{ font-size: 1rem; margin: 1rem 0 .4rem }}
.sub, .hint, .none {{ color: var(--soft); margin: .2rem 0 .8rem; overflow-wrap: anywhere }}
.hint {{ font-size: .9rem }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .8rem; margin: 1.2rem 0 }}
.tile, section {{ background: var(--card); border: 1px solid var(--line); border-radius: 10px }}
.tile {{ padding: .8rem 1rem; border-top: 4px solid var(--main) }}
.tile.good {{ border-top-color: var(--good) }}
.tile.warn {{ border-top-color: var(--bad) }}
.tile b {{ display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums }}
.tile span {{ color: var(--soft); font-size: .9rem }}
section {{ padding: 1.1rem 1.3rem; margin: .8rem 0; overflow-x: auto }}
svg {{ width: 100%; max-width: 720px; font-size: 13px; display: block }}
svg.square {{ max-width: 360px }}
svg:not(.square, .shares) {{ min-width: 34rem }}
svg.shares {{ border-radius: 4px }}
svg text {{ fill: var(--ink) }}
svg text.value {{ fill: var(--soft) }}
svg line {{ stroke: var(--soft) }}
.main {{ fill: var(--main); background: var(--main) }}
.second {{ fill: var(--second); background: var(--second) }}
.bad {{ fill: var(--bad); background: var(--bad) }}
rect.frame {{ fill: none; stroke: var(--line) }}
line.ideal {{ stroke-dasharray: 4 4 }}
line.interval {{ stroke: var(--main); stroke-width: 2; opacity: .5 }}
.legend span {{ margin-right: 1.4rem; white-space: nowrap }}
.legend i {{ display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em }}
.pair {{ display: grid; grid-template-columns: 1fr 360px; gap: 1.5rem; align-items: start }}
@media (max-width: 48rem) {{ .pair {{ grid-template-columns: 1fr }} }}
.scroll {{ max-height: 30rem; overflow: auto }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; vertical-align: top }}
th {{ color: var(--soft); font-weight: 600; overflow-wrap: normal }}
.scroll table {{ min-width: 20rem }}
summary {{ cursor: pointer; margin: .8rem 0 }}
</style></head><body>
<h1>{title}</h1><p class="sub">{subtitle}</p><div class="tiles">{tiles}</div>{body}
</body></html>
"""
