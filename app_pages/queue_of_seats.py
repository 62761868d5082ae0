"""The queue in front of the models: so many look-ups at the same time, the others first come, first served."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TOLD_EVERY_S = 0.5
"""How often who waits is told its place, and gets the chance to give up."""


class Seats:
    """A fixed number of seats for threads. Whoever gives up waiting, by an error, leaves the queue; nobody overtakes.

    One person's hundred photos take a seat a hundred times and queue a hundred times, so they do not keep the others waiting.
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ValueError(f"there has to be at least 1 seat, got {count}")
        self.count = count
        self._free = count
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def seat(self, *, on_wait: Callable[[int], None] | None = None) -> Iterator[None]:
        """Sit for the length of the block. on_wait: called with the number of people before this one, at once and while it waits.

        An error that on_wait raises leaves the queue and goes on to the caller. `with seats:` is the same without on_wait.
        """
        self._take(on_wait)
        try:
            yield
        finally:
            self._give_back()

    def __enter__(self) -> None:
        self._take(None)

    def __exit__(self, *_: object) -> None:
        self._give_back()

    def waiting(self) -> int:
        """How many wait for a seat right now."""
        with self._changed:
            return len(self._waiting)

    def _take(self, on_wait: Callable[[int], None] | None) -> None:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
        try:
            self._wait(ticket, on_wait)
        except BaseException:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()
            raise

    def _give_back(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify_all()

    def _wait(self, ticket: object, on_wait: Callable[[int], None] | None) -> None:
        while True:
            with self._changed:
                if self._sat_down(ticket):
                    return
                before = self._waiting.index(ticket)
            if on_wait is not None:
                on_wait(before)  # outside the lock: it draws on a screen, which may take its time
            with self._changed:
                if self._sat_down(ticket):
                    return
                self._changed.wait(TOLD_EVERY_S)

    def _sat_down(self, ticket: object) -> bool:
        if not self._free or self._waiting[0] is not ticket:
            return False
        self._waiting.popleft()
        self._free -= 1
        self._changed.notify_all()  # the next one may find a second free seat
        return True
