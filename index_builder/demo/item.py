"""What a demo item is: the palette, the cuts on offer, and the plan of the whole catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Rgb = tuple[int, int, int]

PALETTE: dict[str, Rgb] = {
    "black": (34, 34, 38),
    "white": (240, 240, 238),
    "grey": (140, 143, 148),
    "navy": (32, 44, 84),
    "royal blue": (36, 84, 176),
    "sky blue": (146, 190, 224),
    "red": (196, 36, 44),
    "burgundy": (104, 26, 46),
    "pink": (232, 156, 176),
    "orange": (226, 112, 40),
    "mustard": (214, 166, 48),
    "bottle green": (22, 84, 62),
    "olive": (104, 106, 62),
    "mint": (156, 212, 188),
    "teal": (20, 122, 132),
    "lilac": (176, 152, 208),
    "brown": (108, 70, 46),
    "beige": (212, 190, 158),
}

_ALL = ("plain", "striped", "checked", "dotted", "floral", "graphic", "colour-blocked", "allover")
_NO_PRINT = ("plain", "striped", "checked", "dotted", "floral", "colour-blocked", "allover")

# Category -> (feed path, names of its cuts, patterns it is made in, price range in whole euros).
CATEGORIES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], tuple[int, int]]] = {
    "t-shirt": ("Apparel > Tops > T-Shirt", ("crew", "v-neck", "boxy", "pocket"), _ALL, (9, 35)),
    "shirt": ("Apparel > Tops > Shirt", ("classic", "camp", "work", "band collar"), _NO_PRINT, (25, 69)),
    "polo": ("Apparel > Tops > Polo", ("classic", "long-sleeved", "zip", "slim"), _NO_PRINT, (19, 55)),
    "longsleeve": ("Apparel > Tops > Longsleeve", ("crew", "henley", "raglan", "turtleneck"), _ALL, (15, 45)),
    "hoodie": ("Apparel > Tops > Hoodie", ("pullover", "zip", "cropped", "oversized"), _ALL, (29, 79)),
    "blazer": (
        "Apparel > Jackets > Blazer",
        ("single-breasted", "double-breasted", "shawl", "casual"),
        ("plain", "checked", "striped", "floral", "allover", "dotted"),
        (69, 189),
    ),
    "outwear": (
        "Apparel > Jackets > Outwear",
        ("puffer", "trench", "bomber", "parka"),
        ("plain", "colour-blocked", "checked", "allover", "striped", "floral"),
        (59, 249),
    ),
    "dress": ("Apparel > Dresses > Dress", ("a-line", "shirt dress", "slip", "tea"), _NO_PRINT, (29, 119)),
    "skirt": ("Apparel > Bottoms > Skirt", ("a-line", "pleated", "pencil", "tiered"), _NO_PRINT, (19, 69)),
    "shorts": ("Apparel > Bottoms > Shorts", ("chino", "sport", "jeans", "wide"), _NO_PRINT, (15, 49)),
    "pants": (
        "Apparel > Bottoms > Pants",
        ("chino", "wide", "jogger", "jeans"),
        ("plain", "striped", "checked", "allover", "colour-blocked", "floral"),
        (29, 99),
    ),
    "shoes": (
        "Apparel > Footwear > Shoes",
        ("sneaker", "high-top", "ankle boot", "loafer"),
        ("plain", "colour-blocked", "allover", "checked", "striped", "dotted"),
        (39, 159),
    ),
    "hat": (
        "Apparel > Accessories > Hat",
        ("cap", "bucket", "beanie", "fedora"),
        ("plain", "colour-blocked", "checked", "striped", "allover", "dotted"),
        (12, 49),
    ),
}

# How many items share one cut: two colourways of one pattern, then a second pattern in the first colour.
ITEMS_PER_CUT = 3


@dataclass(frozen=True, kw_only=True)
class ItemPlan:
    """One catalogue item before it is drawn."""

    seed: int
    index: int
    id: str
    category: str
    cut: str
    cut_number: int  # counts the cuts of a category; the same number is the same sewing pattern
    pattern: str
    colour: str
    second_colour: str
    third_colour: str
    title: str
    product_type: str
    group_id: str
    price_cents: int
    quantity: int
    location: str

    @property
    def combination(self) -> tuple[str, str, str, str]:
        """What makes it look like itself: category, cut, pattern, colour."""
        return (self.category, self.cut, self.pattern, self.colour)


def plan_item(seed: int, index: int) -> ItemPlan:
    """The item at a place in the endless catalogue of a seed. Pure: no item depends on another having been planned."""
    if index < 0:
        raise ValueError(f"index must not be negative, got {index}")
    names = list(CATEGORIES)
    number = index % len(names)
    category = names[number]
    path, cuts, patterns, prices = CATEGORIES[category]
    nth = index // len(names)
    cut_number, variant = divmod(nth, ITEMS_PER_CUT)

    # Shuffled once per category, so that neighbouring cuts never share a colour or a pattern.
    shuffled = np.random.default_rng([seed, 1, number])
    colours = shuffled.permutation(list(PALETTE))
    order = shuffled.permutation(patterns)
    # After the palette is used up once, the pairing shifts, which keeps later items from repeating early ones.
    lap = cut_number // (len(colours) // 2)
    colour = str(colours[(2 * cut_number + (variant == 1)) % len(colours)])
    pattern = str(order[(2 * cut_number + (variant == 2) + lap) % len(order)])

    own = np.random.default_rng([seed, 2, index])
    second = _contrasting(own, colour, taken=())
    third = _contrasting(own, colour, taken=(second,))
    cut = cuts[cut_number % len(cuts)]
    quantity = 0 if own.random() < 0.12 else int(own.integers(1, 25))
    cloth = "" if pattern == "plain" else f" {pattern}"
    return ItemPlan(
        seed=seed,
        index=index,
        id=f"{category.replace('-', '')[:3].upper()}-{index:04d}",
        category=category,
        cut=cut,
        cut_number=cut_number,
        pattern=pattern,
        colour=colour,
        second_colour=second,
        third_colour=third,
        title=f"{cut.capitalize()} {category},{cloth} {colour}",
        product_type=path,
        group_id=f"{category.replace('-', '')}-cut-{cut_number:02d}",
        price_cents=100 * int(own.integers(*prices)) + 90,
        quantity=quantity,
        location=f"{'ABCDEF'[int(own.integers(6))]}-{int(own.integers(1, 25)):02d}-{int(own.integers(1, 6))}",
    )


def plan_outsiders(seed: int, items: int, count: int) -> list[ItemPlan]:
    """Items that continue the catalogue after its first `items`, none with the combination of one that is in it."""
    inside = {plan_item(seed, i).combination for i in range(items)}
    found: list[ItemPlan] = []
    index = items
    while len(found) < count:
        plan = plan_item(seed, index)
        if plan.combination not in inside:
            inside.add(plan.combination)
            found.append(plan)
        index += 5  # a stride that shares no factor with 13 categories, so that the outsiders are mixed
    return found


def _contrasting(rng: np.random.Generator, colour: str, taken: tuple[str, ...]) -> str:
    base = np.array(PALETTE[colour], dtype=float)
    far = [name for name, rgb in PALETTE.items() if name not in taken and np.linalg.norm(np.array(rgb) - base) > 130]
    return str(rng.choice(far))
