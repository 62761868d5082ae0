"""What is said of a delivery: its name, its failures, what its rows are called."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import streamlit as st

from app_pages import words
from app_pages.delivery_rows import Kind, Row
from app_pages.delivery_store import Delivery, Failure
from app_pages.language import say, say_error
from app_pages.look_up_list import local_time
from edge.errors import RacklensError

COLOURS = {Kind.CHOOSE: "unsure", Kind.FAILED: "failed", Kind.OUT: "out", Kind.NEW: "new", Kind.IN: "in", Kind.WAITING: "waiting"}
"""CSS class of each kind."""


def name_of(delivery: Delivery) -> str:
    return delivery.name or say("delivery.unnamed", time=local_time(delivery.time))


def time_left(seconds: float | None) -> str:
    """How long it still takes, roughly."""
    if seconds is None:
        return say("left.unknown")
    return say("left.seconds", count=max(5, round(seconds / 5) * 5)) if seconds < 90 else say("left.minutes", count=round(seconds / 60))


def sentence(problem: RacklensError | OSError) -> str:
    """What happened and what to do."""
    return say_error(problem) if isinstance(problem, RacklensError) else say("delivery.disk", why=problem.strerror or str(problem))


def told(draw: Callable) -> Callable:
    """The same function, but what the journal or the disk has to complain of is said on the page."""

    @wraps(draw)
    def drawn(*args: object) -> None:
        try:
            draw(*args)
        except (RacklensError, OSError) as error:
            st.error(sentence(error))

    return drawn


def failure_sentence(failure: Failure) -> str:
    """Why a photo has no answer, in this session's language."""
    key = f"error.{failure.kind}"
    if words.known(key):
        return say(key, what=failure.what, remedy=failure.remedy).strip()
    return f"{failure.what} {failure.remedy}".strip() or say("delivery.unexpected")


def kind_name(kind: Kind) -> str:
    return say(f"kind.{kind.value}")


def chance(row: Row) -> str:
    """The calibrated chance in short; "" where none is to be claimed."""
    if row.line is None or row.by_hand or not row.line.probability:
        return ""
    percent = round(100 * row.line.probability)
    return "<1 %" if percent < 1 else ">99 %" if percent > 99 else f"{percent} %"
