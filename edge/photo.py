"""Bytes -> Photo: format by content, size cap before decoding, EXIF upright, sRGB, first frame, long side reduced.

    bytes -> kind -> header (size, cap) -> decoded L / RGB / CMYK -> reduced -> sRGB -> upright -> Photo

Reduction comes before colour and rotation because both cost per pixel; JPEGs are already decoded at a reduced scale.
"""

from __future__ import annotations

import io
import re

import cv2
import numpy as np
from PIL import Image, ImageCms

from edge.errors import NotAPhoto, PhotoTooLarge, PhotoTruncated
from edge.types import Photo

READABLE = ("JPEG", "PNG", "WebP", "HEIC")
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
# First bytes -> the name a person knows the format by. Only used to refuse with a helpful word.
_REFUSED = (
    (b"GIF8", "GIF"), (b"BM", "BMP"), (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"%PDF", "PDF"), (b"8BPS", "Photoshop"),
    (b"\xff\x0a", "JPEG XL"), (b"\0\0\0\x0cJXL ", "JPEG XL"), (b"\0\0\0\x0cjP  ", "JPEG 2000"), (b"\0\0\1\0", "ICO"),
    (b"PK\3\4", "ZIP"), (b"%!PS", "PostScript"), (b"\x1aE\xdf\xa3", "video"), (b"SIMPLE  =", "FITS"), (b"DDS ", "DDS"),
)  # fmt: skip
_SRGB = ImageCms.createProfile("sRGB")
_ORIENTATION_TAG = 0x0112


def read_photo(data: bytes, *, max_side: int = 1280, max_megapixels: float = 120, max_mebibytes: float = 40) -> Photo:
    """Decode a picture file's bytes into an upright sRGB Photo.

    Gives uint8 (H, W, 3) with max(H, W) <= max_side pixels (never enlarged); source_size is (width, height) of the upright
    original. The first frame of animations is taken; transparency lies on white; 16-bit values are scaled to 0..255.
    max_megapixels counts the header's width x height / 1e6 (Pillow's own ceiling of 178 stays in force above it).

    Raises NotAPhoto (unknown, refused or damaged), PhotoTooLarge (either cap, before any decoding), PhotoTruncated.
    """
    mebibytes = len(data) / 2**20
    if mebibytes > max_mebibytes:
        raise PhotoTooLarge(size=mebibytes, limit=max_mebibytes, unit="MiB")
    kind = format_of(data)
    if kind not in READABLE:
        raise NotAPhoto(_refusal(kind), kind=kind)
    image = _open(data, kind, max_megapixels)
    width, height = image.size
    if width * height > max_megapixels * 1e6:
        raise PhotoTooLarge(size=width * height / 1e6, limit=max_megapixels, unit="megapixels")
    scale = min(1.0, max_side / max(width, height))
    target = max(1, round(width * scale)), max(1, round(height * scale))
    try:
        if kind == "JPEG":
            image.draft(image.mode, target)  # libjpeg decodes at 1/2, 1/4 or 1/8, never below the target
        image.load()
        flat = _flatten(image)
    except MemoryError:
        raise PhotoTooLarge(size=width * height / 1e6, limit=max_megapixels, unit="megapixels") from None
    except Exception as error:  # decoders of foreign bytes raise nearly anything: OSError, SyntaxError, ValueError, EOFError ...
        raise _broken(data, kind, error) from error
    orientation = 1 if kind == "HEIC" else _orientation(image)  # HEIC turns by its own boxes, which its decoder has applied
    rgb = _to_srgb(_reduce(flat, target), image.info.get("icc_profile"))
    if orientation >= 5:
        width, height = height, width
    return Photo(rgb=np.ascontiguousarray(_upright(rgb, orientation)), source_size=(width, height), format=kind)


def format_of(data: bytes) -> str:
    """Name the format by the first bytes; "unknown" if they say nothing. The file's name and declared type are never asked."""
    if not data:
        return "empty"
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if data[:4] == b"RIFF":
        return "WebP" if data[8:12] == b"WEBP" else "video"
    if data[4:8] == b"ftyp":
        brands = {data[8:12]} | {data[i : i + 4] for i in range(16, min(int.from_bytes(data[:4], "big"), 128), 4)}
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        return "HEIC" if brands & _HEIC_BRANDS else "video"
    for start, name in _REFUSED:
        if data.startswith(start):
            return name
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<?xml", b"<svg", b"<!--")) and b"<svg" in head:
        return "SVG"
    return "HTML" if head.startswith((b"<!doctype html", b"<html")) else "unknown"


