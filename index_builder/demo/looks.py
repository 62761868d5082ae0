"""Looks for the demo catalogue, as a stylist would make them: one piece that speaks, the others quiet and near in colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index_builder.demo.item import PALETTE, ItemPlan

LOOK_COLUMNS = ("look_id", "item_id", "slot")
ITEMS_PER_LOOK = 12

_WORN = {
    "top": ("t-shirt", "shirt", "polo", "longsleeve", "hoodie"),
    "outer": ("blazer", "outwear"),
    "bottom": ("skirt", "shorts", "pants"),
    "dress": ("dress",),
    "shoes": ("shoes",),
    "hat": ("hat",),
}
# The first piece speaks; the slots are worn together.
_TEMPLATES = (
    ("top", "bottom", "shoes"),
    ("outer", "top", "bottom", "shoes"),
    ("dress", "outer", "shoes"),
    ("bottom", "top", "shoes", "hat"),
)
_NEUTRAL = {"black", "white", "grey", "navy", "beige", "brown"}


def plan_looks(plans: Sequence[ItemPlan], *, seed: int) -> list[tuple[str, str, str]]:
    """Rows (look_id, item_id, slot) of one look per ITEMS_PER_LOOK items, at least one where the items allow any.

    The same items and seed give the same rows. In every second look a piece that is out of stock speaks, where there is one.
    """
    rows: list[tuple[str, str, str]] = []
    worn: dict[str, int] = {}
    for number in range(max(1, len(plans) // ITEMS_PER_LOOK)):
        rng = np.random.default_rng([seed, 9, number])
        look = _look(plans, _TEMPLATES[number % len(_TEMPLATES)], worn, rng, speaks_sold_out=number % 2 == 1)
        for slot, plan in look.items():
            worn[plan.id] = worn.get(plan.id, 0) + 1
            rows.append((f"LOOK-{number + 1:02d}", plan.id, slot))
    return rows


def _look(
    plans: Sequence[ItemPlan], slots: Sequence[str], worn: dict[str, int], rng: np.random.Generator, *, speaks_sold_out: bool
) -> dict[str, ItemPlan]:
    """Slot -> item; empty where a slot has nothing to offer."""
    offered = {slot: [plan for plan in plans if plan.category in _WORN[slot]] for slot in slots}
    if not all(offered.values()):
        return {}
    first, *others = slots
    heroes = offered[first]
    if speaks_sold_out:
        heroes = [plan for plan in heroes if not plan.quantity] or heroes
    look = {first: heroes[int(rng.integers(len(heroes)))]}
    for slot in others:
        drawn = rng.random(len(offered[slot]))
        costs = [_cost(plan, look[first], worn) + chance for plan, chance in zip(offered[slot], drawn, strict=True)]
        look[slot] = offered[slot][int(np.argmin(costs))]
    return look


def _cost(plan: ItemPlan, hero: ItemPlan, worn: dict[str, int]) -> float:
    """How badly an item goes with the piece that speaks: patterns beside patterns most, then a colour of its own, then wearing it again."""
    near = np.linalg.norm(np.subtract(PALETTE[plan.colour], PALETTE[hero.colour])) < 90
    return 8.0 * (plan.pattern != "plain") + 3.0 * (plan.colour not in _NEUTRAL and not near) + 1.5 * worn.get(plan.id, 0)
