"""Fine-tune the embedder in use on a warehouse's own pictures; time-boxed, resumable, stopped early, never further than it helps.

Starts from the ONNX file in use. Studio images and photos of own garments, made and confirmed ones, are pulled together (InfoNCE), a chosen
item above those a person passed over by a margin on the angle. Drawn garments among them, and vectors of studio images held to where they
were (Hinton et al. 2015), keep other garments from being forgotten. What was learned is then mixed with what was known, weight by weight,
in the share that does best on garments set apart (Wortsman et al. 2022).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from training.adapt_batches import TaughtBatches
from training.adapt_data import FOREIGN, TUNE, Prepared
from training.adapt_score import MOST_LOST_ELSEWHERE, doubt, judged
from training.embedder_batches import ViewRecipe, studio_pictures
from training.embedder_losses import angle_triplet, info_nce, joined
from training.embedder_model import PARTS, Embedder
from training.loop import Budget, average_into, cosine_rate, descend, normalise, note, save_atomically, states
from training.train_embedder import vectors_of

Network = TypeVar("Network", bound=torch.nn.Module)
SHARES = (0.25, 0.5, 0.75, 1.0)
ROUNDS, PATIENCE = 8, 4
KEPT = 1.0
"""Weight of holding studio images' vectors to where they were."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """share: of what was learned in the weights that were kept, 0 where nothing helped; steps and minutes in all, those of earlier runs
    included; tune: figures on the items to choose by, before and with that share."""

    model: Embedder
    share: float
    steps: int
    minutes: float
    tune: tuple[dict, dict]


def embed_with(model: Embedder) -> Callable[[np.ndarray], np.ndarray]:
    """The network as a function of cutouts; stays in eval mode."""

    def embed(pictures: np.ndarray) -> np.ndarray:
        vectors = vectors_of(model, pictures).numpy()
        model.eval()
        return vectors

    return embed


def mixed(known: Network, learned: Network, share: float) -> Network:
    """The weights on the way from one to the other, share 0..1."""
    out = copy.deepcopy(known)
    with torch.no_grad():
        for a, b in zip(out.state_dict().values(), learned.state_dict().values(), strict=True):
            if a.dtype.is_floating_point:
                a.lerp_(b, share)
    return out.eval()


def adapt(
    start: Embedder, size: int, data: Prepared, *, run: Path, key: str, minutes: float, rate: float = 3e-4, batch: int = 96, seed: int = 0,
    threads: int = 1, tell: Callable[[float], None] | None = None,
) -> Adapted:  # fmt: skip
    """Train until `minutes` are spent in all, the earlier runs of the same `key` in the folder `run` included, or nothing more is gained.

    start: the embedder in use, in eval mode, with inputs of side `size`. batch: cut to the number of garments. tell: is given
    the minutes spent so far.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    crops, names = data.crops()
    number = {int(name): g for g, name in enumerate(names)}
    taught: dict[int, list[int]] = {}
    for chosen, passed in data.rejected.tolist():
        if chosen in number and passed in number:
            taught.setdefault(number[chosen], []).append(number[passed])
    garments = len(names)
    batch = min(batch, garments)
    model, ema = (copy.deepcopy(start).to(memory_format=torch.channels_last).eval() for _ in range(2))
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0)
    books = Budget(minutes, looks=ROUNDS, patience=PATIENCE, best=float("inf"))
    best_weights = copy.deepcopy(ema.state_dict())
    if (run / "last.pt").exists():
        state = torch.load(run / "last.pt", weights_only=True)
        if state["key"] == key:
            model.load_state_dict(state["model"])
            ema.load_state_dict(state["ema"])
            optimiser.load_state_dict(state["optimiser"])
            best_weights = state["best_weights"]
            books.go_on_from(state)
            note(run, {"resumed_at": books.step, "minutes": round(books.minutes, 1)})
    before = judged(embed_with(start), data, (TUNE, FOREIGN))
    near = torch.from_numpy(np.random.default_rng(seed).integers(0, garments, (garments, min(12, garments - 1))))
    recipe = ViewRecipe(size=size)
    pictures = studio_pictures(crops, recipe)
    firsts = np.array([m[0] for m in crops.members()])
    known = vectors_of(start, pictures)
    start.eval()

    def mine() -> None:
        v = vectors_of(ema, pictures[firsts])
        ema.eval()
        near.copy_((v @ v.T).fill_diagonal_(-2).topk(near.shape[1], 1).indices)

    def checkpoint() -> None:
        parts = {**states(model=model, ema=ema, optimiser=optimiser), "best_weights": best_weights}
        save_atomically({**parts, **books.counts(), "key": key}, run / "last.pt")
        books.saved()

    near.share_memory_()
    mine()
    batches = TaughtBatches(crops, data.source, near, taught, batch, seed + books.step, recipe)
    loader = iter(torch.utils.data.DataLoader(batches, None, num_workers=1, prefetch_factor=3))
    books.saved()
    while books.goes_on():
        for group in optimiser.param_groups:
            group["lr"] = cosine_rate(peak=rate, step=books.step, done=books.done, warm_up_steps=20, floor=0.02)
        views, index, plain = next(loader)
        loss = _loss(model, views, known[index], plain)
        descend(loss, model, optimiser, most=5.0)
        books.stepped()
        average_into(ema, model, step=books.step, decay=0.99)
        if tell:
            tell(books.minutes)
        if books.look_is_due():
            found = judged(embed_with(ema), data, (TUNE,))
            gained = doubt(found) < books.best or not found
            if gained:
                best_weights = copy.deepcopy(ema.state_dict())
            books.looked(best=doubt(found) if gained else None)
            mine()
            note(run, {"step": books.step, "minutes": round(books.minutes, 2), "loss": round(loss.item(), 4), **found})
            checkpoint()
        elif books.save_is_due():
            checkpoint()
    del loader
    checkpoint()
    ema.load_state_dict(best_weights)
    share, after = _best_share(start, ema, data, before)
    note(run, {"step": books.step, "minutes": round(books.minutes, 2), "share": share, "before": before, "after": after})
    return Adapted(mixed(start, ema, share), share, books.step, books.minutes, (before, after))


