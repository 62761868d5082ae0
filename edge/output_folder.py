"""Where a command's words and files go: any file name can be said, and no photo's file takes the place of another's."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from edge.errors import RacklensError, RequestError, SetupError


def print_any_name() -> None:
    """Let print() say file names that are no text (bytes of another encoding) with escapes, rather than end the command at them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def each_photo(photos: Iterable[Path], work: Callable[[Path], None]) -> int:
    """Do the work for each photo; name the failed ones on stderr and go on. The exit code: 0 or 1."""
    failed = 0
    for path in photos:
        try:
            work(path)
        except (SetupError, RequestError, BrokenPipeError):
            raise
        except (RacklensError, OSError) as error:
            failed += 1
            print(f"{path}: {error}", file=sys.stderr)
    return 1 if failed else 0


class OutputFolder:
    """A folder, made at once, in which no photo's file takes the place of another photo's, nor of a photo that was given."""

    def __init__(self, out: Path, photos: Iterable[Path]) -> None:
        """photos: all that are given. Raises SetupError where the folder cannot be made."""
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(f"The folder {out} cannot be made ({error.strerror}).", remedy="Name another one with --out.") from error
        self._out, self._of = out, dict[str, Path]()
        self._given = {photo.resolve() for photo in photos}

    def file_of(self, photo: Path, end: str) -> Path:
        """Where to write `<stem><end>` of a photo. Raises FileExistsError where another photo of this run has that name, or is there."""
        first = self._of.setdefault(photo.stem, photo)
        if first != photo:
            raise FileExistsError(f"left out, as its file would overwrite that of {first}; rename it, or give it an --out of its own")
        file = self._out / f"{photo.stem}{end}"
        if file.resolve() in self._given:
            raise FileExistsError(f"left out, as its file would overwrite the photo {file}; name another folder with --out")
        return file
