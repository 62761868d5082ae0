"""Pictures as they travel to the phone: small JPEGs and PNGs, as data URIs."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

PHOTO_SIDE, PICTURE_SIDE = 1024, 400  # longest side in pixels of what is kept of a photo, and of a card's picture
MASK_SIDE = 512


def jpeg(picture: np.ndarray | Path, side: int) -> bytes:
    """uint8 (H, W, 3) or a picture file -> a JPEG whose longest side is at most `side` pixels."""
    with Image.fromarray(picture) if isinstance(picture, np.ndarray) else Image.open(picture) as image:
        small = image.convert("RGB")
    small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=85)
    return out.getvalue()


def small_uri(file: Path, side: int) -> str:
    """A JPEG file -> data URI of a small one; the decoder itself leaves out what will not be seen. Raises OSError."""
    with Image.open(file) as image:
        image.draft("RGB", (2 * side, 2 * side))
        small = image.convert("RGB")
    small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return uri(out.getvalue())


def uri(data: bytes, kind: str = "jpeg") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def jpeg_uri(picture: np.ndarray | Path, side: int) -> str:
    """uint8 (H, W, 3) or a picture file -> data URI of a JPEG whose longest side is at most `side` pixels."""
    return uri(jpeg(picture, side))


def mask_png(alpha: np.ndarray) -> bytes:
    """float32 (H, W) in 0..1 -> a grey PNG of at most MASK_SIDE pixels a side: an outline worth some kilobytes."""
    image = Image.fromarray(np.rint(alpha * 255).astype(np.uint8))
    image.thumbnail((MASK_SIDE, MASK_SIDE))
    return _png(image)


def alpha_of(mask: bytes, shape: tuple[int, int]) -> np.ndarray:
    """What `mask_png` wrote -> float32 (H, W) in 0..1 of the wanted shape."""
    with Image.open(io.BytesIO(mask)) as image:
        full = image.convert("L").resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(full, np.float32) / np.float32(255)


def veil_uri(mask: bytes) -> str:
    """What `mask_png` wrote -> data URI of a PNG to lie over the photo: clear where the garment is, a bright rim, dark elsewhere."""
    with Image.open(io.BytesIO(mask)) as image:
        inside = image.convert("L").point(lambda value: 255 if value > 127 else 0)
    grown = inside.filter(ImageFilter.MaxFilter(5))
    # A palette of three with its own transparency stays tiny: 0 clear, 1 rim, 2 veil.
    veil = Image.new("P", inside.size, 2)
    veil.putpalette([0, 0, 0, 250, 204, 21, 15, 23, 42])
    veil.paste(1, mask=grown)
    veil.paste(0, mask=inside)
    return uri(_png(veil, transparency=bytes((0, 255, 125))), "png")


def _png(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True, **options)
    return out.getvalue()
