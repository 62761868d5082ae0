"""What the enhancement learns from: photos kept small on disk, spoilt, with the light on them and the edits that undo the rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from edge.enhance import small_copy
from training.data import NEARLY, read_pair, read_rows
from training.enhance_camera import spoil
from training.enhance_edit import fitted_tones

SIZE = 96
_KEPT = 128
"""Photos are kept at this side, so that crops of them still fill the network's input."""
_PIXELS = 120


@dataclass(slots=True)
class Samples:
    """spoilt uint8 (N, SIZE, SIZE, 3); light float32 (N, 2); tones float32 (N, 4) in units of SCALES; kinds: of light."""

    spoilt: np.ndarray
    light: np.ndarray
    tones: np.ndarray
    kinds: np.ndarray

    def __len__(self) -> int:
        return len(self.spoilt)


def cached_photos(data: Path, part: str, *, cache: Path) -> tuple[np.ndarray, np.ndarray]:
    """All photos of a part, uint8 (N, 128, 128, 3), and their masks uint8 (N, 128, 128), empty where a mask is not to be believed."""
    kept = cache / f"photos-{part}.npz"
    if kept.exists():
        with np.load(kept) as arrays:
            return arrays["rgb"], arrays["mask"]
    photos, masks = [], []
    for row in read_rows(data):
        if row.part != part:
            continue
        rgb, mask = read_pair(data, row.image)
        photos.append(small_copy(rgb, _KEPT))
        believed = row.mask in NEARLY
        masks.append(cv2.resize(mask, (_KEPT, _KEPT), interpolation=cv2.INTER_AREA) if believed else np.zeros((_KEPT, _KEPT), np.uint8))
    arrays = {"rgb": np.stack(photos), "mask": np.stack(masks)}
    np.savez(kept, **arrays)
    return arrays["rgb"], arrays["mask"]


def _crop(rng: np.random.Generator) -> tuple[slice, slice]:
    share = rng.uniform(0.7, 1.0, 2) if rng.random() < 0.5 else np.ones(2)
    height, width = np.rint(share * _KEPT).astype(int)
    top, left = rng.integers(0, _KEPT - height + 1), rng.integers(0, _KEPT - width + 1)
    return slice(top, top + height), slice(left, left + width)


def draw_samples(photos: np.ndarray, masks: np.ndarray, count: int, rng: np.random.Generator) -> Samples:
    """`count` photos at random, cropped, mirrored, spoilt; their tones fitted."""
    spoilt, lights, kinds = np.empty((count, SIZE, SIZE, 3), np.uint8), np.empty((count, 2), np.float32), []
    before, after, weights = (np.empty((count, _PIXELS, n), np.float32) for n in (3, 3, 1))
    for i in range(count):
        place = int(rng.integers(len(photos)))
        rows, columns = _crop(rng)
        rgb, mask = photos[place][rows, columns], masks[place][rows, columns]
        if rng.random() < 0.5:
            rgb, mask = rgb[:, ::-1], mask[:, ::-1]
        rgb, mask = np.ascontiguousarray(rgb), np.ascontiguousarray(mask).astype(np.float32) / 255
        done = spoil(rgb, mask, rng)
        spoilt[i], lights[i] = small_copy(done.rgb, SIZE), done.light
        kinds.append(done.kind)
        chosen = rng.integers(0, mask.size, _PIXELS)
        before[i], after[i] = (cv2.blur(x, (3, 3)).reshape(-1, 3)[chosen] / 255 for x in (done.rgb, rgb))
        weights[i, :, 0] = 0.3 + mask.reshape(-1)[chosen]
    tones = [
        fitted_tones(*(torch.from_numpy(x[i : i + 500]) for x in (before, after, lights)), torch.from_numpy(weights[i : i + 500, :, 0]))
        for i in range(0, count, 500)
    ]
    return Samples(spoilt, lights, torch.cat(tones).numpy(), np.array(kinds))


def tune_samples(data: Path, run: Path, *, count: int) -> Samples:
    """Samples over the tune senders' photos, always the same; kept on disk."""
    kept = run / f"tune-{count}.npz"
    if kept.exists():
        return read_samples(kept)
    samples = draw_samples(*cached_photos(data, "tune", cache=run), count, np.random.default_rng(77))
    keep_samples(samples, kept)
    return samples


def keep_samples(samples: Samples, path: Path) -> None:
    np.savez(path, spoilt=samples.spoilt, light=samples.light, tones=samples.tones, kinds=samples.kinds)


def read_samples(path: Path) -> Samples:
    with np.load(path) as kept:
        return Samples(kept["spoilt"], kept["light"], kept["tones"], kept["kinds"])
