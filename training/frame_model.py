"""The frame network: is there a frame, and per side a distribution over its width."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

POSITIONS = 33
"""Widths of 0..32 magnified pixels of 40, which is 0..16 % of the side in steps of half a percent."""
_COLUMNS = 20


def _conv(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def _profiles(x: torch.Tensor, columns: int) -> list[torch.Tensor]:
    """(N, C, S, S) -> left, top, right, bottom, each (N, 2C, columns): mean along each of a side's first columns and spread between eight
    stretches of it, the outermost column first. A frame's edge is the same all along."""
    stretches = (x.unflatten(2, (8, -1)).mean(3).float(), x.unflatten(3, (8, -1)).mean(4).float().transpose(2, 3))  # (N, C, 8, S) both
    left_right, top_bottom = (torch.cat((mean := s.mean(2), ((s - mean[:, :, None]) ** 2).mean(2).add(1e-6).sqrt()), 1) for s in stretches)
    return [p[..., :columns] for p in (left_right, top_bottom, left_right.flip(2), top_bottom.flip(2))]


class FrameNet(nn.Module):
    """Input (N, 3, 128, 128), border magnified. Output (N, 1 + 4 * POSITIONS): logit of a frame, then scores left, top, right, bottom.

    All four sides pass the same weights, each with its outermost column first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv(3, 16, 5, 2)
        self.middle = nn.Sequential(_conv(16, 32, 3, 2), _conv(32, 32, 3, 1))
        self.deep = nn.Sequential(_conv(32, 48, 3, 2), _conv(48, 64, 3, 1), _conv(64, 96, 3, 2), _conv(96, 96, 3, 1))
        self.whole = nn.Sequential(nn.Linear(192, 64), nn.ReLU(inplace=True))
        self.side = nn.Sequential(
            nn.Conv1d(96 + 64, 64, 3, padding=1), nn.BatchNorm1d(64), nn.ReLU(inplace=True),
            nn.Conv1d(64, 64, 5, padding=2), nn.BatchNorm1d(64), nn.ReLU(inplace=True), nn.Conv1d(64, 2, 1),
        )  # fmt: skip
        self.nothing = nn.Linear(64 + 64, 1)
        self.framed = nn.Linear(64 + 8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fine = self.stem(x)
        coarse = self.middle(fine)
        deep = self.deep(coarse)
        whole = self.whole(torch.cat((deep.mean((2, 3)), deep.amax((2, 3))), 1).float())
        scores = []
        around = whole[:, :, None].expand(-1, -1, _COLUMNS)
        for side, wide in zip(_profiles(fine, _COLUMNS), _profiles(coarse, _COLUMNS // 2), strict=True):
            profile = torch.cat((side, F.interpolate(wide, scale_factor=2.0, mode="nearest"), around), 1)
            features = self.side[:-1](profile)
            places = self.side[-1](features).transpose(1, 2).flatten(1)[:, :POSITIONS]
            nothing = self.nothing(torch.cat((features.amax(2), whole), 1))
            scores.append(torch.cat((places[:, :1] + nothing, places[:, 1:]), 1))
        sides = torch.stack(scores, 1).float()
        chance = torch.softmax(sides, 2)
        logit = self.framed(torch.cat((whole, 4 * chance[:, :, 0].detach(), 4 * chance[:, :, 1:].amax(2).detach()), 1))
        return torch.cat((logit, sides.flatten(1)), 1)
