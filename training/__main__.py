"""python -m training segmenter|embedder|frame|enhance|concepts|export-...|export-feedback|adapt: each with --help."""

from __future__ import annotations

import argparse
import sys

from edge.errors import RequestError, SetupError
from training import adapt_command, feedback_command, model_commands


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    model_commands.add_commands(commands)
    feedback_command.add_arguments(
        commands.add_parser("export-feedback", help="the journal's confirmed and rejected look-ups and corrections as a data set folder")
    )
    adapt_command.add_arguments(
        commands.add_parser("adapt", help="fine-tune the embedder on this warehouse's pictures; installed only if it got better")
    )
    raise SystemExit(_exit_code(parser.parse_args(argv)))


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
