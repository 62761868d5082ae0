"""Look-ups that survive: kept in the journal as soon as they are answered, brought back by their address, decided on, undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app_pages import outline_panel
from edge.config import Settings
from edge.errors import NoGarmentFound
from edge.journal import Journal
from edge.journal_types import EventKind, Outcome
from edge.types import Verdict
from tests.opened_page import html, picture, send
from tests.page_fakes import SEVEN, PageLookup


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """The page's journal, read from outside."""
    return Journal.open(Settings(data_dir=tmp_path / "journal"))


def tap(page, label: str, place: int = 0):
    [button for button in page.button if button.label == label][place].click().run()
    assert not page.exception
    return page


def labels(page) -> list[str]:
    return [button.label for button in page.button]


def ids(page) -> list[str]:
    named = page.query_params.get("look-up", [])
    return [named] if isinstance(named, str) else list(named)


def looked_up(open_page, *files, verdict: Verdict = Verdict.UNSURE):
    lookup = PageLookup(SEVEN, verdict=verdict)
    return lookup, send(open_page(lookup), *(files or [("a.jpg", picture())]))


def reloaded(open_page, page, lookup=None):
    """What a reload gives: a new session that knows nothing but the address."""
    fresh = open_page(lookup or PageLookup(SEVEN))
    for name, value in page.query_params.items():
        fresh.query_params[name] = value
    fresh.run()
    assert not fresh.exception
    return fresh


def test_a_look_up_is_in_the_journal_and_in_the_address_as_soon_as_it_is_answered(open_page, journal: Journal) -> None:
    _, page = looked_up(open_page)
    (line,) = journal.history.page().lines
    assert ids(page) == [line.id] and line.verdict is Verdict.UNSURE and line.first_id == "I-1"
    assert journal.get(line.id).photo_paths


def test_a_reload_brings_back_photo_outline_matches_and_wishes(open_page, journal: Journal) -> None:
    _, page = looked_up(open_page)
    next(group for group in page.button_group if group.key.startswith("opinion I-3")).set_value("like").run()
    fresh = reloaded(open_page, page)
    shown = html(fresh)
    assert "Not sure" in shown and shown.index('data-item="I-3"') < shown.index('data-item="I-1"')
    assert next(group for group in fresh.button_group if group.key.startswith("opinion I-3")).value == "like"
    assert "data:image/jpeg" in shown and len(journal.history.page().lines) == 1


def test_wishes_go_on_where_they_were_and_reset_gives_the_first_order(open_page, journal: Journal) -> None:
    _, page = looked_up(open_page)
    next(group for group in page.button_group if group.key.startswith("opinion I-3")).set_value("like").run()
    fresh = reloaded(open_page, page)
    tap(fresh, "Back to the first order")
    shown = html(fresh)
    assert shown.index('data-item="I-1"') < shown.index('data-item="I-3"')
    entry = journal.get(ids(page)[0])
    assert [event.kind for event in entry.events] == [EventKind.REFINED, EventKind.REFINED]
    assert entry.wishes == {"weights": {}, "liked": [], "disliked": []}


def test_a_corrected_outline_is_kept_and_the_first_one_still_there_after_a_reload(open_page, journal, monkeypatch) -> None:
    sent = []
    monkeypatch.setattr(outline_panel, "paint", lambda **shown: sent.pop() if sent else None)
    lookup, page = looked_up(open_page, ("a.jpg", picture("red", (240, 320))))
    tap(page, "Correct the outline")
    sent.append({"strokes": [], "box": [0.0, 0.3, 1.0, 0.6]})
    page.run()
    assert [event.kind for event in journal.get(ids(page)[0]).events] == [EventKind.OUTLINE_CORRECTED]
    again = PageLookup(SEVEN)
    fresh = reloaded(open_page, page, again)
    tap(fresh, "Correct the outline")
    tap(fresh, "Back to the first outline")
    assert abs(again.shares[-1] - lookup.shares[0]) < 0.01 < abs(lookup.shares[1] - lookup.shares[0])
    assert "Keep this outline" not in labels(fresh)
    later = reloaded(open_page, page)
    tap(later, "Correct the outline")
    assert "Keep this outline" not in labels(later), "the network's own outline is no correction after another reload either"


