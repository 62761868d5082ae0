"""The segmenter: a small U-Net of inverted residual blocks (MobileNetV2, Sandler et al. 2018; U-Net, Ronneberger et al. 2015)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def conv_bn(cin: int, cout: int, k: int, stride: int = 1, groups: int = 1, act: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(cin, cout, k, stride, k // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]
    if act:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    """1x1 expand -> depthwise k x k -> 1x1 project, with a shortcut where the shapes allow."""

    def __init__(self, cin: int, cout: int, *, stride: int = 1, expand: int = 3, k: int = 3) -> None:
        super().__init__()
        mid = cin * expand
        self.body = nn.Sequential(conv_bn(cin, mid, 1), conv_bn(mid, mid, k, stride, groups=mid), conv_bn(mid, cout, 1, act=False))
        self.shortcut = stride == 1 and cin == cout

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.body(x)
        return x + y if self.shortcut else y


class Context(nn.Module):
    """Global average as an extra channel group, so that each place knows the whole picture (ParseNet, Liu et al. 2015)."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c, 1), nn.ReLU(inplace=True), nn.Conv2d(c, c, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.squeeze(x)


class Segmenter(nn.Module):
    """(N, 3, S, S) normalised rgb -> (N, 1, S, S) logits of 'garment'. S must be divisible by 32."""

    def __init__(self, widths: tuple[int, ...] = (16, 24, 40, 72, 128), depth: tuple[int, ...] = (1, 2, 3, 4, 3)) -> None:
        super().__init__()
        self.stem = conv_bn(3, widths[0], 3, 2)
        self.stages = nn.ModuleList()
        cin = widths[0]
        for i, (w, n) in enumerate(zip(widths, depth, strict=True)):
            k = 5 if i >= 3 else 3
            blocks: list[nn.Module] = [InvertedResidual(cin, w, stride=1 if i == 0 else 2, expand=2 if i == 0 else 4, k=k)]
            blocks += [InvertedResidual(w, w, expand=3, k=k) for _ in range(n - 1)]
            self.stages.append(nn.Sequential(*blocks))
            cin = w
        self.context = Context(widths[-1])
        self.lateral = nn.ModuleList()
        self.merge = nn.ModuleList()
        d = widths[-1]
        for w in reversed(widths[:-1]):
            out = max(24, w)
            self.lateral.append(nn.Sequential(conv_bn(d + w, out, 1)))
            self.merge.append(InvertedResidual(out, out, expand=2, k=5 if w > 24 else 3))
            d = out
        self.head = nn.Conv2d(d, 1, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        size = x.shape[-2:]
        y = self.stem(x)
        skips = []
        for stage in self.stages:
            y = stage(y)
            skips.append(y)
        y = self.context(skips.pop())
        for lateral, merge in zip(self.lateral, self.merge, strict=True):
            skip = skips.pop()
            y = F.interpolate(y, size=skip.shape[-2:], mode="bilinear", align_corners=False)
            y = merge(lateral(torch.cat([y, skip], 1)))
        return F.interpolate(self.head(y), size=size, mode="bilinear", align_corners=False)


class Mirrored(nn.Module):
    """The mean of the logits of a picture and of its mirror image: what is exported. Twice the work, steadier outlines."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.model(x) + self.model(x.flip(3)).flip(3)) / 2
