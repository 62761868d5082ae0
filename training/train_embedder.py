"""Train the embedder: contrastive on made pairs, with category and tag heads; time-boxed and resumable."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from training.data import Row, read_pair, read_rows
from training.embedder_model import PARTS, Embedder
from training.embedder_views import view
from training.train_segmenter import normalise

LABELS = ("T-Shirt", "Longsleeve", "Pants", "Shoes", "Shirt", "Dress", "Outwear", "Shorts", "Hat", "Skirt", "Polo", "Undershirt", "Blazer",
          "Hoodie", "Body", "Top", "Blouse")  # fmt: skip
PATTERNS = ("plain", "striped", "checked", "dotted", "floral", "graphic", "allover", "colourblock")
SLEEVES = ("sleeveless", "short", "long")
SIZE = 128
SOURCE = 208


def tight_square(rgb: np.ndarray, mask: np.ndarray, side: int = SOURCE, margin: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Crop around the garment with some of its background, (side, side); outside the photo its edge is mirrored, the mask is empty."""
    ys, xs = np.nonzero(mask > 127)
    cx, cy = (xs.min() + xs.max()) / 2, (ys.min() + ys.max()) / 2
    half = max(xs.max() - xs.min(), ys.max() - ys.min()) / 2 * (1 + 2 * margin) + 1
    m = np.float32([[side / (2 * half), 0, side / 2 - cx * side / (2 * half)], [0, side / (2 * half), side / 2 - cy * side / (2 * half)]])
    how = cv2.INTER_AREA if half * 2 > side else cv2.INTER_LINEAR
    if half * 2 > side * 1.5:
        rgb = cv2.GaussianBlur(rgb, (0, 0), half / side * 0.5)
    return (
        cv2.warpAffine(rgb, m, (side, side), flags=cv2.INTER_LINEAR if how == cv2.INTER_AREA else how, borderMode=cv2.BORDER_REFLECT_101),
        cv2.warpAffine(mask, m, (side, side), flags=cv2.INTER_LINEAR, borderValue=0),
    )


def load_garments(data: Path, parts: tuple[str, ...], masks: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, list[Row]]:
    """rgb uint8 (N, 208, 208, 3), mask uint8 (N, 208, 208), rows."""
    rows = [r for r in read_rows(data) if r.part in parts and r.mask in masks]
    rgb, mask = np.empty((len(rows), SOURCE, SOURCE, 3), np.uint8), np.empty((len(rows), SOURCE, SOURCE), np.uint8)
    for i, r in enumerate(rows):
        rgb[i], mask[i] = tight_square(*read_pair(data, r.image))
    return rgb, mask, rows


def add_drawn(rgb: np.ndarray, mask: np.ndarray, rows: list[Row], count: int, seed: int) -> tuple[np.ndarray, np.ndarray, list[Row]]:
    """Garments drawn by index_builder.demo join the photos, so that a drawn catalogue is no foreign land. Another seed than the demo's."""
    from index_builder.demo import draw_item

    more_rgb, more_mask = [], []
    for i in range(count):
        item = draw_item(seed, i)
        a, b = tight_square(item.rgb, (item.alpha * 255).astype(np.uint8))
        more_rgb.append(a)
        more_mask.append(b)
    drawn = [Row(f"drawn-{i}", "drawn", "fit", "", "", "", "", "good", 1.0) for i in range(count)]
    return np.concatenate([rgb, np.stack(more_rgb)]), np.concatenate([mask, np.stack(more_mask)]), rows + drawn


