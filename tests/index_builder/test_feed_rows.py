"""Rows that are wrong in one way each: named with their own line, and never at the cost of the rows around them."""

from __future__ import annotations

import csv
import io
import random

import pytest

from index_builder.feed import ItemRow, SkippedRow, iter_feed, read_feed
from index_builder.feed.links import split_links
from index_builder.feed.rows import TOO_LONG, UNREADABLE, read_rows


def read(tmp_path, content: str, **more):
    path = tmp_path / "feed.csv"
    path.write_bytes(content.encode())
    return read_feed(path, **more)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_lines_are_counted_through_quoted_breaks_and_blank_lines(tmp_path, end):
    lines = ["", "id,title,image_link", '1,"two', 'lines",a.jpg', "", " , ,", ",x,b.jpg", '4,"a', "", 'c"," d.jpg"', "5,y,", "1,z,e.jpg"]
    items, skipped = read(tmp_path, end.join(lines) + end)
    assert [item.item_id for item in items] == ["1", "4"]
    assert items[1].image == str(tmp_path / "d.jpg")
    assert skipped == [SkippedRow(7, "", "no id"), SkippedRow(11, "5", "no image_link"), SkippedRow(12, "1", "the id is already in line 3")]


def test_rows_come_with_their_lines(tmp_path):
    (tmp_path / "feed.csv").write_text('id,image_link,title\n1,a.jpg,"x\ny"\n2,b.jpg,\n')
    assert [(row.line, row.item.item_id) for row in iter_feed(tmp_path / "feed.csv") if isinstance(row, ItemRow)] == [(2, "1"), (4, "2")]


def test_a_quotation_mark_left_open_costs_its_row_only(tmp_path):
    content = 'id,title,image_link\n1,a,1.jpg\n2,"open,2.jpg\n3,"c, d",3.jpg\n4,e,4.jpg\n5,"f ""g""",5.jpg\n6,"open at the end,6.jpg\n'
    items, skipped = read(tmp_path, content)
    assert [(item.item_id, item.title) for item in items] == [("1", "a"), ("3", "c, d"), ("4", "e"), ("5", 'f "g"')]
    assert skipped == [SkippedRow(3, "", UNREADABLE), SkippedRow(7, "", UNREADABLE)]


def test_quotation_marks_inside_a_value_are_letters(tmp_path):
    items, skipped = read(tmp_path, 'id,title,image_link\n1,27" waist,1.jpg\n2,"Big" dress,2.jpg\n3,c,3.jpg\n')
    assert not skipped and [item.title for item in items] == ['27" waist', "Big dress", "c"]


def test_a_quote_open_in_the_last_column_still_gives_the_item(tmp_path):
    items, skipped = read(tmp_path, 'id,image_link,title\n1,1.jpg,"open\n2,2.jpg,"b, c"\n')
    assert [(item.item_id, item.title) for item in items] == [("1", "open"), ("2", "b, c")] and not skipped


def test_rows_written_by_python_come_back_whatever_is_in_them():
    rng = random.Random(5)
    for _ in range(200):
        rows = [["".join(rng.choices('ab ,;"\n\r\t|é', k=rng.randrange(6))) + "x" for _ in range(3)] for _ in range(8)]
        out = io.StringIO()
        csv.writer(out, delimiter=";").writerows(rows)
        text = io.StringIO(out.getvalue(), newline="")
        assert [values for _, values in read_rows(text, delimiter=";", width=3)] == rows


def test_a_value_without_end_is_named_and_the_next_row_read(tmp_path):
    items, skipped = read(tmp_path, f'id,image_link,title\n1,a.jpg,{"x" * (2**20 + 1)}\n2,b.jpg,\n3,"c.jpg,{"y " * 2**20}\n4,d.jpg,\n')
    assert [item.item_id for item in items] == ["2", "4"] and [(row.line, row.reason) for row in skipped] == [(2, TOO_LONG), (4, TOO_LONG)]


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("ftp://x.test/a.jpg", "begins with ftp://"),
        ("http:///a.jpg", "names no host"),
        ("http://[::1/a.jpg", "names no host"),
        ("data:image/png;base64\u002cAAAA", "the picture itself"),
        ('"a\nb.jpg"', "a line break in the image link"),
        ("a\0b.jpg", "cannot be read"),
    ],
)
def test_a_link_that_leads_to_no_picture_is_named(tmp_path, link, reason):
    link = link if link.startswith('"') else f'"{link}"'
    items, (row,) = read(tmp_path, f"id,image_link\n1,{link}\n2,b.jpg\n")
    assert (row.line, row.item_id) == (2, "1") and reason in row.reason and [item.item_id for item in items] == ["2"]


