"""The catalogue's page over a real catalogue file: search, filters, pages, one item."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app_pages.catalogue import ON_A_PAGE
from edge.catalogue import Catalogue, VectorRow, write_catalogue
from edge.index import Index
from edge.types import CatalogueItem
from tests.opened_page import html, picture

SHIRTS = [
    CatalogueItem(f"S-{n:02}", f"Shirt {n:02}", "s.jpg", product_type="Tops > Shirt", color="red", quantity=n, location=f"A-{n:02}")
    for n in range(ON_A_PAGE + 6)
]
HAT = CatalogueItem(
    "H-1", "Hat & <scarf>", "h.jpg", product_type="Extra > Hat", color="blue", price="9.00 EUR", availability="Out of stock",
    predicted="product_type,color",
)  # fmt: skip


def show(box) -> None:
    from app_pages import catalogue

    catalogue.page(box)


@pytest.fixture
def page(tmp_path: Path) -> AppTest:
    (tmp_path / "thumbs").mkdir()
    (tmp_path / "thumbs" / "0.jpg").write_bytes(picture())
    views = [VectorRow(0, "H-1", "h.jpg", "thumbs/0.jpg"), VectorRow(1, "H-1", "i.jpg", "thumbs/0.jpg")]
    views += [VectorRow(2 + n, f"S-{n:02}", "s.jpg", "") for n in range(3)]
    write_catalogue(tmp_path / "catalogue.sqlite", [*SHIRTS, HAT], views)
    # The hat's second view lies next to shirt 2, its first next to shirt 0.
    vectors = np.float32([[1, 0, 0], [0, 1, 0], [0.9, 0.1, 0.4], [0, 0, 1], [0.05, 0.99, 0]])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = Index(vectors=vectors, graph=None, ef_search=10)
    lookup = SimpleNamespace(catalogue=Catalogue.open(tmp_path / "catalogue.sqlite"), folder=tmp_path / "b", index=index)
    (tmp_path / "b").mkdir()
    (tmp_path / "thumbs").rename(tmp_path / "b" / "thumbs")
    page = AppTest.from_function(show, args=(SimpleNamespace(lookup=lookup, root=tmp_path),), default_timeout=30).run()
    assert not page.exception
    return page


def test_a_long_list_comes_in_pages(page: AppTest) -> None:
    assert "1 to 24 of 31 items" in html(page) and "Shirt 00" in html(page) and "Shirt 29" not in html(page)
    page.button(key="catalogue start next").click().run()
    assert "25 to 31 of 31 items" in html(page) and "Shirt 29" in html(page)


def test_a_word_finds_and_turns_back_to_the_first_page(page: AppTest) -> None:
    page.button(key="catalogue start next").click().run()
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


def test_filters_by_group_of_garment_and_by_stock(page: AppTest) -> None:
    group = page.button_group[0]
    assert [option.casefold() for option in group.options][0] == "tops" and len(group.options) == 2
    group.set_value("tops").run()
    assert "of 30 items" in html(page) and page.selectbox[0].options == ["All", "Shirt"]
    page.selectbox[2].set_value("gone").run()
    assert "Items found: 1" in html(page) and "Shirt 00" in html(page)  # quantity 0


def test_a_feeds_words_for_not_there_count_as_not_there(page: AppTest) -> None:
    page.selectbox[2].set_value("gone").run()
    assert "Hat &amp;" in html(page) and "Items found: 2" in html(page)


def test_what_was_read_off_the_picture_says_so(page: AppTest) -> None:
    page.query_params["item"] = "H-1"
    shown = html(page.run())
    assert "Extra &gt; Hat (read off the picture)" in shown and "blue (read off the picture)" in shown
    assert "9.00 EUR (read" not in shown


def test_an_items_look_alikes_come_nearest_first_by_its_best_view_and_open(page: AppTest) -> None:
    page.query_params["item"] = "H-1"
    page.run()
    tiles = [button.key for button in page.button if (button.key or "").startswith("open alike")]
    assert tiles == ["open alike S-02", "open alike S-00", "open alike S-01"]
    assert html(page).count("data:image/jpeg") >= 2
    page.button(key="open alike S-02").click().run()
    assert not page.exception and "<h2>Shirt 02</h2>" in html(page)


def test_without_a_report_of_duplicates_the_command_is_shown(page: AppTest) -> None:
    page.button(key="alike open").click().run()
    assert "python -m index_builder duplicates --index" in page.code[0].value and page.info


def test_a_report_of_duplicates_is_shown_group_by_group(page: AppTest, tmp_path: Path) -> None:
    (tmp_path / "duplicates").mkdir()
    lines = ["group,kind,item_id", "1,duplicate,S-01", "1,duplicate,S-02", "2,colourway,H-1", "2,colourway,S-03", "3,duplicate,S-04"]
    (tmp_path / "duplicates" / "duplicates.csv").write_text("\n".join([*lines, "3,duplicate,'=gone"]))
    (tmp_path / "duplicates" / "build.txt").write_text("b\n")
    page.query_params["alike"] = "1"
    page.run()
    assert not page.exception
    shown = html(page)
    assert "Groups that look the same: 1" in shown and "One cut in several colours: 1" in shown
    assert "Shirt 01" in shown and "Shirt 02" in shown and "Hat &amp;" in shown and "Shirt 03" in shown
    assert "Shirt 04" not in shown, "what it was like is gone"


def test_a_report_of_another_build_does_not_count(tmp_path: Path) -> None:
    from app_pages.catalogue_duplicates import groups_of

    (tmp_path / "duplicates").mkdir()
    (tmp_path / "duplicates" / "duplicates.csv").write_text("group,kind,item_id\n1,duplicate,A\n1,duplicate,'=B\n")
    (tmp_path / "duplicates" / "build.txt").write_text("younger\n")
    built = {"duplicates": {"groups": [["C", "D"]], "colourways": []}}
    assert groups_of(tmp_path, "younger", built) == [("duplicate", ["A", "=B"])]
    assert groups_of(tmp_path, "rolled back to", built) == [("duplicate", ["C", "D"])]


def test_a_builds_own_duplicates_count_where_the_command_was_not_run(tmp_path: Path) -> None:
    from app_pages.catalogue_duplicates import groups_of

    (tmp_path / "b").mkdir()
    built = {"duplicates": {"groups": [["A", "B"]], "colourways": []}}
    assert groups_of(tmp_path, "b", built) == [("duplicate", ["A", "B"])]
    assert groups_of(tmp_path, "b", {"duplicates": None}) is None and groups_of(tmp_path, "b", None) is None
