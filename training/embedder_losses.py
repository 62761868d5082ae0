"""Losses that pull views of one garment together: InfoNCE, a triplet margin on the angle, and a proxy per known garment."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def info_nce(a: torch.Tensor, b: torch.Tensor, scale: torch.Tensor | float) -> torch.Tensor:
    """Symmetric cross-entropy over cosines of (B, D) and (B, D) (van den Oord et al. 2018; Radford et al. 2021)."""
    logits = scale * F.normalize(a) @ F.normalize(b).T
    target = torch.arange(len(a))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def angle_triplet(a: torch.Tensor, b: torch.Tensor, margin: float = 0.2) -> torch.Tensor:
    """Cosine to the own partner above the hardest other one's by a margin, both ways (Schroff et al. 2015, within a batch)."""
    cosines = F.normalize(a) @ F.normalize(b).T
    own = cosines.diagonal()
    others = cosines - 2 * torch.eye(len(a))
    return (F.relu(margin + others.amax(1) - own) + F.relu(margin + others.amax(0) - own)).mean() / 2


class Proxies(nn.Module):
    """One learned direction per known garment; a softmax over all of them (Movshovitz-Attias et al. 2017; Zhai and Wu 2019)."""

    def __init__(self, garments: int, dim: int) -> None:
        super().__init__()
        self.directions = nn.Parameter(torch.randn(garments, dim) * 0.05)

    def forward(self, vectors: torch.Tensor, garment: torch.Tensor, *, scale: float = 24.0, margin: float = 0.05) -> torch.Tensor:
        """vectors (B, D) of norm 1, garment (B,) their numbers -> mean loss; the own cosine counts less by `margin` (Wang et al. 2018)."""
        cosines = vectors @ F.normalize(self.directions).T
        cosines = cosines - margin * F.one_hot(garment, len(self.directions))
        return F.cross_entropy(scale * cosines, garment)


def joined(parts: tuple[torch.Tensor, ...], weights: torch.Tensor) -> torch.Tensor:
    """Each part (B, d) to norm 1, times its weight, side by side: (B, D) of norm 1 when the squared weights sum to 1."""
    return torch.cat([F.normalize(p) * w for p, w in zip(parts, weights, strict=True)], 1)
