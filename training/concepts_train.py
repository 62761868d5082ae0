"""Train the concepts network: coarse first, then categories, then tags; time-boxed, resumable, in one thread."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from edge.session import DEFAULT_MODELS
from edge.taxonomy import Taxonomy
from training.concepts_data import ALL_KINDS, Pool, squares, still
from training.concepts_model import Backbone, ConceptsNet, Feedback, FeedForward, tag_hinge
from training.concepts_scores import Truth, scores
from training.data import Row
from training.loop import average_into, cosine_rate, descend, normalise, note, resume, save_atomically, states
from training.train_embedder import LABELS, PATTERNS, SLEEVES

TAGS = (*PATTERNS, *SLEEVES)
_RENEW_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is trained, so that choices can be compared.

    head: feedback or plain. views: augmentations per photo and mask. kinds: of ALL_KINDS. prints: rare patterns put on plain garments.
    mix: share of batches in which two pictures are laid over each other (mixup, Zhang et al. 2018). own_masks: learn from cutouts by our
    own segmenter's masks too. size: side of the network's input in pixels. served: how often an augmented picture is used, about, before
    it is drawn anew; 0: never, and then they are learnt by heart.
    """

    head: str = "feedback"
    views: int = 5
    kinds: tuple[str, ...] = ALL_KINDS
    prints: bool = True
    mix: float = 0.5
    own_masks: bool = True
    dropout: float = 0.3
    smoothing: float = 0.1
    tag_weight: float = 1.0
    width: int = 224
    weight_decay: float = 0.05
    size: int = 128
    served: float = 3.0


@dataclass(frozen=True, slots=True)
class Targets:
    """leaf int64 (N,), -100 unknown; tags float32 (N, T), nan unknown."""

    leaf: torch.Tensor
    tags: torch.Tensor

    def at(self, pick: torch.Tensor) -> Targets:
        return Targets(self.leaf[pick], self.tags[pick])


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


class HeadLoss:
    """The loss of either head's answers for known leaves and tags."""

    def __init__(self, recipe: Recipe, target: Targets) -> None:
        """target: of all pictures, for how rare each tag is."""
        self.recipe, self.group = recipe, groups_of(Taxonomy.read())
        share = torch.nan_to_num(target.tags, nan=0.0).sum(0) / (~target.tags.isnan()).sum(0).clamp_min(1)
        self.rarer = ((1 - share) / share.clamp_min(1e-3)).sqrt().clamp(1, 6)

    def __call__(
        self, model: torch.nn.Module, features: torch.Tensor, wanted: Sequence[tuple[float, Targets]], done: float
    ) -> torch.Tensor:
        """features (N, F); wanted: what is to be seen, each with its weight, as mixup has it; done: share of the training's time, 0..1."""
        recipe, loss = self.recipe, torch.zeros(())
        fine = min(1.0, 0.2 + done * 4)  # coarse first: categories count fully after a fifth of the time
        tagged = recipe.tag_weight * min(1.0, done * 3)  # and tags after a third
        if recipe.head == "feedback":
            said, cosines, _ = model.cosines(features)
            scored = cosines * model.tag_scale + model.tag_offset
        else:
            said, scored, grouped = model(features)
        for weight, target in wanted:
            leaf = target.leaf
            coarse = torch.where(leaf >= 0, self.group[leaf.clamp_min(0)], -100)
            if recipe.head == "feedback":
                for number in range(said.shape[1]):
                    late = number >= 2
                    by_group = F.nll_loss(group_log_probability(said[:, number], self.group), coarse)
                    by_leaf = F.cross_entropy(said[:, number], leaf, label_smoothing=recipe.smoothing)
                    loss = loss + weight * ((0.3 if late else 0.5) * by_group + (fine if late else 0.2 * fine) * by_leaf)
                loss = loss + weight * tagged * tag_hinge(cosines, target.tags)
            else:
                by_leaf = F.cross_entropy(said[:, 0], leaf, label_smoothing=recipe.smoothing)
                by_group = F.cross_entropy(grouped, coarse, label_smoothing=recipe.smoothing)
                loss = loss + weight * (2 * fine * by_leaf + 1.6 * by_group)
            known = ~target.tags.isnan()
            each = F.binary_cross_entropy_with_logits(
                scored, torch.nan_to_num(target.tags, nan=0.0), pos_weight=self.rarer, reduction="none"
            )
            loss = loss + weight * 4 * tagged * torch.where(known, each, 0.0).sum() / known.sum().clamp_min(1)
        return loss


