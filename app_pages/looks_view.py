"""Looks and alternatives as HTML: pictures side by side, replaced pieces marked, what differs in words."""

from __future__ import annotations

from html import escape

from app_pages import words
from app_pages.item_view import facts, picture, stock
from app_pages.language import say
from app_pages.looks_box import Opened
from app_pages.pictures import PICTURE_SIDE, jpeg_uri
from edge.alternatives import Alternative, Difference
from edge.looks import MendedLook, MendedPiece
from edge.looks_new import NewLook, NewPiece
from edge.types import CatalogueItem

SMALL = 240  # pixels a side of a look's pictures: four of them side by side


def colour_word(name: str) -> str:
    """A colour in the page's language where it is one of the named ones; the feed's own names stay."""
    return say(f"colour.{name}") if words.known(f"colour.{name}") else name


def pattern_word(tag: str) -> str:
    return say(f"pattern.{tag}") if words.known(f"pattern.{tag}") else tag


def difference_words(differs: tuple[Difference, ...]) -> str:
    """'Colour navy instead of black · shape different', in the page's language."""
    said = []
    for d in differs:
        name = say(f"part.{d.part}") if words.known(f"part.{d.part}") else d.part
        as_word = {"colour": colour_word, "pattern": pattern_word}.get(d.part, str)
        if d.ours and d.theirs and d.ours != d.theirs:
            said.append(say("looks.differs.named", part=name, theirs=as_word(d.theirs), ours=as_word(d.ours)))
        else:
            said.append(say("looks.differs", part=name))
    joined = " · ".join(said) or say("looks.alike")
    return joined[:1].upper() + joined[1:]


def source_of(shop: Opened, item: CatalogueItem, side: int = SMALL) -> str:
    """The item's picture as a data URI, "" where it has none."""
    thumb = next((row.thumb for row in shop.alternatives.catalogue.vectors_of(item.item_id) if row.thumb), "")
    file = shop.folder / thumb
    return jpeg_uri(file, side) if thumb and file.is_file() else ""


def item_card(shop: Opened, item: CatalogueItem) -> str:
    """The item that alternatives are shown for."""
    title, (kind, amount) = escape(item.title or item.item_id), stock(item)
    said = f"<p class='facts'><code>{escape(item.item_id)}</code> <span class='{kind}'>{escape(amount)}</span></p>"
    return f'<article class="card">{picture(source_of(shop, item, PICTURE_SIDE), item.title)}<div><h4>{title}</h4>{said}</div></article>'


def alternative_card(shop: Opened, alternative: Alternative) -> str:
    """One alternative with its score and what differs."""
    item = alternative.match.item
    why = f"{say('item.alike.score', score=f'{max(0.0, alternative.match.score):.2f}')} – {difference_words(alternative.differs)}"
    return (
        f'<article class="card" data-item="{escape(item.item_id)}">{picture(source_of(shop, item, PICTURE_SIDE), item.title)}<div>'
        f"<h4>{escape(item.title or item.item_id)}</h4>{facts(item)}<p class='why'>{escape(why)}</p></div></article>"
    )


def look_html(shop: Opened, look: MendedLook) -> str:
    """The look as it can be put together today, side by side; then one line for each piece that is another one or missing."""
    if not look.complete:
        state, said = "out", say("looks.incomplete")
    elif look.replaced:
        state, said = "unsure", say("looks.mended", count=look.replaced)
    else:
        state, said = "in", say("looks.complete")
    lines = "".join(_changed(shop, p) for p in look.pieces if p.replaced_by or p.reason)
    return (
        f'<section class="look" data-look="{escape(look.look_id)}"><p class="state {state}" role="status">{escape(said)}</p>'
        f'<div class="worn">{"".join(_mended(shop, p) for p in look.pieces)}</div>{lines}</section>'
    )


def _mended(shop: Opened, piece: MendedPiece) -> str:
    if piece.item is None:
        return _worn(shop, piece.slot, piece.wanted, mark=say("looks.missing"), kind="missing")
    mark, kind = (say("looks.replaced"), "new") if piece.replaced_by else ("", "")
    return _worn(shop, piece.slot, piece.item, mark=mark, kind=kind)


def _changed(shop: Opened, piece: MendedPiece) -> str:
    slot = f"<b>{escape(piece.slot.capitalize())}:</b>"
    if piece.replaced_by is None:
        return f"<p class='why'>{slot} {escape(say('looks.none_left', title=piece.wanted.title))}</p>"
    said = say("looks.swap", theirs=piece.replaced_by.match.item.title, ours=piece.wanted.title)
    why = (
        f"{say('item.alike.score', score=f'{max(0.0, piece.replaced_by.match.score):.2f}')} – {difference_words(piece.replaced_by.differs)}"
    )
    before = picture(source_of(shop, piece.wanted), piece.wanted.title)
    return f"<div class='swap'>{before}<p class='why'>{slot} {escape(said)}<br>{escape(why)}</p></div>"


def new_look_html(shop: Opened, look: NewLook, number: int) -> str:
    """A proposal, side by side."""
    said = [say("looks.proposal", number=number), _kept(look.colour_error), *([] if look.in_stock else [say("looks.not_all")])]
    worn = "".join(_new(shop, p) for p in look.pieces)
    return f'<section class="look"><p class="state">{escape(" · ".join(said))}</p><div class="worn">{worn}</div></section>'


def _kept(error: float) -> str:
    """How well the colours stand to each other as in the reference, in words."""
    return say("looks.harmony.close") if error < 15 else say("looks.harmony.fair") if error < 30 else say("looks.harmony.far")


def _new(shop: Opened, piece: NewPiece) -> str:
    if piece.piece.item is None:
        colour = "#{:02x}{:02x}{:02x}".format(*piece.piece.colours[0].rgb) if piece.piece.colours else "#fff"
        blank = f'<div class="blank" style="background:{colour}"></div>'
        return f'<figure class="seed">{blank}<figcaption>{escape(say("your_photo"))}</figcaption></figure>'
    mark = say("looks.start") if piece.is_seed else "" if piece.piece.in_stock else say("stock.gone")
    return _worn(shop, piece.slot, piece.piece.item, mark=mark, kind="seed" if piece.is_seed else "")


def _worn(shop: Opened, slot: str, item: CatalogueItem, *, mark: str, kind: str) -> str:
    """One garment of a look: picture, mark, slot, number, shelf."""
    badge = f"<span class='mark'>{escape(mark)}</span>" if mark else ""
    shelf = f"<br><b>{escape(item.location)}</b>" if item.location else ""
    caption = f"<figcaption>{escape(slot.capitalize())}<br><code>{escape(item.item_id)}</code>{shelf}</figcaption>"
    image = picture(source_of(shop, item), item.title)
    return f'<figure class="{kind}" data-item="{escape(item.item_id)}" title="{escape(item.title)}">{badge}{image}{caption}</figure>'