def test_several_photos_come_back_in_their_order(open_page) -> None:
    _, page = looked_up(open_page, *[(f"{colour}.jpg", picture(colour)) for colour in ("red", "green", "blue")])
    assert len(ids(page)) == 3
    fresh = reloaded(open_page, page)
    assert ids(fresh) == ids(page) and "Photo 3 of 3" in html(fresh)


def test_photos_of_one_item_come_back_as_one(open_page, journal: Journal) -> None:
    _, page = looked_up(open_page, ("a.jpg", picture("red")), ("b.jpg", picture("blue")))
    next(group for group in page.button_group if group.key.startswith("several")).set_value("one").run()
    (lookup_id,) = ids(page)
    assert len(journal.get(lookup_id).photo_paths) == 2
    shown = html(reloaded(open_page, page))
    assert "Photo 1 of 2" not in shown and shown.count('class="pending"') == 2


def test_this_is_it_is_one_tap_and_the_next_photo_comes_first_then(open_page, journal: Journal) -> None:
    _, page = looked_up(open_page)
    tap(page, "This is it", place=1)
    line = journal.get(ids(page)[0]).line
    assert line.state.outcome is Outcome.CONFIRMED and (line.state.item_id, line.state.title) == ("I-2", "Item 2")
    assert "Confirmed" in html(page) and page.file_uploader[0].label == "Next photo" and "This is it" not in labels(page)
    send(page, ("b.jpg", picture("blue")))
    assert len(journal.history.page().lines) == 2 and page.file_uploader[0].label == "Take or choose a photo"


def test_none_of_these_then_a_new_arrival_with_a_note(open_page, journal: Journal) -> None:
    _, page = looked_up(open_page)
    tap(page, "None of these")
    assert journal.get(ids(page)[0]).line.state.outcome is Outcome.NONE_OF_THESE
    next(field for field in page.text_input if field.label.startswith("Note")).set_value("Huber, pallet 3").run()
    tap(page, "Keep as a new arrival")
    state = journal.get(ids(page)[0]).line.state
    assert state.outcome is Outcome.NEW_ARRIVAL and state.note == "Huber, pallet 3"
    assert "New arrival, on the list" in html(page) and "Item 1" in html(page)  # the nearest items stay as look-alikes


def test_what_is_not_in_the_catalogue_can_be_kept_at_once(open_page, journal: Journal) -> None:
    _, page = looked_up(open_page, verdict=Verdict.NOT_IN_CATALOGUE)
    tap(page, "Keep as a new arrival")
    assert journal.get(ids(page)[0]).line.state.outcome is Outcome.NEW_ARRIVAL


def test_decisions_are_undone_one_by_one(open_page, journal: Journal) -> None:
    _, page = looked_up(open_page)
    tap(page, "None of these")
    tap(page, "Keep as a new arrival")
    tap(page, "Undo – decide again")
    assert journal.get(ids(page)[0]).line.state.outcome is Outcome.NONE_OF_THESE and "Keep as a new arrival" in labels(page)
    tap(page, "Undo – decide again")
    assert journal.get(ids(page)[0]).line.state.outcome is Outcome.OPEN and "This is it" in labels(page)
    tap(page, "This is it")
    tap(page, "Undo – decide again")
    assert "None of these" in labels(page)


def test_a_decision_survives_a_reload(open_page) -> None:
    _, page = looked_up(open_page)
    tap(page, "This is it")
    fresh = reloaded(open_page, page)
    assert "Confirmed" in html(fresh) and "Item 1" in html(fresh)
    tap(fresh, "Undo – decide again")
    assert "This is it" in labels(fresh)


def test_of_several_photos_the_next_undecided_one_opens_by_itself(open_page) -> None:
    _, page = looked_up(open_page, ("a.jpg", picture("red")), ("b.jpg", picture("blue")))
    tap(page, "This is it")
    assert "Open photo 1" in labels(page) and "Open photo 2" not in labels(page)
    tap(page, "This is it")
    assert page.file_uploader[0].label == "Next photo"


def test_the_worker_s_name_is_asked_once_kept_in_the_address_and_written_beside(open_page, journal: Journal) -> None:
    page = open_page(PageLookup(SEVEN))
    next(field for field in page.text_input if field.label == "Your name").set_value("  Ana\n ").run()
    send(page, ("a.jpg", picture()))
    assert journal.history.page().lines[0].worker == "Ana" and page.query_params["worker"] in ("Ana", ["Ana"])
    fresh = reloaded(open_page, page)
    tap(fresh, "None of these")
    assert journal.get(ids(page)[0]).events[-1].worker == "Ana"


