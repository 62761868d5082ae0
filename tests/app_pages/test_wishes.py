"""What matters, more like this, not like this: asked of the whole look-up, shown as places won and lost."""

from __future__ import annotations

from app_pages.result_view import moved
from app_pages.results import NEW, Card
from edge.types import Match, Verdict
from tests.opened_page import html, picture, send
from tests.page_fakes import SEVEN, PageLookup


def control(page, start: str):
    return next(group for group in page.button_group if (group.key or "").startswith(start))


def order(page) -> list[str]:
    import re

    return re.findall(r'<article class="card[^>]*data-item="([^"]+)"', html(page))


def opened(open_page):
    lookup = PageLookup(SEVEN, verdict=Verdict.UNSURE)
    page = send(open_page(lookup), ("a.jpg", picture()))
    assert order(page) == [f"I-{n}" for n in range(1, 8)]
    return lookup, page


def test_a_weight_is_sent_for_all_parts_and_the_new_order_is_told(open_page) -> None:
    lookup, page = opened(open_page)
    control(page, "weight colour").set_value("more").run()
    assert not page.exception
    assert lookup.asked[-1]["weights"]["colour"] > 1 and lookup.asked[-1]["weights"]["shape"] == 1
    assert order(page) == [f"I-{n}" for n in range(7, 0, -1)]
    assert "Now first: Item 7 (was number 7)" in html(page)
    assert "Up 6" in html(page) and "Down 6" in html(page)


def test_liked_and_disliked_items_are_all_sent_each_time(open_page) -> None:
    lookup, page = opened(open_page)
    control(page, "opinion I-3").set_value("like").run()
    assert order(page)[0] == "I-3" and "Now first: Item 3 (was number 3)" in html(page)
    control(page, "opinion I-1").set_value("dislike").run()
    assert lookup.asked[-1]["liked"] == ("I-3",) and lookup.asked[-1]["disliked"] == ("I-1",)
    assert order(page)[-1] == "I-1"
    assert control(page, "opinion I-3").value == "like"


def test_a_second_tap_takes_it_back_and_reset_takes_all_back(open_page) -> None:
    lookup, page = opened(open_page)
    control(page, "opinion I-3").set_value("like").run()
    control(page, "opinion I-3").set_value(None).run()
    assert order(page)[0] == "I-1"
    control(page, "opinion I-2").set_value("dislike").run()
    control(page, "weight shape").set_value("less").run()
    page.button(key=next(button.key for button in page.button if button.key.startswith("reset"))).click().run()
    assert order(page) == [f"I-{n}" for n in range(1, 8)]
    assert control(page, "weight shape").value == "normal" and control(page, "opinion I-2").value is None


def test_an_order_that_stays_is_said_too(open_page) -> None:
    _, page = opened(open_page)
    control(page, "opinion I-1").set_value("like").run()
    assert "the order stays the same" in html(page)


def test_wishes_survive_that_the_session_lets_the_answer_go(open_page) -> None:
    lookup, page = opened(open_page)
    control(page, "opinion I-3").set_value("like").run()
    page.session_state.held.clear()
    control(page, "weight colour").set_value("more").run()
    assert not page.exception and len(lookup.shares) == 1  # the journal has the answer with its vectors
    assert order(page)[0] == "I-3"


def test_without_a_journal_the_small_photo_and_its_outline_are_looked_up_again(open_page, tmp_path) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    lookup, page = opened(open_page)
    page.session_state.held.clear()
    control(page, "weight colour").set_value("more").run()
    assert not page.exception and len(lookup.shares) == 2
    assert abs(lookup.shares[0] - lookup.shares[1]) < 0.02


def test_arrows_say_where_from() -> None:
    match = Match(SEVEN[0], 0.9, {}, 2)
    assert "▲" in moved(Card(match, "", 5)) and "Up 3" in moved(Card(match, "", 5))
    assert "▼" in moved(Card(match, "", 1)) and "New" in moved(Card(match, "", NEW)) and moved(Card(match, "")) == ""
