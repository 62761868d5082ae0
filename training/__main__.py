"""python -m training segmenter|embedder|frame|enhance|concepts|export-...|export-feedback|adapt: each with --help."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from edge.errors import RequestError, SetupError
from training import adapt_command, feedback_command
from training.data import DEFAULT_DATA

MODELS = Path(__file__).resolve().parents[1] / "assets" / "models"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("segmenter", "embedder"):
        train = commands.add_parser(name, help=f"train the {name}; run it again to go on")
        train.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with images.csv, images/, masks/")
        train.add_argument("--run", type=Path, default=Path("runs") / name, help="checkpoints and log")
        train.add_argument("--minutes", type=float, default=20.0, help="wall-clock budget")
        train.add_argument("--rate", type=float, help="highest learning rate; lower it to go on with a trained model")
        train.add_argument("--seed", type=int, default=0)
        if name == "segmenter":
            train.add_argument(
                "--architecture", choices=("unet", "tiramisu"), default="unet", help="tiramisu: the source's FC-DenseNet, to compare"
            )
            train.add_argument("--size", type=int, default=224, help="side of the network's input in pixels, a multiple of 32")
            train.add_argument("--small-share", type=float, default=0.45, help="share of a first run's time on squares of 5/7 the side")
            train.add_argument("--extra", type=Path, help="folder of accepted outline corrections to learn from too")
        else:
            train.add_argument("--size", type=int, default=128, help="side of the network's input in pixels, a multiple of 64")
            train.add_argument("--steps", type=int, metavar="N", help="stop after N steps even before the time is up, to compare recipes")
            train.add_argument("--loss", choices=("infonce+proxy", "infonce", "triplet"), default="infonce+proxy")
            train.add_argument("--activation", choices=("relu", "elu"), default="relu")
            train.add_argument("--widths", type=int, nargs=4, default=(16, 32, 96, 192), metavar="N", help="channels of the four stages")
            for flag, what in (("cutout", "the garment on white (else its background stays)"), ("heads", "category and tag heads"),
                               ("mining", "nearest neighbours as hard negatives"),
                               ("aspect", "aspect ratio kept (else squashed)")):  # fmt: skip
                train.add_argument(f"--{flag}", action=argparse.BooleanOptionalAction, default=True, help=what)
        export = commands.add_parser(f"export-{name}", help=f"write assets/models/{name} and compare it with PyTorch")
        export.add_argument("--data", type=Path, default=DEFAULT_DATA)
        export.add_argument("--run", type=Path, default=Path("runs") / name)
        export.add_argument("--out", type=Path, default=MODELS / name)
        export.add_argument("--size", type=int, help="side of the network's input in pixels (default: as trained)")
    frame = commands.add_parser("frame", help="train the network that finds decorative frames; run it again to go on")
    frame.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with images.csv, images/, masks/")
    frame.add_argument("--run", type=Path, default=Path("runs") / "frame", help="checkpoints and log")
    frame.add_argument("--minutes", type=float, default=15.0, help="wall-clock budget")
    frame.add_argument("--rate", type=float, help="highest learning rate; lower it to go on with a trained model")
    frame.add_argument("--seed", type=int, default=0)
    frame_out = commands.add_parser("export-frame", help="write assets/models/frame and compare it with PyTorch")
    frame_out.add_argument("--data", type=Path, default=DEFAULT_DATA)
    frame_out.add_argument("--run", type=Path, default=Path("runs") / "frame")
    frame_out.add_argument("--out", type=Path, default=MODELS / "frame")
    concepts = commands.add_parser("concepts", help="train the network that tells category and tags; run it again to go on")
    concepts.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with images.csv, images/, masks/")
    concepts.add_argument("--run", type=Path, default=Path("runs") / "concepts", help="checkpoint, log and the cut-out photos, kept")
    concepts.add_argument("--models", type=Path, default=MODELS, help="where the segmenter lies, by whose masks it learns too")
    concepts.add_argument("--embedder-run", type=Path, help="start from this embedder's last.pt (default: from chance)")
    concepts.add_argument("--minutes", type=float, default=20.0, help="wall-clock budget, not counting the pictures")
    concepts.add_argument("--steps", type=int, metavar="N", help="stop after N steps even before the time is up, to compare recipes")
    concepts.add_argument("--head", choices=("feedback", "plain"), default="feedback", help="plain: feed-forward, to compare")
    concepts.add_argument("--views", type=int, default=5, metavar="N", help="augmentations per photo, 0 for none")
    concepts.add_argument("--size", type=int, default=128, help="side of the network's input in pixels, a multiple of 64")
    for flag, what in (("own-masks", "learn from cutouts by our own segmenter's masks too"), ("prints", "rare patterns on plain garments"),
                       ("mix", "two pictures laid over each other at times")):  # fmt: skip
        concepts.add_argument(f"--{flag}", action=argparse.BooleanOptionalAction, default=True, help=what)
    concepts.add_argument("--seed", type=int, default=0)
    concepts_out = commands.add_parser("export-concepts", help="write assets/models/concepts, compared with PyTorch and calibrated")
    concepts_out.add_argument("--data", type=Path, default=DEFAULT_DATA)
    concepts_out.add_argument("--run", type=Path, default=Path("runs") / "concepts")
    concepts_out.add_argument("--models", type=Path, default=MODELS, help="where the segmenter lies")
    concepts_out.add_argument("--out", type=Path, default=MODELS / "concepts")
    enhance = commands.add_parser("enhance", help="train the network that reads light and tones off a photo; run it again to go on")
    enhance.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with images.csv, images/, masks/")
    enhance.add_argument("--run", type=Path, default=Path("runs") / "enhance", help="checkpoints, log and the samples, kept")
    enhance.add_argument("--minutes", type=float, default=18.0, help="wall-clock budget, not counting the first samples")
    enhance.add_argument("--rate", type=float, help="highest learning rate; lower it to go on with a trained model")
    enhance.add_argument("--seed", type=int, default=0)
    enhance_out = commands.add_parser("export-enhance", help="write assets/models/enhance, compared with PyTorch and calibrated")
    enhance_out.add_argument("--data", type=Path, default=DEFAULT_DATA)
    enhance_out.add_argument("--run", type=Path, default=Path("runs") / "enhance")
    enhance_out.add_argument("--out", type=Path, default=MODELS / "enhance")
    tiefvision = commands.add_parser("tiefvision", help="train and write the baseline of encodings per place, on the embedder's backbone")
    tiefvision.add_argument("--data", type=Path, default=DEFAULT_DATA)
    tiefvision.add_argument("--embedder-run", type=Path, default=Path("runs") / "embedder", help="where the backbone's checkpoint is")
    tiefvision.add_argument("--run", type=Path, default=Path("runs") / "tiefvision", help="where raw/ and learned/ are written")
    tiefvision.add_argument("--minutes", type=float, default=4.0, help="wall-clock budget")
    tiefvision.add_argument("--seed", type=int, default=0)
    feedback_command.add_arguments(
        commands.add_parser("export-feedback", help="the journal's confirmed and rejected look-ups and corrections as a data set folder")
    )
    adapt_command.add_arguments(
        commands.add_parser("adapt", help="fine-tune the embedder on this warehouse's pictures; installed only if it got better")
    )
    args = parser.parse_args(argv)
    if hasattr(args, "run_command"):
        raise SystemExit(_exit_code(args))
    extra = {"rate": args.rate} if getattr(args, "rate", None) else {}
    if args.command == "segmenter":
        from training.train_segmenter import train as run

        run(data=args.data, run=args.run, minutes=args.minutes, seed=args.seed, architecture=args.architecture, size=args.size,
            small_share=args.small_share, extra=args.extra, **extra)  # fmt: skip
    elif args.command == "embedder":
        from training.embedder_batches import ViewRecipe
        from training.train_embedder import Recipe
        from training.train_embedder import train as run

        views = ViewRecipe(size=args.size, cutout=args.cutout, squash=not args.aspect)
        recipe = Recipe(
            views=views, loss=args.loss, activation=args.activation, widths=tuple(args.widths), heads=args.heads, mining=args.mining
        )
        run(data=args.data, run=args.run, minutes=args.minutes, seed=args.seed, recipe=recipe, most_steps=args.steps, **extra)
    elif args.command == "frame":
        from training.frame_train import train as run

        run(data=args.data, run=args.run, minutes=args.minutes, seed=args.seed, **extra)
    elif args.command == "export-frame":
        from training.frame_export import export_frame

        export_frame(data=args.data, run=args.run, out=args.out)
    elif args.command == "enhance":
        from training.enhance_train import train as run

        run(data=args.data, run=args.run, minutes=args.minutes, seed=args.seed, **extra)
    elif args.command == "export-enhance":
        from training.enhance_export import export_enhance

        export_enhance(data=args.data, run=args.run, out=args.out)
    elif args.command == "concepts":
        from training.concepts_train import Recipe
        from training.concepts_train import train as run

        recipe = Recipe(
            head=args.head, views=args.views, own_masks=args.own_masks, prints=args.prints, mix=0.5 if args.mix else 0.0, size=args.size
        )
        run(data=args.data, run=args.run, minutes=args.minutes, seed=args.seed, recipe=recipe, models=args.models,
            embedder_run=args.embedder_run, most_steps=args.steps)  # fmt: skip
    elif args.command == "export-concepts":
        from training.concepts_export import export_concepts

        export_concepts(data=args.data, run=args.run, out=args.out, models=args.models)
    elif args.command == "tiefvision":
        from training.tiefvision import train as run

        run(data=args.data, embedder_run=args.embedder_run, out=args.run, minutes=args.minutes, seed=args.seed)
    elif args.command == "export-segmenter":
        from training.export_segmenter import export_segmenter

        export_segmenter(data=args.data, run=args.run, out=args.out, size=args.size)
    else:
        from training.export_embedder import export_embedder

        export_embedder(data=args.data, run=args.run, out=args.out, size=args.size)


def _exit_code(args: argparse.Namespace) -> int:
    """0 fine, 1 some inputs failed or nothing was gained, 2 unusable arguments or set-up."""
    try:
        return args.run_command(args)
    except (SetupError, RequestError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What was trained is kept; the same command goes on from there.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    main()