def test_links_are_made_whole(tmp_path):
    (tmp_path / "odd\\name.jpg").touch()
    links = ("img/a.jpg", "/abs/b.jpg", "//cdn.test/c.jpg", "HTTPS://x.test/d.jpg", "img\\e.jpg", "odd\\name.jpg", "file:///f.jpg")
    items, skipped = read(tmp_path, "id,image_link\n" + "".join(f"{i},{link}\n" for i, link in enumerate(links)))
    assert not skipped and [item.image for item in items] == [
        f"{tmp_path}/img/a.jpg", "/abs/b.jpg", "https://cdn.test/c.jpg", "HTTPS://x.test/d.jpg", f"{tmp_path}/img/e.jpg",
        f"{tmp_path}/odd\\name.jpg", "file:///f.jpg",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "links"),
    [
        ("a.jpg,b.jpg", ["a.jpg", "b.jpg"]),
        (" a.jpg , b c.jpg,, ", ["a.jpg", "b c.jpg"]),
        ("https://x.test/a.jpg,https://x.test/b.jpg", ["https://x.test/a.jpg", "https://x.test/b.jpg"]),
        ('"https://x.test/a,1.jpg", "https://x.test/b,2.jpg"', ["https://x.test/a,1.jpg", "https://x.test/b,2.jpg"]),
        ("https://x.test/w_9,h_9/a.jpg,https://x.test/w_9,h_9/b.jpg?v=1", ["https://x.test/w_9,h_9/a.jpg", "https://x.test/w_9,h_9/b.jpg?v=1"]),
        ("https://x.test/a.jpg,b.jpg", ["https://x.test/a.jpg", "b.jpg"]),
        ("https://x.test/img?id=1, b.jpg", ["https://x.test/img?id=1", "b.jpg"]),
        ("https://x.test/img?id=1,https://x.test/img?id=2", ["https://x.test/img?id=1", "https://x.test/img?id=2"]),
        ('"open,b.jpg', ['"open', "b.jpg"]),
        ("", []),
        (",,", []),
    ],
)  # fmt: skip
def test_additional_links_are_parted_where_a_link_ends(value, links):
    assert split_links(value) == links


def test_an_additional_link_of_no_use_does_not_cost_the_item(tmp_path):
    (item,), skipped = read(tmp_path, 'id,image_link,additional_image_link\n1,a.jpg,"ftp://x.test/b.jpg,c.jpg"\n')
    assert item.extra_images == ("ftp://x.test/b.jpg", str(tmp_path / "c.jpg")) and not skipped


def test_a_thousand_with_a_point_is_no_quantity_of_one(tmp_path):
    items, _ = read(tmp_path, "id,image_link,quantity\n1,a.jpg,1.000\n2,b.jpg,2.00\n")
    assert [item.quantity for item in items] == [None, 2]


def test_inches_do_not_pair_one_item_with_anothers_picture(tmp_path):
    content = 'id\ttitle\timage_link\n1\t"Best belt\ta.jpg\n2\tBelt 32"\tb.jpg\n3\t"two\nlines"\tc.jpg\n'
    (tmp_path / "feed.tsv").write_text(content)
    items, skipped = read_feed(tmp_path / "feed.tsv")
    assert [(item.item_id, item.title) for item in items] == [("3", "two\nlines")]
    assert [(row.line, row.item_id) for row in skipped] == [(2, "1")] and "a whole row in the title" in skipped[0].reason


def test_a_number_no_catalogue_can_hold_is_no_quantity(tmp_path):
    items, _ = read(tmp_path, f"id,title,image_link,quantity\n1,a,1.jpg,{10**20}\n2,b,2.jpg,{10**9}\n")
    assert [item.quantity for item in items] == [None, 10**9]
