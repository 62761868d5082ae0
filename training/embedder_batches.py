"""Batches of garments for contrastive training, two views each, hard negatives among them.

A third of a batch is mined: garments with their nearest neighbours of the moment. An eighth are colourways: one garment twice,
the second time recoloured, which makes it another item. The rest is drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from edge.cutout import cut_out
from training.embedder_data import Crops
from training.embedder_views import recolour, view


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRecipe:
    """How views are made. size: side in pixels. cutout: on white, or with the background left in. squash: aspect ratio given up.

    The last two only exist to be compared with.
    """

    size: int = 128
    cutout: bool = True
    squash: bool = False


def squashed(rgb: np.ndarray, size: int) -> np.ndarray:
    """A cutout stretched so that the garment fills the square both ways. uint8 (S, S, 3) -> (size, size, 3)."""
    ys, xs = np.nonzero(rgb.min(2) < 250)
    if len(ys) < 16:
        return cv2.resize(rgb, (size, size), interpolation=cv2.INTER_AREA)
    return cv2.resize(rgb[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1], (size, size), interpolation=cv2.INTER_AREA)


class Batches(torch.utils.data.IterableDataset):
    """Endless (views uint8 (2, B, S, S, 3), photo numbers (B,), plain (B,)): plain is False for mirrored and recoloured garments,
    which are none of the known ones. near (G, K), shared with the trainer: each group's nearest groups."""

    def __init__(self, crops: Crops, near: torch.Tensor, batch: int, seed: int, recipe: ViewRecipe) -> None:
        self.crops, self.near, self.batch, self.seed, self.recipe = crops, near, batch, seed, recipe
        self.members = crops.members()

    def _choose(self, rng: np.random.Generator) -> tuple[list[int], list[bool]]:
        """Group numbers, and which of them are recoloured doubles."""
        twins = self.batch // 8
        chosen: list[int] = []
        seen: set[int] = set()

        def take(g: int) -> None:
            if g not in seen:
                seen.add(g)
                chosen.append(g)

        while len(chosen) < self.batch // 3:
            g = int(rng.integers(len(self.members)))
            take(g)
            for other in rng.permutation(self.near[g].numpy())[:4]:
                take(int(other))
        while len(chosen) < self.batch - twins:
            take(int(rng.integers(len(self.members))))
        chosen = chosen[: self.batch - twins]
        return chosen + [int(g) for g in rng.choice(chosen, twins, replace=False)], [False] * len(chosen) + [True] * twins

    def _pair(self, group: int, rng: np.random.Generator) -> tuple[int, int]:
        """Photo numbers of a garment's two views."""
        first, second = rng.choice(self.members[group], 2)
        return int(first), int(second)

    def _view(self, i: int, flip: bool, colour_seed: int | None, rng: np.random.Generator, strength: float) -> np.ndarray:
        rgb, alpha = self.crops.rgb[i], self.crops.mask[i].astype(np.float32) / 255.0
        if flip:
            rgb, alpha = np.ascontiguousarray(rgb[:, ::-1]), np.ascontiguousarray(alpha[:, ::-1])
        if colour_seed is not None:
            rgb = recolour(rgb, np.random.default_rng(colour_seed))
        if not self.recipe.cutout:
            return view(rgb, np.ones_like(alpha), rng, strength=strength, size=self.recipe.size)
        out = view(rgb, alpha, rng, strength=strength, size=self.recipe.size)
        return squashed(out, self.recipe.size) if self.recipe.squash else out

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng((self.seed, info.id if info else 0))
        cv2.setNumThreads(0)
        size, b = self.recipe.size, self.batch
        while True:
            groups, doubles = self._choose(rng)
            views, index, plain = np.empty((2, b, size, size, 3), np.uint8), np.empty(b, np.int64), np.empty(b, bool)
            for k, (g, double) in enumerate(zip(groups, doubles, strict=True)):
                flip = bool(rng.random() < 0.3)  # both views alike: a mirrored garment is another garment
                colour = int(rng.integers(1 << 31)) if double or rng.random() < 0.1 else None
                first, second = self._pair(g, rng)
                views[0, k] = self._view(first, flip, colour, rng, float(rng.uniform(0.2, 0.6)))
                views[1, k] = self._view(second, flip, colour, rng, float(rng.uniform(0.7, 1.3)))
                index[k], plain[k] = first, not flip and colour is None
            yield torch.from_numpy(views), torch.from_numpy(index), torch.from_numpy(plain)


def studio_pictures(crops: Crops, recipe: ViewRecipe) -> np.ndarray:
    """Every garment's cutout as the builder would make it, uint8 (N, size, size, 3)."""
    out = np.empty((len(crops.rgb), recipe.size, recipe.size, 3), np.uint8)
    for i in range(len(out)):
        mask = crops.mask[i].astype(np.float32) / 255.0
        picture = cut_out(crops.rgb[i], mask if recipe.cutout else np.ones_like(mask), size=recipe.size)[0]
        out[i] = squashed(picture, recipe.size) if recipe.squash else picture
    return out