def _loss(model: Embedder, views: torch.Tensor, known: torch.Tensor, plain: torch.Tensor) -> torch.Tensor:
    """views uint8 (2, B, S, S, 3): all others of the batch are wrong for a garment, and the likest of them by a margin.

    known (B, D): what the first views' untouched pictures were taken for before; plain (B,): not mirrored or recoloured.
    """
    with torch.autocast("cpu", dtype=torch.bfloat16):
        *parts, _ = model.features(normalise(views.flatten(0, 1)))
    halves, w = [p.float().chunk(2) for p in parts], model.weights()
    first, second = (joined(tuple(h[k] for h in halves), w) for k in (0, 1))
    scale = model.log_temperature.clamp(max=4.0).exp()
    each = sum(info_nce(h[0], h[1], 12.0) for h in halves) / len(PARTS)
    kept = (1 - (first * known).sum(1))[plain].mean()
    return info_nce(first, second, scale) + 0.3 * each + 2.0 * angle_triplet(first, second) + KEPT * kept


def _best_share(start: Embedder, learned: Embedder, data: Prepared, before: dict) -> tuple[float, dict]:
    """The share of what was learned that does best on the items to choose by and loses no more than a point on drawn garments."""
    best = (0.0, before)
    for share in SHARES:
        found = judged(embed_with(mixed(start, learned, share)), data, (TUNE, FOREIGN))
        safe = "drawn" not in before or found["drawn"]["recall@1"] >= before["drawn"]["recall@1"] - MOST_LOST_ELSEWHERE
        if safe and doubt(found) < doubt(best[1]):
            best = (share, found)
    return best
