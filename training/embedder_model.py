"""The embedder: a small residual network (He et al. 2016) with three heads, each meant for one part of "the same garment".

shape    from the last stage, kept on a 4 x 4 grid: what lies where
pattern  from the middle stage, mean and standard deviation over all places: texture without layout (Huang and Belongie 2017)
colour   from 1x1 convolutions on a 16 x 16 thumbnail: palette without texture
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {"relu": F.relu, "elu": F.elu}
PARTS = {"shape": 128, "pattern": 96, "colour": 64}


class Residual(nn.Module):
    """Two 3x3 convolutions with a shortcut; a strided one averages the shortcut down first (He et al. 2019)."""

    def __init__(self, cin: int, cout: int, stride: int = 1, act: Callable[[torch.Tensor], torch.Tensor] = F.relu) -> None:
        super().__init__()
        self.act = act
        self.a, self.na = nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout)
        self.b, self.nb = nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout)
        self.down = nn.Sequential()
        if stride != 1 or cin != cout:
            self.down = nn.Sequential(
                nn.AvgPool2d(stride) if stride > 1 else nn.Identity(), nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.act(self.na(self.a(x)))
        return self.act(self.nb(self.b(y)) + self.down(x))


def mean_and_std(x: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) -> (N, 2C)."""
    mean = x.mean((2, 3))
    variance = (x * x).mean((2, 3)) - mean * mean
    return torch.cat([mean, torch.sqrt(variance.clamp_min(0) + 1e-4)], 1)


class Embedder(nn.Module):
    """(N, 3, S, S) normalised rgb of cutouts on white -> (N, 288): the parts one after the other, not yet normalised."""

    def __init__(
        self, widths: tuple[int, ...] = (16, 32, 96, 192), depth: tuple[int, ...] = (1, 2, 3, 3), activation: str = "relu"
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True))
        self.stages = nn.ModuleList()
        cin = widths[0]
        for i, (w, n) in enumerate(zip(widths, depth, strict=True)):
            self.stages.append(
                nn.Sequential(*[Residual(cin if j == 0 else w, w, 2 if j == 0 and i > 0 else 1, ACTIVATIONS[activation]) for j in range(n)])
            )
            cin = w
        self.shape_squeeze = nn.Sequential(nn.Conv2d(widths[3], 48, 1, bias=False), nn.BatchNorm2d(48), nn.ReLU(inplace=True))
        self.shape_head = nn.Linear(48 * 16 + widths[3], PARTS["shape"])
        self.pattern_head = nn.Linear(4 * widths[2], PARTS["pattern"])
        self.pattern_mix = nn.Sequential(
            nn.Conv2d(widths[2], 2 * widths[2], 1, bias=False), nn.BatchNorm2d(2 * widths[2]), nn.ReLU(inplace=True)
        )
        self.palette = nn.Sequential(nn.Conv2d(3, 32, 1), nn.ReLU(inplace=True), nn.Conv2d(32, 64, 1), nn.ReLU(inplace=True))
        self.colour_head = nn.Linear(128 + 256, PARTS["colour"])
        self.log_weights = nn.Parameter(torch.zeros(len(PARTS)))
        self.log_temperature = nn.Parameter(torch.tensor(2.5))
        self.classes = nn.Linear(widths[3] + 4 * widths[2], 20 + 8 + 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat(self.features(x)[:3], 1)

    def features(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """shape, pattern, colour, class logits."""
        return self.taps(x)[:4]

    def taps(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """shape, pattern, colour, class logits, and (N, 2 * the widths of stages 2 to 4): mean and deviation of three layers."""
        y = self.stem(x)
        tapped = []
        for stage in self.stages[:3]:
            y = stage(y)
            tapped.append(y)
        texture = mean_and_std(self.pattern_mix(y))
        y = self.stages[3](y)
        whole = y.mean((2, 3))
        grid = F.avg_pool2d(self.shape_squeeze(y), y.shape[-1] // 4)
        shape = self.shape_head(torch.cat([grid.flatten(1), whole], 1))
        thumb = self.palette(F.avg_pool2d(x, x.shape[-1] // 16))
        colour = self.colour_head(torch.cat([mean_and_std(thumb), F.avg_pool2d(thumb, 8).flatten(1)], 1))
        layers = torch.cat([mean_and_std(t) for t in (*tapped[1:], y)], 1)
        return shape, self.pattern_head(texture), colour, self.classes(torch.cat([whole, texture], 1)), layers

    def weights(self) -> torch.Tensor:
        """How much each part counts, positive, squares summing to 1."""
        w = self.log_weights.exp()
        return w / w.norm()
