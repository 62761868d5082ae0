"""What adapting to a warehouse gains: one sender's photos as the warehouse, half of its garments to adapt on, half held out.

python -m benchmarks.adapt [--data DIR] [--split val] [--sender NAME ...] [--minutes 20] [--views 6] [--work DIR]

The half to adapt on becomes a catalogue of studio pictures (bent and relit) with an index. Decided look-ups in it: its photos as taken,
of every second garment, and drawn ones, `--look-ups` of each (composites on other photos' backgrounds, benchmarks/judge_views.py); where
our outline is visibly wrong, staff correct it. `python -m training adapt` runs on them as anyone would run it: it sees nothing else of the
data. Before and after, photos of held-out garments go the whole way of a look-up, among the studio pictures of both halves and of other
senders' garments:
held out            composites by the same generator, as a warehouse's photos are by the same phones, on backgrounds of no look-up
held out, as taken  the photos themselves
adapted on          composites of the garments that it adapted on, which a warehouse's catalogue consists of
other senders       composites of everybody else's garments
Intervals are bootstrapped over garments. Run it again to go on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.adapt_data import SETS, JudgedOn, judged_on, warehouse, write_catalogue, write_look_ups
from benchmarks.real_data import DEFAULT_DATA
from benchmarks.retrieval_scores import HIDDEN, read
from edge.lookup import Lookup
from edge.session import DEFAULT_MODELS
from edge.stages import Stages
from index_builder.evaluate_scores import auroc


def scores(data: JudgedOn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(Q,) the score of each query's own garment, that of the best other one, and the best one where the own is not in the gallery; each
    by the reading that counts then."""
    readings, each = data.readings(), np.arange(len(data.truth))
    similar = read(readings, data.gallery).scores
    own = similar[each, data.truth].copy()
    similar[each, data.truth] = HIDDEN
    return own, similar.max(1), read(readings, data.gallery, without=data.truth).scores.max(1)


def figures(
    own: np.ndarray, other: np.ndarray, unknown: np.ndarray, garment: np.ndarray, *, resamples: int = 1000
) -> dict[str, Any]:  # fmt: skip
    """recall@1 and AUROC (best score with the own garment in the gallery against without), with intervals over garments."""

    def both(at: np.ndarray) -> tuple[float, float]:
        return float((own[at] > other[at]).mean()), float(auroc(np.maximum(own, other)[at], unknown[at]) or 0.0)

    recall, area = both(np.arange(len(own)))
    rng, names = np.random.default_rng(0), np.unique(garment)
    places = [np.flatnonzero(garment == name) for name in names]
    drawn = np.array([both(np.concatenate([places[i] for i in rng.integers(len(names), size=len(names))])) for _ in range(resamples)])
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0).round(4).tolist()
    return {
        "queries": len(own), "garments": len(names), "errors": int((own <= other).sum()), "recall@1": round(recall, 4),
        "recall@1_interval": [low[0], high[0]], "auroc": round(area, 4), "auroc_interval": [low[1], high[1]],
    }  # fmt: skip


def fewer(before: np.ndarray, after: np.ndarray, garment: np.ndarray, *, resamples: int = 2000) -> list[float] | None:
    """95 % interval of the share of errors that is gone, over garments; None where there were none. before, after bool (Q,): wrong."""
    if not before.any():
        return None
    rng, names = np.random.default_rng(1), np.unique(garment)
    was = np.array([before[garment == name].sum() for name in names])
    now = np.array([after[garment == name].sum() for name in names])
    drawn = rng.integers(len(names), size=(resamples, len(names)))
    some = was[drawn].sum(1) > 0  # a sample without errors says nothing of their share
    gone = 1 - now[drawn][some].sum(1) / was[drawn][some].sum(1)
    return np.quantile(gone, (0.025, 0.975)).round(3).tolist()


def compared(before: JudgedOn, after: JudgedOn) -> dict[str, Any]:
    """Figures of two sets of models per set of photos, what went right and what went wrong between them."""
    was, now, out = scores(before), scores(after), {}
    for kind, name in enumerate(SETS):
        at = before.kind == kind
        wrong = [own[at] <= other[at] for own, other, _ in (was, now)]
        garment = before.truth[at]
        out[name] = {
            "before": figures(*(x[at] for x in was), garment), "after": figures(*(x[at] for x in now), garment),
            "put_right": int((wrong[0] & ~wrong[1]).sum()), "made_wrong": int((~wrong[0] & wrong[1]).sum()),
            "errors_gone": round(1 - float(wrong[1].sum() / wrong[0].sum()), 3) if wrong[0].any() else None,
            "errors_gone_interval": fewer(*wrong, garment),
        }  # fmt: skip
    return out


