"""One item of the catalogue: all its pictures, all that the feed says, what was read off the picture, and what looks like it."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from app_pages import address, catalogue
from app_pages.item_view import picture, stock, table
from app_pages.language import say, say_error
from app_pages.pictures import PHOTO_SIDE, PICTURE_SIDE, jpeg_uri
from app_pages.shared_box import Box
from edge.errors import SetupError
from edge.lookup import Lookup
from edge.types import CatalogueItem

ALIKE, VIEWS, GROUP = 6, 8, 12  # look-alikes, pictures and siblings shown


def page(box: Box, item_id: str) -> None:
    """The item with its look-alikes and the others of its group."""
    st.button(say("catalogue.back"), key="catalogue back", width="stretch", on_click=address.show)
    item = box.lookup.catalogue.find(item_id)
    if item is None:
        st.warning(say("catalogue.gone"))
        return
    title = item.title or item.item_id
    images = [picture(uri, title) for uri in pictures(box, item, PHOTO_SIDE)] or [picture("", title)]
    figures = "".join(f"<figure>{image}</figure>" for image in images)
    st.html(f'<div class="opened"><div class="views">{figures}</div><h2>{escape(title)}</h2></div>')
    st.html(table(fields(item)))
    if item.predicted:
        st.html(f"<p class='note'>{escape(say('item.predicted.why'))}</p>")
    siblings = box.lookup.catalogue.browse(item_group_id=item.item_group_id, limit=GROUP + 1).items if item.item_group_id else ()
    siblings = [other for other in siblings if other.item_id != item.item_id]
    _tiles(box, say("item.same_group"), [(other, "") for other in siblings[:GROUP]], key="group ")
    try:
        found = look_alikes(box.lookup, item_id, k=ALIKE)
    except SetupError as error:  # a store that does not answer; the item itself is the folder's
        st.warning(say_error(error))
        return
    alike = [(other, say("item.alike.score", score=f"{score:.2f}")) for other, score in found]
    _tiles(box, say("item.alike"), alike, key="alike ")


def fields(item: CatalogueItem) -> dict[str, object]:
    """What is known, by its name on the page; what was read off the picture says so."""
    predicted = {"product_type": "item.kind", "color": "item.colour", "pattern": "item.pattern"}
    marked = {predicted.get(name, "") for name in item.predicted.split(",")}
    rows = {
        "item.number": item.item_id,
        "shelf": item.location,
        "item.stock": stock(item)[1],
        "item.price": item.price,
        "item.kind": item.product_type,
        "item.colour": item.color,
        "item.pattern": item.pattern,
        "item.size": item.size,
        "item.group": item.item_group_id,
    }
    return {say(key): say("item.predicted", value=value) if key in marked else value for key, value in rows.items() if value}


def look_alikes(lookup: Lookup, item_id: str, *, k: int) -> list[tuple[CatalogueItem, float]]:
    """The k items whose pictures come nearest to any of this one's, with the cosine (-1..1), most alike first."""
    own = [row.label for row in lookup.catalogue.vectors_of(item_id)]
    if not own:
        return []
    wanted, best = (k + 1) * 4 + len(own), {}
    labels, scores = lookup.index.search(np.asarray(lookup.index.vectors[own]), wanted)
    for label, score in sorted(zip(labels.ravel().tolist(), scores.ravel().tolist(), strict=True), key=lambda pair: -pair[1]):
        item = lookup.catalogue.item_of(label)
        if item.item_id != item_id and item.item_id not in best:
            best[item.item_id] = (item, score)
            if len(best) == k:
                break
    return list(best.values())


def pictures(box: Box, item: CatalogueItem, side: int = PICTURE_SIDE, *, most: int = VIEWS) -> list[str]:
    """The item's studio pictures in the index folder, as data URIs."""
    files = [box.lookup.folder / row.thumb for row in box.lookup.catalogue.vectors_of(item.item_id) if row.thumb]
    return [jpeg_uri(file, side) for file in files[:most] if file.is_file()]


def _tiles(box: Box, heading: str, items: list[tuple[CatalogueItem, str]], *, key: str) -> None:
    if not items:
        return
    st.html(f"<h3>{escape(heading)}</h3>")
    with st.container(key=f"tiles {key}"):
        for item, note in items:
            catalogue.tile(box, item, note=note, key=key)
