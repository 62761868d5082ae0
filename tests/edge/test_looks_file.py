"""Claims about a stylist's CSV: what is read, and what is said of rows that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import RequestError
from edge.looks_file import parse_looks, read_looks

GOOD = "look_id,item_id,slot\nA,1,top\nA,2,bottom\nB,3,top\n"


def read(text: str | bytes):
    data = text if isinstance(text, bytes) else text.encode()
    return parse_looks(data, name="looks.csv", known=lambda item_id: item_id in {"1", "2", "3", "Ä 4"})


def test_looks_come_in_the_files_order_with_their_pieces() -> None:
    looks, problems = read(GOOD)
    assert [(look.look_id, [(p.slot, p.item_id) for p in look.pieces]) for look in looks] == [
        ("A", [("top", "1"), ("bottom", "2")]),
        ("B", [("top", "3")]),
    ]
    assert problems == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_told_by_content(encoding: str, delimiter: str) -> None:
    text = "look_id,item_id,slot\nSommer-Frühling,Ä 4,top\n".replace(",", delimiter)
    looks, problems = read(text.encode(encoding))
    assert looks[0].look_id == "Sommer-Frühling" and looks[0].pieces[0].item_id == "Ä 4" and not problems


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_blank_lines_and_quotes_keep_the_line_numbers_right(newline: str) -> None:
    text = '\n\nlook_id,item_id,slot\n"A","1","top"\n\nA,9,bottom\n'.replace("\n", newline)
    looks, problems = read(text)
    assert looks == () and [(p.line, p.look_id) for p in problems] == [(6, "A")]
    assert "'9'" in problems[0].reason


def test_columns_may_stand_in_any_order_under_other_names_beside_others() -> None:
    looks, _ = read("Note,SKU,Outfit,Position\nx,1,A,top\n")
    assert looks[0].pieces[0].item_id == "1" and looks[0].pieces[0].slot == "top"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,9,bottom", "no item '9'"),
        ("A,2,Top", "the slot 'Top' is there twice"),
        ("A,1,bottom", "the item '1' is there twice"),
        ("A,,bottom", "no item_id"),
        ("A,2", "no slot"),
        (",2,bottom", "no look_id"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_line(row: str, reason: str) -> None:
    _, problems = read(f"look_id,item_id,slot\nA,1,top\nB,3,top\n{row}\n")
    assert len(problems) == 1 and problems[0].line == 4 and reason in problems[0].reason and "line 4" in str(problems[0])


def test_a_look_with_a_bad_row_is_left_out_whole_and_the_others_stay() -> None:
    looks, problems = read(GOOD + "A,9,shoes\n")
    assert [look.look_id for look in looks] == ["B"] and problems[0].look_id == "A"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("look_id,item_id,slot\n", "no rows"),
        ("look_id,slot\nA,top\n", "no column item_id"),
        (b"\x00\xff" * 9, "no column"),
    ],
)
def test_a_file_that_is_no_list_of_looks_is_refused_with_the_reason(text: str | bytes, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        read(text)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot be read"):
        read_looks(tmp_path / "none.csv", known=bool)
