"""Progress on stderr: a bar with rate, time left and the count of skipped ones; a line now and then where nobody watches."""

from __future__ import annotations

import sys
from typing import Any

from index_builder.gather import Tally


class Progress:
    """Shows nothing if quiet. One bar at a time; the next one closes it."""

    def __init__(self, *, quiet: bool, unit: str = "image") -> None:
        self._quiet, self._unit = quiet, unit
        self._bar: Any = None
        self._doing = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def tally(self, tally: Tally) -> None:
        """How far a build's images are."""
        notes = {name: count for name, count in (("skipped", tally.skipped), ("reused", tally.reused)) if count}
        self.tell(tally.done, tally.total, doing="images", notes=notes)

    def calibrating(self, done: int, total: int) -> None:
        """How far the calibration is, in made views."""
        self.tell(done, total, doing="calibrating")

    def tell(self, done: int, total: int, *, doing: str = "", notes: dict[str, int] | None = None) -> None:
        """Move the bar of what is being done; another `doing` begins another bar."""
        if self._quiet:
            return
        if self._bar is None or doing != self._doing:
            from tqdm import tqdm

            self._close()
            self._doing = doing
            watched = sys.stderr.isatty()
            self._bar = tqdm(
                total=total, unit=self._unit, desc=doing or None, file=sys.stderr, mininterval=0.1 if watched else 20, dynamic_ncols=watched
            )
        if notes:
            self._bar.set_postfix(notes, refresh=False)
        self._bar.update(done - self._bar.n)
        if done >= total:
            self._close()  # what comes next is not part of it

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
