"""What every training loop shares: the network's numbers for a picture, a step, the averaged weights, the learning-rate curve,
checkpoints that survive a kill and are gone on from."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

SAVED_EVERY_S = 60.0
"""Seconds of training between checkpoints."""
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


def normalise(x: torch.Tensor) -> torch.Tensor:
    """uint8 (N, H, W, 3) -> float32 (N, 3, H, W); the same numbers as edge.transforms.to_nchw."""
    x = x.permute(0, 3, 1, 2).float() / 255.0
    return ((x - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)).contiguous(memory_format=torch.channels_last)


def descend(loss: torch.Tensor, model: torch.nn.Module, optimiser: torch.optim.Optimizer, *, most: float) -> None:
    """One step down the gradient of `loss`, the model's own gradient cut to a norm of `most`."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), most)
    optimiser.step()


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


def mean_weights(several: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of several networks' weights, of one shape, reached from one another: a point in the middle of a wide valley is better than
    those on its rim (Izmailov et al. 2018; Wortsman et al. 2022, "Model soups"). Whole numbers are the first one's."""

    def mean(name: str, value: torch.Tensor) -> torch.Tensor:
        if not value.dtype.is_floating_point:
            return value
        return torch.stack([weights[name].float() for weights in several]).mean(0).to(value.dtype)

    return {name: mean(name, value) for name, value in several[0].items()}


def save_atomically(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint so that a kill leaves either the old or the new one."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def states(**parts: Any) -> dict[str, Any]:
    """What a checkpoint keeps of modules and optimisers, by name; `resume` takes it back."""
    return {name: part.state_dict() for name, part in parts.items()}


def resume(path: Path, **parts: Any) -> dict[str, Any] | None:
    """Bring modules and optimisers to where a checkpoint left them and give its other facts; None where there is no checkpoint."""
    if not path.exists():
        return None
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state.pop(name))
    print(f"resumed at step {state['step']}", flush=True)
    return state


class Budget:
    """The books of a training that ends when its time is spent, or when looking at it has brought nothing for a while; they go on after a
    kill.

    minutes: to spend in all, earlier runs included. looks: into how many parts the time falls; after each one the weights are looked at.
    patience: looks without a gain after which it ends. best: what the first gain has to beat.
    """

    def __init__(self, minutes: float, *, looks: int, patience: int, best: float) -> None:
        self._seconds, self._looks, self._patience = minutes * 60, looks, patience
        self.step, self.spent, self.best, self._since_best, self._looked = 0, 0.0, best, 0, 0
        self.saved()

    def go_on_from(self, state: Mapping[str, Any]) -> None:
        """Take the books over from a checkpoint."""
        self.step, self.spent, self.best, self._since_best = (state[name] for name in ("step", "spent", "best", "since_best"))
        self._looked = int(self.done * self._looks)  # of this budget, which may be a larger one than before

    def counts(self) -> dict[str, Any]:
        """What a checkpoint keeps of them."""
        return {"step": self.step, "spent": self.spent, "best": self.best, "since_best": self._since_best}

    @property
    def done(self) -> float:
        """Share of the time that is spent, 0..1 and a little over."""
        return self.spent / self._seconds

    @property
    def minutes(self) -> float:
        """Spent so far."""
        return self.spent / 60

    def goes_on(self) -> bool:
        """Whether there is time left, and hope."""
        return self.spent < self._seconds and self._since_best < self._patience

    def stepped(self) -> None:
        """A step is done."""
        now = time.monotonic()
        self.step, self.spent, self._last = self.step + 1, self.spent + now - self._last, now

    def look_is_due(self) -> bool:
        """Whether another part of the time is over."""
        return self.spent >= self._seconds * (self._looked + 1) / self._looks

    def looked(self, *, best: float | None) -> None:
        """The weights were looked at: best, where they are better than any before."""
        self._looked, self._since_best = self._looked + 1, self._since_best + 1
        if best is not None:
            self.best, self._since_best = best, 0

    def save_is_due(self) -> bool:
        """Whether so much would be lost by a kill that a checkpoint pays."""
        return self._last - self._saved > SAVED_EVERY_S

    def saved(self) -> None:
        """A checkpoint is written, or there is nothing to keep yet. What was done since the last step, a look or getting ready, costs
        nothing: a slow disk or a large catalogue would eat the time."""
        self._last = self._saved = time.monotonic()


def lowest_loss(path: Path, model: torch.nn.Module, judge: Callable[[torch.nn.Module], float]) -> float:
    """The loss of the best weights so far, judged anew; infinite where there are none. model: what they are loaded into.

    The drawing of the samples they are judged on may have changed since, and a loss on easier ones would never be undercut again.
    """
    if not path.exists():
        return math.inf
    model.load_state_dict(torch.load(path, weights_only=True)["model"])
    return judge(model)


def checkpoint(run: Path, *, loss: float, best: float, step: int, spent: float, ema: torch.nn.Module, **parts: Any) -> float:
    """Keep run/last.pt, and run/best.pt where the averaged weights `ema` have no higher a loss than the best so far; gives the lower one.

    spent: seconds of training behind them. parts: the model and optimiser, as for `states`.
    """
    if loss <= best:
        save_atomically({"model": ema.state_dict(), "step": step}, run / "best.pt")
    save_atomically({**states(ema=ema, **parts), "step": step, "spent": spent}, run / "last.pt")
    return min(best, loss)


def note(run: Path, line: dict[str, Any]) -> None:
    """Print a line of the log and keep it in run/log.jsonl."""
    text = json.dumps(line)
    print(text, flush=True)
    with open(run / "log.jsonl", "a") as file:
        file.write(text + "\n")
