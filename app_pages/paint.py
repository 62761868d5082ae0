"""The photo one can paint on: an own component (assets/page/paint.*), by finger, pen or mouse, at any width, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app_pages.language import say

_FILES = Path(__file__).parent.parent / "assets" / "page"
_WORDS = ("garment", "other", "box", "undo", "clear", "thin", "search")
_MODES = ("garment", "other", "box")
MOST_STROKES, MOST_POINTS = 200, 400

_paint = st.components.v2.component(
    "racklens_paint",
    html=(_FILES / "paint.html").read_text(encoding="utf-8"),
    css=(_FILES / "paint.css").read_text(encoding="utf-8"),
    js=(_FILES / "paint.js").read_text(encoding="utf-8"),
)


def paint(
    *, key: str, photo: str, veil: str, size: tuple[int, int], turn: str, strokes: Sequence[dict], box: Sequence[float] | None
) -> dict | None:
    """Show a photo (data URI; size in pixels: width, height) under a veil and let it be painted on.

    Gives, in the one run after "Search again", {"strokes": [{"points": [[x, y], ...], "width", "garment"}], "box": [l, t, r, b] or None}:
    x, y and box as shares of the photo's sides, width as a share of its longer side. Otherwise None. `turn`: another value starts anew from
    `strokes` and `box`.
    """
    said = {word: say(f"paint.{word}") for word in _WORDS} | {f"hint_{mode}": say(f"paint.hint.{mode}") for mode in _MODES}
    said["picture"] = say("outline.picture")
    data = {"photo": photo, "veil": veil, "size": list(size), "turn": turn, "strokes": list(strokes), "box": box, "words": said}
    return checked(_paint(key=key, data=data, on_search_change=lambda: None).search)


def checked(sent: object) -> dict | None:
    """What a browser sent, if it has the promised shape; None for anything else, as a browser may send anything."""
    try:
        strokes = [
            {
                "points": [[_share(x), _share(y)] for x, y in stroke["points"][:MOST_POINTS]],
                "width": _share(stroke["width"]),
                "garment": stroke["garment"] is True,
            }
            for stroke in sent["strokes"][:MOST_STROKES]
        ]
        box = [_share(value) for value in sent["box"]] if sent["box"] else None
    except (TypeError, KeyError, ValueError):
        return None
    if any(not stroke["points"] for stroke in strokes) or (box and (len(box) != 4 or box[0] >= box[2] or box[1] >= box[3])):
        return None
    return {"strokes": strokes, "box": box}


def _share(value: object) -> float:
    """A number in 0..1; NaN and what is outside raise ValueError."""
    number = float(value)
    if not 0.0 <= number <= 1.0:
        raise ValueError(value)
    return number
