"""What goes in comes out, from several threads too, and nothing at run time can change it."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from edge.catalogue import Catalogue, VectorRow, write_catalogue
from edge.errors import IndexFolderError, SetupError
from edge.types import CatalogueItem

ITEMS = [
    CatalogueItem("b", "Pinafore “Ada”", "b.jpg", extra_images=("b2.jpg", "b,3.jpg"), quantity=0, price="12.00 EUR", location="R1"),
    CatalogueItem("a", "Smock", "a.jpg", product_type="Dresses > Smocks", color="red", pattern="gingham", size="2T", item_group_id="g"),
]
ROWS = [VectorRow(0, "b", "b.jpg", "thumbs/0.jpg"), VectorRow(1, "b", "b2.jpg", "thumbs/1.jpg"), VectorRow(2, "a", "a.jpg", "thumbs/2.jpg")]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "odd #name? 100%" / "catalogue.sqlite"
    path.parent.mkdir()
    write_catalogue(path, ITEMS, ROWS)
    return path


def test_every_field_of_an_item_survives(path):
    catalogue = Catalogue.open(path)
    assert list(catalogue.items()) == sorted(ITEMS, key=lambda item: item.item_id)
    assert catalogue.count == 2 and catalogue.vectors() == ROWS


def test_several_vectors_lead_to_one_item(path):
    catalogue = Catalogue.open(path)
    assert [catalogue.item_of(label).item_id for label in (0, 1, 2)] == ["b", "b", "a"]
    assert catalogue.thumb_of(1) == "thumbs/1.jpg"


def test_an_unknown_label_is_a_key_error(path):
    catalogue = Catalogue.open(path)
    for ask in (catalogue.item_of, catalogue.thumb_of):
        with pytest.raises(KeyError):
            ask(3)


def test_many_threads_may_ask_at_once(path):
    catalogue = Catalogue.open(path)
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda i: catalogue.item_of(i % 3).item_id, range(600)))
    assert ids == ["b", "b", "a"] * 200


def test_the_file_cannot_be_changed_through_it(path):
    before = path.read_bytes()
    catalogue = Catalogue.open(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        catalogue._connection.execute("DELETE FROM items")
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == ["catalogue.sqlite"]


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_a_missing_or_foreign_file_says_what_to_run(tmp_path, content):
    path = tmp_path / "catalogue.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexFolderError, match="python -m index_builder build"):
        Catalogue.open(path)


def test_browsing_finds_every_word_in_any_column_and_counts_what_it_does_not_give(path):
    catalogue = Catalogue.open(path)
    assert [item.item_id for item in catalogue.browse().items] == ["b", "a"]  # by title
    assert [item.item_id for item in catalogue.browse(text="SMOCK red").items] == ["a"]
    assert catalogue.browse(text="smock blue").total == 0

    assert [item.item_id for item in catalogue.browse(product_type="Dresses > Smocks", color="red").items] == ["a"]
    second = catalogue.browse(limit=1, offset=1)
    assert [item.item_id for item in second.items] == ["a"] and second.total == 2


@pytest.mark.parametrize("word", ["%", "_", "!", "' OR 1=1 --"])
def test_a_searched_word_is_only_ever_a_word(path, word):
    assert Catalogue.open(path).browse(text=word).total == 0


def test_filters_are_offered_with_their_counts(path):
    catalogue = Catalogue.open(path)
    assert catalogue.values_of("color") == [("red", 1)]
    with pytest.raises(ValueError, match="no column"):
        catalogue.values_of("color; DROP TABLE items")


def test_an_item_is_opened_with_all_its_pictures(path):
    catalogue = Catalogue.open(path)
    assert catalogue.item("b") == ITEMS[0]
    assert catalogue.vectors_of("b") == ROWS[:2] and catalogue.vectors_of("nowhere") == []
    with pytest.raises(KeyError):
        catalogue.item("nowhere")


@pytest.mark.parametrize("odd", [{"title": "M\udcfctze"}, {"quantity": 2**70}])
def test_a_value_no_catalogue_can_hold_is_said_to_be_one(tmp_path, odd):
    item = CatalogueItem(**({"item_id": "a", "title": "a", "image": "a.jpg"} | odd))
    with pytest.raises(SetupError, match="cannot hold a value of the feed"):
        write_catalogue(tmp_path / "catalogue.sqlite", [item], [])


@pytest.mark.parametrize("text", ["übergang", "ÜBERGANGSJACKE", "GRÜN übergang", "Größe", "GRÖSSE"])
def test_the_search_knows_the_cases_of_all_letters(tmp_path, text):
    path = tmp_path / "catalogue.sqlite"
    items = [CatalogueItem("a", "Übergangsjacke grün, Größe 40", "a.jpg"), CatalogueItem("b", "Uebergang", "b.jpg")]
    write_catalogue(path, items, [])
    assert [item.item_id for item in Catalogue.open(path).browse(text=text).items] == ["a"]


def test_words_are_not_found_across_columns(tmp_path):
    path = tmp_path / "catalogue.sqlite"
    write_catalogue(path, [CatalogueItem("ab", "cd", "a.jpg")], [])
    assert Catalogue.open(path).browse(text="bcd").total == 0 and Catalogue.open(path).browse(text="cd ab").total == 1
