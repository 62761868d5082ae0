"""Claims about the drawn looks of the demo catalogue."""

from __future__ import annotations

import csv
from pathlib import Path

from index_builder.demo import LOOK_COLUMNS, plan_item, plan_looks, write_demo

PLANS = [plan_item(0, n) for n in range(120)]
BY_ID = {plan.id: plan for plan in PLANS}


def looks() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for look_id, item_id, slot in plan_looks(PLANS, seed=0):
        found.setdefault(look_id, []).append((item_id, slot))
    return found


def test_there_is_a_look_for_every_twelve_items_each_of_known_items_and_slots_once() -> None:
    assert len(looks()) == 10
    for pieces in looks().values():
        assert len(pieces) >= 3
        assert len({item for item, _ in pieces}) == len({slot for _, slot in pieces}) == len(pieces)
        assert all(item in BY_ID for item, _ in pieces)


def test_some_looks_have_a_piece_that_is_out_of_stock_and_some_have_none() -> None:
    gone = [sum(not BY_ID[item].quantity for item, _ in pieces) for pieces in looks().values()]
    assert 2 <= sum(count > 0 for count in gone) < len(gone)


def test_at_most_one_piece_of_a_look_is_patterned() -> None:
    assert all(sum(BY_ID[item].pattern != "plain" for item, _ in pieces) <= 1 for pieces in looks().values())


def test_the_same_seed_gives_the_same_looks_and_a_shop_without_shoes_none() -> None:
    assert plan_looks(PLANS, seed=0) == plan_looks(PLANS, seed=0) != plan_looks(PLANS, seed=1)
    assert plan_looks(PLANS[:3], seed=0) == []


def test_the_looks_are_written_beside_the_feed(tmp_path: Path) -> None:
    summary = write_demo(tmp_path, items=13, photos_per_item=0, outsiders=0, seed=3)
    assert summary.looks == tmp_path / "looks.csv"
    with summary.looks.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == LOOK_COLUMNS and len(rows) > 3
