"""Train the enhancement network: time-boxed, resumable, in one thread. Samples are kept on disk; some are drawn anew on the way."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import torch

from edge.develop import angle_between
from edge.enhance import distribution, grid_places, peak
from training.enhance_data import Samples, cached_photos, draw_samples, keep_samples, read_samples, tune_samples
from training.enhance_model import BINS, REACH, EnhanceNet, loss_of
from training.loop import average_into, checkpoint, cosine_rate, descend, lowest_loss, normalise, note, resume

NEAR, APART = 0.1, 0.22
"""See edge.enhance.peak; 0.22 is about six degrees, which a person sees."""


@torch.no_grad()
def outputs(model: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    """uint8 (N, S, S, 3) -> float32 (N, outputs)."""
    model.eval()
    out = np.concatenate([model(normalise(torch.from_numpy(x[i : i + 64]))).numpy() for i in range(0, len(x), 64)])
    model.train()
    return out


def found_lights(output: np.ndarray, *, temperature: float = 1.0) -> np.ndarray:
    """Outputs (N, ...) -> the likeliest light, float64 (N, 2)."""
    places = grid_places(BINS, REACH)
    return np.array([peak(distribution(o[: BINS**2].astype(np.float64) / temperature, BINS), places, near=NEAR)[0] for o in output])


def degrees(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Angular errors of lights (N, 2) in degrees."""
    rgb = [np.exp(np.stack([x[:, 0], np.zeros(len(x)), x[:, 1]], 1).astype(np.float64)) for x in (found, truth)]
    return angle_between(*rgb)


def measures(output: np.ndarray, samples: Samples) -> dict[str, float]:
    """Angular error (mean, median, worst quarter, of untouched photos, uncorrected) and the share of the tones' variance explained."""
    error, before = degrees(found_lights(output), samples.light), degrees(np.zeros_like(samples.light), samples.light)
    mean = output[:, BINS**2 : BINS**2 + samples.tones.shape[1]]
    explained = 1 - ((mean - samples.tones) ** 2).mean(0) / samples.tones.var(0)
    line = {"degrees": error.mean(), "median": np.median(error), "worst_quarter": np.sort(error)[-max(1, len(error) // 4) :].mean(),
            "uncorrected": before.mean()}  # fmt: skip
    line |= {kind: error[samples.kinds == kind].mean() for kind in sorted(set(samples.kinds.tolist()))}
    return {name: round(float(v), 3) for name, v in line.items()} | {"tones": [round(float(v), 3) for v in explained]}


def train(
    *, data: Path, run: Path, minutes: float, batch: int = 48, rate: float = 3e-3, seed: int = 0, pool: int = 6000, fresh: int = 128,
    fresh_steps: int = 8, tune: int = 1000, every_s: float = 100.0,
) -> None:  # fmt: skip
    """Train for `minutes` more; writes run/last.pt (resumable) and run/best.pt (averaged weights, best loss on the tune senders).

    pool: samples held at a time; every `fresh_steps` steps `fresh` of them are drawn anew, so that each serves about three times. Served
    sixty times, they were learnt by heart within ten minutes. The time to draw the first pool is not counted.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    model, ema = (EnhanceNet().to(memory_format=torch.channels_last) for _ in range(2))
    ema.load_state_dict(model.state_dict())
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=2e-2)
    step, spent = 0, 0.0
    if state := resume(run / "last.pt", model=model, ema=ema, optimiser=optimiser):
        step, spent = state["step"], state["spent"]
    first_step, rng = step, np.random.default_rng((seed, step))
    begun = time.monotonic()
    photos, masks = cached_photos(data, "fit", cache=run)
    judging = tune_samples(data, run, count=tune)

    def judged(out: np.ndarray) -> float:
        return float(loss_of(*(torch.from_numpy(x) for x in (out, judging.light, judging.tones))))

    spare = EnhanceNet().to(memory_format=torch.channels_last)
    best = lowest_loss(run / "best.pt", spare, lambda net: judged(outputs(net, judging.spoilt)))
    if (run / "pool.npz").exists():
        held = read_samples(run / "pool.npz")
    else:
        held = draw_samples(photos, masks, pool, rng)
        keep_samples(held, run / "pool.npz")
    print(f"{len(held)} samples of {len(photos)} photos ready after {time.monotonic() - begun:.0f} s", flush=True)
    start = time.monotonic()

    def judge_and_keep() -> float:
        out, now = outputs(ema, judging.spoilt), spent + time.monotonic() - start
        loss = judged(out)
        note(run, {"step": step, "minutes": round(now / 60, 1), "tune_loss": round(loss, 4), **measures(out, judging)})
        return checkpoint(run, loss=loss, best=best, step=step, spent=now, model=model, ema=ema, optimiser=optimiser)

    last_eval = time.monotonic()
    model.train()
    while (elapsed := time.monotonic() - start) < minutes * 60:
        for group in optimiser.param_groups:
            group["lr"] = cosine_rate(peak=rate, step=step, done=elapsed / (minutes * 60))
        pick = rng.choice(len(held), batch, replace=False)
        x = torch.from_numpy(held.spoilt[pick])
        x = x.flip([d for d in (1, 2) if rng.random() < 0.5])
        x = x.transpose(1, 2) if rng.random() < 0.5 else x
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = model(normalise(x))
        loss = loss_of(output.float(), torch.from_numpy(held.light[pick]), torch.from_numpy(held.tones[pick]))
        descend(loss, model, optimiser, most=2.0)
        step += 1
        average_into(ema, model, step=step, decay=0.995)
        if step % fresh_steps == 0:
            replace(held, draw_samples(photos, masks, min(fresh, len(held)), rng), rng)
        if step % 50 == 0:
            speed = (step - first_step) * batch / elapsed
            print(f"step {step} {elapsed / 60:.1f} min, {speed:.0f} img/s loss {loss.item():.4f}", flush=True)
        if time.monotonic() - last_eval > every_s:
            best = judge_and_keep()
            last_eval = time.monotonic()
    judge_and_keep()
    keep_samples(held, run / "pool.npz")


def replace(held: Samples, newer: Samples, rng: np.random.Generator) -> None:
    """Put newer samples in the place of as many of those held."""
    places = rng.choice(len(held), len(newer), replace=False)
    held.spoilt[places], held.light[places], held.tones[places] = newer.spoilt, newer.light, newer.tones
    held.kinds[places] = newer.kinds
