"""The Tiramisu, FC-DenseNet, that the source work used: trained on our data as the named architecture to compare with.

Jegou, Drozdzal, Vazquez, Romero and Bengio 2017, "The One Hundred Layers Tiramisu: Fully Convolutional DenseNets for Semantic
Segmentation"; its dense blocks are those of Huang, Liu, van der Maaten and Weinberger 2017, "Densely Connected Convolutional Networks".
"""

from __future__ import annotations

import torch
from torch import nn


class DenseLayer(nn.Sequential):
    """BN, ReLU, 3x3 convolution, dropout: (N, cin, H, W) -> (N, growth, H, W)."""

    def __init__(self, cin: int, growth: int, dropout: float) -> None:
        super().__init__(nn.BatchNorm2d(cin), nn.ReLU(inplace=True), nn.Conv2d(cin, growth, 3, padding=1), nn.Dropout(dropout))


class DenseBlock(nn.Module):
    """Layers that each read everything before them: (N, cin, H, W) -> (N, cin + layers * growth, H, W), the input's channels first."""

    def __init__(self, cin: int, layers: int, growth: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DenseLayer(cin + i * growth, growth, dropout) for i in range(layers))
        self.new = layers * growth

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


class TransitionDown(nn.Sequential):
    """BN, ReLU, 1x1 convolution, dropout, 2x2 max-pooling: (N, c, H, W) -> (N, c, H / 2, W / 2)."""

    def __init__(self, c: int, dropout: float) -> None:
        super().__init__(nn.BatchNorm2d(c), nn.ReLU(inplace=True), nn.Conv2d(c, c, 1), nn.Dropout(dropout), nn.MaxPool2d(2))


class Tiramisu(nn.Module):
    """(N, 3, S, S) normalised rgb -> (N, 1, S, S) logits of 'garment'. S must be divisible by 32 (2 ** len(down)).

    The paper's layout: 3x3 convolution; dense block, skip, transition down, as often as `down` has entries; a bottleneck dense
    block; transposed 3x3 convolution with stride 2 on the last block's new features only, skip concatenated, dense block, as
    often again; 1x1 convolution on everything. He's uniform initialisation and dropout 0.2 as in the paper.

    first        filters of the first convolution; 48 in the paper
    growth       feature maps that each layer adds; 12 in FC-DenseNet56
    down         layers of the dense blocks on the way down; the way up mirrors them
    bottleneck   layers of the block between the two

    The paper's FC-DenseNet56 is Tiramisu(first=48, down=(4, 4, 4, 4, 4)). The defaults keep its growth, depth and bottleneck and
    thin it only where the maps are largest: half the first filters, two and three layers at the two finest scales in place of four.
    That takes the work of training a 320 x 320 picture to about a third, so that two CPU cores see enough pictures to train it.
    """

    def __init__(
        self,
        *,
        first: int = 24,
        growth: int = 12,
        down: tuple[int, ...] = (2, 3, 4, 4, 4),
        bottleneck: int = 4,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, first, 3, padding=1)
        self.down_blocks, self.downs = nn.ModuleList(), nn.ModuleList()
        c, skips = first, []
        for layers in down:
            self.down_blocks.append(DenseBlock(c, layers, growth, dropout))
            c += layers * growth
            skips.append(c)
            self.downs.append(TransitionDown(c, dropout))
        self.bottleneck = DenseBlock(c, bottleneck, growth, dropout)
        new = bottleneck * growth
        self.ups, self.up_blocks = nn.ModuleList(), nn.ModuleList()
        for layers, skip in zip(reversed(down), reversed(skips), strict=True):
            self.ups.append(nn.ConvTranspose2d(new, new, 3, stride=2, padding=1, output_padding=1))
            c = new + skip
            self.up_blocks.append(DenseBlock(c, layers, growth, dropout))
            c, new = c + layers * growth, layers * growth
        self.head = nn.Conv2d(c, 1, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.kaiming_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        skips = []
        for block, down in zip(self.down_blocks, self.downs, strict=True):
            x = block(x)
            skips.append(x)
            x = down(x)
        x, new = self.bottleneck(x), self.bottleneck.new
        for up, block in zip(self.ups, self.up_blocks, strict=True):
            # New features only: the block's input would grow the maps on the way up without bound.
            x = block(torch.cat([up(x[:, -new:]), skips.pop()], 1))
            new = block.new
        return self.head(x)
