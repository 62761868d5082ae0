"""Feeds as shops export them: every encoding and delimiter gives the same items, every bad row its line and reason."""

from __future__ import annotations

import csv
import gzip
import io

import pytest

from edge.errors import FeedError
from index_builder.feed import SkippedRow, read_feed

COLUMNS = (
    "id title image_link additional_image_link availability product_type google_product_category color pattern size price "
    "item_group_id quantity location"
).split()
ROW = {
    "id": "7", "title": "Pinafore, größe \"S\"", "image_link": "img/7.jpg", "additional_image_link": "img/7b.jpg, https://x.test/7c.jpg",
    "availability": "in_stock", "product_type": "Dresses > Pinafores", "google_product_category": "1604", "color": "Blé",
    "pattern": "plaid", "size": "2T", "price": "12.50 EUR", "item_group_id": "g7", "quantity": "3", "location": "R4-S2",
}  # fmt: skip


def text(*rows: dict[str, str], delimiter: str = ",", columns=COLUMNS) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter=delimiter, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("zipped", [False, True])
def test_every_encoding_and_delimiter_gives_the_same_item(tmp_path, encoding, delimiter, zipped):
    data = text(ROW, delimiter=delimiter).encode(encoding)
    path = tmp_path / "feed"
    path.write_bytes(gzip.compress(data) if zipped else data)
    (item,), skipped = read_feed(path)
    assert not skipped
    assert (item.item_id, item.title, item.color) == ("7", 'Pinafore, größe "S"', "Blé")
    assert item.image == str(tmp_path / "img/7.jpg")
    assert item.extra_images == (str(tmp_path / "img/7b.jpg"), "https://x.test/7c.jpg")
    assert (item.product_type, item.pattern, item.size, item.price) == ("Dresses > Pinafores", "plaid", "2T", "12.50 EUR")
    assert (item.availability, item.item_group_id, item.quantity, item.location) == ("in_stock", "g7", 3, "R4-S2")


def read(tmp_path, content: str):
    path = tmp_path / "feed.csv"
    path.write_text(content, newline="")
    return read_feed(path)


def test_each_bad_row_is_named_with_its_line_and_the_rest_is_read(tmp_path):
    content = 'id,image_link,title\n1,a.jpg,"two\nlines"\n,b.jpg,no id\n\n3,,no image\n1,c.jpg,again\n5,d.jpg,x,y\n6,e.jpg\n7,f.jpg,t,,\n'
    items, skipped = read(tmp_path, content)
    assert [item.item_id for item in items] == ["1", "6", "7"]
    assert skipped == [
        SkippedRow(4, "", "no id"),
        SkippedRow(6, "3", "no image_link"),
        SkippedRow(7, "1", "the id is already in line 2"),
        SkippedRow(8, "5", "4 values for 3 columns; is a delimiter unquoted?"),
    ]


def test_an_item_without_title_is_called_by_its_id(tmp_path):
    assert read(tmp_path, "id,image_link,title\n9,a.jpg,\n")[0][0].title == "9"


def test_column_names_may_have_blanks_capitals_and_googles_prefix(tmp_path):
    (item,), _ = read(tmp_path, "ID;Image Link;g:color\n9;https://x.test/a.jpg;red\n")
    assert (item.image, item.color) == ("https://x.test/a.jpg", "red")


def test_the_google_category_stands_in_for_a_missing_product_type(tmp_path):
    assert read(tmp_path, "id,image_link,google_product_category\n9,a.jpg,Apparel\n")[0][0].product_type == "Apparel"


@pytest.mark.parametrize(("written", "quantity"), [("3", 3), ("3.0", 3), ("", None), ("many", None), ("-1", None)])
def test_quantity_is_a_number_or_unknown(tmp_path, written, quantity):
    assert read(tmp_path, f"id,image_link,quantity\n9,a.jpg,{written}\n")[0][0].quantity == quantity


def test_a_very_long_description_is_no_obstacle(tmp_path):
    assert len(read(tmp_path, f"id,image_link,description\n1,a.jpg,{'x' * 500_000}\n2,b.jpg,y\n")[0]) == 2


@pytest.mark.parametrize("content", ["", "\n\n", "id,title\n1,x\n", "just words\n", "id,image_link,id\n1,a,2\n", "sep=;\n"])
def test_a_feed_without_the_needed_columns_is_refused_with_a_sentence(tmp_path, content):
    with pytest.raises(FeedError, match="column"):
        read(tmp_path, content)


def test_a_missing_or_broken_file_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(FeedError, match="cannot be read"):
        read_feed(tmp_path / "gone.csv")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(text(ROW).encode())[:-20])
    with pytest.raises(FeedError, match="damaged gzip"):
        read_feed(tmp_path / "cut.csv.gz")


def test_a_folder_of_images_is_a_feed(tmp_path):
    for name in ("a.jpg", "Dresses/b.PNG", "Dresses/a.webp", "notes.txt", ".hidden/c.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    items, skipped = read_feed(tmp_path)
    assert {item.item_id for item in items} == {"a", "b"}
    assert next(item for item in items if item.item_id == "b").product_type == "Dresses"
    assert {row.item_id for row in skipped} == {"notes.txt", "a.jpg"}
    (tmp_path / "empty").mkdir()
    with pytest.raises(FeedError, match="no images"):
        read_feed(tmp_path / "empty")
