"""The commands that train a network of our own and write it to assets/models; torch is loaded only by the one that runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.data import DEFAULT_DATA

MODELS = Path(__file__).resolve().parents[1] / "assets" / "models"
_STEPS = "stop after N steps even before the time is up, to compare recipes"


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add `segmenter`, `export-segmenter` and so on; each parser's `run_command` takes the parsed words and gives the exit code."""
    _add_segmenter(_trained(commands, "segmenter", "train the segmenter", run=_segmenter, minutes=20))
    _averaging(_size_of(_exported(commands, "segmenter", _export_segmenter)))
    _add_second_cut(commands)
    _add_outlines(commands)
    _add_embedder(_trained(commands, "embedder", "train the embedder", run=_embedder, minutes=20))
    _size_of(_exported(commands, "embedder", _export_embedder))
    _trained(commands, "frame", "train the network that finds decorative frames", run=_frame, minutes=15)
    _exported(commands, "frame", _export_frame)
    _add_concepts(_trained(commands, "concepts", "train the network that tells category and tags", run=_concepts, minutes=20))
    _averaging(_models_of(_exported(commands, "concepts", _export_concepts)))
    _trained(commands, "enhance", "train the network that reads light and tones off a photo", run=_enhance, minutes=18)
    _exported(commands, "enhance", _export_enhance)
    tiefvision = commands.add_parser("tiefvision", help="train and write the baseline of encodings per place, on the embedder's backbone")
    tiefvision.add_argument("--data", type=Path, default=DEFAULT_DATA)
    tiefvision.add_argument("--embedder-run", type=Path, default=Path("runs") / "embedder", help="where the backbone's checkpoint is")
    tiefvision.add_argument("--run", type=Path, default=Path("runs") / "tiefvision", help="where raw/ and learned/ are written")
    tiefvision.add_argument("--minutes", type=float, default=4.0, help="wall-clock budget")
    tiefvision.add_argument("--seed", type=int, default=0)
    tiefvision.set_defaults(run_command=_tiefvision)


def _trained(commands: argparse._SubParsersAction, name: str, what: str, *, run, minutes: float) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=f"{what}; run it again to go on")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with images.csv, images/, masks/")
    parser.add_argument("--run", type=Path, default=Path("runs") / name, help="checkpoints, log and what is drawn once and kept")
    parser.add_argument("--minutes", type=float, default=float(minutes), help="wall-clock budget, not counting pictures drawn before")
    parser.add_argument("--rate", type=float, help="highest learning rate; lower it to go on with a trained model")
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(run_command=run)
    return parser


def _exported(commands: argparse._SubParsersAction, name: str, run) -> argparse.ArgumentParser:
    parser = commands.add_parser(f"export-{name}", help=f"write assets/models/{name}, compared with PyTorch and calibrated")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--run", type=Path, default=Path("runs") / name)
    parser.add_argument("--out", type=Path, default=MODELS / name)
    parser.set_defaults(run_command=run)
    return parser


