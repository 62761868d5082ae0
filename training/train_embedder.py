"""Train the embedder: contrastive on made pairs, with category and tag heads; time-boxed and resumable."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from training.data import CHECKED, NEARLY, Row
from training.embedder_batches import Batches, ViewRecipe, studio_pictures
from training.embedder_data import Crops, load_crops, with_drawn
from training.embedder_losses import Proxies, angle_triplet, info_nce, joined
from training.embedder_model import PARTS, Embedder
from training.loop import average_into, cosine_rate, descend, normalise, note, resume, save_atomically, states

LABELS = ("T-Shirt", "Longsleeve", "Pants", "Shoes", "Shirt", "Dress", "Outwear", "Shorts", "Hat", "Skirt", "Polo", "Undershirt", "Blazer",
          "Hoodie", "Body", "Top", "Blouse")  # fmt: skip
PATTERNS = ("plain", "striped", "checked", "dotted", "floral", "graphic", "allover", "colourblock")
SLEEVES = ("sleeveless", "short", "long")
SIZE = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is trained, so that choices can be compared. loss: infonce, triplet, or infonce+proxy."""

    views: ViewRecipe = field(default_factory=ViewRecipe)
    loss: str = "infonce+proxy"
    activation: str = "relu"
    widths: tuple[int, ...] = (16, 32, 96, 192)
    heads: bool = True
    mining: bool = True


def class_targets(rows: list[Row]) -> torch.Tensor:
    """(N, 3) of label, pattern, sleeve numbers, -100 where unknown (cross_entropy ignores it)."""

    def number(value: str, names: tuple[str, ...]) -> int:
        return names.index(value) if value in names else -100

    return torch.tensor([[number(r.label, LABELS), number(r.pattern, PATTERNS), number(r.sleeve, SLEEVES)] for r in rows])


@torch.no_grad()
def vectors_of(model: Embedder, pictures: np.ndarray) -> torch.Tensor:
    """uint8 (N, S, S, 3) -> float32 (N, D) of norm 1."""
    model.eval()
    out = []
    for i in range(0, len(pictures), 64):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            parts = model.features(normalise(torch.from_numpy(pictures[i : i + 64])))[:-1]
        out.append(joined(tuple(p.float() for p in parts), model.weights()))
    model.train()
    return torch.cat(out)


class Trial:
    """Tune garments' rough views against the studio pictures of all garments: the figure by which recipes are compared."""

    def __init__(self, tune: Crops, fit: Crops, recipe: ViewRecipe) -> None:
        rng = np.random.default_rng(99)
        batches = Batches(tune, torch.zeros(1), 8, 0, recipe)
        self.gallery = np.concatenate([studio_pictures(tune, recipe), studio_pictures(fit, recipe)])
        self.queries = np.stack([batches._view(i, False, None, rng, 1.2) for _ in range(3) for i in range(len(tune.rgb))])
        self.group = np.concatenate([tune.group, fit.group + 1_000_000])
        self.truth = np.tile(tune.group, 3)

    def run(self, model: Embedder) -> dict[str, float]:
        """recall@1, and AUROC of the best score with the own garment in the gallery against without it."""
        gallery, queries = vectors_of(model, self.gallery).numpy(), vectors_of(model, self.queries).numpy()
        scores = queries @ gallery.T
        own = self.truth[:, None] == self.group[None]
        known, unknown = np.where(own, scores, -2).max(1), np.where(own, -2, scores).max(1)
        below = np.searchsorted(np.sort(unknown), np.maximum(known, unknown))
        return {"tune_recall@1": round(float((known > unknown).mean()), 4), "tune_auroc": round(float(below.mean() / len(unknown)), 4)}


def nearest(model: Embedder, pictures: np.ndarray, crops: Crops, k: int = 12) -> torch.Tensor:
    """Each group's k nearest other groups by its first photo, int64 (G, k)."""
    first = np.array([m[0] for m in crops.members()])
    v = vectors_of(model, pictures[first])
    cosines = v @ v.T
    cosines.fill_diagonal_(-2)
    return cosines.topk(k, 1).indices


