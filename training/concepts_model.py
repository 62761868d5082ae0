"""The concepts network: a backbone shaped as the embedder's, whose weights it starts from, and behind it a feedback head that answers
coarse to fine, step by step, or a plain feed-forward head to compare with.

Feedback after "Feedback Networks" (Zamir et al. 2017): a recurrent layer runs a fixed number of steps; each is fed the next higher
features of the backbone (low, middle, high layers, then what lies where, texture and palette) and has an output, and a loss, of its own.
A group's probability is the sum of its leaves', so category and group cannot disagree.
Tags are points in the image's space: a tag's score is the cosine of its embedding with the image's.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from training.embedder_model import PARTS, Embedder

SPACE = 64
"""Dimensions of the space that images and tags share."""


def tag_hinge(cosines: torch.Tensor, active: torch.Tensor, *, pull: float = 0.7, push: float = 0.1) -> torch.Tensor:
    """cosines (N, T), active (N, T): 1 active, 0 not, nan unknown -> how far active tags lie below `pull` and inactive ones above `push`.

    Each image's active tags are averaged, and so are its inactive ones: however many there are of a kind, both count alike.
    """
    on, off = active == 1, active == 0
    near = (F.relu(pull - cosines) * on).sum(1) / on.sum(1).clamp_min(1)
    far = (F.relu(cosines - push) * off).sum(1) / off.sum(1).clamp_min(1)
    return (near + far).mean()


class Feedback(nn.Module):
    """(N, inputs) -> leaf logits (N, steps, L), tag scores (N, T), image (N, SPACE) of norm 1.

    splits: how many features each step is fed.
    """

    def __init__(self, *, splits: tuple[int, ...], leaves: int, tags: int, width: int = 224, dropout: float = 0.3) -> None:
        super().__init__()
        self.splits, self.dropout = splits, dropout
        self.register_buffer("mean", torch.zeros(sum(splits)))
        self.register_buffer("std", torch.ones(sum(splits)))
        self.feed = nn.ModuleList(nn.Linear(n, width) for n in splits)
        self.back = nn.Linear(width, width, bias=False)
        self.norm = nn.LayerNorm(width)
        self.answers = nn.ModuleList(nn.Linear(width, leaves) for _ in splits)
        self.image = nn.Linear(2 * width, SPACE)
        self.tag_points = nn.Parameter(torch.randn(tags, SPACE))
        self.tag_scale, self.tag_offset = nn.Parameter(torch.full((tags,), 8.0)), nn.Parameter(torch.full((tags,), -3.0))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        leaves, cosines, image = self.cosines(x)
        return leaves, cosines * self.tag_scale + self.tag_offset, image

    def cosines(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """As forward, with plain cosines for the tags."""
        x = F.dropout((x - self.mean) / self.std, 0.5 * self.dropout, self.training)
        state, middle = torch.zeros(x.shape[0], self.back.in_features, device=x.device), None
        said = []
        for step, part in enumerate(x.split(self.splits, 1)):
            state = F.relu(self.norm(self.feed[step](part) + self.back(state)))
            said.append(self.answers[step](F.dropout(state, self.dropout, self.training)))
            middle = state if step == 1 else middle  # pattern lives in the middle layers: the tags see that step's state as well
        seen = F.dropout(torch.cat([state, state if middle is None else middle], 1), self.dropout, self.training)
        image = F.normalize(self.image(seen), dim=1)
        return torch.stack(said, 1), image @ F.normalize(self.tag_points, dim=1).T, image


class FeedForward(nn.Module):
    """The baseline: all features at once, groups, leaves and tags from three outputs that know nothing of each other. As many weights."""

    def __init__(self, *, splits: tuple[int, ...], leaves: int, groups: int, tags: int, width: int = 256, dropout: float = 0.3) -> None:
        super().__init__()
        self.dropout = dropout
        self.register_buffer("mean", torch.zeros(sum(splits)))
        self.register_buffer("std", torch.ones(sum(splits)))
        self.hidden = nn.ModuleList([nn.Linear(sum(splits), width), nn.Linear(width, width)])
        self.norm = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.leaves, self.groups, self.tags = nn.Linear(width, leaves), nn.Linear(width, groups), nn.Linear(width, tags)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """leaf logits (N, 1, L), tag scores (N, T), group logits (N, G)."""
        x = F.dropout((x - self.mean) / self.std, 0.5 * self.dropout, self.training)
        for layer, norm in zip(self.hidden, self.norm, strict=True):
            x = F.dropout(F.relu(norm(layer(x))), self.dropout, self.training)
        return self.leaves(x)[:, None], self.tags(x), self.groups(x)


class Backbone(nn.Module):
    """(N, 3, S, S) normalised cutouts -> features (N, sum(splits)): mean and deviation of three layers, then the parts, norm 1 each."""

    def __init__(self, widths: tuple[int, ...], activation: str) -> None:
        super().__init__()
        self.body = Embedder(widths=widths, activation=activation)
        self.splits = (*(2 * w for w in widths[1:]), sum(PARTS.values()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape, pattern, colour, _, layers = self.body.taps(x)
        return torch.cat([layers.float(), *(F.normalize(part.float(), dim=1) for part in (shape, pattern, colour))], 1)


class ConceptsNet(nn.Module):
    """A backbone and a head in one."""

    def __init__(self, backbone: Backbone, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.head(self.backbone(x))


class Mirrored(nn.Module):
    """What is exported: the mean of a picture's and its mirror image's scores, and the picture's point among the tags."""

    def __init__(self, net: ConceptsNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        leaves, tags, image = self.net(x)
        turned = self.net(x.flip(3))
        return (leaves + turned[0]) / 2, (tags + turned[1]) / 2, F.normalize(image + turned[2], dim=1)
