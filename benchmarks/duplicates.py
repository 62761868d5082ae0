"""Duplicates and colourways in a catalogue with planted copies: precision and recall per kind, and the time of the candidate stage.

python -m benchmarks.duplicates [--part report|tune] [--data DIR] [--models DIR] [--keep DIR] [--scale 10000]

The catalogue: drawn garments, and cutouts of real photos where the data is present; copies of some of them are planted, made as named in
benchmarks.planted. Thresholds were chosen on part `tune` (one seed, train senders set apart), `report` has another seed and val senders.
A pair counts as found when both items are in one group of its kind. Truth: same design and colour is a duplicate, same design in another
colour a colourway, all else looks alike at most. Colourways of which one picture is cut off are counted, too.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
import zlib
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from benchmarks.planted import COPIES, Planted, drawn_catalogue, real_catalogue
from benchmarks.real_data import DEFAULT_DATA
from edge.stages import Stages
from index_builder.build import build
from index_builder.candidates import candidate_pairs
from index_builder.duplicate_groups import COLOURWAY, DUPLICATE
from index_builder.duplicates import DuplicateReport, find_duplicates
from index_builder.duplicates_page import page_of

SEEDS = {"tune": 101, "report": 202}
REAL, DRAWN, COPIES_OF_A_KIND = 160, 156, 22

Pair = frozenset[str]


def chosen_images(data: Path, part: str) -> list[str]:
    """Photos with checked masks: of val senders to report on, of the train senders that nothing was trained on to tune on."""
    with open(data / "images.csv", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["mask"] in ("good", "repaired")]
    if part == "report":
        rows = [r for r in rows if r["split"] == "val"]
    else:
        rows = [r for r in rows if r["split"] == "train" and zlib.crc32(r["sender"].encode()) % 12 == 0]
    order = np.random.default_rng(SEEDS[part]).permutation(len(rows))[:REAL]
    return [rows[i]["image"] for i in order]


def catalogue(part: str, data: Path) -> list[Planted]:
    made = list(drawn_catalogue(seed=SEEDS[part], items=DRAWN, copies=COPIES_OF_A_KIND))
    if (data / "images.csv").is_file():
        made += real_catalogue(data, chosen_images(data, part), seed=SEEDS[part], copies=COPIES_OF_A_KIND)
    else:
        print(f"no real photos in {data}: drawn garments alone")
    return made


def write_feed(made: Sequence[Planted], folder: Path) -> Path:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    with open(folder / "feed.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "title", "image_link"))
        for p in made:
            cv2.imwrite(str(folder / f"images/{p.item_id}.jpg"), p.rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, p.quality])
            writer.writerow((p.item_id, p.title, f"images/{p.item_id}.jpg"))
    return folder / "feed.csv"


def true_pairs(made: Sequence[Planted]) -> dict[str, set[Pair]]:
    by_design: dict[str, list[Planted]] = {}
    for p in made:
        by_design.setdefault(p.design, []).append(p)
    out: dict[str, set[Pair]] = {DUPLICATE: set(), COLOURWAY: set()}
    for same in by_design.values():
        for a, b in combinations(same, 2):
            out[DUPLICATE if a.colour == b.colour else COLOURWAY].add(frozenset((a.item_id, b.item_id)))
    return out


def found_pairs(report: DuplicateReport) -> dict[str, set[Pair]]:
    """Pairs of items that share a group. In a colourway, one item stands for its duplicates: their pairs count as reported."""
    sets = {group.members[0].item_id: [m.item_id for m in group.members] for group in report.of_kind(DUPLICATE)}
    same = {frozenset(pair) for ids in sets.values() for pair in combinations(ids, 2)}
    colours = set()
    for group in report.of_kind(COLOURWAY):
        for a, b in combinations([sets.get(m.item_id, [m.item_id]) for m in group.members], 2):
            colours |= {frozenset((x, y)) for x in a for y in b}
    return {DUPLICATE: same, COLOURWAY: colours}


def share(hits: int, of: int) -> str:
    return f"{hits / of:.3f} ({hits}/{of})" if of else "-"


def score(made: Sequence[Planted], report: DuplicateReport) -> dict[str, object]:
    """Prints the table; the same figures for the JSON line."""
    truth, found = true_pairs(made), found_pairs(report)
    result: dict[str, object] = {}
    print(f"\n{'kind':12s} {'precision':22s} recall")
    for kind in (DUPLICATE, COLOURWAY):
        hits = len(truth[kind] & found[kind])
        print(f"{kind:12s} {share(hits, len(found[kind])):22s} {share(hits, len(truth[kind]))}")
        result[kind] = {"hits": hits, "reported": len(found[kind]), "true": len(truth[kind])}
    print(f"\n{'planted copy':12s} {'of drawn garments':22s} {'of real cutouts':22s} (recall; recoloured: as colourway)")
    for copy in COPIES:
        cells = []
        kind = COLOURWAY if copy == "recoloured" else DUPLICATE
        for real in (False, True):
            planted = [frozenset((p.item_id, p.of)) for p in made if p.copy == copy and p.design.startswith("real/") == real]
            hits = sum(pair in found[kind] for pair in planted)
            cells.append(share(hits, len(planted)))
            result[f"{copy}, {'real' if real else 'drawn'}"] = [hits, len(planted)]
        print(f"{copy:12s} {cells[0]:22s} {cells[1]}")
    mirrored = [p for p in made if p.copy == "mirrored"]
    named = {m.item_id for group in report.groups for m in group.members if m.mirrored}
    print(f"\nmirrored copies found that are called mirrored: {share(sum(p.item_id in named for p in mirrored), len(mirrored))}")
    wrong = {kind: sorted(sorted(pair) for pair in found[kind] - truth[kind]) for kind in found}
    missed = sorted(sorted(pair) for pair in truth[DUPLICATE] - found[DUPLICATE])
    for name, pairs in (("wrong duplicates", wrong[DUPLICATE]), ("wrong colourways", wrong[COLOURWAY]), ("missed duplicates", missed)):
        print(f"{name}: {'; '.join(' '.join(pair) for pair in pairs[:25]) or 'none'}")
    return result


def time_candidates(count: int, dim: int = 288) -> dict[str, dict[str, float]]:
    """Seconds of the candidate search on made-up clustered vectors, all compared and by graph."""
    rng = np.random.default_rng(0)
    unit = lambda x: np.float32(x / np.linalg.norm(x, axis=-1, keepdims=True))  # noqa: E731
    centres = rng.normal(size=(count // 20, dim))
    vectors = unit(centres[rng.integers(len(centres), size=count)] + 0.6 * rng.normal(size=(count, dim)))
    outlines = unit(np.abs(rng.normal(size=(count, 2, 512))))
    parts = {"shape": (0, 128), "pattern": (128, 224), "colour": (224, 288)}
    out = {}
    for name, exact_below in (("all rows", count + 1), ("graph", 1)):
        clock, busy = time.perf_counter(), time.process_time()
        pairs = candidate_pairs(vectors, parts=parts, outlines=outlines, owners=[str(i) for i in range(count)], exact_below=exact_below)
        out[name] = {"wall_s": round(time.perf_counter() - clock, 2), "cpu_s": round(time.process_time() - busy, 2), "pairs": len(pairs)}
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=SEEDS, default="report")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the catalogue, the index and the page")
    parser.add_argument(
        "--scale", type=int, default=10_000, metavar="N", help="made-up vectors to time the candidate search on; 0: not at all"
    )
    args = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        made = catalogue(args.part, args.data)
        built = build(write_feed(made, folder), folder / "index", stages=Stages.open(args.models))
        lost = len(built.skipped)
        copies = sum(bool(p.copy) for p in made)
        print(f"part {args.part}: {len(made)} items, {copies} of them planted copies; {lost} skipped by the build")
        clock, busy = time.perf_counter(), time.process_time()
        report = find_duplicates(built.folder)
        wall, cpu = time.perf_counter() - clock, time.process_time() - busy
        print(f"{report.pairs} pairs compared, {wall:.1f} s ({cpu:.1f} s of CPU), {1000 * cpu / max(1, report.pairs):.1f} ms CPU per pair")
        result = {
            "part": args.part,
            "items": len(made),
            "copies": copies,
            "pairs": report.pairs,
            "seconds": round(wall, 1),
            "cpu_s": round(cpu, 1),
        }
        result |= score(made, report)
        if args.keep:
            (folder / "duplicates.html").write_text(page_of(report, built.folder), encoding="utf-8")
    if args.scale:
        result["candidates"] = time_candidates(args.scale)
        print(f"\ncandidates among {args.scale} made-up items: {result['candidates']}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