def test_a_journal_that_fails_never_hides_the_answer_and_is_asked_again(open_page, tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    _, page = looked_up(open_page)
    assert "Not sure" in html(page) and "could not be noted" in page.warning[0].value and not ids(page)
    tap(page, "This is it")
    assert "could not be noted" in page.warning[0].value and "This is it" in labels(page)
    (tmp_path / "journal").unlink()
    tap(page, "This is it")
    assert not page.warning and "Confirmed" in html(page) and ids(page)


def test_a_garment_shown_by_hand_is_recorded_then(open_page, journal: Journal, monkeypatch) -> None:
    sent = []
    monkeypatch.setattr(outline_panel, "paint", lambda **shown: sent.pop() if sent else None)
    page = send(open_page(PageLookup(error=NoGarmentFound(coverage=0.0))), ("a.jpg", picture("red", (240, 320))))
    assert not journal.history.page().total and not ids(page)
    sent.append({"strokes": [], "box": [0.0, 0.2, 1.0, 0.8]})
    page.run()
    page.run()
    assert journal.history.page().total == 1 and len(ids(page)) == 1


def test_photos_whose_time_is_up_leave_what_was_found(open_page, journal: Journal) -> None:
    _, page = looked_up(open_page)
    journal.prune(datetime.now(UTC) + timedelta(days=400))
    fresh = reloaded(open_page, page)
    assert "their time was up" in fresh.info[0].value and 'data-item="I-1"' in html(fresh)
    tap(fresh, "This is it")
    assert journal.get(ids(page)[0]).line.state.item_id == "I-1"


def test_an_address_that_names_nothing_is_said_and_the_page_works(open_page) -> None:
    page = open_page(PageLookup(SEVEN))
    for wrong in ("../../etc/passwd", "2" * 16):
        page.query_params["look-up"] = wrong
        page.run()
        assert not page.exception and "There is no look-up" in page.warning[0].value and not ids(page)
    send(page, ("a.jpg", picture()))
    assert ids(page)


def test_an_answer_of_an_older_index_is_searched_again_before_wishes(open_page) -> None:
    _, page = looked_up(open_page)
    newer = PageLookup(SEVEN)
    newer._report = replace(newer._report, index_build="build-2")
    fresh = reloaded(open_page, page, newer)
    assert not newer.shares
    next(group for group in fresh.button_group if group.key.startswith("opinion I-3")).set_value("like").run()
    assert not fresh.exception and len(newer.shares) == 1


def test_a_liked_item_that_has_left_the_catalogue_stops_nothing(open_page) -> None:
    _, page = looked_up(open_page)
    next(group for group in page.button_group if group.key.startswith("opinion I-3")).set_value("like").run()
    without = PageLookup([item for item in SEVEN if item.item_id != "I-3"])
    fresh = reloaded(open_page, page, without)
    next(group for group in fresh.button_group if group.key.startswith("opinion I-4")).set_value("like").run()
    assert not fresh.exception and not fresh.error and without.asked[-1]["liked"] == ("I-4",)


def test_while_all_seats_are_taken_the_page_tells_the_place_and_goes_on_when_one_is_free(open_page, monkeypatch) -> None:
    from app_pages import look_up, shared_box

    page = open_page(PageLookup(SEVEN))
    seats, told, real = shared_box._seats(2), [], look_up.waiting_html

    def told_and_one_gets_up(before: int) -> str:
        if not told:
            seats.__exit__()
        told.append(before)
        return real(before)

    monkeypatch.setattr(look_up, "waiting_html", told_and_one_gets_up)
    with seats:
        seats.__enter__()
        send(page, ("a.jpg", picture()))
    assert told == [0] and "In the catalogue" in html(page)


def test_waiting_for_a_seat_says_how_many_are_before() -> None:
    from app_pages import words
    from app_pages.look_up import waiting_html

    assert "3 before you" in waiting_html(3) and "You are next" in waiting_html(0)
    assert words.text("de", "queue.before", count=3) == "3 vor dir"
