"""Encodings and kinds of file: told by content, whatever the name, and by the whole of it rather than its beginning."""

from __future__ import annotations

import codecs
import gzip

import pytest

from edge.errors import FeedError
from index_builder.feed import read_feed

HEADER = "id,image_link,title,location\n"
PLAIN = "".join(f"{i},img/{i}.jpg,Shirt {i},R{i}\n" for i in range(3000))
LONG = "".join(f"{i},img/{i}.jpg,{'Shirt ' * 100},R{i}\n" for i in range(2000))
UMLAUTS = "9999,img/größe.jpg,Öljacke für Mädchen,Außenlager Süd\n"
MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE, "utf-32-le": codecs.BOM_UTF32_LE}


def last(path):
    items, skipped = read_feed(path)
    assert not skipped
    return items[-1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
@pytest.mark.parametrize("before", ["", PLAIN, LONG], ids=["short", "long", "over a megabyte"])
def test_umlauts_in_the_last_row_are_read_in_every_encoding(tmp_path, encoding, before):
    path = tmp_path / "feed.csv"
    path.write_bytes((HEADER + before + UMLAUTS).encode(encoding))
    item = last(path)
    assert (item.title, item.location) == ("Öljacke für Mädchen", "Außenlager Süd")
    assert item.image == str(tmp_path / "img/größe.jpg")


@pytest.mark.parametrize("encoding", MARKS)
def test_a_byte_order_mark_is_believed(tmp_path, encoding):
    (tmp_path / "feed").write_bytes(MARKS[encoding] + (HEADER + UMLAUTS).encode(encoding))
    assert last(tmp_path / "feed").title == "Öljacke für Mädchen"


def test_other_alphabets_in_utf16_without_a_mark(tmp_path):
    row = "1,картинка.jpg,Платье из хлопка для девочек,Склад\n"
    for encoding in ("utf-16-le", "utf-16-be", "utf-8"):
        (tmp_path / "feed").write_bytes((HEADER + row).encode(encoding))
        assert last(tmp_path / "feed").title == "Платье из хлопка для девочек"


def test_the_euro_sign_and_typographic_quotes_of_windows(tmp_path):
    (tmp_path / "feed").write_bytes("id,image_link,title,price\n1,a.jpg,„Anorak“ – blau,12 €\n".encode("cp1252"))
    item = last(tmp_path / "feed")
    assert (item.title, item.price) == ("„Anorak“ – blau", "12 €")


def test_a_letter_across_two_chunks_is_one_letter(tmp_path):
    before = HEADER + "1,a.jpg," + "x" * 2**19 + "\n2,b.jpg,"
    for shift in (1, 2):  # the two bytes of ü fall on either side of the first megabyte
        text = before + "x" * (2**20 - shift - len(before)) + "ü\n"
        assert text.encode().index("ü".encode()) == 2**20 - shift
        (tmp_path / "feed").write_bytes(text.encode())
        assert last(tmp_path / "feed").title.endswith("ü")


def test_one_broken_byte_does_not_turn_a_utf8_feed_into_latin1(tmp_path):
    good = "".join(f"{i},img/{i}.jpg,Größe {i},Süd\n" for i in range(10))
    (tmp_path / "feed").write_bytes((HEADER + good).encode() + b"b\xff,x.jpg,t,R\nc,\xffx.jpg,t,R\nd,d.jpg,t\xff,R\n")
    items, skipped = read_feed(tmp_path / "feed")
    assert [item.title for item in items[:2]] == ["Größe 0", "Größe 1"]
    assert [(row.line, row.reason) for row in skipped] == [
        (12, "the id holds a character that cannot be read"),
        (13, "the image link holds a character that cannot be read"),
    ]
    assert items[-1].title == "t\ufffd"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04 xl/workbook.xml", "Excel"),
        (b'<?xml version="1.0"?><rss/>', "XML"),
        (b'\xef\xbb\xbf\n <rss version="2.0">', "XML"),
        (b"<!doctype html>", "web page"),
        (b'{"products": []}', "JSON"),
        (b"\xff\xd8\xff\xe0 JFIF", "picture"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(tmp_path, content, kind):
    for data in (content, gzip.compress(content)):
        (tmp_path / "feed.csv").write_bytes(data)
        with pytest.raises(FeedError, match=kind):
            read_feed(tmp_path / "feed.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_gzip_damaged_anywhere_is_found_before_the_first_item(tmp_path, encoding):
    whole = gzip.compress((HEADER + PLAIN).encode(encoding))
    for data in (whole[:-4], whole[: len(whole) // 2], whole[:-8] + b"\0\0\0\0" + whole[-4:], whole[:3000] + b"\xff" * 40 + whole[3040:]):
        (tmp_path / "feed.csv.gz").write_bytes(data)
        with pytest.raises(FeedError, match="damaged gzip"):
            read_feed(tmp_path / "feed.csv.gz")


def test_gzip_in_several_members_is_one_file(tmp_path):
    (tmp_path / "feed").write_bytes(gzip.compress(HEADER.encode()) + gzip.compress(UMLAUTS.encode()))
    assert last(tmp_path / "feed").item_id == "9999"
