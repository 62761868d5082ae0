"""Claims about looks made whole and new looks that follow them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.alternatives import Alternatives
from edge.errors import RequestError
from edge.looks import mend
from edge.looks_file import Look, LookPiece
from edge.looks_new import new_looks
from edge.looks_pieces import Piece
from tests.made_looks import garment, opened_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Alternatives:
    return opened_shop(tmp_path_factory.mktemp("shop"))


def look(**slots: str) -> Look:
    return Look("L", tuple(LookPiece(slot, item_id) for slot, item_id in slots.items()))


def chosen(proposal) -> list[str | None]:
    return [p.piece.item.item_id if p.piece.item else None for p in proposal.pieces]


def test_a_piece_out_of_stock_is_replaced_by_its_best_alternative_and_the_rest_stays(shop: Alternatives) -> None:
    mended = mend(look(top="t1", bottom="p1", shoes="s1"), shop)
    assert mended.complete and mended.replaced == 1
    assert mended.pieces[0].replaced_by.match.item == shop.of("t1", k=1)[0].match.item == mended.pieces[0].item
    assert [p.item.item_id for p in mended.pieces[1:]] == ["p1", "s1"] and mended.pieces[1].replaced_by is None


def test_no_item_comes_twice_into_a_look(shop: Alternatives) -> None:
    best = shop.of("t1", k=1)[0].match.item.item_id
    mended = mend(look(top="t1", under=best, other="t6"), shop)
    worn = [p.item.item_id for p in mended.pieces]
    assert len(set(worn)) == 3 and worn[1] == best


def test_a_replacement_brings_no_second_loud_pattern_into_a_look_unless_nothing_else_is_left(tmp_path: Path) -> None:
    bottom, best, quiet = (
        garment("p1", "chino", "navy", quantity=0),
        garment("p2", "chino", "navy", pattern="floral"),
        garment("p3", "wide", "white"),
    )
    striped, plain = garment("t1", "crew", "red", pattern="striped"), garment("t2", "crew", "red")
    shop = opened_shop(tmp_path / "a", (bottom, best, quiet, striped, plain))
    assert [a.match.item.item_id for a in shop.of("p1")] == ["p2", "p3"]
    assert mend(look(top="t2", bottom="p1"), shop).pieces[1].item.item_id == "p2", "the one loud piece"
    assert mend(look(top="t1", bottom="p1"), shop).pieces[1].item.item_id == "p3"
    only_loud = opened_shop(tmp_path / "b", (bottom, best, striped))
    assert mend(look(top="t1", bottom="p1"), only_loud).pieces[1].item.item_id == "p2"


def test_a_look_that_cannot_be_completed_says_why(shop: Alternatives) -> None:
    mended = mend(look(bottom="k1", shoes="s1"), shop)
    assert not mended.complete and mended.pieces[0].item is None and "no other skirt" in mended.pieces[0].reason


def test_new_looks_keep_the_categories_and_bring_other_items_each_once(shop: Alternatives) -> None:
    proposals = new_looks(look(top="t1", bottom="p1", shoes="s1"), shop, seed=shop.item("t2"), count=3)
    assert len(proposals) == 3
    items = [i for p in proposals for i in chosen(p)[1:]]
    assert len(items) == len(set(items)) and not {"t1", "p1", "s1"} & set(items)
    for p in proposals:
        assert chosen(p)[0] == "t2" and p.pieces[0].is_seed
        assert [piece.piece.category for piece in p.pieces] == ["t-shirt", "pants", "shoes"]
    assert [chosen(p) for p in new_looks(look(top="t1", bottom="p1", shoes="s1"), shop, seed=shop.item("t2"), count=3)] == list(
        map(chosen, proposals)
    )


def test_colours_stand_to_each_other_as_in_the_reference(tmp_path: Path) -> None:
    garments = [garment("t1", "crew", "black"), garment("p1", "chino", "white"), garment("t2", "crew", "navy")]
    garments += [garment(f"p{n}", "chino", colour) for n, colour in enumerate(("yellow", "white", "navy", "red"), start=2)]
    shop = opened_shop(tmp_path, tuple(garments))
    first = new_looks(look(top="t1", bottom="p1"), shop, seed=shop.item("t2"), count=4)
    assert chosen(first[0]) == ["t2", "p3"], "dark over light again"
    assert [p.colour_error for p in first] == sorted(p.colour_error for p in first)


def test_two_loud_patterns_only_where_the_reference_has_them(shop: Alternatives) -> None:
    quiet, loud = look(top="t2", bottom="p1"), look(top="t4", bottom="p3")
    for p in new_looks(quiet, shop, seed=shop.item("t5"), count=5):
        assert sum(piece.piece.loud for piece in p.pieces) == 1
    assert "p3" in [chosen(p)[1] for p in new_looks(look(top="t4", bottom="p1"), shop, seed=shop.item("t2"), count=5)], (
        "one alone may be loud"
    )
    assert all(sum(piece.piece.loud for piece in p.pieces) <= 2 for p in new_looks(loud, shop, seed=shop.item("t5"), count=5))


def test_what_is_out_of_stock_is_taken_only_where_the_category_has_nothing_else(shop: Alternatives) -> None:
    for p in new_looks(look(top="t2", shoes="s1"), shop, count=2):
        assert p.in_stock
    last = new_looks(look(top="t2", shoes="s1"), shop, count=9, leave_out={"s2", "s3"})
    assert [chosen(p)[1] for p in last] == ["s4"] and not last[0].in_stock


def test_a_seed_without_a_slot_of_its_kind_takes_the_one_worn_where_it_is_worn(shop: Alternatives) -> None:
    assert chosen(new_looks(look(top="t1", bottom="p1"), shop, seed=shop.item("h1"), count=1)[0])[0] == "h1"
    with pytest.raises(RequestError, match="no place for s1.*top"):
        new_looks(look(top="t1", bottom="p1"), shop, seed=shop.item("s1"))


def test_a_garment_of_a_photo_can_be_the_seed(shop: Alternatives) -> None:
    seed = Piece(None, "t-shirt", shop.item("t2").colours, "plain")
    proposals = new_looks(look(top="t1", bottom="p1"), shop, seed=seed, count=2)
    assert [chosen(p)[0] for p in proposals] == [None, None]
    assert np.isfinite([p.colour_error for p in proposals]).all()
