"""Groups of items that look the same: candidates by embedding and outline, each pair confirmed by local evidence, then joined."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
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
from edge.types import Mask, Photo
from index_builder.candidates import candidate_pairs, in_walking_order, most_alike_first
from index_builder.duplicate_groups import COLOURWAY, DUPLICATE, Group, Link, grouped
from index_builder.local_evidence import Evidence, Look, compare
from index_builder.looks import Looks


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
            links.append(Link(distinct[pair[0]], distinct[pair[1]], kind, score, evidence.mirrored, _in_words(evidence)))
        if progress:
            progress(done, len(pairs))
    groups, sizes = grouped(links, rows, items)
    skipped = tuple((rows[distinct[i]].item_id, reason) for i, reason in sorted(failed.items()))
    return DuplicateReport(
        manifest.build_id, len(items), groups, len(pairs), sizes, skipped, candidates_done - started,
        time.perf_counter() - candidates_done, done,
    )  # fmt: skip


def _same_files(rows: Sequence[VectorRow], manifest: Manifest) -> tuple[list[Link], list[int]]:
    """Links between pictures that are equal to the byte, and the first row of each picture: the others need no comparison."""
    first: dict[str, int] = {}
    links = []
    for row in rows:
        content = manifest.files.get(row.thumb, row.thumb)
        at = first.setdefault(content, row.label)
        if at != row.label and rows[at].item_id != row.item_id:
            links.append(Link(at, row.label, DUPLICATE, 1.0, False, "the same picture"))
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
