"""Retrieval on validation garments, the whole way through (segmentation included), against all their studio-like cutouts.

python -m benchmarks.retrieval [--data DIR] [--distractors N] [--sheet worst.png] [--limit N] [--out results.npz]

(a) composites: the garment bent, tilted and relit on another photo's background; gallery: its studio-like cutout
(b) as taken: the photo itself; gallery: the studio-like cutout bent and relit first
(c) real pairs: one photo's studio-like cutout, found from the other photo of the same garment
--distractors adds the studio-like cutouts of as many train garments to the gallery, which nobody looks for. Colour histogram and
thumbnail correlation on the same cutouts show what little each query asks for; TiefVision's way joins where it was trained.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.judge_views import composite_photo, emptied, studio_picture
from benchmarks.real_data import DEFAULT_DATA, Judged, checked_mask, checked_rows, photo_bytes
from benchmarks.retrieval_baselines import baselines
from benchmarks.retrieval_scores import figures, per_category, per_part, ranks, read, similarities, verdict_figures
from benchmarks.retrieval_sheet import small_jpeg, write_sheet
from edge.errors import PhotoError
from edge.seen import readings_of
from edge.session import usable_cpus
from edge.stages import Stages
from edge.types import Box, Cutout, Photo

OURS = "racklens"
OTHERS = "other readings"
"""What an Encoded keeps besides its methods: our vectors of a photo's other readings, (R, D), as a look-up tries them."""
QUERIES = (("composite", "studio"), ("taken", "studio_bent"))
_WORST = 24

Encoded = dict[str, np.ndarray]
Way = tuple[Encoded, float, list[bytes | None]]
"""Vectors per method, the mask's confidence (-1: no garment found), small pictures of photo and cutout if they are kept."""


class Encoders:
    """All methods on one cutout; the photo's way up to the cutout is the same for all of them."""

    def __init__(self, stages: Stages, tiefvision: Path) -> None:
        self._stages = stages
        self._others = baselines(tiefvision)
        self.methods = (OURS, *self._others)
        self._nothing: Encoded | None = None

    def encode(self, cut: Cutout) -> Encoded:
        return {OURS: self._stages.embed([cut])[0].vector, **{name: encode(cut) for name, encode in self._others.items()}}

    def nothing(self) -> Encoded:
        """Where no garment is found: zeros, like nothing at all."""
        if self._nothing is None:
            some = self.encode(Cutout(np.full((320, 320, 3), 128, np.uint8), Box(0, 0, 320, 320), 1.0))
            self._nothing = {name: np.zeros_like(v) for name, v in some.items()} | {OTHERS: np.zeros((0, self._stages.dim), np.float32)}
        return self._nothing

    def whole_way(self, photo: Photo, *, keep: bool = False) -> Way:
        """Photo -> vectors per method, the mask's confidence, and small pictures of photo and cutout (if they are to be kept)."""
        try:
            mask = self._stages.mask(photo)
            whole, *others = readings_of(photo, mask, self._stages)
        except PhotoError:
            return self.nothing(), -1.0, [small_jpeg(photo.rgb) if keep else None, None]
        encoded = self.encode(whole.cutout) | {OTHERS: np.array([r.vector for r in others], np.float32).reshape(-1, self._stages.dim)}
        return encoded, mask.confidence, [small_jpeg(photo.rgb), small_jpeg(whole.cutout.rgb)] if keep else [None, None]


def made_photo(picture: np.ndarray) -> Photo:
    return Photo(picture, (picture.shape[1], picture.shape[0]), "made")


def in_parallel(work: Callable[[int], Any], count: int) -> Iterable[Any]:
    """work(0) .. work(count - 1) in order; numpy, OpenCV and onnxruntime let go of the interpreter."""
    with ThreadPoolExecutor(usable_cpus()) as pool:
        yield from pool.map(work, range(count))


def stacked(got: list[Encoded], methods: Iterable[str]) -> Encoded:
    return {name: np.stack([g[name] for g in got]) for name in methods}


def distractors(encoders: Encoders, stages: Stages, data: Path, count: int, *, keep: bool) -> list[Way]:
    """Studio-like cutouts of `count` garments of train senders with checked masks, chosen by a fixed seed."""
    rows = checked_rows(data, "train")
    chosen = np.random.default_rng(23).permutation(len(rows))[:count]

    def encode(i: int) -> Way:
        row = rows[chosen[i]]
        rgb = stages.read(photo_bytes(data, row.image)).rgb
        return encoders.whole_way(made_photo(studio_picture(rgb, checked_mask(data, row.image, rgb.shape[:2]))), keep=keep)

    return list(in_parallel(encode, len(chosen)))