def make_net(recipe: Recipe, *, widths: tuple[int, ...] = (16, 32, 96, 192), activation: str = "relu") -> ConceptsNet:
    backbone = Backbone(widths, activation)
    if recipe.head == "feedback":
        head: torch.nn.Module = Feedback(
            splits=backbone.splits, leaves=len(LABELS), tags=len(TAGS), width=recipe.width, dropout=recipe.dropout
        )
    else:
        groups = int(groups_of(Taxonomy.read()).max()) + 1
        head = FeedForward(splits=backbone.splits, leaves=len(LABELS), groups=groups, tags=len(TAGS), dropout=recipe.dropout)
    return ConceptsNet(backbone, head).to(memory_format=torch.channels_last)


def chances(rows: Sequence[Row]) -> np.ndarray:
    """How likely each picture is drawn, (N,), adding up to 1: those of rare categories and patterns more often than they occur."""
    p = np.ones(len(rows))
    for name in ("label", "pattern"):
        values, number, count = np.unique([getattr(r, name) for r in rows], return_inverse=True, return_counts=True)
        p *= (len(rows) / count[number]) ** 0.3
    return p / p.sum()


def jittered(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """uint8 (N, S, S, 3) on white, mirrored half of the time, moved a little, and a rectangle of some made white: the pool's pictures are
    seen several times each, but never twice the same."""
    x = x.flip(2) if rng.random() < 0.5 else x.clone()
    side, step = x.shape[1], max(1, x.shape[1] // 16)
    dy, dx = (int(v) for v in rng.integers(-step, step + 1, 2))
    x = torch.roll(x, (dy, dx), (1, 2))  # there is white all round
    for i in np.flatnonzero(rng.random(len(x)) < 0.25).tolist():
        h, w = (int(v) for v in rng.integers(side // 8, side // 3, 2))
        top, left = int(rng.integers(side - h)), int(rng.integers(side - w))
        x[i, top : top + h, left : left + w] = 255
    return x


@torch.no_grad()
def answers(net: ConceptsNet, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cutouts uint8 (N, S, S, 3) -> leaf logits (N, steps, L), tag scores (N, T), groups' log-probabilities of the last step (N, G); each
    the mean of a picture and its mirror image, as exported."""
    net.eval()
    out: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
    group = groups_of(Taxonomy.read())
    for i in range(0, len(x), 64):
        batch = normalise(torch.from_numpy(x[i : i + 64]))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            features = net.backbone(batch), net.backbone(batch.flip(3))
        both = [net.head(f.float()) for f in features]
        leaves, tags = ((both[0][k] + both[1][k]) / 2 for k in (0, 1))
        plain = isinstance(net.head, FeedForward)
        groups = F.log_softmax((both[0][2] + both[1][2]) / 2, 1) if plain else group_log_probability(leaves[:, -1], group)
        out.append((leaves, tags, groups))
    net.train()
    return tuple(torch.cat(parts).numpy() for parts in zip(*out, strict=True))  # type: ignore[return-value]


def train(
    *, data: Path, run: Path, minutes: float, seed: int = 0, recipe: Recipe | None = None, models: Path = DEFAULT_MODELS,
    embedder_run: Path | None = None, batch: int = 64, rate: float = 1.5e-3, most_steps: int | None = None,
) -> dict[str, dict[str, float]]:  # fmt: skip
    """Train for `minutes` more, not counting the pictures; writes run/last.pt (resumable). Gives the tune scores.

    models: where segmenter and frame lie. embedder_run: whose last.pt the backbone starts from; without one, from chance. most_steps:
    stop after so many steps, the curves drawn over them, so that recipes can be compared on a busy machine.
    """
    recipe = recipe or Recipe()
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    judged_squares = squares(data, "tune", cache=run / "squares", models=models)
    judged = {"own": still(judged_squares, size=recipe.size), "checked": still(judged_squares, size=recipe.size, own=False),
              "turned": Pool(judged_squares, views=1, size=recipe.size, seed=99, kinds=("turn",), prints=False)}  # fmt: skip
    pictures = _pool(data, run, recipe, models, seed)
    target = targets_of(pictures.rows)
    p = chances(pictures.rows)
    cumulated = np.cumsum(p)
    embedder = torch.load(embedder_run / "last.pt", weights_only=True) if embedder_run else None
    shape = {"widths": tuple(embedder["widths"]), "activation": embedder["activation"]} if embedder else {}
    net, ema = make_net(recipe, **shape), make_net(recipe, **shape)
    optimiser = torch.optim.AdamW(
        [{"params": net.backbone.parameters(), "k": 0.5 if embedder else 2.0}, {"params": net.head.parameters(), "k": 1.0}],
        lr=rate, weight_decay=recipe.weight_decay,
    )  # fmt: skip
    step, spent = 0, 0.0
    checkpoint = run / ("last.pt" if recipe.head == "feedback" else f"{recipe.head}.pt")
    if state := resume(checkpoint, model=net, ema=ema, optimiser=optimiser):
        step, spent = state["step"], state["spent"]
    else:
        if embedder:
            net.backbone.body.load_state_dict(embedder["ema"])
        some = torch.from_numpy(pictures.x[np.random.default_rng(seed).choice(len(p), min(len(p), 512), p=p)])
        net.eval()
        with torch.no_grad():
            features = torch.cat([net.backbone(normalise(x)) for x in some.split(64)])
        net.train()
        net.head.mean.copy_(features.mean(0))
        net.head.std.copy_(features.std(0) + 1e-2)
        ema.load_state_dict(net.state_dict())
    loss_of, rng = HeadLoss(recipe, target), np.random.default_rng((seed, step))
    start = last = time.monotonic()
    first = step
    net.train()

    def save(seconds: float) -> dict[str, dict[str, float]]:
        found = {name: scores(Truth.of(c.rows), *answers(ema, c.x)) for name, c in judged.items()}
        for name, line in found.items():
            note(run, {"head": recipe.head, "step": step, "minutes": round(seconds / 60, 1), "tune": name, **line})
        weights = states(model=net, ema=ema, optimiser=optimiser)
        facts = {"head": recipe.head, "width": recipe.width, "size": recipe.size, **shape}
        save_atomically({**weights, "step": step, "spent": seconds, **facts}, checkpoint)
        return found

    while (elapsed := time.monotonic() - start) < minutes * 60 and step - first != most_steps:
        done = (step - first) / most_steps if most_steps else elapsed / (minutes * 60)
        for part in optimiser.param_groups:
            part["lr"] = part["k"] * cosine_rate(peak=rate, step=step - first, done=done, warm_up_steps=60)
        pick = torch.from_numpy(np.searchsorted(cumulated, rng.random(batch) * cumulated[-1]).clip(max=len(p) - 1))
        x = normalise(jittered(torch.from_numpy(pictures.x[pick.numpy()]), rng))
        wanted = [(1.0, target.at(pick))]
        if rng.random() < recipe.mix:
            share, other = float(rng.beta(0.3, 0.3)), torch.from_numpy(rng.permutation(batch))
            x = share * x + (1 - share) * x[other]
            wanted = [(share, target.at(pick)), (1 - share, target.at(pick[other]))]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            features = net.backbone(x)
        loss = loss_of(net.head, features.float(), wanted, 1.0 if first else done)
        descend(loss, net, optimiser, most=5.0)
        step += 1
        average_into(ema, net, step=step, decay=0.998)
        if recipe.served and step % _RENEW_STEPS == 0:
            pictures.renew(round(_RENEW_STEPS * batch / recipe.served))
        if step % 50 == 0:
            rate_now = (step - first) * batch / max(elapsed, 1)
            print(f"step {step} {elapsed / 60:.1f} min, {rate_now:.0f} img/s loss {loss.item():.3f}", flush=True)
        if time.monotonic() - last > 240:
            save(spent + elapsed)
            last = time.monotonic()
    return save(spent + time.monotonic() - start)


def _pool(data: Path, run: Path, recipe: Recipe, models: Path, seed: int) -> Pool:
    start = time.monotonic()
    garments = squares(data, "fit", cache=run / "squares", models=models)
    if not recipe.own_masks:
        garments = type(garments)(
            garments.rgb[~garments.own], garments.mask[~garments.own],
            [r for r, own in zip(garments.rows, garments.own, strict=True) if not own], garments.own[~garments.own],
        )  # fmt: skip
    pictures = Pool(garments, views=recipe.views, size=recipe.size, seed=seed, kinds=recipe.kinds, prints=recipe.prints)
    print(f"{len(pictures.x)} pictures of {len(garments.rows)} garments and masks after {time.monotonic() - start:.0f} s", flush=True)
    return pictures