def show(result: dict[str, Any]) -> None:
    print(f"{'':20s} queries  errors      put right / made wrong  errors gone [95 %]      recall@1                AUROC")
    for name, line in result.items():
        was, now = line["before"], line["after"]
        gone = "-"
        if line["errors_gone_interval"]:
            gone = "{:.0%} [{:.0%}, {:.0%}]".format(line["errors_gone"], *line["errors_gone_interval"])
        print(
            f"{name:20s} {was['queries']:7d}  {was['errors']:3d} -> {now['errors']:3d}  {line['put_right']:9d} / {line['made_wrong']:10d}  "
            f"{gone:22s}   {was['recall@1']:.4f} -> {now['recall@1']:.4f}  "
            f"{was['auroc']:.4f} -> {now['auroc']:.4f}"
        )


def command(module: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands; its progress goes to stderr. Exit codes above 1 end the benchmark."""
    done = subprocess.run([sys.executable, "-m", module, *words], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode > 1:
        raise SystemExit(f"python -m {module} {words[0]} ended with {done.returncode}")
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--split", choices=("train", "val"), default="val", help="train: to choose a recipe by")
    parser.add_argument("--sender", nargs="*", default=[], help="whose garments (default: the largest sender's)")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--views", type=int, default=6, metavar="N", help="made photos of a held-out garment")
    parser.add_argument("--look-ups", type=int, default=3, metavar="N", help="drawn look-ups of a garment to adapt on")
    parser.add_argument("--work", type=Path, default=Path("runs/adapt-benchmark"), help="catalogue, index, checkpoints, vectors")
    parser.add_argument("--adapt", nargs=argparse.REMAINDER, default=[], help="further words for `training adapt`")
    args = parser.parse_args()
    house = warehouse(args.data, args.split, args.sender)
    asked = json.dumps([args.split, args.sender, args.minutes, args.views, args.look_ups, args.adapt])
    args.work.mkdir(parents=True, exist_ok=True)
    before_this = args.work / "arguments.json"
    if before_this.is_file() and before_this.read_text() != asked:
        parser.error(f"{args.work} holds a run with other arguments; name another folder with --work")
    before_this.write_text(asked)
    print(f"{len(house.adapt)} garments to adapt on, {len(house.held)} held out, {len(house.others)} of other senders", flush=True)
    work, base = args.work, DEFAULT_MODELS
    stages = Stages.open(base)
    if not (work / "index" / "CURRENT").is_file():
        write_catalogue(house, work / "catalogue", stages)
        command("index_builder", "build", str(work / "catalogue"), "--out", str(work / "index"), "--models", str(base), "--no-calibration",
                "--duplicates-s", "0", "--no-frames", "--quiet")  # fmt: skip
    if not (work / "feedback").is_dir():
        building = work / ".feedback"
        shutil.rmtree(building, ignore_errors=True)
        count, corrected = write_look_ups(house, building, Lookup.open(work / "index", stages=stages), drawn=args.look_ups)
        building.rename(work / "feedback")
        print(f"{count} decided look-ups, {corrected} corrected outlines", flush=True)
    before = judged_on(house, stages, views=args.views, keep=work / f"judged-before-{args.views}.npz")
    said = work / "adapted.json"
    if not said.is_file():
        folders = ("--index", str(work / "index"), "--feedback", str(work / "feedback"), "--run", str(work / "run"))
        done = command(
            "training", "adapt", *folders, "--models", str(work / "models"), "--minutes", str(args.minutes), "--json", *args.adapt
        )
        json.loads(done.stdout)  # a traceback's exit code is 1 too
        said.write_text(done.stdout)
    adapted = json.loads(said.read_text())
    tried = work / "run" / "candidate"
    if not adapted["installed"]:  # what was refused is judged as well: it is said below that it was
        tried = work / "tried"
        shutil.rmtree(tried, ignore_errors=True)
        for role in (path.name for path in base.iterdir() if (path / "model.json").is_file()):
            learned = work / "run" / role
            shutil.copytree(learned if learned.is_dir() else base / role, tried / role)
    after = judged_on(house, Stages.open(tried), views=args.views, keep=work / f"judged-after-{args.views}.npz")
    result = compared(before, after)
    show(result)
    outcome = "installed" if adapted["installed"] else f"refused: {'; '.join(adapted['refused'])}"
    outlined = adapted["segmenter"]
    print(f"{outcome}; {adapted['minutes']:.1f} minutes")
    print(f"segmenter: {outlined['steps']} steps, {outlined['corrections']} corrected outlines, {outlined['share']:.0%} of it kept; "
          f"embedder: {adapted['steps']} steps, {adapted['share']:.0%} of it kept")  # fmt: skip
    print(json.dumps({"garments": [len(house.adapt), len(house.held), len(house.others)], "adapt": adapted, "result": result}))


if __name__ == "__main__":
    main()
