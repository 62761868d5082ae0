"""python -m training segmenter|embedder|export-segmenter|export-embedder: each with --help."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.data import DEFAULT_DATA

MODELS = Path(__file__).resolve().parents[1] / "assets" / "models"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("segmenter", "embedder"):
        train = commands.add_parser(name, help=f"train the {name}; run it again to go on")
        train.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder with images.csv, images/, masks/")
        train.add_argument("--run", type=Path, default=Path("runs") / name, help="checkpoints and log")
        train.add_argument("--minutes", type=float, default=20.0, help="wall-clock budget")
        train.add_argument("--rate", type=float, help="highest learning rate; lower it to go on with a trained model")
        train.add_argument("--seed", type=int, default=0)
        export = commands.add_parser(f"export-{name}", help=f"write assets/models/{name} and compare it with PyTorch")
        export.add_argument("--data", type=Path, default=DEFAULT_DATA)
        export.add_argument("--run", type=Path, default=Path("runs") / name)
        export.add_argument("--out", type=Path, default=MODELS / name)
    args = parser.parse_args()
    extra = {"rate": args.rate} if getattr(args, "rate", None) else {}
    if args.command == "segmenter":
        from training.train_segmenter import train as run

        run(data=args.data, run=args.run, minutes=args.minutes, seed=args.seed, **extra)
    elif args.command == "embedder":
        from training.train_embedder import train as run

        run(data=args.data, run=args.run, minutes=args.minutes, seed=args.seed, **extra)
    elif args.command == "export-segmenter":
        from training.export import export_segmenter

        export_segmenter(data=args.data, run=args.run, out=args.out)
    else:
        from training.export import export_embedder

        export_embedder(data=args.data, run=args.run, out=args.out)


if __name__ == "__main__":
    main()
