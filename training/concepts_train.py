"""Train the concepts network on kept features: coarse first, then categories, then tags; a minute or two on two cores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from edge.session import DEFAULT_MODELS
from edge.taxonomy import Taxonomy
from training.concepts_data import Features, FeatureStore
from training.concepts_model import Feedback, FeedForward, tag_hinge
from training.concepts_scores import Truth, scores
from training.data import Row
from training.loop import average_into, cosine_rate, note, save_atomically
from training.train_embedder import LABELS, PATTERNS, SLEEVES

TAGS = (*PATTERNS, *SLEEVES)
_PARTS = 288


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is trained, so that choices can be compared. views: augmentations per photo beside its plain and its own-mask cutout."""

    head: str = "feedback"
    views: int = 6
    own_masks: bool = True
    dropout: float = 0.3
    noise: float = 0.15
    smoothing: float = 0.1
    tag_weight: float = 1.0
    width: int = 224
    weight_decay: float = 0.05


@dataclass(frozen=True, slots=True)
class Targets:
    """leaf int64 (N,), -100 unknown; tags float32 (N, T), nan unknown."""

    leaf: torch.Tensor
    tags: torch.Tensor


def targets_of(rows: Sequence[Row]) -> Targets:
    """Each pattern and each sleeve excludes the others of its kind; a kind that was not labelled stays unknown."""
    leaf = torch.tensor([LABELS.index(r.label) if r.label in LABELS else -100 for r in rows])
    tags = torch.full((len(rows), len(TAGS)), float("nan"))
    for i, r in enumerate(rows):
        for value, names in ((r.pattern, PATTERNS), (r.sleeve, SLEEVES)):
            if value in names:
                start = TAGS.index(names[0])
                tags[i, start : start + len(names)] = 0.0
                tags[i, TAGS.index(value)] = 1.0
    return Targets(leaf, tags)


def groups_of(tree: Taxonomy) -> torch.Tensor:
    """int64 (L,): the number of each label's group, the level below the root."""
    groups = [tree.path(tree.leaf_of_label(label))[1] for label in LABELS]
    order = list(dict.fromkeys(groups))
    return torch.tensor([order.index(g) for g in groups])


