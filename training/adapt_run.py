"""The whole of an adaptation: segmenter, then embedder, judged on what was held out, installed where it is better.

    corrections -> segmenter adapted -> RUN/candidate/segmenter ─┐ cutouts by its masks
    studio images, confirmed look-ups ───────────────────────────┴-> embedder adapted -> RUN/candidate/embedder -> judged -> installed

RUN/candidate is a complete set of models, of what was taken over. Where only the new segmenter is a gain, it is installed with the
embedder in use. RUN/segmenter and RUN/embedder are what was learned last, taken over or not.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tqdm import tqdm

from edge.config import models_in
from edge.lookup import Lookup
from edge.session import DEFAULT_MODELS, read_model_folder
from edge.stages import Stages
from training import adapt_segmenter as by_outline
from training.adapt import adapt, embed_with
from training.adapt_data import FIT, FOREIGN, HELD, Amounts, key_of, prepare
from training.adapt_install import copy_role, copy_set, embed_onnx, export, install
from training.adapt_masks import FEWEST, FEWEST_TO_FIT, by_part, corrections_of, outlines
from training.adapt_score import gained, judged, worse
from training.feedback import Seen, read_feedback
from training.weights_from_onnx import read_embedder, read_segmenter

SEGMENTER_SHARE = 0.4
"""Of the time, where there are outlines to learn from."""
_NO_GAIN = "Nothing that is held out is found better than before; that is not worth building the index again."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was told. feedback: None for studio images alone. models: where adapted sets live."""

    index: Path
    models: Path
    feedback: Path | None = None
    run: Path = Path("runs/adapt")
    minutes: float = 20.0
    rate: float = 3e-4
    seed: int = 0
    amounts: Amounts = Amounts()


@contextmanager
def _bar(what: str, unit: str, total: float | None = None):  # noqa: ANN202
    shape = "{l_bar}{bar}| {n:.1f}/{total:.1f} min" if unit == "min" else None
    with tqdm(total=total, unit=unit, desc=what, file=sys.stderr, disable=None, bar_format=shape) as bar:
        yield bar