def real_pair_ranks(
    encoders: Encoders, stages: Stages, data: Path, names: list[str], gallery: Encoded
) -> list[tuple[str, str, dict[str, int]]]:
    """Each real pair of validation senders, both ways: rank of the other photo's studio-like cutout among the gallery without the pair.

    Their masks may be of any kind, some are known to be bad: the studio side suffers from it.
    """
    out = []
    with open(data / "pairs.csv", newline="") as file:
        pairs = [(r["photo_a"], r["photo_b"]) for r in csv.DictReader(file) if r["split"] == "val"]
    for pair in pairs:
        rest = [i for i, name in enumerate(names) if name not in pair] + list(range(len(names), len(gallery[OURS])))
        query, studio = {}, {}
        for image in pair:
            photo = stages.read(photo_bytes(data, image))
            query[image] = encoders.whole_way(photo)[0]
            picture = studio_picture(photo.rgb, checked_mask(data, image, photo.rgb.shape[:2]))
            studio[image] = encoders.whole_way(made_photo(picture))[0]
        for first, second in (pair, pair[::-1]):
            rank = {}
            for method in encoders.methods:
                others = similarities(query[first][method][None], gallery[method][rest])[0]
                own = similarities(query[first][method][None], studio[second][method][None])[0, 0]
                rank[method] = 1 + int((others >= own).sum())
            out.append((first, second, rank))
    return out


def views_of(rows: list[Judged], data: Path, encoders: Encoders, stages: Stages, *, keep: bool) -> dict[str, list[Way]]:
    """studio, studio_bent, composite, taken -> (vectors per method, confidence, pictures) per garment."""
    loaded = []
    for row in rows:
        photo = stages.read(photo_bytes(data, row.image))
        loaded.append((photo, checked_mask(data, row.image, photo.rgb.shape[:2])))
    order = np.random.default_rng(5).permutation(len(rows))[:150]
    backgrounds = [emptied(loaded[i][0].rgb, loaded[i][1]) for i in order]
    owners = [rows[i].sender for i in order]

    def views(i: int) -> dict[str, Any]:
        rng = np.random.default_rng((17, i))
        photo, mask = loaded[i]
        got = {"studio": encoders.whole_way(made_photo(studio_picture(photo.rgb, mask)), keep=keep)}
        got["studio_bent"] = encoders.whole_way(made_photo(studio_picture(photo.rgb, mask, rng)), keep=keep)
        j = int(rng.integers(len(backgrounds)))
        while owners[j] == rows[i].sender and len(set(owners)) > 1:
            j = (j + 1) % len(backgrounds)
        got["composite"] = encoders.whole_way(stages.read(composite_photo(photo.rgb, mask, backgrounds[j], rng)), keep=keep)
        got["taken"] = encoders.whole_way(photo, keep=keep)
        return got

    sets: dict[str, list] = {"studio": [], "studio_bent": [], "composite": [], "taken": []}
    for got in in_parallel(views, len(rows)):
        for name, value in got.items():
            sets[name].append(value)
    return sets


def show(name: str, method: str, line: dict[str, Any]) -> None:
    low, high = line["recall@1_interval"]
    print(
        f"{name:12s} {method:19s} {line['recall@1']:.3f} [{low:.3f}, {high:.3f}]  {line['recall@5']:.3f}  {line['recall@20']:.3f}  "
        f"{line['mrr']:.3f}  {line['auroc']:.3f}  {line['accepted_at_1_percent']:.3f}"
    )