class Batches(torch.utils.data.IterableDataset):
    """Batches of garments, two views each. Half of a batch shares one category and pattern kind: hard negatives."""

    def __init__(self, rgb, mask, rows: list[Row], batch: int, seed: int) -> None:
        self.rgb, self.mask, self.batch, self.seed = rgb, mask, batch, seed
        groups: dict[str, list[int]] = {}
        for i, r in enumerate(rows):
            groups.setdefault(r.label or r.sender, []).append(i)
        self.groups = [np.array(g) for g in groups.values() if len(g) >= batch // 4]

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng((self.seed, info.id if info else 0))
        cv2.setNumThreads(0)
        n, b = len(self.rgb), self.batch
        sizes = np.array([len(g) for g in self.groups], float) ** 0.7
        while True:
            group = self.groups[int(rng.choice(len(self.groups), p=sizes / sizes.sum()))]
            hard = rng.choice(group, min(b // 2, len(group)), replace=False)
            rest = rng.choice(np.setdiff1d(np.arange(n), hard), b - len(hard), replace=False)
            index = np.concatenate([hard, rest])
            views = np.empty((2, b, SIZE, SIZE, 3), np.uint8)
            for k, i in enumerate(index):
                alpha = self.mask[i].astype(np.float32) / 255.0
                flip = rng.random() < 0.3  # both views alike: a mirrored garment is another garment
                rgb = self.rgb[i][:, ::-1] if flip else self.rgb[i]
                alpha = alpha[:, ::-1] if flip else alpha
                rgb, alpha = np.ascontiguousarray(rgb), np.ascontiguousarray(alpha)
                views[0, k] = view(rgb, alpha, rng, strength=float(rng.uniform(0.2, 0.6)), size=SIZE)
                views[1, k] = view(rgb, alpha, rng, strength=float(rng.uniform(0.7, 1.3)), size=SIZE)
            yield torch.from_numpy(views), torch.from_numpy(index)


def info_nce(a: torch.Tensor, b: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Symmetric cross-entropy over cosines (van den Oord et al. 2018; Radford et al. 2021)."""
    logits = scale * F.normalize(a) @ F.normalize(b).T
    target = torch.arange(len(a))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def joined(parts: tuple[torch.Tensor, ...], weights: torch.Tensor) -> torch.Tensor:
    return torch.cat([F.normalize(p) * w for p, w in zip(parts, weights, strict=True)], 1)


def class_targets(rows: list[Row]) -> torch.Tensor:
    """(N, 3) of label, pattern, sleeve numbers, -100 where unknown (cross_entropy ignores it)."""

    def number(value: str, names: tuple[str, ...]) -> int:
        return names.index(value) if value in names else -100

    return torch.tensor([[number(r.label, LABELS), number(r.pattern, PATTERNS), number(r.sleeve, SLEEVES)] for r in rows])


def train(*, data: Path, run: Path, minutes: float, batch: int = 96, rate: float = 2e-3, seed: int = 0, drawn: int = 300) -> None:
    """Train for `minutes` more; writes run/last.pt (resumable, with the EMA weights that are exported)."""
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(2)
    rgb, mask, rows = load_garments(data, ("fit", "tune"), ("good", "repaired"))
    if drawn:
        rgb, mask, rows = add_drawn(rgb, mask, rows, drawn, seed=7001)
    targets = class_targets(rows)
    print(f"{len(rows)} garments", flush=True)
    model, ema = (Embedder().to(memory_format=torch.channels_last) for _ in range(2))
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=2e-2)
    step, spent = 0, 0.0
    if (run / "last.pt").exists():
        state = torch.load(run / "last.pt", weights_only=True)
        model.load_state_dict(state["model"])
        ema.load_state_dict(state["ema"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["spent"]
        print(f"resumed at step {step}", flush=True)
    else:
        ema.load_state_dict(model.state_dict())
    loader = iter(torch.utils.data.DataLoader(Batches(rgb, mask, rows, batch, seed + step), None, num_workers=2, prefetch_factor=3))
    start = last_save = time.monotonic()
    model.train()
    while (elapsed := time.monotonic() - start) < minutes * 60:
        done = elapsed / (minutes * 60)
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 60) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
        views, index = next(loader)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            *parts, classes = model.features(normalise(views.flatten(0, 1)))
        parts, classes = [p.float() for p in parts], classes.float()
        scale = model.log_temperature.clamp(max=4.0).exp()
        halves = [p.chunk(2) for p in parts]
        w = model.weights()
        loss = info_nce(joined(tuple(h[0] for h in halves), w), joined(tuple(h[1] for h in halves), w), scale)
        part_loss = sum(info_nce(h[0], h[1], torch.tensor(12.0)) for h in halves) / len(PARTS)
        t = targets[index].repeat(2, 1)
        heads = classes.split([20, 8, 4], 1)
        known = [F.cross_entropy(h, t[:, k], label_smoothing=0.1) for k, h in enumerate(heads) if (t[:, k] >= 0).any()]
        total = loss + 0.5 * part_loss + 0.15 * sum(known)
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        step += 1
        decay = min(0.995, (1 + step) / (10 + step))
        with torch.no_grad():
            for a, b in zip(ema.state_dict().values(), model.state_dict().values(), strict=True):
                a.lerp_(b, 1 - decay) if a.dtype.is_floating_point else a.copy_(b)
        if step % 20 == 0:
            line = {"step": step, "minutes": round((spent + elapsed) / 60, 1), "garments_per_s": round(batch * step / max(1, elapsed)),
                    "loss": round(loss.item(), 4), "parts": round(float(part_loss), 3), "weights": [round(v, 2) for v in w.tolist()]}  # fmt: skip
            print(json.dumps(line), flush=True)
        if time.monotonic() - last_save > 60:
            _save(run, model, ema, optimiser, step, spent + elapsed)
            last_save = time.monotonic()
    _save(run, model, ema, optimiser, step, spent + minutes * 60)


def _save(run: Path, model, ema, optimiser, step: int, spent: float) -> None:
    state = {"model": model.state_dict(), "ema": ema.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "spent": spent}
    torch.save(state, run / "last.tmp")
    (run / "last.tmp").replace(run / "last.pt")
