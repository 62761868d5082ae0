"""python -m training adapt: fine-tune on the warehouse's own pictures, judge on what was held out, install only what is better."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from edge.config import Settings, models_in
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
    with contextlib.redirect_stdout(sys.stderr):  # the log's lines; stdout is for the result
        result = adapted(args, models)
    if args.json:
        print(json.dumps(result))
    else:
        print(_in_words(result))
    for sentence in result["refused"]:
        print(sentence, file=sys.stderr)
    return 0 if result["installed"] else 1


def adapted(args: argparse.Namespace, models: Path, amounts: Any = None) -> dict[str, Any]:
    """Train, export, compare, judge, and install or refuse; what came of it. amounts: training.adapt_data.Amounts, by default its own."""
    from tqdm import tqdm

    from edge.lookup import Lookup
    from edge.session import DEFAULT_MODELS, read_model_folder
    from training.adapt import adapt, embed_with
    from training.adapt_data import FOREIGN, HELD, Amounts, key_of, prepare
    from training.adapt_install import embed_onnx, export, install
    from training.adapt_score import gained, judged, worse
    from training.embedder_from_onnx import read_embedder
    from training.feedback import read_feedback

    amounts = amounts or Amounts()
    base = models_in(models) or DEFAULT_MODELS
    lookup = Lookup.open(args.index, models=base)
    seen = read_feedback(args.feedback) if args.feedback else []
    start, size = read_embedder(base / "embedder")
    with tqdm(unit="picture", desc="preparing", file=sys.stderr, disable=None) as bar:

        def tick(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        data = prepare(lookup, seen, args.run, size=size, amounts=amounts, tick=tick)
    key = f"{key_of(lookup, seen, size, amounts)}-{args.seed}-{args.rate}"
    with tqdm(total=args.minutes, unit="min", desc="adapting", file=sys.stderr, disable=None, bar_format="{l_bar}{bar}| {n:.1f}/{total:.1f} min") as bar:  # fmt: skip # noqa: E501
        done = adapt(start, size, data, run=args.run, key=key, minutes=args.minutes, rate=args.rate, seed=args.seed,
                     tell=lambda minutes: bar.update(min(minutes, args.minutes) - bar.n))  # fmt: skip
    out = args.run / "embedder"
    shutil.rmtree(out, ignore_errors=True)
    differ = export(done.model, base / "embedder", out, data.gallery[:40])
    before, after = (judged(embed_onnx(folder), data, (HELD, FOREIGN)) for folder in (base / "embedder", out))
    in_torch = judged(embed_with(done.model), data, (HELD,))
    refused = worse(before, after)
    if not refused and (done.share == 0 or not gained(before, after)):
        refused = ["Nothing that is held out is found better than before; that is not worth building the index again."]
    facts = {
        "minutes": round(done.minutes, 2), "steps": done.steps, "share": done.share, "onnx_minus_torch": differ, "before": before,
        "after": after, "after_in_torch": in_torch, "index": lookup.folder.name, "look_ups": len(seen),
        "from_embedder": read_model_folder(base / "embedder").sha256,
    }  # fmt: skip
    name = "" if refused else install(out, base, models, facts)
    return {**facts, "installed": name, "models": str(models), "refused": refused}


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
    lines = [f"{result['steps']} steps in {result['minutes']:.1f} minutes; {result['share']:.0%} of what was learned kept"]
    lines.append(f"{'':20s} queries  recall@1         AUROC")
    for name, was in result["before"].items():
        now = result["after"][name]
        lines.append(
            f"{name.replace('_', ' '):20s} {was['queries']:7d}  {was['recall@1']:.3f} -> {now['recall@1']:.3f}  "
            f"{was['auroc']:.3f} -> {now['auroc']:.3f}"
        )
    if result["installed"]:
        lines.append(
            f"Installed: {result['models']}/{result['installed']}. The index has to be built again, until then look-ups are refused:"
        )
        lines.append("  python -m index_builder build FEED --out INDEX_DIR        back: python -m training adapt --undo")
    else:
        lines.append("Not installed: the model in use stays.")
    return "\n".join(lines)
