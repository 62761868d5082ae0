"""The catalogue's page over a real catalogue file: search, filters, pages, one item."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from app_pages.catalogue import ON_A_PAGE
from edge.catalogue import Catalogue, VectorRow, write_catalogue
from edge.types import CatalogueItem
from tests.opened_page import html, picture

SHIRTS = [
    CatalogueItem(f"S-{n:02}", f"Shirt {n:02}", "s.jpg", product_type="Tops > Shirt", color="red", quantity=n, location=f"A-{n:02}")
    for n in range(ON_A_PAGE + 6)
]
HAT = CatalogueItem("H-1", "Hat & <scarf>", "h.jpg", product_type="Extra > Hat", color="blue", price="9.00 EUR")


def show(box) -> None:
    from app_pages import catalogue

    catalogue.page(box)


@pytest.fixture
def page(tmp_path: Path) -> AppTest:
    (tmp_path / "thumbs").mkdir()
    (tmp_path / "thumbs" / "0.jpg").write_bytes(picture())
    write_catalogue(tmp_path / "catalogue.sqlite", [*SHIRTS, HAT], [VectorRow(0, "H-1", "h.jpg", "thumbs/0.jpg")])
    lookup = SimpleNamespace(catalogue=Catalogue.open(tmp_path / "catalogue.sqlite"), folder=tmp_path)
    page = AppTest.from_function(show, args=(SimpleNamespace(lookup=lookup),), default_timeout=30).run()
    assert not page.exception
    return page


def test_a_long_list_comes_in_pages(page: AppTest) -> None:
    assert "1 to 24 of 31 items" in html(page) and "Shirt 00" in html(page) and "Shirt 29" not in html(page)
    page.button[-1].click().run()
    assert "25 to 31 of 31 items" in html(page) and "Shirt 29" in html(page)


def test_a_word_finds_and_turns_back_to_the_first_page(page: AppTest) -> None:
    page.button[-1].click().run()
    page.text_input[0].set_value("a-07").run()
    assert "Items found: 1" in html(page) and "Shirt 07" in html(page)


def test_filters_name_the_last_level_only(page: AppTest) -> None:
    assert page.selectbox[0].options == ["All", "Shirt", "Hat"]
    page.selectbox[1].set_value("blue").run()
    assert html(page).count("<article") == 1 and "9.00 EUR" in html(page)


def test_nothing_found_says_what_to_do(page: AppTest) -> None:
    page.text_input[0].set_value("zzz").run()
    assert "Take a word or a filter away" in page.info[0].value


def test_an_item_opens_at_a_tap_and_closes_again_with_the_search_kept(page: AppTest) -> None:
    page.text_input[0].set_value("hat").run()
    page.button(key="open H-1").click().run()
    shown = html(page)
    assert "Hat &amp; &lt;scarf&gt;" in shown and "Extra &gt; Hat" in shown and "data:image/jpeg" in shown
    page.button(key="catalogue back").click().run()
    assert page.text_input[0].value == "hat" and html(page).count("<article") == 1


def test_an_item_that_is_gone_is_said(page: AppTest) -> None:
    page.query_params["item"] = "nowhere"
    page.run()
    assert "not in the catalogue any more" in page.warning[0].value
