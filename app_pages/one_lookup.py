"""One photo looked up, with or without a session: a page may be waiting for it, or nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

from app_pages.shared_box import Box
from edge.types import Answer, Photo


def look_up_one(
    box: Box, data: bytes, *, on_photo: Callable[[Photo], None] = lambda photo: None, on_wait: Callable[[int], None] | None = None
) -> Answer:
    """A photo's bytes -> Answer. Decodes before it takes a seat, so that the seat is held only while the networks work.

    `on_photo` gets the decoded photo at once, without a decorative frame, also where nothing is found on it; `on_wait` the number of
    people before while all seats are taken. Raises PhotoError.
    """
    start = perf_counter()
    photo = box.lookup.stages.unframe(box.lookup.stages.read(data))
    read_ms = (perf_counter() - start) * 1000
    on_photo(photo)
    with box.seats.seat(on_wait=on_wait):
        answer = box.lookup.look_up_photo(photo)
    timings = {"read": round(read_ms, 2), **answer.timings_ms}
    if "total" in timings:
        timings["total"] = round(timings["total"] + read_ms, 2)
    return replace(answer, timings_ms=timings)