def _size_of(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--size", type=int, help="side of the network's input in pixels (default: as trained)")
    return parser


def _averaging(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--average-with", type=Path, action="append", default=[], metavar="RUN", help="the mean of this run's weights too; may be repeated"
    )


def _models_of(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--models", type=Path, default=MODELS, help="where the segmenter lies, by whose masks it learns and is calibrated")
    return parser


def _add_segmenter(train: argparse.ArgumentParser) -> None:
    train.add_argument(
        "--architecture", choices=("unet", "tiramisu"), default="unet", help="tiramisu: the source's FC-DenseNet, to compare"
    )
    train.add_argument("--size", type=int, default=224, help="side of the network's input in pixels, a multiple of 32")
    train.add_argument("--small-share", type=float, default=0.45, help="share of a first run's time on squares of 5/7 the side")
    train.add_argument("--extra", type=Path, help="folder of accepted outline corrections to learn from too")


def _add_embedder(train: argparse.ArgumentParser) -> None:
    train.add_argument("--size", type=int, default=128, help="side of the network's input in pixels, a multiple of 64")
    train.add_argument("--steps", type=int, metavar="N", help=_STEPS)
    train.add_argument("--loss", choices=("infonce+proxy", "infonce", "triplet"), default="infonce+proxy")
    train.add_argument("--activation", choices=("relu", "elu"), default="relu")
    train.add_argument("--widths", type=int, nargs=4, default=(16, 32, 96, 192), metavar="N", help="channels of the four stages")
    _switch(train, "cutout", "the garment on white (else its background stays)")
    _switch(train, "heads", "category and tag heads")
    _switch(train, "mining", "nearest neighbours as hard negatives")
    _switch(train, "aspect", "aspect ratio kept (else squashed)")


def _add_concepts(train: argparse.ArgumentParser) -> None:
    _models_of(train)
    train.add_argument("--embedder-run", type=Path, help="start from this embedder's last.pt (default: from chance)")
    train.add_argument("--steps", type=int, metavar="N", help=_STEPS)
    train.add_argument("--head", choices=("feedback", "plain"), default="feedback", help="plain: feed-forward, to compare")
    train.add_argument("--views", type=int, default=5, metavar="N", help="augmentations per photo, 0 for none")
    train.add_argument("--served", type=float, default=3.0, metavar="N", help="uses of an augmentation till it is drawn anew, 0: never")
    train.add_argument("--size", type=int, default=128, help="side of the network's input in pixels, a multiple of 64")
    _switch(train, "own-masks", "learn from cutouts by our own segmenter's masks too")
    _switch(train, "prints", "rare patterns on plain garments")
    _switch(train, "mix", "two pictures laid over each other at times")


def _add_second_cut(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("fit-second-cut", help="tell the segmenter what to expect where a doubtful mask is cut again by colours")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument(
        "--elder", type=Path, action="append", required=True, metavar="FOLDER", help="model folder of a weaker segmenter; may be repeated"
    )
    parser.add_argument("--out", type=Path, default=MODELS / "segmenter", help="the model folder whose model.json gets the numbers")
    parser.add_argument("--below", type=float, help="expected IoU under which a mask is cut again")
    parser.set_defaults(run_command=_fit_second_cut)


def _add_outlines(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("outlines", help="take masks drawn by hand into training/outlines.jsonl, from which the segmenter learns")
    parser.add_argument("masks", type=Path, metavar="FOLDER", help="IMAGE.png each, 8 bits, the photo's size, garment white")
    parser.set_defaults(run_command=_outlines)


def _switch(parser: argparse.ArgumentParser, name: str, what: str) -> None:
    parser.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=True, help=what)


def _budget(args: argparse.Namespace) -> dict[str, object]:
    """What every `train` takes."""
    common = {"data": args.data, "run": args.run, "minutes": args.minutes, "seed": args.seed}
    return common | ({"rate": args.rate} if args.rate else {})


def _segmenter(args: argparse.Namespace) -> int:
    from training.train_segmenter import train

    train(**_budget(args), architecture=args.architecture, size=args.size, small_share=args.small_share, extra=args.extra)
    return 0


def _export_segmenter(args: argparse.Namespace) -> int:
    from training.export_segmenter import export_segmenter

    export_segmenter(data=args.data, run=args.run, out=args.out, size=args.size, averaged_with=args.average_with)
    return 0


def _fit_second_cut(args: argparse.Namespace) -> int:
    from training.second_cut_fit import fit_second_cut

    fit_second_cut(data=args.data, elders=args.elder, out=args.out, **({"below": args.below} if args.below else {}))
    return 0


def _outlines(args: argparse.Namespace) -> int:
    from training.outlines import add_masks

    read, known = add_masks(args.masks)
    print(f"{read} masks read, {known} outlines known")
    return 0


def _embedder(args: argparse.Namespace) -> int:
    from training.embedder_batches import ViewRecipe
    from training.train_embedder import Recipe, train

    views = ViewRecipe(size=args.size, cutout=args.cutout, squash=not args.aspect)
    built = {"activation": args.activation, "widths": tuple(args.widths)}
    train(**_budget(args), recipe=Recipe(views=views, loss=args.loss, heads=args.heads, mining=args.mining, **built), most_steps=args.steps)
    return 0


def _export_embedder(args: argparse.Namespace) -> int:
    from training.export_embedder import export_embedder

    export_embedder(data=args.data, run=args.run, out=args.out, size=args.size)
    return 0


def _frame(args: argparse.Namespace) -> int:
    from training.frame_train import train

    train(**_budget(args))
    return 0


def _export_frame(args: argparse.Namespace) -> int:
    from training.frame_export import export_frame

    export_frame(data=args.data, run=args.run, out=args.out)
    return 0


def _concepts(args: argparse.Namespace) -> int:
    from training.concepts_train import Recipe, train

    taught = {"own_masks": args.own_masks, "prints": args.prints, "mix": 0.5 if args.mix else 0.0}
    recipe = Recipe(head=args.head, views=args.views, served=args.served, size=args.size, **taught)
    train(**_budget(args), recipe=recipe, models=args.models, embedder_run=args.embedder_run, most_steps=args.steps)
    return 0


def _export_concepts(args: argparse.Namespace) -> int:
    from training.concepts_export import export_concepts

    export_concepts(data=args.data, run=args.run, out=args.out, models=args.models, averaged_with=args.average_with)
    return 0


def _enhance(args: argparse.Namespace) -> int:
    from training.enhance_train import train

    train(**_budget(args))
    return 0


def _export_enhance(args: argparse.Namespace) -> int:
    from training.enhance_export import export_enhance

    export_enhance(data=args.data, run=args.run, out=args.out)
    return 0


def _tiefvision(args: argparse.Namespace) -> int:
    from training.tiefvision import train

    train(data=args.data, embedder_run=args.embedder_run, out=args.run, minutes=args.minutes, seed=args.seed)
    return 0
