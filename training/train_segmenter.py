"""Train the segmenter: time-boxed, resumable, best weights by the tune senders."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from edge.transforms import letterbox_mirror
from training.data import read_pair, read_rows
from training.segmenter_model import Segmenter
from training.segmenter_views import background_of, flat_background, training_view

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
USED_MASKS = ("good", "repaired", "minor")


def load_squares(data: Path, parts: tuple[str, ...], size: int, masks: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """rgb uint8 (N, size, size, 3), mask uint8 (N, size, size), kind of each mask; letterboxed as at inference."""
    rows = [r for r in read_rows(data) if r.part in parts and r.mask in masks]
    rgb = np.empty((len(rows), size, size, 3), np.uint8)
    mask = np.empty((len(rows), size, size), np.uint8)
    for i, r in enumerate(rows):
        a, b = read_pair(data, r.image)
        rgb[i], mask[i] = letterbox_mirror(a, size)[0], letterbox_mirror(b, size)[0]
    return rgb, mask, [r.mask for r in rows]


def drawn_squares(count: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Drawn phone photos with exact masks, uint8 (N, size, size, 3) and (N, size, size); another seed than the demo catalogue's."""
    from index_builder.demo import draw_item, phone_view

    rgb, mask = [], []
    for i in range(count):
        photo, alpha = phone_view(draw_item(seed, i), np.random.default_rng((seed, i)))
        rgb.append(letterbox_mirror(photo, size)[0])
        mask.append(letterbox_mirror((alpha * 255).astype(np.uint8), size)[0])
    return np.stack(rgb), np.stack(mask)


class Views(torch.utils.data.IterableDataset):
    """Endless random views; hard masks (repaired) are drawn twice as often."""

    def __init__(self, rgb: np.ndarray, mask: np.ndarray, kinds: list[str], size: int, seed: int) -> None:
        self.rgb, self.mask, self.size, self.seed = rgb, mask, size, seed
        weight = np.array([{"repaired": 2.5, "minor": 0.7}.get(k, 1.0) for k in kinds])
        self.p = weight / weight.sum()
        self.whole = np.array([k != "minor" for k in kinds])

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng((self.seed, info.id if info else 0))
        cv2.setNumThreads(0)
        n = len(self.rgb)
        while True:
            i = int(rng.choice(n, p=self.p))
            background = None
            if self.whole[i] and rng.random() < 0.35:
                j = int(rng.integers(n))
                background = (
                    flat_background(self.rgb.shape[1], rng) if rng.random() < 0.3 else background_of(self.rgb[j], self.mask[j], rng)
                )
            x, y = training_view(self.rgb[i], self.mask[i], background, rng, self.size)
            yield torch.from_numpy(x), torch.from_numpy(y)


def normalise(x: torch.Tensor) -> torch.Tensor:
    """uint8 (N, H, W, 3) -> float32 (N, 3, H, W); the same numbers as edge.transforms.to_nchw."""
    x = x.permute(0, 3, 1, 2).float() / 255.0
    return ((x - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)).contiguous(memory_format=torch.channels_last)


