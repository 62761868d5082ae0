"""Concepts on validation senders' photos: accuracy per level, hedged answers, tags, calibration, colours under another light.

python -m benchmarks.concepts [--limit N] [--confusion FILE.png]

Every labelled photo goes the way of a look-up, from its JPEG and our own mask on; photos labelled "Not sure", "Other" or "Skip" and those
of no single garment are left out. The same for checked masks shows what the masks cost. Colours: the photo again under `--casts`
made-up lights (gain per channel, exposure, gamma); how often is the first colour called the same?
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.concepts_scores import Judged, category_figures, confusion, confusion_picture, hedged_figures, tag_figures
from benchmarks.real_data import DEFAULT_DATA, checked_mask, photo_bytes
from edge.colours import dominant_colours
from edge.errors import PhotoError
from edge.stages import Stages
from edge.taxonomy import Taxonomy
from edge.types import Mask, Photo


def labelled(data: Path, tree: Taxonomy, limit: int) -> list[dict[str, str]]:
    """Lines of images.csv of validation senders whose label is a leaf; `limit` of them by a seeded draw, 0 for all."""
    with open(data / "images.csv", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == "val" and r["mask"] != "set" and tree.leaf_of_label(r["label"])]
    chosen = np.sort(np.random.default_rng(0).permutation(len(rows))[: limit or len(rows)])
    return [rows[i] for i in chosen]


def judge(stages: Stages, tree: Taxonomy, row: dict[str, str], photo: Photo, mask: Mask) -> Judged:
    said = stages.concepts(photo, mask, stages.cutout(photo, mask))
    if said is None:
        raise SystemExit(stages.concepts_note)
    return Judged(said, tree.leaf_of_label(row["label"]), row["pattern"], row["sleeve"])


def other_light(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8 (H, W, 3) under another light: 7 % (one standard deviation) per channel, 12 % exposure, 10 % gamma."""
    gain = np.exp(rng.normal(0, 0.07, 3) + rng.normal(0, 0.12))
    table = np.clip(np.arange(256)[:, None] / 255 * gain, 0, 1) ** np.exp(rng.normal(0, 0.1))
    return cv2.LUT(rgb, (table * 255 + 0.5).astype(np.uint8)[None])


def same_colour(photo: Photo, mask: Mask, *, casts: int, seed: int, strength: float | None = None) -> list[bool]:
    """Whether the first colour keeps its name under each light. strength: how much of a cast is taken back, default as at run time."""
    how = {} if strength is None else {"strength": strength}
    first = dominant_colours(photo.rgb, mask.alpha, **how)[0].name
    lights = (other_light(photo.rgb, np.random.default_rng([seed, n])) for n in range(casts))
    return [dominant_colours(rgb, mask.alpha, **how)[0].name == first for rgb in lights]


def figures(judged: Sequence[Judged], tree: Taxonomy) -> dict[str, Any]:
    tags = {kind: tag_figures(judged, kind, tree.tags[kind].values) for kind in ("pattern", "sleeve")}
    return {"photos": len(judged), **category_figures(judged, tree), "hedged": hedged_figures(judged, tree), **tags}


def lines(name: str, found: dict[str, Any]) -> list[str]:
    """The table of one kind of masks."""

    def shown(label: str, value: dict[str, Any]) -> str:
        return f"  {label:38s} {value['value']:7.1%}  ({value['low']:.1%} to {value['high']:.1%}, n = {value['trials']})"

    hedged = found["hedged"]
    out = [f"{name}: {found['photos']} photos"]
    out += [shown(label, found[key]) for label, key in (
        ("group", "group"), ("category, 17 of them", "category"), ("ten main categories", "ten_main"),
        ("ten main, only the ten to choose from", "ten_main_among_ten"), ("category hangs from its group", "compliance"),
    )]  # fmt: skip
    out.append(shown("hedged answer", hedged["accuracy"]))
    out.append(
        f"  {'information kept':38s} {hedged['information_kept']:7.1%}  ({hedged['information_of_unhedged']:.1%} of unhedged answers'; "
        f"levels {', '.join(f'{level}: {part:.0%}' for level, part in hedged['levels'].items())})"
    )
    out.append(f"  {'said against was (ECE)':38s} {found['ece']:7.3f}  (hedged {hedged['ece']:.3f})")
    for kind in ("pattern", "sleeve"):
        out.append(shown(kind, found[kind]["accuracy"]))
        out.append(f"  {kind + ', macro F1 / mean AP':38s} {found[kind]['macro_f1']:7.3f}  / {found[kind]['mean_ap']:.3f}")
        out += [f"    {tag:36s} {e['f1']:7.3f}  / {e['ap']:.3f}  (n = {e['photos']})" for tag, e in found[kind]["tags"].items()]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with images.csv, images/, masks/")
    parser.add_argument("--models", type=Path, help="model folder (default assets/models)")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="only N photos, drawn with a seed (default: all)")
    parser.add_argument("--casts", type=int, default=2, metavar="N", help="other lights per photo for the colours (default 2)")
    parser.add_argument("--confusion", type=Path, metavar="FILE", help="write the confusion matrix, own masks, as a PNG")
    args = parser.parse_args()
    tree, stages = Taxonomy.read(), Stages.open(args.models)
    own: list[Judged] = []
    checked: list[Judged] = []
    refused = 0
    kept_name: dict[str, list[bool]] = {"colour_kept": [], "colour_kept_without_correction": []}
    for number, row in enumerate(labelled(args.data, tree, args.limit)):
        photo = stages.unframe(stages.read(photo_bytes(args.data, row["image"])))
        try:
            mask = stages.mask(photo)
            own.append(judge(stages, tree, row, photo, mask))
            kept_name["colour_kept"] += same_colour(photo, mask, casts=args.casts, seed=number)
            kept_name["colour_kept_without_correction"] += same_colour(photo, mask, casts=args.casts, seed=number, strength=0.0)
        except PhotoError:
            refused += 1
        if row["mask"] in ("good", "repaired") and photo.origin == (0, 0):
            checked.append(judge(stages, tree, row, photo, Mask(checked_mask(args.data, row["image"], photo.rgb.shape[:2]), 1.0)))
    result: dict[str, Any] = {"no_garment_found": refused, "own_masks": figures(own, tree), "checked_masks": figures(checked, tree)}
    for name, kept in kept_name.items():
        result[name] = round(float(np.mean(kept)), 4) if kept else None
    print("\n".join([*lines("Our own masks", result["own_masks"]), "", *lines("Checked masks", result["checked_masks"]), ""]))
    print(f"No garment found in {refused} photos. First colour keeps its name under another light: {result['colour_kept']} "
          f"({result['colour_kept_without_correction']} without taking casts back).\n")  # fmt: skip
    if args.confusion:
        args.confusion.parent.mkdir(parents=True, exist_ok=True)
        done, png = cv2.imencode(".png", confusion_picture(confusion(own, tree.leaves), tree.leaves))
        if not done:
            raise OSError("the confusion matrix could not be encoded")
        args.confusion.write_bytes(png.tobytes())
    print(json.dumps(result))


if __name__ == "__main__":
    main()
