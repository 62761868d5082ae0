"""The segmenter: a residual U-Net (Ronneberger et al. 2015; He et al. 2016) with self-attention where the picture is coarse.

Plain 3x3 convolutions of few channels run faster than inverted residuals on CPUs that multiply bfloat16 blocks, forward and
backward. Attention at strides 32 and 16 lets each place compare itself with the whole picture: "of the same cloth as the
middle" or "as the border", which is what GrabCut's colour models know and a small convolution does not.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def conv_bn(cin: int, cout: int, k: int, stride: int = 1, act: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(cin, cout, k, stride, k // 2, bias=False), nn.BatchNorm2d(cout)]
    if act:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class Residual(nn.Module):
    """Two 3x3 convolutions with a shortcut; a strided one averages the shortcut down first (He et al. 2019)."""

    def __init__(self, cin: int, cout: int, stride: int = 1) -> None:
        super().__init__()
        self.a = conv_bn(cin, cout, 3, stride)
        self.b = conv_bn(cout, cout, 3, act=False)
        self.down = nn.Sequential()
        if stride != 1 or cin != cout:
            self.down = nn.Sequential(
                nn.AvgPool2d(stride) if stride > 1 else nn.Identity(), nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.b(self.a(x)) + self.down(x))


class Attention(nn.Module):
    """Self-attention over all places and a two-layer network, both with shortcuts (Vaswani et al. 2017, pre-norm).

    Places are told apart by their distance from the middle, across and down: two channels through a linear layer, so that
    any input size works.
    """

    def __init__(self, c: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.where = nn.Linear(4, c)
        self.norm, self.qkv, self.out = nn.LayerNorm(c), nn.Linear(c, 3 * c), nn.Linear(c, c)
        self.norm2, self.mlp = nn.LayerNorm(c), nn.Sequential(nn.Linear(c, 2 * c), nn.GELU(), nn.Linear(2 * c, c))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, c, h, w = x.shape
        yy = torch.linspace(-1, 1, h).view(h, 1).expand(h, w)
        xx = torch.linspace(-1, 1, w).view(1, w).expand(h, w)
        place = torch.stack([xx, yy, xx * xx, yy * yy], -1).view(1, h * w, 4)
        t = x.flatten(2).transpose(1, 2)  # (N, H*W, C)
        q, k, v = self.qkv(self.norm(t) + self.where(place)).view(n, h * w, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-1, -2) * (c // self.heads) ** -0.5).softmax(-1)
        t = t + self.out((weights @ v).transpose(1, 2).reshape(n, h * w, c))
        t = t + self.mlp(self.norm2(t))
        return t.transpose(1, 2).reshape(n, c, h, w).contiguous(memory_format=torch.channels_last)


class Segmenter(nn.Module):
    """(N, 3, S, S) normalised rgb -> (N, 1, S, S) logits of 'garment'. S must be divisible by 32."""

    def __init__(
        self,
        widths: tuple[int, ...] = (16, 32, 64, 128, 192),
        depth: tuple[int, ...] = (1, 2, 2, 3, 3),
        decoder: tuple[int, ...] = (96, 64, 32, 16),
    ) -> None:
        super().__init__()
        self.stem = conv_bn(3, widths[0], 3, 2)
        self.stages = nn.ModuleList()
        cin = widths[0]
        for i, (w, n) in enumerate(zip(widths, depth, strict=True)):
            self.stages.append(nn.Sequential(*[Residual(cin if j == 0 else w, w, 2 if j == 0 and i > 0 else 1) for j in range(n)]))
            cin = w
        self.coarse = nn.Sequential(*[Attention(cin, cin // 32) for _ in range(2)])  # stride 32
        self.finer = Attention(decoder[0], decoder[0] // 32)  # stride 16
        self.lateral, self.merge = nn.ModuleList(), nn.ModuleList()
        d = cin
        for w, out in zip(reversed(widths[:-1]), decoder, strict=True):
            self.lateral.append(conv_bn(d + w, out, 1))
            self.merge.append(Residual(out, out))
            d = out
        self.head = nn.Conv2d(d, 1, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        size = x.shape[-2:]
        y = self.stem(x)
        skips = []
        for stage in self.stages:
            y = stage(y)
            skips.append(y)
        y = self.coarse(skips.pop())
        for i, (lateral, merge) in enumerate(zip(self.lateral, self.merge, strict=True)):
            skip = skips.pop()
            y = F.interpolate(y, size=skip.shape[-2:], mode="bilinear", align_corners=False)
            y = merge(lateral(torch.cat([y, skip], 1)))
            if i == 0:
                y = self.finer(y)
        return F.interpolate(self.head(y), size=size, mode="bilinear", align_corners=False)


class Mirrored(nn.Module):
    """What is exported: (N, 2, S, S), the mean of the logits of a picture and of its mirror image, and half their difference.

    The mean is steadier than either; the difference says where the network is torn.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n = x.shape[0]
        both = self.model(torch.cat([x, x.flip(3)]))
        one, other = both[:n], both[n:].flip(3)
        return torch.cat([(one + other) / 2, (one - other) / 2], 1)
