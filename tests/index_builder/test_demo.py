"""Claims about the drawn demo catalogue."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from index_builder.demo import (
    CATEGORIES,
    FEED_COLUMNS,
    QUERY_COLUMNS,
    DemoSummary,
    draw_item,
    phone_view,
    plan_item,
    plan_outsiders,
    studio_view,
    write_demo,
)

ITEMS = 13
OUTSIDERS = 2


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    out = tmp_path_factory.mktemp("demo")
    return write_demo(out, items=ITEMS, photos_per_item=1, outsiders=OUTSIDERS, seed=3)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_feed_has_the_promised_columns_in_order(demo: DemoSummary) -> None:
    header = demo.feed.read_text(encoding="utf-8").splitlines()[0]
    assert tuple(header.split(",")) == FEED_COLUMNS
    assert tuple(demo.queries.read_text(encoding="utf-8").splitlines()[0].split(",")) == QUERY_COLUMNS


def test_every_feed_row_is_complete_and_consistent(demo: DemoSummary) -> None:
    feed = rows(demo.feed)
    assert len(feed) == ITEMS == len({row["id"] for row in feed})
    for row in feed:
        assert all(row.values()), row
        assert (row["availability"] == "in_stock") == (int(row["quantity"]) > 0)
        assert re.fullmatch(r"\d+\.\d\d EUR", row["price"])
        assert re.fullmatch(r"[A-F]-\d\d-\d", row["location"])
        assert row["product_type"].startswith("Apparel > ")
        image = cv2.imread(str(demo.out / row["image_link"]))
        assert image is not None and image.shape == (600, 600, 3)
        assert image[:5].min() > 240, "a studio image has a white border"


def test_queries_name_photos_that_exist_and_items_of_the_feed(demo: DemoSummary) -> None:
    queries = rows(demo.queries)
    ids = {row["id"] for row in rows(demo.feed)}
    assert len(queries) == ITEMS + OUTSIDERS
    for row in queries:
        photo = cv2.imread(str(demo.out / row["photo"]))
        assert photo is not None and photo.shape == (960, 720, 3)
        assert (row["item_id"] == "") == ("outsider" in row["photo"])
        assert row["item_id"] == "" or row["item_id"] in ids


def test_drawing_twice_gives_the_same_files(demo: DemoSummary, tmp_path: Path) -> None:
    again = write_demo(tmp_path, items=2, photos_per_item=1, outsiders=0, seed=3)
    first = demo.feed.read_text(encoding="utf-8").splitlines()
    assert again.feed.read_text(encoding="utf-8").splitlines() == first[:3]
    drawn = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.jpg"))
    assert len(drawn) == 4
    for path in drawn:
        assert (tmp_path / path).read_bytes() == (demo.out / path).read_bytes(), path


def test_another_seed_draws_another_catalogue() -> None:
    assert [plan_item(0, i).title for i in range(ITEMS)] != [plan_item(1, i).title for i in range(ITEMS)]


def test_the_default_catalogue_has_every_category_and_shared_cuts() -> None:
    plans = [plan_item(0, i) for i in range(120)]
    assert {plan.category for plan in plans} == set(CATEGORIES)
    assert len({plan.id for plan in plans}) == 120
    by_group: dict[str, list] = {}
    for plan in plans:
        by_group.setdefault(plan.group_id, []).append(plan)
    full = [group for group in by_group.values() if len(group) == 3]
    assert len(full) >= 30
    for group in full:
        assert len({plan.cut for plan in group}) == 1
        assert len({plan.colour for plan in group}) == 2, "colourways of one pattern"
        assert len({plan.pattern for plan in group}) == 2, "patterns in one colour"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_two_items_have_the_same_combination(seed: int) -> None:
    combinations = [plan_item(seed, i).combination for i in range(120)]
    assert len(set(combinations)) == 120


def test_outsiders_are_not_in_the_catalogue() -> None:
    inside = {plan_item(0, i).combination for i in range(120)}
    outside = [plan.combination for plan in plan_outsiders(0, 120, 12)]
    assert len(set(outside)) == 12
    assert inside.isdisjoint(outside)
    assert len({category for category, *_ in outside}) > 6


@pytest.mark.parametrize("index", [0, 5, 11, 12])
def test_a_phone_view_shows_the_whole_garment_with_its_mask(index: int) -> None:
    item = draw_item(0, index)
    assert item.rgb.dtype == np.uint8 and item.alpha.dtype == np.float32
    assert item.alpha.min() == 0 and 0.99 < item.alpha.max() <= 1
    rgb, mask = phone_view(item, np.random.default_rng(index))
    assert rgb.shape == (960, 720, 3) and rgb.dtype == np.uint8
    assert mask.shape == (960, 720) and mask.dtype == np.float32
    assert mask.min() == 0 and 0.99 < mask.max() <= 1
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert border.max() == 0, "the garment is wholly in the frame"
    high, wide = (np.flatnonzero((mask > 0.5).any(axis=axis)) for axis in (1, 0))
    fill = max((high[-1] - high[0]) / 960, (wide[-1] - wide[0]) / 720)
    assert 0.55 < fill < 0.95


def test_views_leave_the_item_unchanged() -> None:
    item = draw_item(0, 1)
    rgb, alpha = item.rgb.copy(), item.alpha.copy()
    studio_view(item)
    phone_view(item, np.random.default_rng(0))
    assert np.array_equal(rgb, item.rgb) and np.array_equal(alpha, item.alpha)


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_demo(tmp_path, items=1, photos_per_item=0, outsiders=1, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_a_negative_count_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="items"):
        write_demo(tmp_path, items=-1)
