"""Links between pictures -> groups of items: duplicates joined first, then cuts in several colours, known sizes left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.catalogue import VectorRow
from edge.types import CatalogueItem

DUPLICATE, COLOURWAY = "duplicate", "colourway"


@dataclass(frozen=True, slots=True)
class Member:
    """One item of a group. score: agreement with the group's first item, or with the one it was joined by, 0..1 (of the first: its best).

    image as in the feed; thumb relative to the index folder; mirrored: shown the other way round than the item it was compared with.
    """

    item_id: str
    title: str
    image: str
    thumb: str
    score: float
    mirrored: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Group:
    """Items that look the same (kind `duplicate`), or one cut in several colours (`colourway`, one item for each set of duplicates)."""

    number: int
    kind: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Two items and why they belong together; first, second: rows of the pictures compared."""

    first: int
    second: int
    kind: str
    score: float
    mirrored: bool
    evidence: str


def grouped(links: Iterable[Link], rows: Sequence[VectorRow], items: Mapping[str, CatalogueItem]) -> tuple[tuple[Group, ...], int]:
    """Duplicates joined first; then one item of each set stands for it among the colourways. Also the count of known sizes left out."""
    order = {item_id: n for n, item_id in enumerate(dict.fromkeys(row.item_id for row in rows))}
    best: dict[tuple[str, str, str], Link] = {}
    for link in links:
        a, b = sorted((rows[link.first].item_id, rows[link.second].item_id), key=order.__getitem__)
        if (link.kind, a, b) not in best or link.score > best[link.kind, a, b].score:
            best[link.kind, a, b] = link
    same = _joined([(a, b) for kind, a, b in best if kind == DUPLICATE], order)
    stands_for = {item_id: members[0] for members in same for item_id in members}
    colour_links: dict[tuple[str, str], Link] = {}
    for (kind, a, b), link in best.items():
        pair = tuple(sorted((stands_for.get(a, a), stands_for.get(b, b)), key=order.__getitem__))
        if kind == COLOURWAY and pair[0] != pair[1] and (pair not in colour_links or link.score > colour_links[pair].score):
            colour_links[pair] = link
    colours = _joined(list(colour_links), order)
    duplicate_links = {(a, b): link for (kind, a, b), link in best.items() if kind == DUPLICATE}
    groups, sizes = [], 0
    for members in same:
        kept = _without_known_sizes(members, items)
        sizes += len(members) - len(kept)
        if len(kept) > 1:
            groups.append((DUPLICATE, _members(kept, duplicate_links, rows, items)))
    groups += [(COLOURWAY, _members(members, colour_links, rows, items)) for members in colours]
    return tuple(Group(n, kind, members) for n, (kind, members) in enumerate(groups, 1)), sizes


def _joined(pairs: Sequence[tuple[str, str]], order: Mapping[str, int]) -> list[list[str]]:
    """Connected sets of item ids, in feed order."""
    parent: dict[str, str] = {}

    def root(x: str) -> str:
        while parent.setdefault(x, x) != x:
            parent[x] = x = parent[parent[x]]
        return x

    for a, b in pairs:
        low, high = sorted((root(a), root(b)), key=order.__getitem__)
        parent[high] = low
    sets: dict[str, list[str]] = {}
    for x in sorted(parent, key=order.__getitem__):
        sets.setdefault(root(x), []).append(x)
    return list(sets.values())


def _without_known_sizes(members: Sequence[str], items: Mapping[str, CatalogueItem]) -> list[str]:
    """One item per item_group_id where the feed gives its items different sizes: a shop lists S, M and L with one picture on purpose."""
    by_group: dict[str, list[str]] = {}
    for item_id in members:
        by_group.setdefault(items[item_id].item_group_id or f"\0{item_id}", []).append(item_id)
    kept = set()
    for same in by_group.values():
        counts = Counter(items[i].size for i in same)
        known_sizes = len(same) > 1 and "" not in counts and max(counts.values()) == 1
        kept |= set(same[:1] if known_sizes else same)
    return [item_id for item_id in members if item_id in kept]


def _members(
    ids: Sequence[str], links: Mapping[tuple[str, str], Link], rows: Sequence[VectorRow], items: Mapping[str, CatalogueItem]
) -> tuple[Member, ...]:
    """Each with its link to the first; where there is none, with its best."""
    inside = set(ids)
    touching: dict[str, list[tuple[str, Link]]] = {item_id: [] for item_id in ids}
    for (a, b), link in links.items():
        for mine, other in ((a, b), (b, a)):
            if mine in inside:
                touching[mine].append((other, link))
    members = []
    for n, item_id in enumerate(ids):
        other, link = max(touching[item_id], key=lambda t: (n > 0 and t[0] == ids[0], t[0] in inside, t[1].score))
        own = next((row for row in (rows[link.first], rows[link.second]) if row.item_id == item_id), None)
        own = own or next(row for row in rows if row.item_id == item_id)  # the link is that of a duplicate it stands for
        words = [link.evidence] if n else ["the first of its group"]
        if n and other != ids[0]:
            words.append(f"compared with {other}")
        if n and items[item_id].item_group_id and items[item_id].item_group_id == items[other].item_group_id:
            words.append("one item group in the feed")
        members.append(
            Member(item_id, items[item_id].title, own.image, own.thumb, round(link.score, 4), bool(n and link.mirrored), "; ".join(words))
        )
    return tuple(members)