def loss_of(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy, heavier along the outline, plus soft IoU (Rahman and Wang 2016)."""
    edge = (F.max_pool2d(target, 9, 1, 4) - (-F.max_pool2d(-target, 9, 1, 4))).clamp(0, 1)
    bce = (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * (1 + 2 * edge)).mean()
    p = torch.sigmoid(logits)
    inter = (p * target).sum((1, 2, 3))
    union = (p + target - p * target).sum((1, 2, 3))
    return bce + (1 - (inter + 1) / (union + 1)).mean()


@torch.no_grad()
def mean_iou(model: torch.nn.Module, rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """IoU of each square at the network's size."""
    model.eval()
    out = []
    for i in range(0, len(rgb), 32):
        p = model(normalise(torch.from_numpy(rgb[i : i + 32])))[:, 0].numpy() > 0
        t = mask[i : i + 32] > 127
        out.append((p & t).sum((1, 2)) / np.maximum(1, (p | t).sum((1, 2))))
    model.train()
    return np.concatenate(out)


def train(
    *, data: Path, run: Path, minutes: float, size: int = 224, batch: int = 24, rate: float = 4e-3, drawn: int = 150, seed: int = 0
) -> None:
    """Train for `minutes` more; writes run/last.pt (resumable) and run/best.pt (EMA weights, best mean IoU on the tune senders)."""
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(2)
    rgb, mask, kinds = load_squares(data, ("fit",), size, USED_MASKS)
    if drawn:
        more = drawn_squares(drawn, size, seed=7001)
        rgb, mask, kinds = np.concatenate([rgb, more[0]]), np.concatenate([mask, more[1]]), kinds + ["good"] * drawn
    tune_rgb, tune_mask, _ = load_squares(data, ("tune",), size, ("good", "repaired"))
    print(f"{len(rgb)} photos to fit, {len(tune_rgb)} to tune on", flush=True)
    model = Segmenter().to(memory_format=torch.channels_last)
    ema = Segmenter().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-2)
    step, best, spent = 0, 0.0, 0.0
    if (run / "last.pt").exists():
        state = torch.load(run / "last.pt", weights_only=True)
        model.load_state_dict(state["model"])
        ema.load_state_dict(state["ema"])
        optimiser.load_state_dict(state["optimiser"])
        step, best, spent = state["step"], state["best"], state["spent"]
        print(f"resumed at step {step}, best {best:.4f}", flush=True)
    else:
        ema.load_state_dict(model.state_dict())

    def views(side: int):
        return iter(torch.utils.data.DataLoader(Views(rgb, mask, kinds, side, seed + step), batch, num_workers=1, prefetch_factor=6))

    # Small squares first: twice as many photos seen in the same time, then the real size (progressive resizing).
    small = step == 0
    loader = views(size * 5 // 7 if small else size)
    start = last_eval = time.monotonic()
    model.train()
    while (elapsed := time.monotonic() - start) < minutes * 60:
        done = elapsed / (minutes * 60)
        lr = rate * min(1.0, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = lr
        if small and done > 0.4:
            small, loader = False, views(size)
        x, y = next(loader)
        target = (y.float() / 255.0).unsqueeze(1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(normalise(x))
        loss = loss_of(logits.float(), target)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        step += 1
        decay = min(0.995, (1 + step) / (10 + step))
        with torch.no_grad():
            for a, b in zip(ema.state_dict().values(), model.state_dict().values(), strict=True):
                if a.dtype.is_floating_point:
                    a.lerp_(b, 1 - decay)
                else:
                    a.copy_(b)
        if step % 50 == 0:
            print(f"step {step} {elapsed / 60:.1f} min, {step * batch / max(elapsed, 1):.0f} img/s loss {loss.item():.4f}", flush=True)
        if time.monotonic() - last_eval > 180:
            best = _checkpoint(run, model, ema, optimiser, step, best, spent + elapsed, tune_rgb, tune_mask)
            last_eval = time.monotonic()
    _checkpoint(run, model, ema, optimiser, step, best, spent + minutes * 60, tune_rgb, tune_mask)


def _checkpoint(run, model, ema, optimiser, step, best, spent, rgb, mask) -> float:
    iou = mean_iou(ema, rgb, mask)
    if iou.mean() > best:
        best = float(iou.mean())
        torch.save({"model": ema.state_dict(), "size": rgb.shape[1]}, run / "best.pt")
    torch.save(
        {
            "model": model.state_dict(),
            "ema": ema.state_dict(),
            "optimiser": optimiser.state_dict(),
            "step": step,
            "best": best,
            "spent": spent,
        },
        run / "last.tmp",
    )
    (run / "last.tmp").replace(run / "last.pt")
    line = {
        "step": step,
        "minutes": round(spent / 60, 1),
        "tune_iou": round(float(iou.mean()), 4),
        "under_0.80": round(float((iou < 0.8).mean()), 4),
    }
    print(json.dumps(line), flush=True)
    with open(run / "log.jsonl", "a") as file:
        file.write(json.dumps(line) + "\n")
    return best
