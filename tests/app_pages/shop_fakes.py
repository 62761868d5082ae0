"""A small shop for tests of the pages: the fake Lookup over a real catalogue file with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from app_pages.queue_of_seats import Seats
from edge.catalogue import Catalogue, VectorRow, write_catalogue
from edge.types import CatalogueItem
from tests.fake_lookup import ITEMS
from tests.opened_page import picture
from tests.page_fakes import PageLookup


class ShopLookup(PageLookup):
    """PageLookup with the items' catalogue in `folder`."""

    def __init__(self, folder: Path, items: Sequence[CatalogueItem] = ITEMS, **rest) -> None:
        super().__init__(items, **rest)
        self.folder = folder
        (folder / "thumbs").mkdir(parents=True)
        (folder / "thumbs" / "0.jpg").write_bytes(picture())
        rows = [VectorRow(label, item.item_id, item.image, "thumbs/0.jpg") for label, item in enumerate(items)]
        write_catalogue(folder / "catalogue.sqlite", items, rows)
        self.catalogue = Catalogue.open(folder / "catalogue.sqlite")


def shop_box(lookup: PageLookup, root: Path) -> SimpleNamespace:
    """A Box over a fake Lookup."""
    return SimpleNamespace(lookup=lookup, root=root, seats=Seats(2))
