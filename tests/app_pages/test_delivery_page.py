"""The page Delivery without a browser: send, see the rows, fix one, take it back, come back to it by its address."""

from __future__ import annotations

import threading

import pytest
from streamlit.testing.v1 import AppTest

from edge.config import Settings
from edge.journal import Journal
from edge.types import Verdict
from tests.app_pages.shop_fakes import ShopLookup, shop_box
from tests.opened_page import html, picture

FILES = (("a.jpg", picture("red")), ("notes.txt", b"not a picture"), ("b.jpg", picture("blue")))


def show(box) -> None:
    from app_pages import delivery

    delivery.page(box)


def opened(box, **address: str) -> AppTest:
    page = AppTest.from_function(show, args=(box,), default_timeout=60)
    page.query_params.update(address)
    page.run()
    assert not page.exception
    return page


def after_the_work(page: AppTest) -> AppTest:
    """The page once everything that was sent is looked up."""
    for thread in threading.enumerate():
        if thread.name == "deliveries":
            thread.join(120)
    page.run()
    assert not page.exception
    return page


def send(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files])
    page.run()
    assert not page.exception
    return after_the_work(page)


def tap(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


def row_keys(page: AppTest) -> list[str]:
    return [button.key for button in page.button if (button.key or "").startswith("row ") and len(button.key) == 20]


@pytest.fixture
def lookup(tmp_path) -> ShopLookup:
    return ShopLookup(tmp_path / "build", verdict=Verdict.UNSURE, probability=0.4)


@pytest.fixture
def box(lookup, tmp_path, monkeypatch):
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("RACKLENS_DATA", str(tmp_path / "journal"))
    return shop_box(lookup, tmp_path)


def test_photos_sent_become_rows_with_counts_and_the_address_names_the_delivery(box) -> None:
    page = send(opened(box), *FILES)
    shown = html(page)
    assert page.query_params["delivery"] and len(row_keys(page)) == 3
    assert "<b>2</b><span>Please choose</span>" in shown and "<b>1</b><span>Take again</span>" in shown
    assert "Send a JPEG, PNG, WebP or HEIC photo." in shown and "Maybe Crew t-shirt, striped navy" in shown and "40 %" in shown
    assert shown.count("data:image/jpeg") == 2


def test_a_reload_brings_the_delivery_back_without_looking_anything_up_again(box, lookup) -> None:
    delivery_id = send(opened(box), *FILES).query_params["delivery"]
    asked = len(lookup.looked_up)
    again = opened(box, delivery=delivery_id[0] if isinstance(delivery_id, list) else delivery_id)
    assert len(row_keys(again)) == 3 and len(lookup.looked_up) == asked
    start = opened(box)
    assert "3 of 3 photos done" in html(start)


def test_one_is_fixed_and_the_fix_taken_back_without_touching_the_others(box) -> None:
    page = send(opened(box), *FILES)
    tap(page, row_keys(page)[2])
    assert "Photo 3 of 3: b.jpg" in html(page)
    tap(page, "it SHI-0002")
    assert "Photo 3: Work shirt, checked red" in html(page)
    tap(page, "row back")
    assert "<b>1</b><span>In the catalogue</span>" in html(page) and "by hand" in html(page) and "SHI-0002" in html(page)
    tap(page, "undo")
    assert "<b>2</b><span>Please choose</span>" in html(page) and "SHI-0002" not in html(page)


def test_undo_leaves_what_somebody_else_decided_since(box, tmp_path) -> None:
    page = send(opened(box), *FILES)
    tap(page, row_keys(page)[2])
    tap(page, "it SHI-0002")
    tap(page, "row back")
    journal = Journal.open(Settings(data_dir=tmp_path / "journal"))
    (mine,) = (line.id for line in journal.history.page().lines if line.state.item_id == "SHI-0002")
    journal.confirm(mine, "TSH-0001", worker="Ben")
    tap(page, "undo")
    assert journal.get(mine).line.state.item_id == "TSH-0001" and "TSH-0001" in html(page)


@pytest.mark.parametrize(("button", "word"), [("none", "Not in the catalogue"), ("new", "New arrival")])
def test_none_of_these_and_new_arrivals(box, button: str, word: str) -> None:
    page = send(opened(box), FILES[0])
    tap(page, row_keys(page)[0])

    tap(page, button)
    tap(page, "row back")
    assert f"<b>1</b><span>{word}</span>" in html(page)


def test_an_item_that_was_not_among_the_matches_is_found_by_a_word(box, lookup) -> None:
    lookup.items = lookup.items[:1]
    page = send(opened(box), FILES[0])
    tap(page, row_keys(page)[0])
    assert not [button for button in page.button if button.key == "it SHI-0002"]
    next(box for box in page.text_input if (box.key or "").startswith("find ")).set_value("checked").run()
    tap(page, "it SHI-0002")
    assert "Photo 1: Work shirt, checked red" in html(page)


def test_the_open_ones_are_gone_through_one_after_another(box) -> None:
    page = send(opened(box), FILES[0], FILES[2])
    tap(page, "delivery check")
    assert "Photo 1 of 2" in html(page)
    tap(page, "it TSH-0001")
    assert "Photo 2 of 2" in html(page) and "Photo 1: Crew t-shirt" in html(page)
    tap(page, "it TSH-0001")
    assert len(row_keys(page)) == 2 and not [button for button in page.button if button.key == "delivery check"]


def test_a_count_is_a_filter_too(box) -> None:
    page = send(opened(box), *FILES)
    tap(page, "sum failed")
    assert len(row_keys(page)) == 1
    tap(page, "sum all")
    assert len(row_keys(page)) == 3


def test_a_photo_that_failed_is_taken_anew_in_its_place(box) -> None:
    page = send(opened(box), *FILES)
    tap(page, row_keys(page)[1])
    assert "Send a JPEG, PNG, WebP or HEIC photo." in page.error[0].value
    send(page, ("better.jpg", picture("green")))
    assert "Photo 2 of 3: better.jpg" in html(page) and "Please choose" in html(page)


def test_the_same_photos_sent_again_are_left_out_and_said(box, lookup) -> None:
    page = send(opened(box), FILES[0], FILES[2])
    asked = len(lookup.looked_up)
    page.file_uploader[0].set_value([(FILES[0][0], FILES[0][1], "image/jpeg"), ("c.jpg", picture("green"), "image/jpeg")])
    page.run()
    assert "in it already: 1" in page.warning[0].value
    assert len(row_keys(after_the_work(page))) == 3 and len(lookup.looked_up) == asked + 1


def test_a_delivery_that_is_not_there_is_said(box) -> None:
    for address in ("23456789abcdefgh", "../../etc/passwd"):
        assert "not on this box" in opened(box, delivery=address).warning[0].value


def test_markup_in_names_stays_text(box) -> None:
    page = opened(box)
    page.text_input[0].set_value("<script>1</script>").run()
    page = send(page, ("<b>x</b>.jpg", picture("red")))
    assert "<script>1" not in html(page) and "&lt;script&gt;1" in html(page)
    tap(page, row_keys(page)[0])
    assert "<b>x</b>" not in html(page)
