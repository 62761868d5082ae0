"""Several photos: each its own item, or all of one; what a session holds stays small."""

from __future__ import annotations

import pickle

from app_pages import outline_panel
from edge.errors import NoGarmentFound
from tests.opened_page import html, picture, send
from tests.page_fakes import SEVEN, PageLookup


def switch(page):
    return next(group for group in page.button_group if (group.key or "").startswith("several"))


def three(open_page):
    lookup = PageLookup(SEVEN)
    return lookup, send(open_page(lookup), *[(f"{colour}.jpg", picture(colour)) for colour in ("red", "green", "blue")])


def test_photos_of_one_item_are_looked_up_together_and_apart_again(open_page) -> None:
    lookup, page = three(open_page)
    assert "Photo 3 of 3: blue.jpg" in html(page) and switch(page).value == "different"
    asked = len(lookup.looked_up)
    switch(page).set_value("one").run()
    assert not page.exception and "Photo 1 of 3" not in html(page)
    assert len(lookup.looked_up) > asked and html(page).count('class="verdict') == 1
    together = len(lookup.looked_up)
    switch(page).set_value("different").run()
    assert "Photo 3 of 3: blue.jpg" in html(page) and len(lookup.looked_up) == together


def test_outlines_that_were_corrected_count_when_photos_are_of_one_item(open_page, monkeypatch) -> None:
    sent = []
    monkeypatch.setattr(outline_panel, "paint", lambda **shown: sent.pop() if sent else None)
    lookup, page = three(open_page)
    next(button for button in page.button if button.label == "Correct the outline").click().run()
    sent.append({"strokes": [], "box": [0.0, 0.3, 1.0, 0.6]})
    page.run()
    given = []
    whole = lookup.look_up_photos
    monkeypatch.setattr(lookup, "look_up_photos", lambda photos, **more: given.append(more["outlines"]) or whole(photos, **more))
    switch(page).set_value("one").run()
    ((place, mask),) = given[0].items()
    assert place == 0 and abs(float((mask.alpha > 0.5).mean()) - lookup.shares[-2]) < 0.02


def test_a_single_photo_asks_nothing(open_page) -> None:
    page = send(open_page(PageLookup()), ("a.jpg", picture()))
    assert not [group for group in page.button_group if (group.key or "").startswith("several")]


def test_the_next_photo_is_not_taken_for_one_of_the_item_before(open_page) -> None:
    _, page = three(open_page)
    switch(page).set_value("one").run()
    send(page, ("next.jpg", picture("white")))
    assert not page.exception and not [group for group in page.button_group if (group.key or "").startswith("several")]


def test_the_others_are_a_line_until_they_are_opened(open_page) -> None:
    _, page = three(open_page)
    assert html(page).count('class="verdict') == 1
    next(button for button in page.button if button.label == "Open photo 2").click().run()
    assert html(page).count('class="verdict') == 2


def test_a_photo_is_decoded_once(open_page) -> None:
    lookup = PageLookup()
    send(open_page(lookup), ("a.jpg", picture()))
    assert lookup.stages.read_count == 1


def test_a_session_keeps_its_memory_flat(open_page) -> None:
    page = open_page(PageLookup(SEVEN))
    sizes = []
    for n in range(30):
        send(page, (f"{n}.jpg", picture((n * 8, 90, 120), (900, 1200))))
        state = page.session_state
        assert len(state.held) <= 2 and len(state.shown) + len(state.earlier) <= 13
        sizes.append(len(pickle.dumps((state.shown, state.earlier))))
    assert sizes[-1] < 1.1 * sizes[15] and sizes[-1] < 13 * 300_000


def test_without_a_garment_the_page_says_what_to_do_and_offers_to_be_shown_it(open_page) -> None:
    page = send(open_page(PageLookup(error=NoGarmentFound(coverage=0.0))), ("a.jpg", picture()))
    assert "Fill the frame with the whole garment" in page.error[0].value
    assert "drag a box around it" in html(page)
    assert any(button.label == "Search with this box" for button in page.button)
