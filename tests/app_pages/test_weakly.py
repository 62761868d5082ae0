"""A callback works while what it works on is there, and does not keep it there."""

from __future__ import annotations

import gc
import weakref

from app_pages.results import Result
from app_pages.weakly import weakly


def test_it_is_called_with_what_is_held_and_the_rest_and_keeps_nothing_alive():
    called = []
    result = Result(digest="d", name="photo")
    call = weakly(lambda *all_of_it: called.append(all_of_it), result, rest=("TSH-1", 2))
    call()
    assert called == [(result, "TSH-1", 2)]
    called.clear()
    gone = weakref.ref(result)
    del result
    gc.collect()
    assert gone() is None
    call()
    assert called == []
