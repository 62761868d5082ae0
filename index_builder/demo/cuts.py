"""Cuts: every garment as a stack of panels, seams and buttons, from a name and a few jittered measures.

Units: x to the right with 0 on the garment's middle, y down with 0 at the neck or waist; 1 is about 90 cm.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from index_builder.demo.cuts_bottoms import cut_pants, cut_shorts, cut_skirt
from index_builder.demo.cuts_dresses import cut_dress
from index_builder.demo.cuts_ends import cut_hat, cut_shoes
from index_builder.demo.cuts_outer import cut_blazer, cut_outwear
from index_builder.demo.cuts_tops import cut_hoodie, cut_longsleeve, cut_polo, cut_shirt, cut_t_shirt
from index_builder.demo.garment import Garment
from index_builder.demo.item import ItemPlan

_CUTTERS: dict[str, Callable[[str, np.random.Generator], Garment]] = {
    "t-shirt": cut_t_shirt,
    "shirt": cut_shirt,
    "polo": cut_polo,
    "longsleeve": cut_longsleeve,
    "hoodie": cut_hoodie,
    "blazer": cut_blazer,
    "outwear": cut_outwear,
    "dress": cut_dress,
    "skirt": cut_skirt,
    "shorts": cut_shorts,
    "pants": cut_pants,
    "shoes": cut_shoes,
    "hat": cut_hat,
}


def cut_garment(plan: ItemPlan) -> Garment:
    """The garment of a plan. Its measures come from (seed, category, cut number), so colourways share them."""
    rng = np.random.default_rng([plan.seed, 5, len(plan.product_type), sum(map(ord, plan.category)), plan.cut_number])
    return _CUTTERS[plan.category](plan.cut, rng)


# ---------------------------------------------------------------------------------------------------- upper body
