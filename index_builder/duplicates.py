"""Groups of items that look the same: candidates by embedding and outline, each pair confirmed by local evidence, then joined."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.catalogue import Catalogue, VectorRow
from edge.errors import IndexFolderError, PhotoError
from edge.index import Index
from edge.manifest import Manifest, read_manifest
from edge.session import usable_cpus
from edge.types import CatalogueItem, Mask, Photo
from index_builder.candidates import candidate_pairs, in_walking_order, most_alike_first
from index_builder.local_evidence import Evidence, Look, compare
from index_builder.looks import Looks

DUPLICATE, COLOURWAY = "duplicate", "colourway"


@dataclass(frozen=True, slots=True)
class Limits:
    """From which local evidence on two pictures show the same, or the same cut in another colour.

    Chosen on a catalogue made as the tuning part of benchmarks/duplicates.py is (drawn garments of seed 101, cutouts of senders kept to
    tune on): 156 pairs that are duplicates, 201 colourways, and 633 strangers out of the candidates, the 500 most alike ones among
    them. On these pairs they give precision 1.00 and recall 0.97 for duplicates, 0.95 and 0.87 for colourways.

    structure 0.62: reached by 96 % of duplicates, 83 % of colourways, 2 % of strangers. At 0.60 twice as many strangers, of one cut with
    another pattern, pass for colourways (precision 0.92); at 0.70 a seventh of the recoloured copies goes.
    colour 10 and spread 6: all but two duplicates (other light moves the colour by up to 8), and none of the recoloured copies.
    worst 14: all but two duplicates; shoes that differ in a lace or panel alone reach 19 to 37.
    fine_*: dense patterns that bend apart lose structure but keep matching points; three duplicates more.
    dyed_*: one even colour exchanged for another, on plain cloth with little to compare; nine colourways more, one stranger.
    """

    structure: float = 0.62
    overlap: float = 0.85
    colour: float = 10.0
    spread: float = 6.0
    worst: float = 14.0
    fine_structure: float = 0.35
    fine_matches: int = 16
    fine_worst: float = 8.0
    fine_overlap: float = 0.95
    colourway_overlap: float = 0.95
    dyed_structure: float = 0.5
    dyed_spread: float = 8.0
    dyed_overlap: float = 0.97


LIMITS = Limits()


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
class DuplicateReport:
    """What was found. pairs: likely ones; looked_at: how many were compared, fewer where the time was up. sizes: items left out because
    the feed names them as sizes of another.

    skipped: (item id, reason) of pictures that could not be looked at. candidate_seconds and confirm_seconds: wall-clock time.
    """

    build_id: str
    items: int
    groups: tuple[Group, ...]
    pairs: int
    sizes: int
    skipped: tuple[tuple[str, str], ...]
    candidate_seconds: float
    confirm_seconds: float
    looked_at: int = 0

    def of_kind(self, kind: str) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if group.kind == kind)

    def for_report(self) -> dict[str, Any]:
        """As report.json holds it: lists of item ids."""
        ids = {kind: [[m.item_id for m in group.members] for group in self.of_kind(kind)] for kind in (DUPLICATE, COLOURWAY)}
        return {"groups": ids[DUPLICATE], "colourways": ids[COLOURWAY], "sizes": self.sizes,
                "candidates": self.pairs, "looked_at": self.looked_at,
                "seconds": round(self.candidate_seconds + self.confirm_seconds, 2)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Link:
    """Two items and why they belong together; first, second: rows of the pictures compared."""

    first: int
    second: int
    kind: str
    score: float
    mirrored: bool
    evidence: str


def decide(evidence: Evidence, limits: Limits = LIMITS) -> str | None:
    """`duplicate`, `colourway` or None. The embedding has no say: another network changes the candidates, not the decision."""
    alike = evidence.structure >= limits.structure
    if evidence.colour <= limits.colour and evidence.spread <= limits.spread and evidence.worst <= limits.worst:
        fine = evidence.structure >= limits.fine_structure and evidence.matches >= limits.fine_matches
        fine = fine and evidence.worst <= limits.fine_worst and evidence.overlap >= limits.fine_overlap
        return DUPLICATE if fine or (alike and evidence.overlap >= limits.overlap) else None
    dyed = evidence.structure >= limits.dyed_structure and evidence.spread <= limits.dyed_spread
    dyed = dyed and evidence.overlap >= limits.dyed_overlap
    return COLOURWAY if dyed or (alike and evidence.overlap >= limits.colourway_overlap) else None


def find_duplicates(
    folder: Path,
    *,
    manifest: Manifest | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    most_seconds: float | None = None,
    mask: Callable[[Photo], Mask] | None = None,
) -> DuplicateReport:
    """Look through one build's folder (index/<build id>); nothing is written.

    manifest: of a folder that has none yet. workers: threads (default: the CPUs). progress is told (pairs done, pairs in all).
    most_seconds: wall-clock; then pairs that are only alike in outline are left out, as outlines cost time for every item, the others are
    compared most alike first, and what is not reached is counted. mask: as for Looks. Raises IndexFolderError.
    """
    folder, started, workers = Path(folder), time.perf_counter(), workers or usable_cpus()
    manifest = manifest or read_manifest(folder)
    index = Index.open(folder, manifest=manifest)
    catalogue = Catalogue.open(folder / "catalogue.sqlite")
    rows, items = catalogue.vectors(), {item.item_id: item for item in catalogue.items()}
    catalogue.close()
    if [row.label for row in rows] != list(range(index.count)):
        raise IndexFolderError("The catalogue's labels are not those of the vectors.", path=str(folder))
    links, distinct = _same_files(rows, manifest)
    looks = Looks(folder, [rows[i].thumb for i in distinct], mask=mask)
    outlines, failed = looks.outlines(workers=workers) if most_seconds is None else (None, {})
    usable = [i for i in range(len(distinct)) if i not in failed]
    vectors = np.asarray(index.vectors)[[distinct[i] for i in usable]]
    pairs = candidate_pairs(
        vectors, parts=manifest.parts, outlines=None if outlines is None else outlines[usable],
        owners=[rows[distinct[i]].item_id for i in usable],
    )  # fmt: skip
    if most_seconds is not None:
        pairs = most_alike_first(pairs, vectors)
    pairs = [(usable[a], usable[b]) for a, b in pairs]
    if most_seconds is None:
        pairs = in_walking_order(pairs)
    candidates_done = time.perf_counter()
    until = float("inf") if most_seconds is None else started + most_seconds
    done = 0
    for done, (pair, evidence) in enumerate(_confirmed(pairs, looks, workers=workers, until=until, failed=failed), 1):
        kind = decide(evidence) if evidence else None
        if kind and evidence:
            score = min(1.0, max(0.0, evidence.structure + evidence.overlap) / 2)
            links.append(_Link(distinct[pair[0]], distinct[pair[1]], kind, score, evidence.mirrored, _in_words(evidence)))
        if progress:
            progress(done, len(pairs))
    groups, sizes = _grouped(links, rows, items)
    skipped = tuple((rows[distinct[i]].item_id, reason) for i, reason in sorted(failed.items()))
    return DuplicateReport(
        manifest.build_id, len(items), groups, len(pairs), sizes, skipped, candidates_done - started,
        time.perf_counter() - candidates_done, done,
    )  # fmt: skip


def _same_files(rows: Sequence[VectorRow], manifest: Manifest) -> tuple[list[_Link], list[int]]:
    """Links between pictures that are equal to the byte, and the first row of each picture: the others need no comparison."""
    first: dict[str, int] = {}
    links = []
    for row in rows:
        content = manifest.files.get(row.thumb, row.thumb)
        at = first.setdefault(content, row.label)
        if at != row.label and rows[at].item_id != row.item_id:
            links.append(_Link(at, row.label, DUPLICATE, 1.0, False, "the same picture"))
    return links, sorted(first.values())


def _confirmed(
    pairs: Sequence[tuple[int, int]], looks: Looks, *, workers: int, until: float, failed: dict[int, str]
) -> Iterator[tuple[tuple[int, int], Evidence | None]]:
    """Pairs with their evidence, some at a time, so that neither results nor looks pile up, `until` the clock (perf_counter) says so.

    A picture that cannot be looked at goes into `failed` with the reason; its pairs have no evidence.
    """

    def look(number: int) -> Look | None:
        try:
            return looks.of(number)
        except (OSError, PhotoError) as error:
            failed[number] = error.what if isinstance(error, PhotoError) else str(error)
            return None

    def evidence(pair: tuple[int, int]) -> Evidence | None:
        a, b = look(pair[0]), look(pair[1])
        return compare(a, b) if a and b else None

    at_once = 256 if until == float("inf") else 8 * workers
    with ThreadPoolExecutor(workers, thread_name_prefix="duplicates") as pool:
        for at in range(0, len(pairs), at_once):
            if time.perf_counter() > until:
                return
            some = pairs[at : at + at_once]
            yield from zip(some, pool.map(evidence, some), strict=True)


def _in_words(evidence: Evidence) -> str:
    words = [f"outline {evidence.overlap:.0%}", f"folds and pattern {max(0.0, evidence.structure):.0%}"]
    if evidence.matches:
        words.append(f"{evidence.matches} matching points")
    words.append(f"colour difference {max(evidence.colour, evidence.spread):.0f}")
    return ", ".join(words)


def _grouped(links: Iterable[_Link], rows: Sequence[VectorRow], items: Mapping[str, CatalogueItem]) -> tuple[tuple[Group, ...], int]:
    """Duplicates joined first; then one item of each set stands for it among the colourways. Also the count of known sizes left out."""
    order = {item_id: n for n, item_id in enumerate(dict.fromkeys(row.item_id for row in rows))}
    best: dict[tuple[str, str, str], _Link] = {}
    for link in links:
        a, b = sorted((rows[link.first].item_id, rows[link.second].item_id), key=order.__getitem__)
        if (link.kind, a, b) not in best or link.score > best[link.kind, a, b].score:
            best[link.kind, a, b] = link
    same = _joined([(a, b) for kind, a, b in best if kind == DUPLICATE], order)
    stands_for = {item_id: members[0] for members in same for item_id in members}
    colour_links: dict[tuple[str, str], _Link] = {}
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
    ids: Sequence[str], links: Mapping[tuple[str, str], _Link], rows: Sequence[VectorRow], items: Mapping[str, CatalogueItem]
) -> tuple[Member, ...]:
    """Each with its link to the first; where there is none, with its best."""
    inside = set(ids)
    touching: dict[str, list[tuple[str, _Link]]] = {item_id: [] for item_id in ids}
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
