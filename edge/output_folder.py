"""The folder that a command writes files into, named by the photos' stems."""

from __future__ import annotations

from pathlib import Path

from edge.errors import SetupError


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
