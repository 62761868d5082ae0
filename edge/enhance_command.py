"""python -m edge enhance: three better versions of each photo, beside one another in a folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2

from edge.enhance import Enhanced, Enhancer, enhance, open_enhancer
from edge.errors import ModelError
from edge.output_folder import OutputFolder, each_photo
from edge.photo import read_photo
from edge.session import DEFAULT_MODELS

_QUALITY = 92
_NO_LIMIT = 1_000_000
"""Pixels; the versions keep the photo's own size."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments and what runs it."""
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    parser.add_argument(
        "--out", type=Path, help="folder for <stem>-1.jpg (best estimate), -2.jpg (half way), -3.jpg (another reading of the light)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON line per photo with everything that was read off it")
    parser.add_argument("--models", type=Path, help="model folder (default assets/models)")
    parser.set_defaults(run=run)


def enhanced_json(photo: str, found: Enhanced) -> dict[str, object]:
    """photo, fine, change (CIE 1976 Delta E), cast in degrees, certainties, deviation per parameter, suggestions best first."""
    reading = found.reading
    return {
        "photo": photo,
        "fine": found.fine,
        "change": round(found.change, 2),
        "cast_degrees": round(reading.cast, 2),
        "certainty": round(reading.certainty, 4),
        "other_certainty": round(reading.other_certainty, 4),
        "deviation": {name: round(value, 4) for name, value in reading.deviation.items()},
        "suggestions": [{"name": s.name, "words": s.words, **s.development.as_json()} for s in found.suggestions],
    }


def run(args: argparse.Namespace) -> int:
    """0 fine, 1 some photos failed (each named on stderr, the rest done). Raises SetupError."""
    model = open_enhancer(args.models)
    if model is None:
        folder = (args.models or DEFAULT_MODELS) / "enhance"
        raise ModelError(f"There is no enhancement model in {folder}.", path=str(folder))
    out = OutputFolder(args.out, args.photos) if args.out else None
    return each_photo(args.photos, lambda path: _one(path, model, out, as_json=args.json))


def _one(path: Path, model: Enhancer, out: OutputFolder | None, *, as_json: bool) -> None:
    targets = [out.file_of(path, f"-{number}.jpg") for number in (1, 2, 3)] if out else []
    found = enhance(read_photo(path.read_bytes(), max_side=_NO_LIMIT), model)
    if out:
        for target, suggestion in zip(targets, found.suggestions, strict=True):
            # Encoded from the pixels alone: upright, and nothing of the original's EXIF, location included, comes along.
            bgr = cv2.cvtColor(suggestion.rgb, cv2.COLOR_RGB2BGR)
            done, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
            if not done:
                raise OSError("the picture could not be encoded")
            target.write_bytes(jpeg.tobytes())
    if as_json:
        print(json.dumps(enhanced_json(str(path), found)), flush=True)
        return
    cast = f"cast {found.reading.cast:.1f} degrees, certainty {found.reading.certainty:.0%}"
    print(f"{path}: {'fine already' if found.fine else 'can be improved'} ({cast})")
    for number, suggestion in enumerate(found.suggestions, 1):
        numbers = ", ".join(f"{name} {value:+.2f}" for name, value in suggestion.development.as_json().items())
        print(f"  {number}. {suggestion.words}: {numbers}")
