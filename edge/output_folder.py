"""Where a command's words and files go: any file name can be said, and no photo's file takes the place of another's."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from edge.errors import SetupError


def print_any_name() -> None:
    """Let print() say file names that are no text (bytes of another encoding) with escapes, rather than end the command at them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class OutputFolder:
    """A folder, made at once, in which no photo's file takes the place of another photo's."""

    def __init__(self, out: Path) -> None:
        """Raises SetupError where the folder cannot be made."""
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(f"The folder {out} cannot be made ({error.strerror}).", remedy="Name another one with --out.") from error
        self._out, self._of = out, dict[str, Path]()

    def file_of(self, photo: Path, end: str) -> Path:
        """Where to write `<stem><end>` of a photo. Raises FileExistsError where another photo of this run has that name."""
        first = self._of.setdefault(photo.stem, photo)
        if first != photo:
            raise FileExistsError(f"left out, as its file would overwrite that of {first}; rename it, or give it an --out of its own")
        return self._out / f"{photo.stem}{end}"
