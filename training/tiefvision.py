"""TiefVision's way as a baseline: an encoding per place of a feature map, similarity = mean cosine over places.

The source (P. Vilar, TiefVision, 2016) takes AlexNet's maps and learns a linear encoding of them with triplets, the margin being on the
angle. Here the maps are those of our own embedder's backbone, which is not changed; written are

raw      the backbone's last map as it is
learned  the same map after a 1 x 1 convolution trained on made pairs of train senders

both as ONNX with model.json, for benchmarks/retrieval_baselines.py.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from datetime import date
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from edge.session import Session, read_model_folder
from edge.transforms import to_nchw
from training.data import CHECKED
from training.embedder_batches import ViewRecipe
from training.embedder_data import Crops, load_crops
from training.embedder_model import Embedder
from training.embedder_views import view
from training.loop import MEAN, STD, normalise
from training.train_embedder import Trial, vectors_of

WIDTH = 64
MARGIN = 0.15
"""Radians by which the angle to another garment shall exceed the angle to the same one."""
BATCH = 48


class FeatureMap(nn.Module):
    """(N, 3, S, S) normalised -> (N, C, H, W): what the last of the embedder's `stages` gives, then the encoding, if there is one."""

    def __init__(self, embedder: nn.Module, encoding: nn.Module | None = None) -> None:
        super().__init__()
        self.embedder, self.encoding = embedder, encoding
        self._seen: torch.Tensor | None = None
        embedder.stages[-1].register_forward_hook(self._see)

    def _see(self, module: nn.Module, given: tuple, out: torch.Tensor) -> None:
        self._seen = out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.embedder(x)
        return self._seen if self.encoding is None else self.encoding(self._seen)