def _refusal(kind: str) -> str:
    if kind == "empty":
        return "The file is empty."
    return "The file is not a picture." if kind == "unknown" else f"This is a {kind} file, which is not accepted."


def _open(data: bytes, kind: str, max_megapixels: float) -> Image.Image:
    """Read the header only. `formats` keeps Pillow's many other, less guarded decoders away from foreign bytes."""
    try:
        if kind == "HEIC":
            return _open_heic(data)
        return Image.open(io.BytesIO(data), formats=[kind.upper()])
    except NotAPhoto:
        raise
    except Image.DecompressionBombError as error:
        pixels = re.search(r"\((\d+) pixels\)", str(error))
        size = int(pixels[1]) / 1e6 if pixels else 2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6
        raise PhotoTooLarge(size=size, limit=max_megapixels, unit="megapixels") from error
    except Exception as error:  # see read_photo
        raise _broken(data, kind, error) from error


def _open_heic(data: bytes) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile  # optional: a box that gets no iPhone originals does without
    except ImportError as error:
        raise NotAPhoto("This is a HEIC file, and this installation has no pillow-heif to read it.", kind="HEIC") from error
    # The class itself rather than register_heif_opener(): nothing in the process changes for others.
    return HeifImageFile(io.BytesIO(data))


def _broken(data: bytes, kind: str, error: Exception) -> PhotoTruncated | NotAPhoto:
    if "truncated" in str(error).lower() or _ends_early(data, kind):
        return PhotoTruncated()
    return NotAPhoto(f"The {kind} file is damaged.", kind=kind)


def _ends_early(data: bytes, kind: str) -> bool:
    """Whether the container itself promises more bytes than there are."""
    if kind == "JPEG":
        return b"\xff\xd9" not in data[-4096:]  # some phones append their own data after the end marker
    if kind == "PNG":
        return b"IEND" not in data[-4096:]
    if kind == "WebP":
        return len(data) < int.from_bytes(data[4:8], "little") + 8
    at = 0
    while at + 8 <= len(data):  # HEIC: boxes one after the other, 32-bit length, 1 = a 64-bit length follows, 0 = to the end
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length < 8:
            return False
        at += length
    return at != len(data)


def _flatten(image: Image.Image) -> np.ndarray:
    """Decoded picture -> uint8 (H, W) grey, (H, W, 3) RGB or (H, W, 4) CMYK; transparency composited on white."""
    if image.mode.startswith("I"):
        return np.rint(np.asarray(image).astype(np.float32) / 257.0).clip(0, 255).astype(np.uint8)
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, (255, 255, 255))
        white.paste(rgba, mask=rgba.getchannel("A"))
        return np.asarray(white)
    if image.mode == "1":
        return np.asarray(image.convert("L"))
    return np.asarray(image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB"))


def _reduce(pixels: np.ndarray, target: tuple[int, int]) -> np.ndarray:
    if (pixels.shape[1], pixels.shape[0]) == target:
        return pixels
    return cv2.resize(pixels, target, interpolation=cv2.INTER_AREA)


def _to_srgb(pixels: np.ndarray, icc_profile: bytes | None) -> np.ndarray:
    """Grey, RGB or CMYK uint8 -> sRGB uint8 (H, W, 3) through the embedded profile, if there is a usable one."""
    if not icc_profile and pixels.ndim == 3 and pixels.shape[2] == 3:
        return pixels  # most pictures: nothing to do, and two copies less
    image = Image.fromarray(pixels, mode="CMYK") if pixels.ndim == 3 and pixels.shape[2] == 4 else Image.fromarray(pixels)
    if icc_profile:
        try:
            profile = ImageCms.getOpenProfile(io.BytesIO(icc_profile))
            already = image.mode == "RGB" and "sRGB" in ImageCms.getProfileDescription(profile)
            if not already:
                image = ImageCms.profileToProfile(image, profile, _SRGB, outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a damaged profile, or one of another colour space: the plain values are the best there is
    return np.asarray(image.convert("RGB"))


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1..8; 1 where there is none, or none that makes sense."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # a damaged EXIF block is no reason to refuse a good picture
        return 1
    return value if value in range(1, 9) else 1


def _upright(rgb: np.ndarray, orientation: int) -> np.ndarray:
    """Undo the EXIF orientation: 2, 4, 5, 7 are mirrored; 3, 6, 8 turned by 180, 90 and 270 degrees."""
    if orientation in (5, 6, 7, 8):
        rgb = rgb.transpose(1, 0, 2)  # the stored rows are the upright columns
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    return rgb