def _counted(bar: tqdm) -> Callable[[int, int], None]:
    def tick(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return tick


def adapted(wanted: Wanted) -> dict[str, Any]:
    """Train, export, compare, judge, and install or refuse; what came of it. Raises SetupError."""
    base = models_in(wanted.models) or DEFAULT_MODELS
    lookup = Lookup.open(wanted.index, models=base)
    seen = read_feedback(wanted.feedback) if wanted.feedback else []
    candidate = wanted.run / "candidate"
    copy_set(base, candidate)
    outlined = _adapt_segmenter(wanted, lookup, seen, base, candidate)
    stages = Stages.open(candidate) if outlined["adapted"] else lookup.stages
    start, size = read_embedder(base / "embedder")
    words: dict[str, Any] = {"size": size, "amounts": wanted.amounts}
    with _bar("preparing", "picture") as bar:
        data = prepare(lookup, seen, wanted.run, stages=stages, tick=_counted(bar), **words)
    data_before = data
    if outlined["adapted"]:
        with _bar("judging as it was", "picture") as bar:
            data_before = prepare(lookup, seen, wanted.run, stages=lookup.stages, to_train=False, tick=_counted(bar), **words)
    minutes = wanted.minutes - outlined["minutes"]
    with _bar("adapting the embedder", "min", minutes) as bar:
        key = f"{key_of(lookup, stages, seen, size, wanted.amounts)}-{wanted.seed}-{wanted.rate}"
        done = adapt(start, size, data, run=wanted.run, key=key, minutes=minutes, rate=wanted.rate, seed=wanted.seed,
                     tell=lambda spent: bar.update(min(spent, minutes) - bar.n))  # fmt: skip
    learned = wanted.run / "embedder"
    shutil.rmtree(learned, ignore_errors=True)
    differ = export(done.model, base / "embedder", learned, data.gallery[:40])
    parts = HELD, FOREIGN
    before = judged(embed_onnx(base / "embedder"), data_before, parts)
    alone = judged(embed_onnx(base / "embedder"), data, parts) if outlined["adapted"] else before
    both = judged(embed_onnx(learned), data, parts)
    embedder = done.share > 0 and not worse(before, both) and not worse(alone, both) and gained(alone, both)
    if embedder:
        copy_role(learned, candidate)
    refused = [] if embedder else worse(before, alone)
    if not embedder and not outlined["adapted"]:
        refused = worse(before, both) or [_NO_GAIN]
    facts = {
        "minutes": round(outlined["minutes"] + done.minutes, 2), "steps": done.steps, "share": done.share, "onnx_minus_torch": differ,
        "before": before, "after": both if embedder else alone, "after_in_torch": judged(embed_with(done.model), data, (HELD,)),
        "segmenter": outlined, "embedder": embedder,
        "index": lookup.folder.name, "look_ups": len(seen), "from_embedder": read_model_folder(base / "embedder").sha256,
        "from_segmenter": read_model_folder(base / "segmenter").sha256,
    }  # fmt: skip
    name = "" if refused else install(candidate, wanted.models, facts)
    return {**facts, "installed": name, "models": str(wanted.models), "refused": refused}


def _adapt_segmenter(wanted: Wanted, lookup: Lookup, seen: list[Seen], base: Path, candidate: Path) -> dict[str, Any]:
    """Put an adapted segmenter among the candidate's models where staff's outlines made it better; what came of it."""
    corrections, most = corrections_of(wanted.feedback), wanted.amounts.items
    said: dict[str, Any] = {"adapted": False, "corrections": len(corrections), "minutes": 0.0, "steps": 0, "share": 0.0, "refused": []}
    parts = by_part(lookup, seen, corrections, most)
    if len(corrections) < FEWEST or len(parts[FIT]) < FEWEST_TO_FIT:
        said["refused"] = [f"{len(corrections)} corrected outlines: the segmenter stays as it is until there are {FEWEST} of enough items."]
    elif not parts[HELD]:
        said["refused"] = ["No corrected outline is of an item that is held out, so no gain could be shown: the segmenter stays as it is."]
    if said["refused"]:
        return said
    start, size = read_segmenter(base / "segmenter")
    with _bar("looking at outlines", "picture") as bar:
        data = outlines(lookup, seen, parts, size=size, drawn=wanted.amounts.drawn_photos, most=most, tick=_counted(bar))
    minutes = wanted.minutes * SEGMENTER_SHARE
    with _bar("adapting the segmenter", "min", minutes) as bar:
        names = sorted(c.photo_path.name for c in corrections)
        key = f"{key_of(lookup, lookup.stages, seen, size, wanted.amounts)}-{wanted.seed}-{sha256(str(names).encode()).hexdigest()[:16]}"
        done = by_outline.adapt_segmenter(start, data, size=size, run=wanted.run, key=key, minutes=minutes, seed=wanted.seed,
                                          tell=lambda spent: bar.update(min(spent, minutes) - bar.n))  # fmt: skip
    before, after = by_outline.judged(start, data.held), by_outline.judged(done.model, data.held)
    refused = by_outline.worse(before, after)
    if not refused and (done.share == 0 or not by_outline.gained(before, after)):
        refused = ["Outlines that were held out are found no better than before: the segmenter stays as it is."]
    learned = wanted.run / "segmenter"
    shutil.rmtree(learned, ignore_errors=True)
    said["onnx_minus_torch"] = by_outline.export_adapted(done.model, base / "segmenter", learned, data.fit.rgb[:20])
    if not refused:
        copy_role(learned, candidate)
    facts = {"minutes": round(done.minutes, 2), "steps": done.steps, "share": done.share, "before": before, "after": after}
    return {**said, **facts, "adapted": not refused, "refused": refused}
