"""Replacements on a drawn catalogue, where cut, pattern and colour of every item are known: a rule-based oracle accepts or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from edge.alternatives import Alternatives
from edge.colours import name_of, to_lab
from index_builder.demo.item import PALETTE, ItemPlan

CLOSE = 35.0
"""CIELAB distance of two palette colours up to which a shop would call them close: navy and black, beige and white."""
_LABS = {name: to_lab(np.array(rgb, np.uint8)) for name, rgb in PALETTE.items()}
NAMES = {name: name_of(lab) for name, lab in _LABS.items()}


def close(one: str, other: str) -> bool:
    """Whether two palette colours are close."""
    return float(np.linalg.norm(_LABS[one] - _LABS[other])) < CLOSE


def accepts(wanted: ItemPlan, given: ItemPlan) -> dict[str, bool]:
    """The oracle, rule by rule: same kind, same cut family, close colour, and all of them."""
    found = {"kind": wanted.category == given.category, "cut": (wanted.category, wanted.cut) == (given.category, given.cut)}
    found["colour"] = close(wanted.colour, given.colour)
    return found | {"accepted": all(found.values())}


def replacements(alternatives: Alternatives, plans: Mapping[str, ItemPlan]) -> dict[str, dict[str, float]]:
    """Every item as if it were sold out -> method -> share of replacements that pass each rule.

    "possible": where any item in stock passes all, the best any method could do. "random": the mean over the category's items in stock.
    """
    in_stock = [i for i, plan in plans.items() if plan.quantity]
    rows: dict[str, list[dict[str, float]]] = {"alternatives": [], "random of its category": [], "nearest of all": [], "possible": []}
    for item_id, plan in plans.items():
        others = [plans[i] for i in in_stock if i != item_id]
        same = [accepts(plan, other) for other in others if other.category == plan.category]
        found = alternatives.of(item_id, k=1)
        if not found or not same:
            continue
        rows["alternatives"].append(accepts(plan, plans[found[0].match.item.item_id]))
        rows["random of its category"].append({rule: float(np.mean([s[rule] for s in same])) for rule in same[0]})
        rows["nearest of all"].append(accepts(plan, plans[alternatives.nearest_of(item_id, [o.id for o in others])]))
        rows["possible"].append({rule: any(s[rule] for s in same) for rule in same[0]})
    return {name: _means(found) for name, found in rows.items()}


def recolourings(alternatives: Alternatives, plans: Mapping[str, ItemPlan]) -> dict[str, dict[str, float]]:
    """Every colourway asked for by its twin and its colour's name -> method -> recall@1 of the twin, share in the wanted colour.

    "among items of the colour": as `Alternatives.of` does. "colour part swapped": the query's colour part replaced by the mean of the
    catalogue's items of that colour.
    """
    methods: dict[str, Callable[[str, str], str]] = {
        "among items of the colour": lambda item_id, name: _first(alternatives.of(item_id, k=1, colour=name, in_stock=False)),
        "colour part swapped": lambda item_id, name: swapped(alternatives, item_id, name),
    }
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in methods}
    for one, other in twins(list(plans.values())):
        wanted = NAMES[other.colour]
        if NAMES[one.colour] == wanted:
            continue
        for method, ask in methods.items():
            given = ask(one.id, wanted)
            rows[method].append({"recall@1": given == other.id, "colour": bool(given) and NAMES[plans[given].colour] == wanted})
    return {name: {**_means(found), "asked": len(found)} for name, found in rows.items()}


def swapped(alternatives: Alternatives, item_id: str, colour: str) -> str:
    """The other way of asking for a colour, kept to compare with: "" where the category has no other item."""
    pieces, where = alternatives.pieces, alternatives.parts["colour"]
    of_it = [p.item.item_id for p in pieces.of_many(pieces.items) if p.colour == colour]
    query = alternatives.views(item_id)[:1].copy()
    if of_it:
        mean = np.mean([alternatives.views(i)[0, where] for i in of_it], axis=0)
        query[0, where] = mean / max(float(np.linalg.norm(mean)), 1e-12) * np.linalg.norm(query[0, where])
    candidates = [c for c in pieces.of_category(pieces.category_of(item_id)) if c != item_id]
    return max(candidates, key=lambda c: float((query @ alternatives.views(c).T).max()), default="")


def twins(plans: Sequence[ItemPlan]) -> list[tuple[ItemPlan, ItemPlan]]:
    """Pairs, both ways, of one cut and one pattern in two colours."""
    by_cut: dict[tuple[str, int, str], list[ItemPlan]] = {}
    for plan in plans:
        by_cut.setdefault((plan.category, plan.cut_number, plan.pattern), []).append(plan)
    return [(a, b) for group in by_cut.values() for a in group for b in group if a.colour != b.colour]


def named_differences(alternatives: Alternatives, plans: Mapping[str, ItemPlan], *, k: int = 5) -> dict[str, dict[str, float]]:
    """Part -> of the k alternatives of every item: how often it is rightly said that the part differs, and rightly that it does not."""
    said: dict[str, list[tuple[bool, bool]]] = {}
    for item_id, plan in plans.items():
        for a in alternatives.of(item_id, k=k, in_stock=False):
            other = plans[a.match.item.item_id]
            truth = {"shape": plan.cut != other.cut, "pattern": plan.pattern != other.pattern, "colour": plan.colour != other.colour}
            named = {d.part for d in a.differs}
            for part in a.match.parts:
                said.setdefault(part, []).append((truth[part], part in named))
    out = {}
    for part, pairs in said.items():
        truth, named = np.array(pairs).T
        out[part] = {"differ, and said": float(named[truth].mean()), "alike, and not said": float((~named[~truth]).mean())}
    return out


def _first(found: Sequence) -> str:
    return found[0].match.item.item_id if found else ""


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: round(float(np.mean([row[key] for row in rows])), 4) for key in rows[0]} if rows else {}