def worst(queries: list[Way], gallery: list[Way], scores: np.ndarray, captions: list[str]) -> list[tuple[int, str, list[bytes | None]]]:
    """(rank, caption, four pictures) of the queries whose garment did not come first; gallery: in the columns' order."""
    r = ranks(scores, np.arange(len(queries)))
    return [
        (int(r[i]), f"{captions[i]}: {r[i]}", [*queries[i][2], gallery[i][2][0], gallery[int(np.argmax(scores[i]))][2][0]])
        for i in np.flatnonzero(r > 1)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--tiefvision", type=Path, default=Path("runs/tiefvision"), help="what `python -m training tiefvision` wrote")
    parser.add_argument("--distractors", type=int, default=0, metavar="N", help="garments of train senders in the gallery besides")
    parser.add_argument("--limit", type=int, help="only the first N garments (a quick look)")
    parser.add_argument("--sheet", type=Path, help=f"write the worst {_WORST} mistakes as a picture")
    parser.add_argument("--out", type=Path, help="keep our vectors as .npz")
    args = parser.parse_args()
    stages = Stages.open(args.models)
    encoders = Encoders(stages, args.tiefvision)
    rows = checked_rows(args.data, "val")[: args.limit]
    start = time.perf_counter()
    sets = views_of(rows, args.data, encoders, stages, keep=args.sheet is not None)
    vectors = {name: stacked([g[0] for g in got], encoders.methods) for name, got in sets.items()}
    more = distractors(encoders, stages, args.data, args.distractors, keep=args.sheet is not None)
    extra = stacked([g[0] for g in more], encoders.methods) if more else None
    print(
        f"{len(rows)} garments of {len({r.sender for r in rows})} senders never trained on"
        f"{f', {len(more)} of train senders beside them in the gallery' if more else ''}; {time.perf_counter() - start:.0f} s\n"
    )
    truth = np.arange(len(rows))
    result: dict[str, Any] = {"garments": len(rows), "distractors": len(more)}
    mistakes: list[tuple[int, str, list[bytes | None]]] = []
    print("queries      method              recall@1 [95 %]         @5     @20    MRR    AUROC  accepted at 1 % false")
    for queries, against in QUERIES:
        gallery = {m: vectors[against][m] if extra is None else np.concatenate([vectors[against][m], extra[m]]) for m in encoders.methods}
        for method in encoders.methods:
            scores = similarities(vectors[queries][method], gallery[method])
            if method != OURS:
                line = figures(scores, truth)
                show(queries, method, line)
            else:
                readings = [np.concatenate([encoded[OURS][None], encoded[OTHERS]]) for encoded, _, _ in sets[queries]]
                show(queries, "ours, one reading", figures(scores, truth))
                known, unknown = read(readings, gallery[method]), read(readings, gallery[method], without=truth)
                scores = known.scores
                line = figures(scores, truth, unknown.scores)
                show(queries, method, line)
                confidence = [max(0.0, c) for _, c, _ in sets[queries]]
                line["verdict"] = verdict_figures(
                    (known, unknown), gallery[method], truth, confidence=confidence, parts=stages.parts, groups=[r.sender for r in rows]
                )
                line["in_several_readings"] = sum(len(r) > 1 for r in readings)
                line["parts"] = per_part(known.queries, gallery[method], truth, stages.parts)
                line["categories"] = per_category(ranks(scores, truth), [r.label for r in rows])
                if args.sheet:
                    mistakes += worst(sets[queries], sets[against] + more, scores, [f"{queries} {r.label}" for r in rows])
            result[f"{queries}_{method}"] = line
    for queries, _ in QUERIES:
        line = result[f"{queries}_{OURS}"]
        by = line["verdict"]
        print(
            f"\n{queries}, {OURS}: by the verdict's probability, cross-fitted: AUROC {by['auroc']:.3f}, accepted at 1 % false accepts ",
            end="",
        )
        print(f"{by['accepted_at_1_percent']:.3f} [{by['interval'][0]:.3f}, {by['interval'][1]:.3f}]")
        print("  parts alone, recall@1: " + ", ".join(f"{name} {v['recall@1']:.3f}" for name, v in line["parts"].items()))
        shown = [f"{name or '?'} {v['recall@1']:.3f} ({v['n']})" for name, v in line["categories"].items() if v["n"] >= 10]
        print("  categories of ten or more, recall@1: " + ", ".join(shown))
    lost = {name: sum(confidence < 0 for _, confidence, _ in got) for name, got in sets.items()}
    result["no_garment_found"] = lost
    print(f"\nno garment found: {lost}\n\nreal pairs (rank of the studio-like cutout of photo B from photo A, and back)")
    full = {m: vectors["studio"][m] if extra is None else np.concatenate([vectors["studio"][m], extra[m]]) for m in encoders.methods}
    pair_ranks = real_pair_ranks(encoders, stages, args.data, [r.image for r in rows], full)
    for first, second, rank in pair_ranks:
        print(f"  {first[:8]} -> {second[:8]}: " + ", ".join(f"{method} {rank[method]}" for method in encoders.methods))
    result["pair_ranks"] = [rank[OURS] for _, _, rank in pair_ranks]
    for method in encoders.methods[1:]:
        result[f"pair_ranks_{method}"] = [rank[method] for _, _, rank in pair_ranks]
    if args.sheet:
        write_sheet(args.sheet, [(caption, pictures) for _, caption, pictures in sorted(mistakes, key=lambda m: -m[0])[:_WORST]])
    if args.out:
        np.savez_compressed(args.out, **{name: got[OURS] for name, got in vectors.items()})
    print(f"\n{time.perf_counter() - start:.0f} s in all")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
