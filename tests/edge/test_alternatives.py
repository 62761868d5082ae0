"""Claims about what may stand in for an item."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.alternatives import COLOUR_COST, RANKED_BY, Alternatives
from edge.errors import RequestError
from edge.types import CatalogueItem
from tests.made_looks import SHOP, garment, opened_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Alternatives:
    return opened_shop(tmp_path_factory.mktemp("shop"))


def ids(found) -> list[str]:
    return [a.match.item.item_id for a in found]


def test_only_items_of_the_category_that_are_in_stock_stand_in_most_alike_first(shop: Alternatives) -> None:
    found = shop.of("t1", k=10)
    assert set(ids(found)) == {"t2", "t3", "t4", "t5"}
    scores = [a.match.score for a in found]
    assert scores == sorted(scores, reverse=True) and [a.match.rank for a in found] == [1, 2, 3, 4]
    assert ids(found)[0] in {"t2", "t3"}, "one part differs, not two"


def test_parts_are_cosines_and_the_score_their_weighted_mean_less_the_colour_distance(shop: Alternatives) -> None:
    for found in shop.of("t1", k=4):
        own, other = shop.views("t1")[0], shop.views(found.match.item.item_id)[0]
        for name, where in shop.parts.items():
            cosine = own[where] @ other[where] / np.linalg.norm(own[where]) / np.linalg.norm(other[where])
            assert found.match.parts[name] == pytest.approx(float(cosine), abs=1e-5)
        mean = sum(RANKED_BY[name] * cosine for name, cosine in found.match.parts.items()) / sum(RANKED_BY.values())
        assert found.match.score == pytest.approx(mean - COLOUR_COST * found.colour_distance, abs=1e-5)


def test_of_two_equal_but_for_the_colour_the_nearer_colour_comes_first(tmp_path: Path) -> None:
    shirts = [garment(f"t{n}", "crew", colour) for n, colour in enumerate(("black", "white", "navy"), start=1)]
    shop = opened_shop(tmp_path, tuple(shirts))
    assert ids(shop.of("t1")) == ["t3", "t2"]


def test_pictures_are_read_of_the_nearest_candidates_only_and_of_more_until_the_colour_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.alternatives.LOOKED_AT", 2)
    many = [garment(f"t{n}", "crew" if n < 5 else "boxy", "red") for n in range(1, 9)]
    shop = opened_shop(tmp_path, (*many, garment("t9", "vneck", "blue")))
    read: list[str] = []
    of_many = shop.pieces.of_many
    monkeypatch.setattr(shop.pieces, "of_many", lambda given: of_many(read.extend(given := list(given)) or given))
    shop.of("t1", k=1)
    assert len({*read} - {"t1"}) == 2
    assert ids(shop.of("t1", colour="blue", k=1)) == ["t9"]


def test_what_is_out_of_stock_comes_only_when_asked_for_and_left_out_items_never(shop: Alternatives) -> None:
    assert "t6" in ids(shop.of("t1", k=10, in_stock=False))
    assert "t2" not in ids(shop.of("t1", k=10, leave_out={"t2"}))


def test_what_differs_is_named_with_its_colours_and_patterns(shop: Alternatives) -> None:
    by_id = {a.match.item.item_id: {d.part: (d.ours, d.theirs) for d in a.differs} for a in shop.of("t1", k=10)}
    assert by_id["t2"] == {"colour": ("red", "navy")}
    assert by_id["t3"] == {"shape": ("", "")}
    assert by_id["t5"] == {"pattern": ("plain", "floral"), "colour": ("red", "blue")}


def test_similar_but_in_a_colour_gives_that_colour_and_ranks_by_the_other_parts(shop: Alternatives) -> None:
    assert ids(shop.of("t1", colour="navy")) == ["t2"]
    assert shop.of("t1", colour="navy")[0].match.score == pytest.approx(1.0, abs=1e-5), "but for the colour they are one"
    assert set(ids(shop.of("t1", colour="red", in_stock=False))) == {"t3", "t6"}
    assert shop.of("t1", colour="green") == ()


def test_a_category_with_nothing_else_in_stock_gives_nothing(shop: Alternatives) -> None:
    assert shop.of("h1") == () and shop.of("k1") == ()


def test_unknown_items_and_colours_are_refused_with_what_is_near(shop: Alternatives) -> None:
    with pytest.raises(RequestError, match="no item 't11'.*t1"):
        shop.of("t11")
    with pytest.raises(RequestError, match="no colour called 'bleu'.*blue"):
        shop.of("t1", colour="bleu")


def test_an_item_of_unknown_category_is_refused(tmp_path: Path) -> None:
    bare = CatalogueItem("x1", "thing", "x.jpg")
    shop = opened_shop(tmp_path, (*SHOP, (bare, ("crew", "plain", "red"))))
    with pytest.raises(RequestError, match="category of x1"):
        shop.of("x1")


def test_a_type_that_the_taxonomy_does_not_know_is_compared_by_its_own_word(tmp_path: Path) -> None:
    odd = [
        (CatalogueItem(i, i, f"{i}.jpg", product_type=t, quantity=1), ("crew", "plain", "red"))
        for i, t in (("x1", "Gizmos"), ("x2", "gizmos"), ("x3", "Other"))
    ]
    assert ids(opened_shop(tmp_path, (*SHOP, *odd)).of("x1")) == ["x2"]


def test_the_same_question_gives_the_same_answer_and_equal_scores_go_by_id(tmp_path: Path) -> None:
    twins = tuple(garment(f"t{n}", "crew", "red") for n in (9, 8, 7))
    shop = opened_shop(tmp_path, (*SHOP, *twins))
    assert ids(shop.of("t3", k=10)) == ids(shop.of("t3", k=10))
    assert [i for i in ids(shop.of("t1", k=10)) if i in {"t7", "t8", "t9"}] == ["t7", "t8", "t9"]
