"""One result as HTML: the verdict in big words, the photo beside the best match, the candidates and how they moved."""

from __future__ import annotations

from html import escape

from app_pages import words
from app_pages.item_view import facts, picture
from app_pages.language import say
from app_pages.pictures import uri, veil_uri
from app_pages.results import NEW, Card, Result
from edge.journal_types import Outcome
from edge.types import Match, Verdict

COLOURS = {Verdict.IN_CATALOGUE: "in", Verdict.UNSURE: "unsure", Verdict.NOT_IN_CATALOGUE: "out"}
# A part's cosine in words; the last line catches the rest.
LIKENESS = ((0.95, "like.very"), (0.85, "like.close"), (0.70, "like.roughly"), (-1.1, "like.not"))


def headline(verdict: Verdict) -> str:
    return say(f"verdict.{verdict.value}")


def sureness(result: Result) -> str:
    """The probability in plain words, with the trials it rests on. Never claims certainty."""
    if not result.trials:
        return say("sure.unknown")
    percent = round(100 * result.probability)
    chance = say("chance.least") if percent < 1 else say("chance.most") if percent > 99 else f"{percent} %"
    said = say(f"sure.{result.verdict.value}", chance=chance, trials=result.trials)
    return said[0].upper() + said[1:]


def part_name(part: str) -> str:
    return say(f"part.{part}") if words.known(f"part.{part}") else part


def why(match: Match) -> str:
    """'Shape very close · colour different': each part's likeness in words."""
    said = [f"{part_name(part)} {say(next(key for least, key in LIKENESS if score >= least))}" for part, score in match.parts.items()]
    joined = " · ".join(said)
    return joined[:1].upper() + joined[1:]


def moved(card: Card) -> str:
    """An arrow with the number of places, as HTML; empty where the card stayed."""
    if card.before is None:
        return ""
    if card.before == NEW:
        return f'<span class="moved new">{escape(say("moved.new"))}</span>'
    places = card.before - card.match.rank
    way, arrow = ("up", "▲") if places > 0 else ("down", "▼")
    return f'<span class="moved {way}"><span aria-hidden="true">{arrow}</span> {escape(say(f"moved.{way}", count=abs(places)))}</span>'


def change(result: Result) -> str:
    """What the last correction or wish did to the order, in one sentence."""
    moved_cards = [card for card in result.cards if card.before is not None]
    if not moved_cards:
        return say("moved.same")
    first = result.cards[0]
    if first.before is None:
        return say("moved.some", count=len(moved_cards))
    title = first.match.item.title or first.match.item.item_id
    return say("moved.first_new", title=title) if first.before == NEW else say("moved.first", title=title, rank=first.before)


def card_html(card: Card, *, best: bool) -> str:
    """One candidate."""
    match, item = card.match, card.match.item
    said = say("match", score=f"{match.score:.2f}", why=why(match))
    return (
        f'<article class="card{" best" if best else ""}" data-item="{escape(item.item_id)}">{picture(card.picture, item.title)}<div>'
        f"<h4>{escape(item.title or item.item_id)} {moved(card)}</h4>{facts(item)}<p class='why'>{escape(said)}</p></div></article>"
    )


def verdict_html(result: Result) -> str:
    return (
        f'<section class="verdict {COLOURS[result.verdict]}" role="status"><h2>{escape(headline(result.verdict))}</h2>'
        f"<p>{escape(sureness(result))}</p></section>"
    )


def pair_html(result: Result) -> str:
    """The cutout beside the best match, for comparison by eye."""
    cutout = picture(result.cutout, say("your_cutout"))
    pair = f"<figure>{cutout}<figcaption>{escape(say('your_photo'))}</figcaption></figure>"
    if result.cards:
        chosen = next((card for card in result.cards if card.match.item.item_id == result.state.item_id), None)
        best = chosen or result.cards[0]
        caption = say("chosen" if chosen else "best_match" if result.verdict is Verdict.IN_CATALOGUE else "closest")
        pair += f"<figure>{picture(best.picture, best.match.item.title)}<figcaption>{escape(caption)}</figcaption></figure>"
    return f'<div class="pair">{pair}</div>'


def photo_html(jpeg: bytes) -> str:
    return f'<figure class="pending"><img src="{uri(jpeg)}" alt="{escape(say("your_photo"))}"></figure>'


def outlined_html(result: Result, frame: tuple[float, float, float, float] | None = None) -> str:
    """The photo with all but the garment veiled, and a frame (left, top, right, bottom in 0..1) if one is being set."""
    layers = f'<img src="{uri(result.jpegs[0])}" alt="{escape(say("outline.picture"))}">'
    if result.mask and not result.error:
        layers += f'<img class="veil" src="{veil_uri(result.mask)}" alt="">'
    if frame:
        left, top, right, bottom = (100 * share for share in frame)
        layers += f'<i style="left:{left:.1f}%;top:{top:.1f}%;width:{right - left:.1f}%;height:{bottom - top:.1f}%"></i>'
    return f'<figure class="outlined">{layers}</figure>'


def line_html(result: Result) -> str:
    """One result in one line: picture, verdict, and the item if it is certain."""
    colour, said = ("out", result.error) if result.error else (COLOURS[result.verdict], headline(result.verdict))
    if result.decided:
        said = f"✓ {say(f'decided.{result.state.outcome.value}')}"
        colour = "out" if result.state.outcome is Outcome.NONE_OF_THESE else "in"
    certain = result.cards and not result.decided and result.verdict is Verdict.IN_CATALOGUE
    title = result.cards[0].match.item.title if certain else result.state.title or result.state.note
    source = result.cutout or (uri(result.jpegs[0]) if result.jpegs else "")
    image = f'<img src="{source}" alt="">' if source else ""
    return f'<div class="line">{image}<div><b class="{colour}">{escape(said)}</b><br>{escape(title)}</div></div>'
