"""Train the segmenter: time-boxed, resumable, best weights by the tune senders.

Small squares first, then the real size. Photos it does badly on come back more often. Photos whose masks were found wrong join
later with the pixels that network and mask agree on (self-training).
"""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from edge.transforms import letterbox_mirror
from training.data import CHECKED, read_pair, read_rows
from training.extra_masks import read_extra
from training.loop import average_into, cosine_rate, descend, normalise, note, resume, save_atomically, states
from training.segmenter_model import Segmenter
from training.segmenter_scenes import drawn_background
from training.segmenter_views import Garments, training_view
from training.tiramisu_model import Tiramisu

ARCHITECTURES = {"unet": Segmenter, "tiramisu": Tiramisu}
SURE = (*CHECKED, "drawn", "extra")
"""Kinds of masks that are believed pixel by pixel."""


def load_squares(data: Path, parts: tuple[str, ...], size: int, masks: tuple[str, ...]) -> Garments:
    """Photos of these parts and kinds of mask, letterboxed as at inference."""
    rows = [r for r in read_rows(data) if r.part in parts and r.mask in masks]
    rgb = np.empty((len(rows), size, size, 3), np.uint8)
    mask = np.empty((len(rows), size, size), np.uint8)
    for i, r in enumerate(rows):
        a, b = read_pair(data, r.image)
        rgb[i], mask[i] = letterbox_mirror(a, size)[0], letterbox_mirror(b, size)[0]
    kinds = [r.mask for r in rows]
    # Shoes are few and go worst.
    weight = np.array([{"minor": 0.7, "bad": 0.5}.get(r.mask, 1.0) * (1.5 if r.label == "Shoes" else 1.0) for r in rows])
    return Garments(rgb, mask, np.full_like(mask, 255), kinds, np.array([k in SURE for k in kinds]), weight)


def drawn_squares(count: int, size: int, seed: int) -> Garments:
    """Drawn phone photos with exact masks; another seed than the demo catalogue's."""
    from index_builder.demo import draw_item, phone_view

    rgb, mask = [], []
    for i in range(count):
        photo, alpha = phone_view(draw_item(seed, i), np.random.default_rng((seed, i)))
        rgb.append(letterbox_mirror(photo, size)[0])
        mask.append(letterbox_mirror((alpha * 255).astype(np.uint8), size)[0])
    all_known = np.full((count, size, size), 255, np.uint8)
    return Garments(np.stack(rgb), np.stack(mask), all_known, ["drawn"] * count, np.ones(count, bool), np.full(count, 0.6))


def join(*groups: Garments) -> Garments:
    """All photos of several groups."""
    arrays = [np.concatenate([getattr(g, name) for g in groups]) for name in ("rgb", "mask", "known")]
    whole, weight = (np.concatenate([getattr(g, name) for g in groups]) for name in ("whole", "weight"))
    return Garments(*arrays, [k for g in groups for k in g.kinds], whole, weight)


class Views(torch.utils.data.IterableDataset):
    """Endless random views with their photo's number. error (N,), shared with the trainer: 1 - IoU of late, photos are drawn by it."""

    def __init__(self, garments: Garments, drawn: np.ndarray, error: torch.Tensor, size: int, seed: int, *, plain: bool) -> None:
        self.garments, self.drawn, self.error, self.size, self.seed = garments, drawn, error, size, seed
        self.composites = 0.3 if plain else 0.5

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng((self.seed, info.id if info else 0))
        cv2.setNumThreads(0)
        while True:
            p = self.garments.weight * (0.04 + np.clip(self.error.numpy(), 0, 0.25))
            for i in rng.choice(len(p), 64, p=p / p.sum()).tolist():
                x, y, known = training_view(self.garments, i, self.drawn, rng, self.size, composites=self.composites)
                yield torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(known), i


