"""What a browser sends is believed only in the shape that was promised."""

from __future__ import annotations

import math

import pytest

from app_pages.paint import MOST_POINTS, MOST_STROKES, checked

STROKE = {"points": [[0.1, 0.2], [0.5, 1.0]], "width": 0.05, "garment": True}


def test_strokes_and_a_box_come_through() -> None:
    assert checked({"strokes": [STROKE], "box": [0.1, 0.1, 0.9, 0.8]}) == {"strokes": [STROKE], "box": [0.1, 0.1, 0.9, 0.8]}
    assert checked({"strokes": [], "box": None}) == {"strokes": [], "box": None}


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "strokes",
        {},
        {"strokes": [STROKE]},
        {"strokes": [STROKE | {"points": []}], "box": None},
        {"strokes": [STROKE | {"points": [[0.1, 1.2]]}], "box": None},
        {"strokes": [STROKE | {"points": [[0.1, math.nan]]}], "box": None},
        {"strokes": [STROKE | {"width": "wide"}], "box": None},
        {"strokes": [], "box": [0.9, 0.1, 0.1, 0.8]},
        {"strokes": [], "box": [0.1, 0.1, 0.9]},
    ],
)
def test_anything_else_is_nothing(sent: object) -> None:
    assert checked(sent) is None


def test_no_more_is_taken_than_a_hand_can_paint() -> None:
    long = STROKE | {"points": [[0.5, 0.5]] * (MOST_POINTS * 3)}
    taken = checked({"strokes": [long] * (MOST_STROKES * 2), "box": None})
    assert len(taken["strokes"]) == MOST_STROKES and len(taken["strokes"][0]["points"]) == MOST_POINTS
