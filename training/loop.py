"""What every training loop shares: the averaged weights, the learning-rate curve, checkpoints that survive a kill."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch


def cosine_rate(*, peak: float, step: int, done: float, warm_up_steps: int = 100, floor: float = 0.02) -> float:
    """Learning rate: linear warm-up, then half a cosine down to `floor` x peak (Loshchilov and Hutter 2017). done: time spent, 0..1."""
    return peak * min(1.0, (step + 1) / warm_up_steps) * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


@torch.no_grad()
def average_into(ema: torch.nn.Module, model: torch.nn.Module, *, step: int, decay: float = 0.995) -> None:
    """Move the averaged weights towards the model's (Polyak averaging, quick at first); batch-norm counters are copied."""
    decay = min(decay, (1 + step) / (10 + step))
    for a, b in zip(ema.state_dict().values(), model.state_dict().values(), strict=True):
        if a.dtype.is_floating_point:
            a.lerp_(b, 1 - decay)
        else:
            a.copy_(b)


def save_atomically(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint so that a kill leaves either the old or the new one."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def note(run: Path, line: dict[str, Any]) -> None:
    """Print a line of the log and keep it in run/log.jsonl."""
    text = json.dumps(line)
    print(text, flush=True)
    with open(run / "log.jsonl", "a") as file:
        file.write(text + "\n")
