"""Claims about `python -m edge alternatives` and `python -m edge looks`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.looks_seed import seed_of_answer
from edge.types import Verdict
from tests.fake_lookup import FakeLookup
from tests.made_looks import made_shop, opened_shop
from tests.opened_page import picture

LOOKS = "look_id,item_id,slot\nA,t1,top\nA,p1,bottom\nA,s1,shoes\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RACKLENS_DATA", str(tmp_path / "data"))
    return made_shop(tmp_path / "index")


def looks(root: Path, text: str, *options: str) -> int:
    file = root.parent / "looks.csv"
    file.write_text(text)
    return main(["looks", "--index", str(root), "--looks", str(file), *options])


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_alternatives_as_json_hold_score_parts_and_what_differs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alternatives", "t1", "--index", str(root), "--json", "-k", "2"]) == 0
    (line,) = lines(capsys)
    assert (line["item_id"], line["in_stock"], line["category"], len(line["alternatives"])) == ("t1", False, "t-shirt", 2)
    first = line["alternatives"][0]
    assert set(first["parts"]) == set(first["part_percentiles"]) == {"shape", "pattern", "colour"}
    assert [d["part"] for d in first["differs"]] in (["colour"], ["shape"])


def test_alternatives_in_a_colour_and_in_words(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alternatives", "t1", "--index", str(root), "--colour", "navy"]) == 0
    said = capsys.readouterr().out
    assert "t2" in said and "t3" not in said and "other colour red to navy" in said
    assert main(["alternatives", "k1", "--index", str(root)]) == 0
    assert "no other skirt in stock" in capsys.readouterr().out


def test_an_unknown_item_or_colour_exits_2_with_a_sentence(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alternatives", "zz", "--index", str(root)]) == 2
    assert main(["alternatives", "t1", "--index", str(root), "--colour", "bleu"]) == 2
    assert main(["alternatives", "t1", "--index", str(root.parent / "nothing")]) == 2
    out, said = capsys.readouterr()
    assert not out and "no item 'zz'" in said and "no colour called 'bleu'" in said and "There is no index" in said


def test_a_look_is_made_whole_and_new_ones_follow_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert looks(root, LOOKS, "--seed", "t2", "-n", "2", "--json") == 0
    (line,) = lines(capsys)
    assert line["complete"] and line["replaced"] == 1 and line["pieces"][0]["replaced_by"]["score"] > 0
    assert len(line["new"]) == 2 and all(p["pieces"][0] == {**p["pieces"][0], "item_id": "t2", "seed": True} for p in line["new"])
    assert looks(root, LOOKS, "--seed", "t2") == 0
    said = capsys.readouterr().out
    assert "A: complete, 1 replaced" in said and "new 1:" in said and "(seed)" in said


def test_bad_rows_are_named_with_their_line_the_other_looks_shown_and_the_exit_code_is_1(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert looks(root, LOOKS + "B,nope,top\n", "--json") == 1
    out, said = capsys.readouterr()
    assert [json.loads(line)["look_id"] for line in out.splitlines()] == ["A"]
    assert "line 5, look B: the catalogue has no item 'nope'" in said


def test_a_look_that_cannot_be_completed_is_said_and_exits_1(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert looks(root, LOOKS + "B,k1,bottom\nB,t2,top\n") == 1
    out, said = capsys.readouterr()
    assert "B: cannot be completed" in out and "no other skirt is in stock" in said


def test_a_seed_that_fits_no_look_exits_1_and_an_unknown_one_or_look_2(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert looks(root, "look_id,item_id,slot\nA,t2,top\nA,p1,bottom\n", "--seed", "s1", "--json") == 1
    out, said = capsys.readouterr()
    assert "no place for s1" in json.loads(out)["new_reason"] and "None of the looks" in said
    assert looks(root, LOOKS, "--seed", "zz") == 2
    assert looks(root, LOOKS, "--look", "Z") == 2
    assert looks(root, "") == 2
    assert "has no look Z" in (said := capsys.readouterr().err) and "is empty" in said


def test_only_the_looks_asked_for_are_shown(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert looks(root, LOOKS + "B,t2,top\nC,nope,top\n", "--look", "B", "--json") == 0
    assert [line["look_id"] for line in lines(capsys)] == ["B"]


def test_a_photos_garment_is_the_item_where_it_is_in_the_catalogue_and_else_itself(tmp_path: Path) -> None:
    shop = opened_shop(tmp_path)
    items = [shop.pieces.items[i] for i in ("t3", "t2", "p1")]
    known = FakeLookup(items).look_up(picture("red"))
    assert seed_of_answer(known, shop).item.item_id == "t3"
    unknown = FakeLookup(items, verdict=Verdict.NOT_IN_CATALOGUE).look_up(picture("navy"))
    seed = seed_of_answer(unknown, shop)
    assert seed.item is None and (seed.category, seed.pattern) == ("t-shirt", "plain") and seed.colours
