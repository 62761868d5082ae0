"""The page Looks over a small shop: looks made whole, new ones, alternatives in a colour, another file."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from edge.catalogue import Catalogue
from edge.index import Index, open_current
from tests.made_looks import made_shop
from tests.opened_page import html

LOOKS = "look_id,item_id,slot\nA,t1,top\nA,p1,bottom\nA,s1,shoes\nB,k1,bottom\nB,t2,top\n"


def show(box) -> None:
    from app_pages import looks

    looks.page(box)


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("RACKLENS_DATA", str(tmp_path / "data"))
    root = made_shop(tmp_path / "index")
    folder, manifest = open_current(root)
    parts = {name: slice(*ends) for name, ends in manifest.parts.items()}
    lookup = SimpleNamespace(
        index=Index.open(folder, manifest=manifest), catalogue=Catalogue.open(folder / "catalogue.sqlite"), folder=folder,
        stages=SimpleNamespace(parts=parts, concepts_note="none"),
    )  # fmt: skip
    return SimpleNamespace(lookup=lookup, root=root, seats=threading.Semaphore(1))


def opened(box: SimpleNamespace, **query: str) -> AppTest:
    page = AppTest.from_function(show, args=(box,), default_timeout=60)
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def write_looks(box: SimpleNamespace, text: str = LOOKS) -> None:
    (box.root.parent / "demo").mkdir()
    (box.root.parent / "demo" / "looks.csv").write_text(text)


def test_without_looks_the_page_says_what_brings_them(box: SimpleNamespace) -> None:
    page = opened(box)
    assert "look_id, item_id, slot" in page.info[0].value


def test_a_look_shows_its_pieces_and_marks_what_was_replaced(box: SimpleNamespace) -> None:
    write_looks(box)
    shown = html(opened(box))
    assert "Complete with 1 replaced" in shown and 'class="new"' in shown and "Replaced" in shown and "instead of crew red" in shown
    assert shown.count("data:image/jpeg") > 5 and "Proposal 1" in shown


def test_a_look_that_cannot_be_completed_is_said(box: SimpleNamespace) -> None:
    write_looks(box)
    page = opened(box)
    page.selectbox(key="looks look").set_value("B").run()
    assert "Cannot be completed" in html(page) and "nothing of its kind is left" in html(page)


def test_a_new_look_starts_from_the_chosen_item(box: SimpleNamespace) -> None:
    write_looks(box)
    page = opened(box)
    page.selectbox(key="looks seed A").set_value("t5").run()
    assert not page.exception and html(page).count('class="seed" data-item="t5"') >= 1


def test_the_item_in_the_address_gets_its_alternatives_in_any_or_a_chosen_colour(box: SimpleNamespace) -> None:
    page = opened(box, item="t1")
    assert "Instead of crew red" in html(page) and 'data-item="t3"' in html(page)
    page.selectbox(key="looks colour asked").set_value("navy").run()
    assert 'data-item="t2"' in html(page) and 'data-item="t3"' not in html(page)
    page.selectbox(key="looks colour asked").set_value("green").run()
    assert "Try another colour" in page.info[0].value
    page.button(key="looks close").click().run()
    assert "Instead of" not in html(page)


def test_an_item_that_is_gone_is_said(box: SimpleNamespace) -> None:
    assert "not in the catalogue any more" in opened(box, item="nowhere").warning[0].value


def test_another_file_is_checked_then_stays_in_use_and_bad_rows_are_listed(box: SimpleNamespace) -> None:
    write_looks(box)
    page = opened(box)
    page.file_uploader[0].set_value([("mine.csv", b"look_id,item_id,slot\nX,zz,top\n", "text/csv")]).run()
    assert "line 2" in page.error[0].value and "zz" in page.error[0].value
    page = opened(box)
    page.file_uploader[0].set_value([("mine.csv", b"look_id,item_id,slot\nX,t2,top\nX,p1,bottom\nY,zz,top\n", "text/csv")]).run()
    assert not page.exception
    again = html(opened(box))
    assert 'data-look="X"' in again and "line 4, look Y" in again


def test_out_of_stock_items_lead_to_their_alternatives_and_others_do_not() -> None:
    from app_pages.item_view import facts
    from edge.types import CatalogueItem

    gone, there = (CatalogueItem("a/1 ü", "A", "a.jpg", quantity=n) for n in (0, 4))
    assert "href='looks?item=a/1%20%C3%BC'" in facts(gone) and "href" not in facts(there)
