"""What read_photo promises, with every file drawn here."""

from __future__ import annotations

import io
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from edge.errors import NotAPhoto, PhotoTooLarge, PhotoTruncated
from edge.photo import format_of, read_photo


def scene(width: int = 96, height: int = 64) -> Image.Image:
    """A picture whose four quarters differ, so that every turn and flip shows."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 200, 30), (width // 2, 0, width, height // 2))
    image.paste((30, 30, 200), (0, height // 2, width // 2, height))
    image.paste((220, 220, 40), (width // 2, height // 2, width, height))
    return image


def encode(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def heic(image: Image.Image, **options) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    return encode(image, "HEIF", quality=95, **options)


def close(a, b, tolerance: float = 6.0) -> bool:
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    return a.shape == b.shape and float(np.abs(a - b).mean()) < tolerance


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_each_format_gives_the_drawn_pixels(kind):
    photo = read_photo(encode(scene(), kind))
    assert photo.format == kind and photo.source_size == (96, 64)
    assert close(photo.rgb, scene())


def test_heic_gives_the_drawn_pixels():
    photo = read_photo(heic(scene()))
    assert photo.format == "HEIC" and photo.source_size == (96, 64)
    assert close(photo.rgb, scene())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_exif_orientations_come_out_upright(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(scene(), kind, exif=exif.tobytes())
    oracle = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    photo = read_photo(data)
    assert photo.source_size == oracle.size
    assert close(photo.rgb, oracle, 2.0)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_orientation_is_applied_exactly_once(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = scene()
    turned = {1: stored, 3: stored.transpose(Image.ROTATE_180), 6: stored.transpose(Image.ROTATE_270), 8: stored.transpose(Image.ROTATE_90)}
    photo = read_photo(heic(stored, exif=exif.tobytes()))
    assert photo.source_size == turned[orientation].size
    assert close(photo.rgb, turned[orientation])


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_damaged_exif_block_does_not_refuse_the_picture():
    assert close(read_photo(encode(scene(), "JPEG", exif=b"Exif\0\0" + b"II*\0\xff\xff\xff\x7f" + b"junk" * 9)).rgb, scene())


def test_long_side_is_reduced_and_source_size_stays_the_original():
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = read_photo(encode(scene(2000, 1000), "JPEG", exif=exif.tobytes()), max_side=300)
    assert photo.rgb.shape == (300, 150, 3) and photo.source_size == (1000, 2000)


def test_reduced_decoding_equals_decoding_in_full():
    noise = np.random.default_rng(0).integers(0, 256, (45, 60, 3), np.uint8)
    big = Image.fromarray(noise).resize((1600, 1200), Image.BICUBIC)
    data = encode(big, "JPEG", quality=92)
    oracle = Image.open(io.BytesIO(data)).convert("RGB").resize((320, 240), Image.BOX)
    assert close(read_photo(data, max_side=320).rgb, oracle, 2.0)


def test_small_pictures_are_not_enlarged_and_thin_ones_keep_a_pixel():
    assert read_photo(encode(scene(2, 2), "PNG")).rgb.shape == (2, 2, 3)
    assert read_photo(encode(scene(5000, 2), "PNG"), max_side=100).rgb.shape == (1, 100, 3)


def test_grey_palette_and_one_bit_pictures_become_rgb():
    for image in (scene().convert("L"), scene().convert("P"), scene().convert("1")):
        assert close(read_photo(encode(image, "PNG")).rgb, image.convert("RGB"), 1.0)


def test_cmyk_jpeg_becomes_rgb():
    assert close(read_photo(encode(scene().convert("CMYK"), "JPEG", quality=95)).rgb, scene(), 8.0)


def test_sixteen_bit_grey_is_scaled_not_clipped():
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (8, 1))
    photo = read_photo(encode(Image.fromarray(ramp), "PNG"))
    assert np.array_equal(photo.rgb[0, :, 0], np.rint(ramp[0] / 257.0).astype(np.uint8))


def test_sixteen_bit_rgb_is_scaled_not_clipped():
    rows = np.zeros((4, 4, 3), ">u2")
    rows[..., 0], rows[..., 1] = 65535, 0x8000
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    data = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0)) + _chunk(b"IDAT", zlib.compress(raw))
    assert read_photo(data + _chunk(b"IEND", b"")).rgb[0, 0].tolist() == [255, 128, 0]


def test_transparency_lies_on_white():
    clear = scene().convert("RGBA")
    clear.putalpha(Image.new("L", clear.size, 0))
    half = Image.new("RGBA", (8, 8), (0, 0, 0, 128))
    assert (read_photo(encode(clear, "PNG")).rgb == 255).all()
    assert (read_photo(encode(clear, "WebP", lossless=True)).rgb == 255).all()
    assert abs(int(read_photo(encode(half, "PNG")).rgb[0, 0, 0]) - 127) <= 1
    assert (read_photo(encode(clear.convert("LA"), "PNG")).rgb == 255).all()


def test_a_transparent_palette_colour_lies_on_white():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert (read_photo(encode(image, "PNG", transparency=1)).rgb == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "WebP"])
def test_an_animation_gives_its_first_frame(kind):
    data = encode(scene(), kind, save_all=True, append_images=[Image.new("RGB", (96, 64))] * 2, duration=50)
    assert close(read_photo(data).rgb, scene())


def test_a_phone_file_with_a_second_picture_inside_gives_the_first():
    data = encode(scene(), "MPO", save_all=True, append_images=[Image.new("RGB", (96, 64))])
    assert close(read_photo(data).rgb, scene())


def test_an_embedded_profile_is_brought_to_srgb():
    grey = Image.new("RGB", (32, 32), (128, 128, 128))
    linear = _profile_with_gamma_one()
    photo = read_photo(encode(grey, "PNG", icc_profile=linear))
    assert 180 <= int(photo.rgb[0, 0, 0]) <= 195  # linear 0.5 is about 188 in sRGB
    assert close(
        read_photo(encode(scene(), "PNG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())).rgb, scene(), 0.1
    )


def test_a_damaged_profile_is_passed_over():
    assert close(read_photo(encode(scene(), "JPEG", icc_profile=b"not a profile" * 20)).rgb, scene())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
@pytest.mark.parametrize("share", [0.03, 0.3, 0.6, 0.9])
def test_a_file_that_ends_early_is_called_truncated(kind, share):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8))
    data = encode(noise, kind)
    with pytest.raises(PhotoTruncated):
        read_photo(data[: int(len(data) * share)])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_heic_that_ends_early_is_called_truncated(share):
    data = heic(Image.fromarray(np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)))
    with pytest.raises(PhotoTruncated):
        read_photo(data[: int(len(data) * share)])


def test_no_bytes_make_it_raise_anything_but_a_photo_error():
    rng = np.random.default_rng(2)
    for kind in ("JPEG", "PNG", "WebP"):
        good = bytearray(encode(scene(), kind))
        for _ in range(40):
            bad = bytearray(good)
            for at in rng.integers(0, len(bad), 6):
                bad[at] = rng.integers(0, 256)
            try:
                read_photo(bytes(bad), max_megapixels=1)
            except (NotAPhoto, PhotoTruncated, PhotoTooLarge):
                pass


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PDF", "ICO"])
def test_other_formats_are_refused_by_their_name(kind):
    with pytest.raises(NotAPhoto) as caught:
        read_photo(encode(scene(), kind))
    assert caught.value.kind == kind and kind in str(caught.value)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"<svg/>", "SVG"),
        (b"<!DOCTYPE html><p>not found", "HTML"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "video"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "AVIF"),
        (b"", "empty"),
        (b"plain words", "unknown"),
    ],
)
def test_what_is_no_photo_is_named(data, kind):
    assert format_of(data) == kind
    with pytest.raises(NotAPhoto):
        read_photo(data)


def test_a_gif_named_otherwise_is_still_a_gif_because_only_content_counts():
    assert format_of(encode(scene(), "GIF")) == "GIF"


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [11_000, 100_000])
def test_a_huge_header_is_refused_before_decoding(side):
    data = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) + _chunk(b"IDAT", b"x")
    with pytest.raises(PhotoTooLarge) as caught:
        read_photo(data)
    assert caught.value.unit == "megapixels" and caught.value.size == pytest.approx(side * side / 1e6)


def test_too_many_bytes_are_refused():
    with pytest.raises(PhotoTooLarge, match="MiB"):
        read_photo(encode(scene(), "JPEG") + bytes(2**20), max_mebibytes=1)


def test_heic_without_its_reader_says_so(monkeypatch):
    data = heic(scene())
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(NotAPhoto, match="pillow-heif"):
        read_photo(data)


def _profile_with_gamma_one() -> bytes:
    """An RGB matrix profile with sRGB's primaries and a linear curve, written byte by byte."""

    def s15(x: float) -> bytes:
        return struct.pack(">i", round(x * 65536))

    def xyz(*v: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(s15, v))

    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 7) + b"Linear\0" + bytes(4 + 4 + 2 + 1 + 67),
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.4361, 0.2225, 0.0139),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), b"curv\0\0\0\0\0\0\0\0"),
        b"cprt": b"text\0\0\0\0none\0",
    }
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        value += bytes(-len(value) % 4)
        table += name + struct.pack(">II", at + len(body), len(value))
        body += value
    head = struct.pack(">I4sI4s4s4s12s4s", at + len(body), b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp")
    head += bytes(28) + s15(0.9642) + s15(1.0) + s15(0.8249)
    return head + bytes(128 - len(head)) + table + body