def loss_of(logits: torch.Tensor, target: torch.Tensor, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross-entropy, heavier along the outline, plus soft IoU (Rahman and Wang 2016), over known pixels; and each picture's IoU (N,)."""
    # The outline's neighbourhood, 9 pixels wide, found at half the size: the pooling is otherwise a seventh of a step.
    half = F.avg_pool2d(target, 2)
    edge = F.interpolate((F.max_pool2d(half, 5, 1, 2) + F.max_pool2d(-half, 5, 1, 2)).clamp(0, 1), scale_factor=2)
    bce = (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * (1 + 2 * edge) * known).sum() / known.sum().clamp_min(1)
    p, t = torch.sigmoid(logits) * known, target * known
    inter = (p * t).sum((1, 2, 3))
    union = (p + t - p * t).sum((1, 2, 3))
    with torch.no_grad():
        hard, true = (logits > 0) & (known > 0), (t > 0.5)
        iou = (hard & true).sum((1, 2, 3)) / (hard | true).sum((1, 2, 3)).clamp_min(1)
    return bce + (1 - (inter + 1) / (union + 1)).mean(), iou


def learn(model: torch.nn.Module, optimiser: torch.optim.Optimizer, batch: list[torch.Tensor], error: torch.Tensor) -> torch.Tensor:
    """One step on a batch of Views, which are told through `error` how its photos went; gives the loss."""
    x, y, known, index = batch
    target, known = (y.float() / 255.0).unsqueeze(1), (known.float() / 255.0).unsqueeze(1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(normalise(x))
    loss, iou = loss_of(logits.float(), target, known)
    descend(loss, model, optimiser, most=2.0)
    error[index] = 0.6 * error[index] + 0.4 * (1 - iou)
    return loss


@torch.no_grad()
def probabilities(model: torch.nn.Module, rgb: np.ndarray) -> np.ndarray:
    """float32 (N, S, S): mean of a picture and its mirror image, as exported."""
    model.eval()
    out = []
    for i in range(0, len(rgb), 16):
        x = normalise(torch.from_numpy(rgb[i : i + 16]))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = (model(x) + model(x.flip(3)).flip(3)) / 2
        out.append(torch.sigmoid(logits.float())[:, 0].numpy())
    model.train()
    return np.concatenate(out)


def scores(model: torch.nn.Module, garments: Garments) -> np.ndarray:
    """IoU of each square at the network's size."""
    p, t = probabilities(model, garments.rgb) > 0.5, garments.mask > 127
    return (p & t).sum((1, 2)) / np.maximum(1, (p | t).sum((1, 2)))


def agree(model: torch.nn.Module, wrong: Garments) -> Garments:
    """Photos whose masks were found wrong, with only those pixels known where the network is sure and, for all but bad masks, the mask
    says the same. Photos on which the two share little are left out."""
    p = probabilities(model, wrong.rgb)
    hard, mask = p > 0.5, wrong.mask > 127
    iou = (hard & mask).sum((1, 2)) / np.maximum(1, (hard | mask).sum((1, 2)))
    bad = np.array([k == "bad" for k in wrong.kinds])[:, None, None]
    known = np.where(bad, np.abs(p - 0.5) > 0.4, (hard == mask) & (np.abs(p - 0.5) > 0.2))
    keep = iou > 0.6
    pick = np.flatnonzero(keep)
    return Garments(
        wrong.rgb[keep], (hard[keep] * 255).astype(np.uint8), (known[keep] * 255).astype(np.uint8),
        [wrong.kinds[i] for i in pick], np.zeros(len(pick), bool), wrong.weight[pick],
    )  # fmt: skip


def train(
    *, data: Path, run: Path, minutes: float, size: int = 224, batch: int = 24, rate: float = 3e-3, drawn: int = 150, seed: int = 0,
    architecture: str = "unet", small_share: float = 0.45, extra: Path | None = None, plain: bool = False, threads: int = 1,
) -> None:  # fmt: skip
    """Train for `minutes` more; writes run/last.pt (resumable) and run/best.pt (EMA weights, best mean IoU on the tune senders).

    small_share: share of a first run's time on small squares. extra: a folder of accepted corrections (edge.corrections).
    plain: fewer composites, for comparisons at equal data. threads: more than one gain little in layers this small.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    groups = [load_squares(data, ("fit",), size, CHECKED)]
    if drawn:
        groups.append(drawn_squares(drawn, size, seed=7001))
    if extra:
        groups.append(read_extra(extra, size))
    sure = join(*groups)
    wrong = load_squares(data, ("fit",), size, ("minor", "bad"))
    tune = load_squares(data, ("tune",), size, CHECKED)
    rng = np.random.default_rng(seed)
    scenes = np.stack([drawn_background(size, rng) for _ in range(80)]) if drawn else np.empty((0, size, size, 3), np.uint8)
    print(f"{len(sure)} photos to fit, {len(wrong)} to join by agreement, {len(tune)} to tune on", flush=True)
    model, ema = (ARCHITECTURES[architecture]().to(memory_format=torch.channels_last) for _ in range(2))
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=2e-2)
    step, best, spent = 0, 0.0, 0.0
    if state := resume(run / "last.pt", model=model, ema=ema, optimiser=optimiser):
        step, spent = state["step"], state["spent"]
        best = state["best"] if state.get("tuned_on") == len(tune) else 0.0  # another tune set, another scale
    else:
        ema.load_state_dict(model.state_dict())
    first = step == 0
    small = first and small_share > 0

    def views(garments: Garments, side: int):
        error = torch.full((len(garments),), 0.08).share_memory_()
        loader = torch.utils.data.DataLoader(
            Views(garments, scenes, error, side, seed + step, plain=plain), batch, num_workers=1, prefetch_factor=6
        )
        return iter(loader), error

    def fitting() -> Garments:
        return join(sure, agree(ema, wrong))

    loader, error = views(sure if first else fitting(), size * 5 // 7 // 32 * 32 if small else size)

    def checkpoint(spent: float) -> float:
        iou = scores(ema, tune)
        hard = np.array([k in ("repaired", "redrawn") for k in tune.kinds])
        top = max(best, float(iou.mean()))
        if iou.mean() >= top:
            save_atomically({"model": ema.state_dict(), "size": size, "architecture": architecture}, run / "best.pt")
        weights = states(model=model, ema=ema, optimiser=optimiser)
        books = {"step": step, "best": top, "spent": spent, "tuned_on": len(tune), "architecture": architecture}
        save_atomically({**weights, **books}, run / "last.pt")
        note(run, {"step": step, "minutes": round(spent / 60, 1), "tune_iou": round(float(iou.mean()), 4),
                   "hard": round(float(iou[hard].mean()), 4), "under_0.80": round(float((iou < 0.8).mean()), 4)})  # fmt: skip
        return top

    start = last_eval = time.monotonic()
    steps = 0
    model.train()
    while (elapsed := time.monotonic() - start) < minutes * 60:
        done = elapsed / (minutes * 60)
        for group in optimiser.param_groups:
            group["lr"] = cosine_rate(peak=rate, step=step, done=done)
        if small and done > small_share:
            small, (loader, error) = False, views(fitting(), size)
        loss = learn(model, optimiser, next(loader), error)
        step, steps = step + 1, steps + 1
        average_into(ema, model, step=step, decay=0.998)
        if steps % 50 == 0:
            print(
                f"step {step} {elapsed / 60:.1f} min, {steps * batch / max(elapsed, 1):.0f} img/s loss {loss.item():.4f}",
                flush=True,
            )
        if time.monotonic() - last_eval > 240:
            best = checkpoint(spent + elapsed)
            last_eval = time.monotonic()
    checkpoint(spent + minutes * 60)