def train(
    *, data: Path, run: Path, minutes: float, batch: int = 96, rate: float = 2e-3, seed: int = 0, drawn: int = 300, threads: int = 1,
    recipe: Recipe | None = None, most_steps: int | None = None,
) -> None:  # fmt: skip
    """Train for `minutes` more; writes run/last.pt (resumable, with the EMA weights that are exported).

    most_steps: stop after so many steps, the learning rate's curve drawn over them, so that recipes can be compared on a busy machine.
    """
    recipe = recipe or Recipe()
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    fit, tune = load_crops(data, ("fit",), NEARLY), load_crops(data, ("tune",), CHECKED)
    trial = Trial(tune, fit, recipe.views)
    if drawn:
        fit = with_drawn(fit, drawn, seed=7001)
    pictures = studio_pictures(fit, recipe.views)
    targets, group = class_targets(fit.rows), torch.from_numpy(fit.group)
    garments = int(fit.group.max()) + 1
    print(f"{len(fit.rows)} photos of {garments} garments to fit, {len(tune.rows)} to tune on", flush=True)
    model, ema = (Embedder(widths=recipe.widths, activation=recipe.activation).to(memory_format=torch.channels_last) for _ in range(2))
    proxies = Proxies(garments, sum(PARTS.values()))
    optimiser = torch.optim.AdamW(
        [{"params": model.parameters(), "weight_decay": 2e-2, "k": 1.0}, {"params": proxies.parameters(), "weight_decay": 0.0, "k": 4.0}],
        lr=rate,
    )
    step, spent = 0, 0.0
    if state := resume(run / "last.pt", model=model, ema=ema, proxies=proxies, optimiser=optimiser):
        step, spent = state["step"], state["spent"]
    else:
        ema.load_state_dict(model.state_dict())
    near = torch.from_numpy(np.random.default_rng(seed).integers(0, garments, (garments, 12))).share_memory_()
    loader = iter(torch.utils.data.DataLoader(Batches(fit, near, batch, seed + step, recipe.views), None, num_workers=1, prefetch_factor=4))

    def checkpoint(spent: float) -> None:
        weights = states(model=model, ema=ema, proxies=proxies, optimiser=optimiser)
        built = {"size": recipe.views.size, "widths": list(recipe.widths), "activation": recipe.activation}
        save_atomically({**weights, **built, "step": step, "spent": spent}, run / "last.pt")

    start = last_save = last_trial = time.monotonic()
    steps = 0
    model.train()
    while (elapsed := time.monotonic() - start) < minutes * 60 and steps != most_steps:
        done = steps / most_steps if most_steps else elapsed / (minutes * 60)
        for part in optimiser.param_groups:
            part["lr"] = part["k"] * cosine_rate(peak=rate, step=step, done=done, warm_up_steps=60, floor=0.01)
        views, index, plain = next(loader)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            *parts, classes = model.features(normalise(views.flatten(0, 1)))
        parts, classes = [p.float() for p in parts], classes.float()
        scale = model.log_temperature.clamp(max=4.0).exp()
        halves = [p.chunk(2) for p in parts]
        w = model.weights()
        first, second = joined(tuple(h[0] for h in halves), w), joined(tuple(h[1] for h in halves), w)
        loss = angle_triplet(first, second) * 10 if recipe.loss == "triplet" else info_nce(first, second, scale)
        part_loss = sum(info_nce(h[0], h[1], 12.0) for h in halves) / len(PARTS)
        total = loss + 0.3 * part_loss
        if "proxy" in recipe.loss:
            g = group[index[plain]]
            total = total + 0.25 * (proxies(first[plain], g) + proxies(second[plain], g))
        if recipe.heads:
            t = targets[index].repeat(2, 1)
            known = [
                F.cross_entropy(h, t[:, k], label_smoothing=0.1)
                for k, h in enumerate(classes.split([20, 8, 4], 1)) if (t[:, k] >= 0).any()
            ]  # fmt: skip
            total = total + 0.15 * sum(known)
        descend(total, model, optimiser, most=5.0)
        step, steps = step + 1, steps + 1
        average_into(ema, model, step=step, decay=0.998)
        if steps % 50 == 0:
            note(run, {"step": step, "minutes": round((spent + elapsed) / 60, 1), "garments_per_s": round(batch * steps / max(1, elapsed)),
                       "loss": round(loss.item(), 4), "parts": round(float(part_loss), 3), "all": round(float(total), 3),
                       "weights": [round(v, 2) for v in w.tolist()]})  # fmt: skip
        now = time.monotonic()
        if now - last_save > 120:
            checkpoint(spent + elapsed)
            last_save = now
            if recipe.mining and done > 0.1:  # from a tenth of the time on the neighbours mean something
                near.copy_(nearest(ema, pictures, fit))
        if now - last_trial > 420:
            note(run, {"step": step, **trial.run(ema)})
            last_trial = time.monotonic()
    spent += time.monotonic() - start
    checkpoint(spent)
    note(run, {"step": step, "minutes": round(spent / 60, 1), **trial.run(ema)})
