"""Outlines travel small and come back where they were; the veil is clear over the garment and nowhere else."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from app_pages.pictures import MASK_SIDE, alpha_of, jpeg, mask_png, veil_uri


def half(height: int = 800, width: int = 1200) -> np.ndarray:
    alpha = np.zeros((height, width), np.float32)
    alpha[:, : width // 2] = 1
    return alpha


def test_an_outline_comes_back_within_its_step() -> None:
    alpha = half()
    png = mask_png(alpha)
    back = alpha_of(png, alpha.shape)
    assert len(png) < 10_000
    assert back.dtype == np.float32 and back.shape == alpha.shape and 0 <= back.min() and back.max() <= 1
    assert ((back > 0.5) == (alpha > 0.5)).mean() > 0.995


def test_the_veil_is_clear_over_the_garment_bright_at_its_rim_and_dark_elsewhere() -> None:
    data = base64.b64decode(veil_uri(mask_png(half())).split(",")[1])
    assert len(data) < 10_000
    veil = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    height, width = veil.shape[:2]
    assert max(height, width) == MASK_SIDE
    inside, rim, outside = veil[height // 2, width // 4], veil[height // 2, width // 2 + 1], veil[height // 2, width - 5]
    assert inside[3] == 0 and rim[3] == 255 and 0 < outside[3] < 255


def test_a_kept_photo_is_small() -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (1280, 960, 3), dtype=np.uint8)
    assert Image.open(io.BytesIO(jpeg(rgb, 1024))).size == (768, 1024)
