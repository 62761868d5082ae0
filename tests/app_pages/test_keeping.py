"""Decisions on the page: what cannot be noted any more says what to do, and a second tap on Undo takes nothing more away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from app_pages import bring_back, keeping, searching, session, shared_box
from app_pages.results import Result, Wishes
from edge.config import Settings
from edge.errors import RequestError
from edge.journal import Journal
from edge.journal_types import Outcome
from tests.fake_lookup import FakeCatalogue
from tests.made_answer import made_answer


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    opened = Journal.open(Settings(data_dir=tmp_path / "journal"))
    monkeypatch.setattr(shared_box, "journal", lambda: opened)
    monkeypatch.setattr(session, "worker", lambda: "")
    return opened


def test_a_second_tap_on_undo_leaves_the_corrected_outline(journal: Journal) -> None:
    answer = made_answer()
    lookup_id = journal.record(answer, [answer.photo])
    journal.outline_corrected(lookup_id, made_answer(seed=2))
    result = Result(digest="x", name="x", lookup_id=lookup_id, recorded=True)
    keeping.confirm(result, "SKU-0001", "Coat")
    for _ in range(2):
        assert keeping.undo(result) is False
    state = journal.get(lookup_id).line.state
    assert (state.outcome, state.answer) == (Outcome.OPEN, 1) and not result.decided


def test_a_look_up_that_was_never_noted_and_is_let_go_says_what_to_do(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "held", lambda result: None)
    result = Result(digest="x", name="x", unkept="The disk is full, try again.")
    keeping.confirm(result, "SKU-0001", "Coat")
    assert not result.decided and "send the photo again" in result.unkept and journal.history.page().total == 0


def test_the_first_outline_comes_back_with_its_own_confidence(journal: Journal) -> None:
    answer = made_answer()
    lookup_id = journal.record(replace(answer, mask=replace(answer.mask, confidence=0.4)), [answer.photo])
    journal.outline_corrected(lookup_id, replace(answer, mask=replace(answer.mask, confidence=0.76)))
    assert bring_back._first_outline(journal.get(lookup_id)).confidence == pytest.approx(0.4)


def test_an_answer_whose_wishes_cannot_be_followed_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    monkeypatch.setattr(session, "hold", lambda result, answer: held.append(answer))

    def refine(answer, **wishes):
        raise RequestError("no")

    result = Result(digest="x", name="x", wishes=Wishes({"colour": "more"}, [], []))
    with pytest.raises(RequestError):
        searching._take(
            SimpleNamespace(lookup=SimpleNamespace(refine=refine, catalogue=FakeCatalogue({}))), result, made_answer(), compare=True
        )
    assert not held, "the outline before stays the one that is worked on"
