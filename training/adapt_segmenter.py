"""Fine-tune the segmenter in use on the outlines that staff corrected; time-boxed, resumable, stopped early, never further than it helps.

Starts from the ONNX file in use. Beside the corrections stand the warehouse's confirmed photos with the pixels that the network is sure of
(self-training), its studio images and drawn garments, so that nothing is forgotten; garments are laid on other photos' backgrounds as in
the first training. What was learned is mixed with what was known as the embedder's is (training.adapt).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from edge.errors import ModelError
from edge.session import read_model_folder
from edge.transforms import to_nchw
from training.adapt import mixed
from training.adapt_masks import CORRECTED, DRAWN, By, Outlines
from training.loop import MEAN, STD, Budget, average_into, cosine_rate, note, resume, save_atomically, states
from training.onnx_file import write_model
from training.segmenter_model import Mirrored, Segmenter
from training.train_segmenter import Views, drawn_background, learn, scores

SHARES = (0.25, 0.5)
"""Of what was learned, no more than half: corrected photos are a narrow sample, and what was known of all others lives in the rest."""
ROUNDS, PATIENCE = 6, 3
MOST_LOST, MOST_LOST_ELSEWHERE = 0.002, 0.01
LEAST_GAIN = 0.005
"""Mean IoU: what a kind of photo may lose at home, what drawn garments may, and what corrected photos have to gain."""
_WORST_ALLOWED = 0.02

Figures = dict[str, dict[str, float | int]]


@dataclass(frozen=True, slots=True)
class AdaptedSegmenter:
    """share: of what was learned in the weights that were kept, 0 where nothing helped; steps and minutes in all; tune: figures on what is
    chosen by, before and with that share."""

    model: Segmenter
    share: float
    steps: int
    minutes: float
    tune: tuple[Figures, Figures]


def judged(model: Segmenter, by: By) -> Figures:
    """Photos, mean IoU and the share of photos under 0.80 for each kind, by a picture and its mirror image, at the network's size."""
    out: Figures = {}
    for kind, garments in by.items():
        iou = scores(model, garments)
        model.eval()
        out[kind] = {"photos": len(iou), "iou": round(float(iou.mean()), 4), "under_0.80": round(float((iou < 0.8).mean()), 4)}
    return out


def worse(before: Figures, after: Figures) -> list[str]:
    """A sentence for each kind whose mean IoU fell by more than it may."""
    return [
        f"outlines of {kind} photos: mean IoU fell from {was['iou']:.3f} to {after[kind]['iou']:.3f}" for kind, was in before.items()
        if after[kind]["iou"] < was["iou"] - (MOST_LOST_ELSEWHERE if kind == DRAWN else MOST_LOST) - 1e-9
    ]  # fmt: skip


def gained(before: Figures, after: Figures) -> bool:
    """Whether the corrected photos that were held out are outlined better by a margin."""
    return CORRECTED in before and after[CORRECTED]["iou"] >= before[CORRECTED]["iou"] + LEAST_GAIN


def _mean(found: Figures) -> float:
    """The mean IoU at home, each kind counting alike; of drawn garments where there is nothing else."""
    home = [line["iou"] for kind, line in found.items() if kind != DRAWN] or [found[DRAWN]["iou"]]
    return float(np.mean(home))


def adapt_segmenter(
    start: Segmenter, data: Outlines, *, size: int, run: Path, key: str, minutes: float, rate: float = 3e-4, batch: int = 24, seed: int = 0,
    threads: int = 1, tell: Callable[[float], None] | None = None,
) -> AdaptedSegmenter:  # fmt: skip
    """Train until `minutes` are spent in all, the earlier runs of the same `key` in the folder `run` included, or nothing more is gained.

    start: the segmenter in use, in eval mode, with inputs of side `size`: its batch norms are folded and have no statistics to go on from.
    tell: is given the minutes spent so far.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    model, ema = (copy.deepcopy(start).to(memory_format=torch.channels_last).eval() for _ in range(2))
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0)
    before = judged(start, data.tune)
    books = Budget(minutes, looks=ROUNDS, patience=PATIENCE, best=_mean(before))
    best_weights = copy.deepcopy(ema.state_dict())
    checkpoint = run / "segmenter.pt"
    if checkpoint.exists() and torch.load(checkpoint, weights_only=True)["key"] == key:
        state = resume(checkpoint, model=model, ema=ema, optimiser=optimiser)
        best_weights = state["best_weights"]
        books.go_on_from(state)
        model.eval(), ema.eval()
    rng = np.random.default_rng(seed)
    scenes = np.stack([drawn_background(size, rng) for _ in range(40)])
    error = torch.full((len(data.fit),), 0.08).share_memory_()
    loader = iter(
        torch.utils.data.DataLoader(
            Views(data.fit, scenes, error, size, seed + books.step, plain=False), batch, num_workers=1, prefetch_factor=6
        )
    )

    def save() -> None:
        parts = {**states(model=model, ema=ema, optimiser=optimiser), "best_weights": best_weights}
        save_atomically({**parts, **books.counts(), "key": key}, checkpoint)
        books.saved()

    books.saved()
    while books.goes_on():
        for group in optimiser.param_groups:
            group["lr"] = cosine_rate(peak=rate, step=books.step, done=books.done, warm_up_steps=30)
        loss = learn(model, optimiser, next(loader), error)
        books.stepped()
        average_into(ema, model, step=books.step, decay=0.99)
        if tell:
            tell(books.minutes)
        if books.look_is_due():
            found = judged(ema, data.tune)
            gained = _mean(found) > books.best
            if gained:
                best_weights = copy.deepcopy(ema.state_dict())
            books.looked(best=_mean(found) if gained else None)
            note(run, {"segmenter_step": books.step, "minutes": round(books.minutes, 2), "loss": round(loss.item(), 4), **found})
            save()
        elif books.save_is_due():
            save()
    del loader
    save()
    ema.load_state_dict(best_weights)
    share, after = 0.0, before
    for some in SHARES:
        found = judged(mixed(start, ema, some), data.tune)
        if not worse(before, found) and _mean(found) > _mean(after):
            share, after = some, found
    note(run, {"segmenter_step": books.step, "minutes": round(books.minutes, 2), "share": share, "before": before, "after": after})
    return AdaptedSegmenter(mixed(start, ema, share), share, books.step, books.minutes, (before, after))


def export_adapted(model: Segmenter, base: Path, out: Path, pictures: np.ndarray) -> float:
    """Write the segmenter into `out` with the numbers of the one in `base`; gives the largest difference of a pixel's chance between ONNX
    and PyTorch on pictures uint8 (N, S, S, 3). Raises ModelError where it is more than 0.02."""
    spec = json.loads(json.dumps(read_model_folder(base).spec))
    both = Mirrored(model).eval()
    session = write_model(both, out, spec, int(spec["input_size"]), dynamic=False)
    worst = 0.0
    for rgb in pictures:
        x = to_nchw(rgb, MEAN, STD)
        with torch.no_grad():
            want = torch.sigmoid(both(torch.from_numpy(x))[:, :1]).numpy()
        worst = max(worst, float(np.abs(1 / (1 + np.exp(-session.run(x)[0][:, :1])) - want).max()))
    if worst > _WORST_ALLOWED:
        raise ModelError(f"The file written to {out} differs from the network by {worst:.2e} in probability.", path=str(out))
    return worst