def group_log_probability(leaves: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """Leaf logits (N, L) -> (N, G): logarithm of the sum of the probabilities of a group's leaves."""
    log_p = F.log_softmax(leaves, 1)
    return torch.stack([torch.logsumexp(log_p[:, group == g], 1) for g in range(int(group.max()) + 1)], 1)


class Views:
    """The features of all views of the photos to fit, drawn at random: a photo, then one of its views."""

    def __init__(self, views: Sequence[Features], seed: int) -> None:
        names = list(dict.fromkeys(r.image for v in views for r in v.rows))
        place = {name: i for i, name in enumerate(names)}
        rows = {r.image: r for v in views for r in v.rows}
        self.rows = [rows[name] for name in names]
        self.x = torch.cat([torch.from_numpy(v.x) for v in views])
        start, self._of = 0, [[] for _ in names]
        for v in views:
            for offset, r in enumerate(v.rows):
                self._of[place[r.image]].append(start + offset)
            start += len(v.rows)
        self._rng = np.random.default_rng(seed)

    def batch(self, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(size, 928) and the photos' numbers."""
        photos = self._rng.integers(0, len(self.rows), size)
        return self.x[[self._of[p][self._rng.integers(len(self._of[p]))] for p in photos]], torch.from_numpy(photos)


def make_head(recipe: Recipe, splits: tuple[int, ...], groups: int) -> torch.nn.Module:
    if recipe.head == "feedback":
        return Feedback(splits=splits, leaves=len(LABELS), tags=len(TAGS), width=recipe.width, dropout=recipe.dropout)
    return FeedForward(splits=splits, leaves=len(LABELS), groups=groups, tags=len(TAGS), dropout=recipe.dropout)


def fit(
    views: Views, *, recipe: Recipe, splits: tuple[int, ...], seconds: float, seed: int, rate: float = 2e-3, steps: int | None = None
) -> torch.nn.Module:
    """Features -> the averaged weights after `seconds`, or after so many steps, however long they take."""
    torch.manual_seed(seed)
    group = groups_of(Taxonomy.read())
    target = targets_of(views.rows)
    model, ema = (make_head(recipe, splits, int(group.max()) + 1) for _ in range(2))
    for m in (model, ema):
        m.mean.copy_(views.x.mean(0))
        m.std.copy_(views.x.std(0) + 1e-3)
    ema.load_state_dict(model.state_dict())
    share = torch.nan_to_num(target.tags, nan=0.0).sum(0) / (~target.tags.isnan()).sum(0).clamp_min(1)
    rarer = ((1 - share) / share.clamp_min(1e-3)).sqrt().clamp(1, 6)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=recipe.weight_decay)
    start, step = time.monotonic(), 0
    model.train()
    while (done := step / steps if steps else (time.monotonic() - start) / seconds) < 1:
        for part in optimiser.param_groups:
            part["lr"] = cosine_rate(peak=rate, step=step, done=done, warm_up_steps=30)
        x, photos = views.batch(256)
        x = x + recipe.noise * model.std * torch.randn_like(x)
        leaf, tags = target.leaf[photos], target.tags[photos]
        coarse = torch.where(leaf >= 0, group[leaf.clamp_min(0)], -100)
        fine = min(1.0, 0.2 + done * 4)  # coarse first: categories count fully after a fifth of the time
        tagged = min(1.0, done * 3)  # and tags after a third
        cosines = None
        if recipe.head == "feedback":
            said, cosines, _ = model.cosines(x)
            scored = cosines * model.tag_scale + model.tag_offset
            loss = torch.zeros(())
            for number in range(said.shape[1]):
                late = number >= 2
                by_group = F.nll_loss(group_log_probability(said[:, number], group), coarse)
                by_leaf = F.cross_entropy(said[:, number], leaf, label_smoothing=recipe.smoothing)
                loss = loss + (0.3 if late else 0.5) * by_group + (fine if late else 0.2 * fine) * by_leaf
        else:
            said, scored, grouped = model(x)
            by_leaf = F.cross_entropy(said[:, 0], leaf, label_smoothing=recipe.smoothing)
            loss = 2 * fine * by_leaf + 1.6 * F.cross_entropy(grouped, coarse, label_smoothing=recipe.smoothing)
        known = ~tags.isnan()
        wanted = torch.nan_to_num(tags, nan=0.0)
        each = F.binary_cross_entropy_with_logits(scored, wanted, pos_weight=rarer, reduction="none")
        loss = loss + recipe.tag_weight * tagged * 4 * torch.where(known, each, 0.0).sum() / known.sum().clamp_min(1)
        if cosines is not None:
            loss = loss + recipe.tag_weight * tagged * tag_hinge(cosines, tags)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        step += 1
        average_into(ema, model, step=step, decay=0.995)
    return ema.eval()


@torch.no_grad()
def answers(model: torch.nn.Module, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """float32 (N, 928) -> leaf logits (N, steps, L), tag scores (N, T), groups' log-probabilities of the last step (N, G)."""
    leaves, tags, third = model.eval()(torch.from_numpy(x))
    groups = F.log_softmax(third, 1) if isinstance(model, FeedForward) else group_log_probability(leaves[:, -1], groups_of(Taxonomy.read()))
    return leaves.numpy(), tags.numpy(), groups.numpy()


def training_views(store: FeatureStore, recipe: Recipe) -> list[Features]:
    """Plain, by own masks, and the augmentations, of the photos to fit."""
    own = [store.own("fit")] if recipe.own_masks else []
    return [store.plain("fit"), *own, *(store.view("fit", n) for n in range(recipe.views))]


def train(*, data: Path, run: Path, minutes: float, seed: int = 0, recipe: Recipe | None = None, models: Path = DEFAULT_MODELS) -> dict:
    """Train for `minutes`, not counting the features; writes run/last.pt. Gives the tune scores.

    models: where embedder and segmenter lie.
    """
    recipe = recipe or Recipe()
    run.mkdir(parents=True, exist_ok=True)
    store = FeatureStore(data=data, run=run, models=models)
    splits = (*store.layers, _PARTS)
    views = Views(training_views(store, recipe), seed)
    judged = {"own": store.own("tune"), "plain": store.plain("tune"), "turned": store.view("tune", 0, ("turn",))}
    model = fit(views, recipe=recipe, splits=splits, seconds=minutes * 60, seed=seed)
    found = {name: scores(Truth.of(f.rows), *answers(model, f.x)) for name, f in judged.items()}
    for name, line in found.items():
        note(run, {"head": recipe.head, "views": recipe.views, "tune": name, **line})
    save_atomically(
        {"model": model.state_dict(), "head": recipe.head, "width": recipe.width, "splits": list(splits), "embedder": store.embedder_id},
        run / ("last.pt" if recipe.head == "feedback" else f"{recipe.head}.pt"),
    )
    return found
