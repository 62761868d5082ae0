"""Callbacks that do not keep alive what they work on.

Streamlit remembers every button's callback and its arguments for as long as the session lasts, also of buttons long gone: a phone that is
in use all day would hold every look-up's pictures.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable


def weakly(work: Callable[..., None], *held: object, rest: tuple = ()) -> Callable[[], None]:
    """A callback that calls work(*held, *rest); nothing happens where one of `held` is gone by then. rest: small things, kept as usual."""
    references = [weakref.ref(thing) for thing in held]

    def call() -> None:
        things = [reference() for reference in references]
        if all(thing is not None for thing in things):
            work(*things, *rest)

    return call
