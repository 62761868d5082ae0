"""The demo catalogue as files: studio images, phone photos, the feed, which photo shows which item, and looks."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from index_builder.demo.item import ItemPlan, plan_item, plan_outsiders
from index_builder.demo.looks import LOOK_COLUMNS, plan_looks
from index_builder.demo.phone import phone_view
from index_builder.demo.render import DrawnItem, draw_plan, studio_view

FEED_COLUMNS = (
    "id",
    "title",
    "image_link",
    "product_type",
    "color",
    "pattern",
    "availability",
    "price",
    "item_group_id",
    "quantity",
    "location",
)
QUERY_COLUMNS = ("photo", "item_id")

_STUDIO_QUALITY = 92


@dataclass(frozen=True, kw_only=True)
class DemoSummary:
    """What was written, and where."""

    out: Path
    feed: Path
    queries: Path
    looks: Path
    items: int
    photos: int  # of items, outsiders not counted
    outsiders: int


def write_demo(
    out: Path,
    *,
    items: int = 120,
    photos_per_item: int = 2,
    outsiders: int = 12,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> DemoSummary:
    """Draws a catalogue and phone photos of it into a folder, which is made if it is missing.

    The same arguments write the same pixels and the same feed. progress is called with (garments done, garments in
    all) after each. Files of an earlier, larger run are left where they are; the feed and the queries name only
    this run's.

    Raises ValueError for a count that is negative.
    """
    for name, count in (("items", items), ("photos_per_item", photos_per_item), ("outsiders", outsiders)):
        if count < 0:
            raise ValueError(f"{name} must not be negative, got {count}")
    images, photos = out / "images", out / "photos"
    images.mkdir(parents=True, exist_ok=True)
    photos.mkdir(parents=True, exist_ok=True)

    plans = [plan_item(seed, index) for index in range(items)]
    strangers = plan_outsiders(seed, items, outsiders)
    total = len(plans) + len(strangers)
    queries: list[tuple[str, str]] = []
    for done, plan in enumerate(plans, start=1):
        drawn = draw_plan(plan)
        _save_jpeg(images / f"{plan.id}.jpg", studio_view(drawn), _STUDIO_QUALITY)
        for n in range(photos_per_item):
            name = f"{plan.id}-{n + 1}.jpg"
            _save_photo(photos / name, drawn, seed, plan.index, n)
            queries.append((f"photos/{name}", plan.id))
        if progress is not None:
            progress(done, total)
    for n, plan in enumerate(strangers):
        name = f"outsider-{n + 1}.jpg"
        _save_photo(photos / name, draw_plan(plan), seed, plan.index, 0)
        queries.append((f"photos/{name}", ""))
        if progress is not None:
            progress(len(plans) + n + 1, total)

    feed, labelled, looks = out / "feed.csv", out / "queries.csv", out / "looks.csv"
    _save_csv(feed, FEED_COLUMNS, [_feed_row(plan) for plan in plans])
    _save_csv(labelled, QUERY_COLUMNS, queries)
    _save_csv(looks, LOOK_COLUMNS, plan_looks(plans, seed=seed))
    return DemoSummary(
        out=out,
        feed=feed,
        queries=labelled,
        looks=looks,
        items=len(plans),
        photos=len(plans) * photos_per_item,
        outsiders=len(strangers),
    )


def _feed_row(plan: ItemPlan) -> tuple[str, ...]:
    return (
        plan.id,
        plan.title,
        f"images/{plan.id}.jpg",
        plan.product_type,
        plan.colour,
        plan.pattern,
        "in_stock" if plan.quantity else "out_of_stock",
        f"{plan.price_cents / 100:.2f} EUR",
        plan.group_id,
        str(plan.quantity),
        plan.location,
    )


def _save_photo(path: Path, drawn: DrawnItem, seed: int, index: int, n: int) -> None:
    rng = np.random.default_rng([seed, 7, index, n])
    rgb, _ = phone_view(drawn, rng)
    _save_jpeg(path, rgb, int(rng.integers(72, 89)))


def _save_jpeg(path: Path, rgb: np.ndarray, quality: int) -> None:
    done, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError(f"the picture for {path} could not be encoded as JPEG")
    path.write_bytes(data.tobytes())


def _save_csv(path: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
