"""An item in words and HTML: what it is, where it is, how many there are. Used by the results and by the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from app_pages import words
from app_pages.language import say
from edge.types import CatalogueItem


def stock(item: CatalogueItem) -> tuple[str, str]:
    """CSS class and words for how much there is; words are empty where the feed does not say."""
    state = item.availability.replace(" ", "_")
    if item.quantity == 0 or (item.quantity is None and state == "out_of_stock"):
        return "gone", say("stock.gone")
    if item.quantity is not None:
        return "there", say("stock.count", count=item.quantity)
    return "there", say(f"stock.{state}") if words.known(f"stock.{state}") else state.replace("_", " ").capitalize()


def picture(source: str, title: str) -> str:
    """An item's picture, or a box that says there is none."""
    return f'<img src="{source}" alt="{escape(title)}">' if source else f"<div class='blank'>{escape(say('no_picture'))}</div>"


def facts(item: CatalogueItem) -> str:
    """Number, shelf, stock and price as two lines of HTML."""
    state, amount = stock(item)
    where = f"<span class='where'><small>{escape(say('shelf'))}</small> {escape(item.location)}</span>" if item.location else ""
    price = f"<span>{escape(item.price)}</span>" if item.price else ""
    price += instead(item) if state == "gone" else ""
    return (
        f"<p class='facts'><code>{escape(item.item_id)}</code>{where}</p>"
        f"<p class='facts'><span class='{state}'>{escape(amount)}</span>{price}</p>"
    )


def table(rows: Mapping[str, object]) -> str:
    """Names and values, a line each."""
    lines = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in rows.items())
    return f'<table class="about">{lines}</table>'


def instead(item: CatalogueItem) -> str:
    """The way to what may stand in for an item, for one that is out of stock."""
    return f"<a class='instead' href='looks?item={quote(item.item_id)}' target='_self'>{escape(say('looks.instead'))}</a>"