def mean_cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W), (M, C, H, W) -> (N, M): cosines of the encodings at equal places, averaged over the places."""
    places = a.shape[2] * a.shape[3]
    return F.normalize(a, dim=1).flatten(1) @ F.normalize(b, dim=1).flatten(1).T / places


def triplet_on_angle(a: torch.Tensor, b: torch.Tensor, *, margin: float = MARGIN) -> torch.Tensor:
    """Row i of a and row i of b show one garment, all other pairs do not: mean hinge of angle(same) - angle(other) + margin in radians,
    over the triplets that still violate it, with either side as the reference (Wang et al. 2014 for triplets of images)."""
    angle = torch.arccos(mean_cosine(a, b).clamp(-1 + 1e-5, 1 - 1e-5))
    same = angle.diagonal()
    others = ~torch.eye(len(a), dtype=torch.bool)
    hinge = torch.cat([(same[:, None] - angle + margin)[others], (same[None, :] - angle + margin)[others]]).clamp_min(0)
    return hinge.sum() / (hinge > 0).sum().clamp_min(1)


def backbone(run: Path) -> tuple[Embedder, int]:
    """The embedder with the EMA weights of run/last.pt, for inference only, and its input's side in pixels.

    Widths and depths are read off the weights. Raises FileNotFoundError; RuntimeError where it is another network.
    """
    state = torch.load(run / "last.pt", weights_only=True)
    weights: dict[str, torch.Tensor] = state["ema"]
    blocks = {
        tuple(int(n) for n in name.split(".")[1:3]): w for name, w in weights.items() if re.fullmatch(r"stages\.\d+\.\d+\.a\.weight", name)
    }
    stages = sorted({stage for stage, _ in blocks})
    model = Embedder(
        widths=tuple(blocks[stage, 0].shape[0] for stage in stages),
        depth=tuple(sum(at == stage for at, _ in blocks) for stage in stages),
        activation=state.get("activation", "relu"),
    )
    model.load_state_dict(weights)
    return model.eval().requires_grad_(False), int(state.get("size", 128))


def made_pairs(crops: Crops, index: np.ndarray, rng: np.random.Generator, size: int) -> torch.Tensor:
    """A studio-like and a phone-like view of each photo: (2, B, 3, S, S) normalised."""
    views = np.empty((2, len(index), size, size, 3), np.uint8)
    for k, i in enumerate(index):
        alpha = crops.mask[i].astype(np.float32) / 255.0
        views[0, k] = view(crops.rgb[i], alpha, rng, strength=float(rng.uniform(0.2, 0.6)), size=size)
        views[1, k] = view(crops.rgb[i], alpha, rng, strength=float(rng.uniform(0.7, 1.3)), size=size)
    return torch.from_numpy(np.stack([to_nchw(v, MEAN, STD) for v in views]))


def one_of_each(crops: Crops) -> np.ndarray:
    """A photo number per garment, int (G,): two photos of one garment must not be taken for two garments."""
    return np.array([photos[0] for photos in crops.members()])


def alike(labels: np.ndarray, rng: np.random.Generator, batch: int) -> np.ndarray:
    """Places in labels (G,), half of them of one category, because other garments of a kind are the hard ones; int (batch,)."""
    same = np.flatnonzero(labels == labels[rng.integers(len(labels))])
    hard = rng.choice(same, min(batch // 2, len(same)), replace=False)
    return np.concatenate([hard, rng.choice(np.setdiff1d(np.arange(len(labels)), hard), batch - len(hard), replace=False)])


def recall_at_1(maps: FeatureMap, crops: Crops, size: int, *, seed: int = 99, most: int = 300) -> float:
    """Phone-like against studio-like views of up to `most` garments."""
    index = np.random.default_rng(seed).permutation(one_of_each(crops))[:most]
    with torch.no_grad():
        pairs = made_pairs(crops, index, np.random.default_rng(seed), size)
        studio, phone = (torch.cat([maps(chunk) for chunk in half.split(BATCH)]) for half in pairs)
        return float((mean_cosine(phone, studio).argmax(1) == torch.arange(len(index))).float().mean())


def re_ranking(model: Embedder, maps: FeatureMap, tune: Crops, fit: Crops, *, top: int = 20) -> dict[str, float]:
    """Tune garments' rough views among all garments' studio pictures: recall@1 by our vectors, and after the first `top` have been ranked
    anew by score + weight x spatial evidence, which is the mean cosine of the maps, at its best over shifts of up to one place."""
    trial = Trial(tune, fit, ViewRecipe())
    gallery, queries = vectors_of(model, trial.gallery), vectors_of(model, trial.queries)
    own = torch.from_numpy(trial.truth[:, None] == trial.group[None])
    scores, first = (queries @ gallery.T).topk(top, 1)
    right = own.gather(1, first)

    def unit(pictures: np.ndarray) -> torch.Tensor:
        with torch.no_grad():
            parts = [maps(normalise(torch.from_numpy(pictures[i : i + BATCH]))) for i in range(0, len(pictures), BATCH)]
        return F.normalize(torch.cat(parts), dim=1)

    ours, wanted = unit(trial.queries), first.unique()
    place = torch.full((len(gallery),), -1)
    place[wanted] = torch.arange(len(wanted))
    theirs = F.pad(unit(trial.gallery[wanted.numpy()]), (1, 1, 1, 1))
    h, w = ours.shape[2:]
    shifts = [(y, x) for y in range(3) for x in range(3)]
    evidence = torch.empty(len(queries), top)
    for i in range(len(queries)):
        others = theirs[place[first[i]]]
        evidence[i] = torch.stack([(others[:, :, y : y + h, x : x + w] * ours[i]).sum((1, 2, 3)) for y, x in shifts]).amax(0) / (h * w)
    found = {}
    for weight in (0.0, 0.1, 0.2, 0.4, 0.8):
        best = (scores + weight * evidence).argmax(1, keepdim=True)
        found[f"{weight:g}"] = round(float(right.gather(1, best).float().mean()), 4)
    return found


def train(*, data: Path, embedder_run: Path, out: Path, minutes: float, rate: float = 3e-3, seed: int = 0) -> None:
    """Train the linear encoding for `minutes`, then write out/raw and out/learned. Judged on the tune senders."""
    torch.manual_seed(seed)
    model, size = backbone(embedder_run)
    raw = FeatureMap(model)
    fit, tune = (load_crops(data, (part,), CHECKED) for part in ("fit", "tune"))
    garments = one_of_each(fit)
    labels = np.array([fit.rows[i].label for i in garments])
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        channels = raw(torch.zeros(1, 3, size, size)).shape[1]
    encoding = nn.Conv2d(channels, WIDTH, 1, bias=False)
    nn.init.orthogonal_(encoding.weight)  # starts out near the raw cosines, seen from fewer directions
    optimiser = torch.optim.Adam(encoding.parameters(), lr=rate)
    start, step, mean_loss = time.monotonic(), 0, 0.0
    while (elapsed := time.monotonic() - start) < minutes * 60:
        for group in optimiser.param_groups:
            group["lr"] = rate * max(0.02, 1 - elapsed / (minutes * 60))
        pairs = made_pairs(fit, garments[alike(labels, rng, BATCH)], rng, size)
        with torch.no_grad():
            studio, phone = raw(pairs[0]), raw(pairs[1])
        loss = triplet_on_angle(encoding(phone), encoding(studio))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        mean_loss = loss.item() if step == 1 else 0.95 * mean_loss + 0.05 * loss.item()
        if step % 20 == 0:
            print(json.dumps({"step": step, "minutes": round(elapsed / 60, 2), "loss": round(mean_loss, 4)}), flush=True)
    learned = FeatureMap(model, encoding)
    judged = {"raw": recall_at_1(raw, tune, size), "learned": recall_at_1(learned, tune, size)}
    sample = made_pairs(tune, np.arange(4), np.random.default_rng(1), size)[1]
    for kind, maps in (("raw", raw), ("learned", learned)):
        spec = {"role": f"tiefvision-{kind}", "input_size": size, "mean": MEAN, "std": STD, "steps": step if kind == "learned" else 0,
                "tune_recall@1": round(judged[kind], 4)}  # fmt: skip
        export(maps, out / kind, spec, sample)
    again = {kind: re_ranking(model, maps, tune, fit) for kind, maps in (("raw", raw), ("learned", learned))}
    print(json.dumps({"steps": step, "pairs": step * BATCH, "tune_recall@1": judged, "re_ranked_recall@1_by_weight": again}))


def export(maps: FeatureMap, out: Path, spec: dict, sample: torch.Tensor) -> None:
    """Write model.onnx and model.json and compare with PyTorch on (N, 3, S, S) samples. Raises RuntimeError where they differ."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "model.onnx"
    maps.eval()
    torch.onnx.export(maps, (sample[:1],), str(path), input_names=["image"], output_names=["maps"], opset_version=17, dynamo=False)
    spec = {**spec, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "made": date.today().isoformat()}
    (out / "model.json").write_text(json.dumps(spec, indent=2) + "\n")
    session = Session(read_model_folder(out), gpu=False)
    for x in sample:
        with torch.no_grad():
            want = maps(x[None])
        got = torch.from_numpy(session.run(x[None].numpy())[0])
        if (worst := 1 - float(mean_cosine(want, got)[0, 0])) > 1e-4:
            raise RuntimeError(f"ONNX and PyTorch differ by {worst:.2e} in cosine")
