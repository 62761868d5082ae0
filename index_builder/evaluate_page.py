"""What `evaluate` found, for people: report.html, one file without scripts, pictures inside; and the same as report.json."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import cv2
import numpy as np

from edge.errors import PhotoError, SetupError
from edge.manifest import write_durably
from edge.photo import read_photo
from edge.types import Verdict
from index_builder.evaluate_charts import interval_bar, rank_strip, reliability_chart, two_histograms
from index_builder.evaluate_scores import Candidate, Outcome

MOST_MISTAKES = 24
_PICTURE_SIDE = 240
_FEW_MISTAKES, _MANY_MISTAKES = 0.05, 0.02
_STYLE = Path(__file__).with_name("evaluate_page.css")
_FRAME = Template("""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>$title</title><style>$style</style></head><body>
<header><h1>How well is the catalogue recognised?</h1><p>$lead</p></header><main>$body</main></body></html>
""")

KINDS = {
    "accepted": "Said to be in the catalogue, but it is not this item",
    "rejected": "Said not to be in the catalogue, but it is",
    "behind": "Another item came first (the answer was “not sure” and showed the list)",
}


def hardest(outcomes: Sequence[Outcome], *, most: int = MOST_MISTAKES) -> list[tuple[str, Outcome]]:
    """(kind of KINDS, outcome), the most harmful first: wrong items accepted, items rejected, items found late."""
    accepted = [o for o in outcomes if o.verdict == Verdict.IN_CATALOGUE and not o.right]
    rejected = [o for o in outcomes if o.item_id and o.verdict == Verdict.NOT_IN_CATALOGUE]
    behind = [o for o in outcomes if o.item_id and o.verdict == Verdict.UNSURE and not o.right]
    out = [("accepted", o) for o in sorted(accepted, key=lambda o: -o.probability)]
    out += [("rejected", o) for o in sorted(rejected, key=lambda o: o.probability)]
    out += [("behind", o) for o in sorted(behind, key=lambda o: (-(o.rank or 10**6), o.photo))]
    return out[:most]


def write_page(
    out: Path, result: Mapping[str, Any], outcomes: Sequence[Outcome], *, failed: Sequence[tuple[str, str]], build_id: str
) -> None:
    """Write report.html and report.json into a folder, made if need be. Raises SetupError where it cannot be written."""
    mistakes = hardest(outcomes)
    listed = [{"kind": kind, "photo": o.photo, "item_id": o.item_id, "first": o.first, "rank": o.rank,
               "probability": round(o.probability, 4)} for kind, o in mistakes]  # fmt: skip
    data = {**result, "hardest": listed, "failures": [{"photo": photo, "reason": reason} for photo, reason in failed]}
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_durably(out / "report.json", json.dumps(data, indent=1, ensure_ascii=False).encode())
        write_durably(out / "report.html", html_of(result, outcomes, mistakes, failed=failed, build_id=build_id).encode())
    except OSError as error:
        raise SetupError(f"The report cannot be written to {out} ({error}).", remedy="Give --out another folder.") from error


def html_of(
    result: Mapping[str, Any], outcomes: Sequence[Outcome], mistakes: Sequence[tuple[str, Outcome]], *,
    failed: Sequence[tuple[str, str]], build_id: str,
) -> str:  # fmt: skip
    """The whole page; everything that comes from files is escaped."""
    known = [o for o in outcomes if o.item_id]
    counts = result["queries"]
    lead = f"{counts['known']} photos of catalogue items and {counts['unknown']} of other garments, looked up in index {escape(build_id)}."
    body = _cards(result)
    body += _section("Where did the right item stand in the list?", rank_strip([o.rank for o in known]), "")
    body += _section("How sure was it, and was it right?", *_sureness(result, outcomes))
    curve = result["reliability"]
    if curve["trials"]:
        note = (
            f"A point on the dashed line is honest: of all answers said to be 70 % sure, 70 % were right. The lines through the points are "
            f"95 % intervals: few trials, long lines. On average the figures are off by {100 * curve['ece']:.1f} points "
            f"(expected calibration error; {curve['trials']} trials: {escape(str(curve['on']))}). The percentages are made for as many "
            "unknown garments as known ones; where most photos show catalogue items, they are too modest."
        )
        body += _section("Can the percentages be trusted?", reliability_chart(curve), note, css="two")
    body += _calibration(result)
    body += _section("By category", _categories(result["categories"]), "")
    body += _mistakes(mistakes)
    if failed:
        rows = "".join(f"<tr><td>{escape(photo)}<td>{escape(reason)}" for photo, reason in failed)
        body += _section(f"{len(failed)} photos could not be used", f'<div class="scroll"><table>{rows}</table></div>', "")
    return _FRAME.substitute(title=f"Evaluation of index {escape(build_id)}", style=_STYLE.read_text(), lead=lead, body=body)


def _section(title: str, content: str, note: str, *, css: str = "") -> str:
    said = f"<h2>{title}</h2>{f'<p>{note}</p>' if note else ''}"
    return f'<section class="{css}"><div>{said}</div>{content}</section>'


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _card(value: Mapping[str, Any], name: str, note: str, css: str = "") -> str:
    if value["value"] is None:
        return f'<div class="card"><b>–</b><span>{name}</span><small>no trials</small></div>'
    between = f"between {_percent(value['low'])} and {_percent(value['high'])}, {value['trials']} trials"
    if css == "bad" and value["value"] <= _MANY_MISTAKES:  # green only where the trials are enough to say so
        css = "good" if value["high"] <= _FEW_MISTAKES else ""
    return f'<div class="card {css}"><b>{_percent(value["value"])}</b><span>{name}</span><small>{note}<br>{between}</small></div>'


def _cards(result: Mapping[str, Any]) -> str:
    cards = [
        _card(result["recall@1"], "right item first", "the first suggestion is the right one", "good"),
        _card(result["recall@5"], "right item in the first five", "staff find it at a glance", "good"),
        _card(result["known_accepted"], "accepted without asking", "in the catalogue, and the right item"),
        _card(result["wrong_item_accepted"], "wrong item accepted", "the costly mistake: keep it near zero", "bad"),
        _card(result["false_rejects"], "wrongly said to be missing", "in the catalogue, yet rejected", "bad"),
    ]
    if result["queries"]["unknown"] or not result["left_out"]:
        cards.append(_card(result["false_accepts"], "strangers accepted", "garments that are not in the catalogue", "bad"))
    if result["left_out"]:
        note = "each photo once more, as if its item were not in the catalogue; its sisters in other colours stay"
        cards.append(_card(result["left_out"]["false_accepts"], "accepted with the item left out", note, "bad"))
    return f'<section class="cards">{"".join(cards)}</section>'


def _sureness(result: Mapping[str, Any], outcomes: Sequence[Outcome]) -> tuple[str, str]:
    used = result.get("calibration_in_use")
    right = [o.probability for o in outcomes if o.right]
    other = [o.probability for o in outcomes if not o.right] + [o.left_out.probability for o in outcomes if o.left_out is not None]
    if not used:
        return "", "The verdict is not calibrated: every answer is “not sure”. Run evaluate with --calibrate."
    separation = (result["left_out"] or {}).get("by_probability", {})
    area, at = separation.get("auroc"), separation.get("known_accepted_at_1_percent")
    note = "Above the line: photos whose first match is right. Below: all others, among them each photo with its own item left out. "
    if area and at and at["value"] is not None:
        note += (
            f"A known garment looks surer than an unknown one in {_percent(area['value'])} of all pairs. With at most 1 % of the unknown "
            f"accepted, {_percent(at['value'])} of the known can be accepted without asking."
        )
    return two_histograms(right, other, accept_at=used["accept_at"], reject_at=used["reject_at"]), note


def _calibration(result: Mapping[str, Any]) -> str:
    new = result.get("calibration")
    if not new:
        return ""
    note = (
        f"The verdict was calibrated anew on {new['trials']} trials, {new['unknown_trials']} of them of garments not in the catalogue, "
        f"and is in use from the next start on; the figures above are still the old verdict's. Judged on photos it was not fitted on, it "
        f"accepts {_percent(new['right_accepted'])} of the rightly found and {_percent(new['false_accepts'])} of the others "
        f"(95 %: {_percent(new['false_accepts_interval'][0])} to {_percent(new['false_accepts_interval'][1])}), accepting from "
        f"{_percent(new['accept_at'])} on and rejecting below {_percent(new['reject_at'])}."
    )
    return _section("The new verdict", reliability_chart(new["reliability"]), note, css="two")


def _categories(categories: Mapping[str, Mapping[str, Any]]) -> str:
    if not categories:
        return "<p>No photos of catalogue items."
    rows = "".join(
        f"<tr><td>{_category(name)}<td>{v['recall@1']['trials']}<td>{interval_bar(v['recall@1'])}<td>{interval_bar(v['recall@5'])}"
        f"<td>{interval_bar(v['known_accepted'], css='mid')}"
        for name, v in categories.items()
    )
    head = "<tr><th>Category<th>Photos<th>Right item first<th>In the first five<th>Accepted without asking"
    return f'<div class="scroll"><table>{head}{rows}</table></div>'


def _category(name: str) -> str:
    *above, last = name.split(" > ")
    path = f"<br><small>{escape(' > '.join(above))}</small>" if above else ""
    return f"{escape(last) or '(none)'}{path}"


def _mistakes(mistakes: Sequence[tuple[str, Outcome]]) -> str:
    if not mistakes:
        return _section("The hardest mistakes", "<p>None.", "")
    out = ""
    for kind, title in KINDS.items():
        chosen = [o for k, o in mistakes if k == kind]
        if chosen:
            out += f"<h3>{title}</h3>" + "".join(_mistake(o) for o in chosen)
    note = (
        "The photo, what came first, and what it should have been, with how well each part fits. Mistakes that repeat often have one "
        "cause: a poor studio picture, two items that look the same, bad light at the table."
    )
    return _section("The hardest mistakes", out, note)


def _mistake(o: Outcome) -> str:
    first = o.candidates[0] if o.candidates else Candidate("", 0.0, {})
    figures = [_figure(o.photo, Path(o.photo).name, "the photo")]
    if first.item_id == o.item_id:
        figures.append(_figure(first.thumb, first.item_id, "the right item came first", first.parts))
    else:
        figures.append(_figure(first.thumb, first.item_id or "–", "came first", first.parts))
        true = next((c for c in o.candidates if c.item_id == o.item_id), None)
        where = f"right: {f'place {o.rank}' if o.rank else 'not among the first 20'}" if o.item_id else "not in the catalogue"
        figures.append(_figure(o.true_thumb, o.item_id or "–", where, true.parts if true else {}))
    return f'<article><p class="sure">{_percent(o.probability)}<small>sure</small></p>{"".join(figures)}</article>'


def _figure(path: str, name: str, caption: str, parts: Mapping[str, float] | None = None) -> str:
    said = " · ".join(f"{escape(part)} {value:.2f}" for part, value in (parts or {}).items())
    return f"<figure>{picture(path)}<figcaption><b>{caption}</b><br>{escape(name)}<br><small>{said}</small></figcaption></figure>"


def picture(path: str, *, side: int = _PICTURE_SIDE) -> str:
    """A picture file as an <img> with a small JPEG inside, upright; an empty frame where there is none or it cannot be read."""
    try:
        rgb = read_photo(Path(path).read_bytes()).rgb if path else None
    except (OSError, PhotoError):
        rgb = None
    if rgb is None:
        return '<div class="none">no picture</div>'
    scale = min(1.0, side / max(rgb.shape[:2]))
    small = cv2.resize(rgb, (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))), interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 72])[1].tobytes()
    return f'<img alt="" width="{small.shape[1]}" height="{small.shape[0]}" src="data:image/jpeg;base64,{base64.b64encode(data).decode()}">'
