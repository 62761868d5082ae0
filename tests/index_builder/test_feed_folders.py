"""Folders as feeds: Kaggle's styles.csv with its unquoted commas, and images in folders in folders."""

from __future__ import annotations

import gzip
import os
import shutil

import pytest

from edge.errors import FeedError
from index_builder.feed import SkippedRow, read_feed

STYLES = """id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName
15970,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011,Casual,Turtle Check Men Navy Blue Shirt
39386,Men,Apparel,Bottomwear,Jeans,Blue,Summer,2012,Casual,
59263,Women,Accessories,Watches,Watches,Silver,Winter,2016,Casual,Titan, Women, Silver Watch
7,Men,Apparel,Topwear,Shirts,Navy, Blue,Fall,2011,Casual,Shifted
12,Men,Apparel,Topwear,Tshirts,,Fall,,Casual,"Said ""no"", twice"
404,Men,Apparel,Topwear,Shirts,Grey,Fall,2011,Casual,No Picture
15970,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,Again
"""


@pytest.fixture
def kaggle(tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("15970.jpg", "39386.jpg", "59263.PNG", "7.jpg", "12.jpg", "9999.jpg"):
        (tmp_path / "images" / name).touch()
    (tmp_path / "styles.csv").write_text(STYLES)
    return tmp_path


def check(folder, items, skipped):
    shirt, jeans, watch, tee = items
    assert (shirt.item_id, shirt.title, shirt.color) == ("15970", "Turtle Check Men Navy Blue Shirt", "Navy Blue")
    assert (shirt.product_type, shirt.image) == ("Apparel > Topwear > Shirts", str(folder / "images/15970.jpg"))
    assert (jeans.item_id, jeans.title) == ("39386", "39386")
    assert (watch.title, watch.product_type) == ("Titan, Women, Silver Watch", "Accessories > Watches")
    assert watch.image == str(folder / "images/59263.PNG")
    assert (tee.title, tee.color) == ('Said "no", twice', "")
    assert skipped == [
        SkippedRow(5, "7", "11 values for 10 columns; is a delimiter unquoted?"),
        SkippedRow(7, "404", "images/404.jpg is not there"),
        SkippedRow(8, "15970", "the id is already in line 2"),
    ]


def test_kaggles_layout_is_read_by_its_folder_and_by_its_table(kaggle):
    check(kaggle, *read_feed(kaggle))
    check(kaggle, *read_feed(kaggle / "styles.csv"))
    (kaggle / "styles.csv.gz").write_bytes(gzip.compress((kaggle / "styles.csv").read_bytes()))
    (kaggle / "styles.csv").unlink()
    check(kaggle, *read_feed(kaggle))


def test_columns_of_kaggles_layout_can_be_mapped_too(kaggle):
    items, _ = read_feed(kaggle, columns={"title": "articleType", "product_type": "usage", "location": "season"})
    assert (items[0].title, items[0].product_type, items[0].location) == ("Shirts", "Casual", "Fall")


def test_without_its_images_folder_every_row_of_kaggles_table_is_named(kaggle):
    shutil.rmtree(kaggle / "images")
    items, skipped = read_feed(kaggle / "styles.csv")
    assert not items and [row.line for row in skipped] == [2, 3, 4, 5, 6, 7, 8]


def test_nested_folders_give_product_types_and_a_name_that_is_taken_is_named(tmp_path):
    for place in ("Shirts/Polo/a.jpg", "Shirts/b.v2.JPEG", "c.heic", "Skirts/a.png", "Skirts/readme.txt", ".git/d.jpg", "Skirts/.e.jpg"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    items, skipped = read_feed(tmp_path)
    assert [(item.item_id, item.product_type) for item in items] == [("a", "Shirts > Polo"), ("b.v2", "Shirts"), ("c", "")]
    assert skipped == [
        SkippedRow(0, "Skirts/a.png", "the name a is already taken by Shirts/Polo/a.jpg"),
        SkippedRow(0, "Skirts/readme.txt", "not named like an image"),
    ]


def test_a_relative_folder_gives_absolute_paths(tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/a.jpg").touch()
    (tmp_path / "feed.csv").write_text("id,image_link\n1,shop/a.jpg\n")
    monkeypatch.chdir(tmp_path)
    from pathlib import Path

    assert read_feed(Path("shop"))[0][0].image == read_feed(Path("feed.csv"))[0][0].image == str(tmp_path / "shop/a.jpg")


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "feed.csv").touch()
    with pytest.raises(FeedError, match="holds no images"):
        read_feed(tmp_path)


def test_a_name_that_is_not_utf_8_is_named_and_left_out(tmp_path):
    for name in (b"coat.jpg", b"M\xfctze.jpg"):
        (tmp_path / os.fsdecode(name)).touch()
    (tmp_path / os.fsdecode(b"H\xfcte")).mkdir()
    (tmp_path / os.fsdecode(b"H\xfcte") / "hat.jpg").touch()
    items, skipped = read_feed(tmp_path)
    assert [item.item_id for item in items] == ["coat"]
    assert [row.reason for row in skipped] == ["its name, or a folder's above it, is not UTF-8: rename it"] * 2
    "".join(str(row) for row in skipped).encode()  # what is said of them can be written down
