"""Batches to adapt on: a studio image's view beside one of a photo of the same garment, made or real, and what staff passed over."""

from __future__ import annotations

import numpy as np
import torch

from edge.cutout import cut_out
from edge.errors import NoGarmentFound
from training.adapt_data import CONFIRMED, MADE, STUDIO
from training.embedder_batches import Batches, ViewRecipe
from training.embedder_data import Crops
from training.embedder_views import light, recolour, warp


class TaughtBatches(Batches):
    """Batches in which an eighth are garments that staff decided about, each with items they passed over for it.

    source (N,): STUDIO, MADE or CONFIRMED, as in Prepared. A garment's first view is of its studio image, its second, three times of four
    where it can be, of a photo, and then as often of a confirmed one as of a made one: their masks are as wrong as masks are, so no drawn
    errors are laid on them.
    """

    def __init__(
        self, crops: Crops, source: np.ndarray, near: torch.Tensor, taught: dict[int, list[int]], batch: int, seed: int, recipe: ViewRecipe
    ) -> None:  # fmt: skip
        super().__init__(crops, near, batch, seed, recipe)
        self.source, self.taught = source, taught
        self.studio, made, confirmed = ([m[source[m] == kind] for m in self.members] for kind in (STUDIO, MADE, CONFIRMED))
        self.studio = [own if len(own) else m for own, m in zip(self.studio, self.members, strict=True)]
        self.photos = [[kind for kind in kinds if len(kind)] for kinds in zip(made, confirmed, strict=True)]

    def _choose(self, rng: np.random.Generator) -> tuple[list[int], list[bool]]:
        groups, doubles = super()._choose(rng)
        if not self.taught:
            return groups, doubles
        want: dict[int, None] = {}
        for g in rng.permutation(list(self.taught))[: self.batch // 8].tolist():
            want |= dict.fromkeys([g, *rng.permutation(self.taught[g])[:2].tolist()])
        plain = doubles.count(False)
        mixed = list(dict.fromkeys([*map(int, want), *groups[:plain]]))[:plain]
        return mixed + groups[plain:], doubles

    def _pair(self, group: int, rng: np.random.Generator) -> tuple[int, int]:
        """Crop numbers of a garment's first and second view."""
        kinds = self.photos[group]
        second = kinds[int(rng.integers(len(kinds)))] if kinds and rng.random() < 0.75 else self.studio[group]
        return int(rng.choice(self.studio[group])), int(rng.choice(second))

    def _view(self, i: int, flip: bool, colour_seed: int | None, rng: np.random.Generator, strength: float) -> np.ndarray:
        if self.source[i] == STUDIO:
            return super()._view(i, flip, colour_seed, rng, strength)
        rgb, alpha = self.crops.rgb[i], self.crops.mask[i].astype(np.float32) / 255.0
        if flip:
            rgb, alpha = np.ascontiguousarray(rgb[:, ::-1]), np.ascontiguousarray(alpha[:, ::-1])
        if colour_seed is not None:
            rgb = recolour(rgb, np.random.default_rng(colour_seed))
        try:
            x, a = warp(rgb, alpha, rng, 0.3)
            return cut_out(light(x, rng, 0.4), a, size=self.recipe.size)[0]
        except NoGarmentFound:
            return cut_out(rgb, alpha, size=self.recipe.size)[0]
