"""Filter -> which vectors may answer. Pure but for the catalogue it asks."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from edge.catalogue import Catalogue
from edge.errors import RequestError
from edge.taxonomy import Taxonomy
from edge.types import Filter

_NOT_THERE = {"out_of_stock", "preorder", "backorder"}


@dataclass(frozen=True, slots=True, eq=False)
class Facets:
    """What filters ask about, by label: int32 (N,) places in `types` and `colours`, bool (N,) on the shelf. A filter then asks each
    distinct value once, and numpy the vectors."""

    types: tuple[str, ...]
    colours: tuple[str, ...]
    type_of: np.ndarray
    colour_of: np.ndarray
    on_shelf: np.ndarray

    @classmethod
    def of(cls, catalogue: Catalogue) -> Facets:
        """Read once per catalogue; about a second per million vectors. Raises IndexFolderError."""
        rows = catalogue.facets()
        types, colours = (tuple(dict.fromkeys(row[column] for row in rows)) for column in (0, 1))
        places = [{value: place for place, value in enumerate(values)} for values in (types, colours)]
        return cls(
            types, colours, *(np.fromiter((places[c][row[c]] for row in rows), np.int32, len(rows)) for c in (0, 1)),
            np.fromiter((on_shelf(row[2], row[3]) for row in rows), bool, len(rows)),
        )  # fmt: skip

    def passing(self, only: Filter) -> np.ndarray:
        """int64 (L,), rising: labels of the vectors whose items pass. Raises RequestError for a category or colour that no item has."""
        types, colours = values_passing(self.types, self.colours, only)
        good_type, good_colour = (np.array([v in wanted for v in have]) for have, wanted in ((self.types, types), (self.colours, colours)))
        passes = good_type[self.type_of] & good_colour[self.colour_of]
        return np.flatnonzero(passes & self.on_shelf if only.in_stock else passes)


def values_passing(types: Iterable[str], colours: Iterable[str], only: Filter) -> tuple[set[str], set[str]]:
    """Of a catalogue's product types and colours those that pass. Raises RequestError for a category or colour that none of them has."""
    tree = Taxonomy.read() if only.categories else None
    return (
        _chosen(only.categories, set(types), lambda value, wanted: fits_category(value, wanted, tree), "category"),
        _chosen(only.colours, set(colours), has_colour, "colour"),
    )


def in_category(product_type: str, category: str) -> bool:
    """Whether the levels of `category` follow one another in the path `product_type`, whatever their case: "tops" in "Man > Tops"."""
    path, wanted = _levels(product_type), _levels(category)
    return bool(wanted) and any(path[at : at + len(wanted)] == wanted for at in range(len(path) - len(wanted) + 1))


def fits_category(product_type: str, category: str, tree: Taxonomy | None) -> bool:
    """As `in_category`; a single level ("skirt") also fits what the taxonomy has in it, however the feed calls it ("Women > Midi Skirts").

    Needed where some items are called by their feed and others by the concepts network.
    """
    if in_category(product_type, category):
        return True
    if tree is None or len(_levels(category)) != 1:
        return False
    node, wanted = tree.of_product_type(product_type), tree.of_product_type(category)
    return bool(node and wanted) and tree.within(node, wanted)


def has_colour(colours: str, colour: str) -> bool:
    """Whether a feed's colour ("Red/White": two colours of one garment) is or holds this one."""
    wanted = colour.strip().casefold()
    return bool(wanted) and wanted in {colours.strip().casefold(), *(c.strip().casefold() for c in colours.split("/"))}


def on_shelf(availability: str, quantity: int | None) -> bool:
    """Whether there is one, as far as the feed says; what it does not speak of may be there."""
    return quantity > 0 if quantity is not None else availability.strip().casefold().replace(" ", "_") not in _NOT_THERE


def _levels(path: str) -> list[str]:
    return [level.strip().casefold() for level in path.split(">") if level.strip()]


def _chosen(wanted: Iterable[str], present: set[str], fits: Callable[[str, str], bool], kind: str) -> set[str]:
    """The values that are in the catalogue and fit one of the wanted; all of them where nothing is wanted."""
    chosen: set[str] = set()
    for one in wanted:
        fitting = {value for value in present if fits(value, one)}
        if not fitting:
            known = sorted({level.strip() for value in present for level in value.split(">" if kind == "category" else "/")} - {""})
            near = difflib.get_close_matches(one, known, 3, 0.4) or known[:6]
            raise RequestError(
                f"No item of the catalogue has the {kind} {one!r}.",
                remedy=f"It has {', '.join(near)}{' and others' if len(known) > len(near) else ''}." if near else "",
            )
        chosen |= fitting
    return chosen if tuple(wanted) else present
