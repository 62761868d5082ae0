"""python -m training adapt: fine-tune on the warehouse's own pictures, judge on what was held out, install only what is better."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from edge.config import Settings
from edge.errors import SetupError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--index", type=Path, metavar="DIR", help="index folder whose studio images to learn from")
    parser.add_argument("--feedback", type=Path, metavar="DIR", help="what `export-feedback` wrote: look-ups that staff decided")
    parser.add_argument("--minutes", type=float, default=20.0, metavar="N", help="wall-clock budget of training (default 20)")
    parser.add_argument(
        "--run", type=Path, default=Path("runs/adapt"), metavar="DIR", help="checkpoint, log and pictures; run again to go on"
    )
    parser.add_argument("--models", type=Path, metavar="DIR", help="where adapted models live (default: RACKLENS_MODELS, else data/models)")
    parser.add_argument("--rate", type=float, default=3e-4, help="highest learning rate (default 0.0003)")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--undo", action="store_true", help="put the models before the last adaptation to use again")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> int:
    """0 where a better model was installed, 1 where none was. Raises SetupError."""
    models = args.models or Settings.from_environment(os.environ).models
    if models.resolve() == (Path(__file__).resolve().parents[1] / "assets" / "models"):
        raise SetupError(
            f"{models} holds the models that came with Racklens, which stay as they are.",
            remedy="Name another folder with --models or RACKLENS_MODELS.",
        )
    if args.undo:
        return _undo(models, args)
    if args.index is None:
        raise SetupError("No index is named.", remedy="Give --index DIR, or --undo.")
    if not 0 < args.minutes:
        raise SetupError(f"--minutes is {args.minutes:g}.", remedy="Give a time above 0.")
    from training.adapt_run import Wanted, adapted

    wanted = Wanted(args.index, models, args.feedback, args.run, args.minutes, args.rate, args.seed)
    with contextlib.redirect_stdout(sys.stderr):  # the log's lines; stdout is for the result
        result = adapted(wanted)
    if args.json:
        print(json.dumps(result))
    else:
        print(_in_words(result))
    for sentence in result["refused"]:
        print(sentence, file=sys.stderr)
    return 0 if result["installed"] else 1


def _undo(models: Path, args: argparse.Namespace) -> int:
    from training.adapt_install import undo

    before, now = undo(models)
    if args.json:
        print(json.dumps({"before": before, "current": now}))
    else:
        print(f"{now or 'The models that came with Racklens'} in use again; it was {before}.")
        print("Now build the index again, or `python -m index_builder rollback` to one built with them.")
    return 0


def _in_words(result: dict[str, Any]) -> str:
    lines, outlined = [], result["segmenter"]
    if outlined["steps"]:
        lines.append(
            f"Segmenter: {outlined['steps']} steps in {outlined['minutes']:.1f} minutes on {outlined['corrections']} corrected outlines; "
            f"{outlined['share']:.0%} of what was learned kept"
        )
        lines.append(f"{'held-out photos':20s}  photos  mean IoU         under 0.80")
        for kind, was in outlined["before"].items():
            now = outlined["after"][kind]
            lines.append(
                f"{kind:20s} {was['photos']:7d}  {was['iou']:.3f} -> {now['iou']:.3f}  {was['under_0.80']:.1%} -> {now['under_0.80']:.1%}"
            )
    lines += outlined["refused"]
    minutes = result["minutes"] - outlined["minutes"]
    lines.append(f"Embedder: {result['steps']} steps in {minutes:.1f} minutes; {result['share']:.0%} of what was learned kept")
    lines.append(f"{'':20s} queries  recall@1         AUROC")
    for name, was in result["before"].items():
        now = result["after"][name]
        lines.append(
            f"{name.replace('_', ' '):20s} {was['queries']:7d}  {was['recall@1']:.3f} -> {now['recall@1']:.3f}  "
            f"{was['auroc']:.3f} -> {now['auroc']:.3f}"
        )
    if result["installed"]:
        if not result["embedder"]:
            lines.append("The new embedder was no gain; only the new segmenter is installed.")
        lines.append(
            f"Installed: {result['models']}/{result['installed']}. The index has to be built again, until then look-ups are refused:"
        )
        lines.append("  python -m index_builder build FEED --out INDEX_DIR        back: python -m training adapt --undo")
    else:
        lines.append("Not installed: the model in use stays.")
    return "\n".join(lines)
