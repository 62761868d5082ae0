"""Train the frame network: time-boxed, resumable, in one thread. Samples are drawn on the way and used several times, turned each time."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from edge.frame import magnified_border, side_widths
from training.frame_model import POSITIONS, FrameNet
from training.frame_pictures import cached_sources
from training.frame_samples import SIZE, draw_sample
from training.loop import average_into, checkpoint, cosine_rate, descend, lowest_loss, normalise, note, resume

_TURNS = {"transpose": [1, 0, 3, 2], "mirror": [2, 1, 0, 3], "upend": [0, 3, 2, 1]}
"""Which side's width each of left, top, right, bottom shows after a turn."""


def turned(x: torch.Tensor, widths: torch.Tensor, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch uint8 (N, S, S, 3) and widths (N, 4) in one of the square's eight positions, its colour channels in any order."""
    if rng.random() < 0.5:
        x, widths = x.transpose(1, 2), widths[:, _TURNS["transpose"]]
    if rng.random() < 0.5:
        x, widths = x.flip(2), widths[:, _TURNS["mirror"]]
    if rng.random() < 0.5:
        x, widths = x.flip(1), widths[:, _TURNS["upend"]]
    return x[..., rng.permutation(3).tolist()], widths


def loss_of(output: torch.Tensor, widths: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of framed or not; of each side's distribution against the two positions beside its width; error of its mean."""
    framed = (widths.amax(1) > 0).float()
    scores = output[:, 1:].reshape(-1, 4, POSITIONS)
    low = widths.floor().clamp(0, POSITIONS - 2)
    share = (widths - low).clamp(0, 1)
    log_p = F.log_softmax(scores, 2)
    low = low.long()[..., None]
    sides = -((1 - share) * log_p.gather(2, low)[..., 0] + share * log_p.gather(2, low + 1)[..., 0])
    places = torch.arange(POSITIONS, dtype=torch.float32)
    off = ((log_p.exp() * places).sum(2) - widths).abs().clamp(max=6)
    return F.binary_cross_entropy_with_logits(output[:, 0], framed) + 0.5 * sides.mean() + 0.1 * off.mean()


@torch.no_grad()
def outputs(model: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    """uint8 (N, S, S, 3) -> float32 (N, 1 + 4 * POSITIONS)."""
    model.eval()
    out = np.concatenate([model(normalise(torch.from_numpy(x[i : i + 64]))).numpy() for i in range(0, len(x), 64)])
    model.train()
    return out


def measures(output: np.ndarray, widths: np.ndarray, *, threshold: float = 0.5) -> dict[str, float]:
    """Accuracy, misses, false alarms, and mean error of the found frames' widths in % of the side."""
    framed, said = widths.max(1) > 0, output[:, 0] > np.log(threshold / (1 - threshold))
    errors = []
    for row, truth in zip(output[framed & said], widths[framed & said], strict=True):
        there, found = side_widths(row[1:].reshape(4, POSITIONS))
        errors.append(np.abs(found * (there >= min(0.5, there.max())) - truth).mean())
    return {
        "accuracy": round(float((framed == said).mean()), 4),
        "missed": round(float((framed & ~said).sum() / max(1, framed.sum())), 4),
        "false_alarms": round(float((~framed & said).sum() / max(1, (~framed).sum())), 4),
        "box_error_percent": round(float(np.mean(errors or [100])) * 20 / magnified_border(SIZE), 3),
    }


def tune_samples(data: Path, run: Path, *, count: int, photos: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Samples over the tune senders' photos, always the same."""
    sources, rng = cached_sources(data, "tune", count=photos, cache=run), np.random.default_rng(77)
    samples = [draw_sample(sources, rng) for _ in range(count)]
    return np.stack([x for x, _ in samples]), np.stack([w for _, w in samples])


def train(
    *, data: Path, run: Path, minutes: float, batch: int = 64, rate: float = 4e-3, seed: int = 0, pool: int = 1600, fresh: int = 16,
    photos: int = 450, tune: int = 400,
) -> None:  # fmt: skip
    """Train for `minutes` more; writes run/last.pt (resumable) and run/best.pt (averaged weights, best loss on the tune senders).

    pool: samples held at a time; at each step `fresh` of them are drawn anew.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    start = time.monotonic()
    model, ema = (FrameNet().to(memory_format=torch.channels_last) for _ in range(2))
    ema.load_state_dict(model.state_dict())
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=2e-2)
    step, spent = 0, 0.0
    if state := resume(run / "last.pt", model=model, ema=ema, optimiser=optimiser):
        step, spent = state["step"], state["spent"]
    first_step = step
    rng = np.random.default_rng((seed, step))
    sources = cached_sources(data, "fit", count=photos, cache=run)
    tune_x, tune_w = tune_samples(data, run, count=tune)

    def judged(out: np.ndarray) -> float:
        return float(loss_of(torch.from_numpy(out), torch.from_numpy(tune_w)))

    best = lowest_loss(run / "best.pt", FrameNet().to(memory_format=torch.channels_last), lambda net: judged(outputs(net, tune_x)))
    if (run / "pool.npz").exists():
        with np.load(run / "pool.npz") as kept:
            pool_x, pool_w = kept["x"], kept["widths"]
    else:
        held = [draw_sample(sources, rng) for _ in range(pool)]
        pool_x, pool_w = np.stack([x for x, _ in held]), np.stack([w for _, w in held])
        del held
        np.savez(run / "pool.npz", x=pool_x, widths=pool_w)
    pool = len(pool_x)
    print(f"{pool} samples drawn after {time.monotonic() - start:.0f} s", flush=True)

    def judge_and_keep() -> float:
        out, now = outputs(ema, tune_x), spent + time.monotonic() - start
        loss = judged(out)
        note(run, {"step": step, "minutes": round(now / 60, 1), "tune_loss": round(loss, 4), **measures(out, tune_w)})
        return checkpoint(run, loss=loss, best=best, step=step, spent=now, model=model, ema=ema, optimiser=optimiser)

    last_eval = time.monotonic()
    model.train()
    while (elapsed := time.monotonic() - start) < minutes * 60:
        for group in optimiser.param_groups:
            group["lr"] = cosine_rate(peak=rate, step=step, done=elapsed / (minutes * 60))
        for place in rng.integers(pool, size=fresh).tolist():
            pool_x[place], pool_w[place] = draw_sample(sources, rng)
        pick = rng.choice(pool, batch, replace=False)
        x, widths = turned(torch.from_numpy(pool_x[pick]), torch.from_numpy(pool_w[pick]), rng)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = model(normalise(x))
        loss = loss_of(output.float(), widths)
        descend(loss, model, optimiser, most=2.0)
        step += 1
        average_into(ema, model, step=step, decay=0.995)
        if step % 25 == 0:
            print(
                f"step {step} {elapsed / 60:.1f} min, {(step - first_step) * batch / elapsed:.0f} img/s loss {loss.item():.4f}", flush=True
            )
        if time.monotonic() - last_eval > 150:
            best = judge_and_keep()
            last_eval = time.monotonic()
    judge_and_keep()
    np.savez(run / "pool.npz", x=pool_x, widths=pool_w)
