"""Writing to the journal what the page does: look-ups, corrections, wishes, decisions. What fails becomes a sentence beside the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app_pages import session, shared_box
from app_pages.language import say, say_error
from app_pages.results import Result
from edge.errors import RacklensError
from edge.journal import Journal
from edge.journal_types import EventKind, Outcome, State
from edge.types import Answer, Photo


def keep(result: Result, answer: Answer, photos: Sequence[Photo | bytes]) -> None:
    """Record a look-up under the result's id."""

    def write(journal: Journal) -> None:
        wishes = _json(result) if result.wishes else {}
        journal.record(answer, photos, lookup_id=result.lookup_id, worker=session.worker(), wishes=wishes)
        result.recorded = True

    _noted(result, write)


def keep_outline(result: Result, answer: Answer) -> None:
    """Record that the answer shown now was found with another outline."""
    if not result.recorded:  # the first try failed, or there was no garment to record before
        keep(result, answer, [answer.photo])
        return
    _noted(result, lambda journal: _takes(result, journal.outline_corrected(result.lookup_id, answer, worker=session.worker())))


def keep_wishes(result: Result, answer: Answer) -> None:
    """Record that the answer shown now was ranked by the result's wishes."""
    if not result.recorded:
        keep(result, answer, _photos(result, answer))
        return
    _noted(
        result,
        lambda journal: _takes(result, journal.refined(result.lookup_id, answer, wishes=_json(result), worker=session.worker())),
    )


def confirm(result: Result, item_id: str, title: str) -> None:
    """ "This is it": the item is the one in the photo."""
    _decide(result, lambda journal: journal.confirm(result.lookup_id, item_id, title=title, worker=session.worker()))


def none_of_these(result: Result) -> None:
    """None of the matches is it."""
    _decide(result, lambda journal: journal.none_of_these(result.lookup_id, worker=session.worker()))


def new_arrival(result: Result, note: str) -> None:
    """Not in the catalogue: kept as a new arrival with a note."""
    _decide(result, lambda journal: journal.keep_as_new(result.lookup_id, note=note, worker=session.worker()))


def undo(result: Result) -> bool:
    """Take back the last decision. True where what was taken back is an outline or a wish of somebody else: the answer has changed too."""
    changed = False

    def write(journal: Journal) -> None:
        nonlocal changed
        # A second tap finds it open again, and what came before the decision is not to go with it.
        event = journal.undo(result.lookup_id, worker=session.worker(), only_if=lambda state: state.outcome is not Outcome.OPEN)
        changed = event is not None and event.kind in (EventKind.OUTLINE_CORRECTED, EventKind.REFINED)
        result.state = journal.get(result.lookup_id).line.state

    _noted(result, write)
    return changed


def _decide(result: Result, write: Callable[[Journal], State]) -> None:
    if not result.recorded:
        answer = session.held(result)
        if answer is not None:
            keep(result, answer, _photos(result, answer))
        else:
            result.unkept = say("journal.let_go")
        if not result.recorded:
            return
    _noted(result, lambda journal: _takes(result, write(journal)))


def _takes(result: Result, state: State) -> None:
    result.state = state


def _photos(result: Result, answer: Answer) -> list[Photo | bytes]:
    return [answer.photo] if len(result.jpegs) < 2 else list(result.jpegs)


def _json(result: Result) -> dict[str, object]:
    wishes = result.wishes
    return {"weights": dict(wishes.weights), "liked": list(wishes.liked), "disliked": list(wishes.disliked)}


def _noted(result: Result, write: Callable[[Journal], object]) -> None:
    try:
        write(shared_box.journal())
    except RacklensError as error:
        result.unkept = say("journal.failed", why=say_error(error))
    else:
        result.unkept = ""
