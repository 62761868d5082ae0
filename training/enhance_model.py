"""The enhancement network: votes of a photo's pixels in the plane of log-chromaticity, read by convolutions; tones from what it saw.

A light moves all votes by the same step, so a peak found once is found wherever it lies (convolutional colour constancy, Barron 2015;
on small histograms, Barron and Tsai 2017). Which pixels vote in which histogram, a small network over the picture says (after the
confidence of FC4, Hu, Wang and Lin 2017): paper, wall and hanger speak of the light, a red dress does not.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from training.loop import MEAN, STD

BINS, REACH = 56, 1.8
TONE_COUNT = 4
_LEARNED, _LEVELS = 5, 24


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def shares(x: torch.Tensor, count: int, low: float, high: float) -> torch.Tensor:
    """Values (N, P) -> each one's share in the two bins beside it, (N, P, count); what lies outside counts for the last bin."""
    place = ((x - low) / (high - low) * (count - 1)).clamp(0, count - 1)
    return F.relu(1 - (place[..., None] - torch.arange(count, dtype=x.dtype)).abs())


def votes_in_plane(red: torch.Tensor, blue: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Log-chromaticities (N, P) and weights (N, K, P) -> weighted histograms (N, K, BINS, BINS), each vote shared by four bins.

    Differentiable in the weights only; what lies outside of REACH counts for the last bin.
    """
    n, k, _ = weight.shape
    row, column = (((x.detach() + REACH) / (2 * REACH) * (BINS - 1)).clamp(0, BINS - 1.001) for x in (red, blue))
    low_row, low_column = row.floor(), column.floor()
    counts = torch.zeros(n, k, BINS * BINS, dtype=weight.dtype)
    for down in (0, 1):
        for right in (0, 1):
            share = (1 - (row - low_row - down).abs()) * (1 - (column - low_column - right).abs())
            place = ((low_row + down) * BINS + low_column + right).long()[:, None].expand(-1, k, -1)
            counts = counts.scatter_add(2, place, weight * share[:, None])
    return counts.view(n, k, BINS, BINS)


class EnhanceNet(nn.Module):
    """Input (N, 3, 96, 96). Output (N, BINS * BINS + 2 * TONE_COUNT): scores of lights, rows red / green, columns blue / green; then the
    tones' means and logarithms of their variances, in the training's scales."""

    def __init__(self) -> None:
        super().__init__()
        self.one = _conv(6, 16, 3)
        self.two = nn.Sequential(_conv(16, 32, 3, 2), _conv(32, 32, 3))
        self.three = nn.Sequential(_conv(32, 64, 3, 2), _conv(64, 64, 3))
        self.four = nn.Sequential(_conv(64, 96, 3, 2), _conv(96, 96, 3))
        self.down = _conv(96, 32, 1)
        self.up = _conv(32, 24, 3)
        self.votes = nn.Conv2d(24 + 16, _LEARNED, 1)
        self.whole = nn.Sequential(nn.Linear(192, 48), nn.ReLU(inplace=True))
        self.plane = nn.Sequential(_conv(_LEARNED + 3 + 2, 32, 5, 2), _conv(32, 32, 3))
        self.plane_down = _conv(32, 48, 3, 2)
        self.plane_deep = nn.Sequential(_conv(48 + 48, 48, 3), _conv(48, 48, 3))
        self.plane_up = _conv(48, 32, 1)
        self.plane_out = nn.Sequential(_conv(32, 32, 3), nn.Conv2d(32, 4, 3, padding=1), nn.PixelShuffle(2))
        self.prior = nn.Parameter(torch.zeros(1, BINS, BINS))
        self.tones = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(192 + 48 + 3 * _LEVELS, 96), nn.ReLU(inplace=True), nn.Linear(96, 2 * TONE_COUNT)
        )
        axis = torch.linspace(-1, 1, BINS)
        self.register_buffer("where", torch.stack(torch.meshgrid(axis, axis, indexing="ij"))[None], persistent=False)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        small = F.avg_pool2d(image, 2)
        srgb = (small * STD[0] + MEAN[0]).clamp(0, 1)
        log = 2.4 * ((srgb + 0.055) / 1.055).log()  # the straight part near black is left out: those pixels hardly vote
        red, blue = (log[:, i] - log[:, 1] for i in (0, 2))
        bright, top = srgb.mean(1), srgb.amax(1)
        valid = torch.sigmoid((0.985 - top) * 100) * torch.sigmoid((bright - 0.08) * 40)
        fine = self.one(torch.cat((small, red[:, None].clamp(-2, 2), blue[:, None].clamp(-2, 2), valid[:, None]), 1))
        middle = self.two(fine)
        deep = self.four(self.three(middle))
        pooled = torch.cat((deep.mean((2, 3)), deep.amax((2, 3))), 1)
        whole = self.whole(pooled)
        features = self.up(F.interpolate(self.down(deep), scale_factor=4.0, mode="nearest") + middle)
        learned = torch.sigmoid(self.votes(torch.cat((F.interpolate(features, scale_factor=2.0, mode="nearest"), fine), 1)))
        edges = F.max_pool2d(bright[:, None], 3, 1, 1)[:, 0] + F.max_pool2d(-bright[:, None], 3, 1, 1)[:, 0]
        fixed = torch.stack((torch.ones_like(valid), bright**2, edges), 1)
        weight = (torch.cat((learned.float(), fixed), 1) * valid[:, None]).flatten(2)  # (N, K, P)
        counts = votes_in_plane(red.flatten(1), blue.flatten(1), weight)
        planes = (counts / (weight.sum(2)[..., None, None] + 1e-3) * BINS).clamp(min=1e-6).sqrt()
        b = self.plane(torch.cat((planes, self.where.expand(image.shape[0], -1, -1, -1)), 1))
        c = self.plane_down(b)
        c = self.plane_deep(torch.cat((c, whole[:, :, None, None].expand(-1, -1, BINS // 4, BINS // 4)), 1))
        b = F.interpolate(self.plane_up(c), scale_factor=2.0, mode="nearest") + b
        scores = self.plane_out(b)[:, 0].float() + self.prior
        levels = torch.cat([shares(x.flatten(1), _LEVELS, 0, 1).mean(1) for x in (srgb.amin(1), bright, top)], 1)
        tones = self.tones(torch.cat((pooled.float(), c.mean((2, 3)).float(), levels * _LEVELS / 4), 1))
        return torch.cat((scores.flatten(1), tones.float()), 1)


def loss_of(output: torch.Tensor, light: torch.Tensor, tones: torch.Tensor, *, width: float = 0.05) -> torch.Tensor:
    """Cross-entropy of the lights against a small Gaussian about the true one, the error of their mean, and the tones' Gaussian
    log-likelihood (Nix and Weigend 1994), its gradient kept from vanishing for uncertain samples (beta-NLL, Seitzer et al. 2022)."""
    scores, mean, spread = output[:, : BINS**2], output[:, BINS**2 : BINS**2 + TONE_COUNT], output[:, BINS**2 + TONE_COUNT :].clamp(-6, 6)
    axis = torch.linspace(-REACH, REACH, BINS)
    target = torch.exp(
        -((axis[None, :, None] - light[:, 0, None, None]) ** 2 + (axis[None, None] - light[:, 1, None, None]) ** 2) / (2 * width**2)
    )
    target = target.flatten(1) / target.sum((1, 2))[:, None].clamp(min=1e-9)
    log_p = F.log_softmax(scores, 1)
    p = log_p.exp().view(-1, BINS, BINS)
    off = torch.hypot((p.sum(2) * axis).sum(1) - light[:, 0], (p.sum(1) * axis).sum(1) - light[:, 1])
    likelihood = 0.5 * ((mean - tones) ** 2 / spread.exp() + spread) * spread.detach().exp().sqrt()
    entropy = math.log(2 * math.pi * math.e * (width * (BINS - 1) / (2 * REACH)) ** 2)
    return -(target * log_p).sum(1).mean() - entropy + 2.0 * off.mean() + likelihood.mean()
