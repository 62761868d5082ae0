"""Enhancement network's checkpoint -> assets/models/enhance: compared with PyTorch, its doubts calibrated on the tune senders."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from edge.develop import Development, develop
from edge.enhance import TONES, Enhancer, grid_places, mean_difference, small_copy
from edge.session import Session
from edge.transforms import to_nchw
from training.enhance_data import SIZE, Samples, cached_photos, tune_samples
from training.enhance_edit import MOST, SCALES
from training.enhance_model import BINS, REACH, EnhanceNet
from training.enhance_train import APART, NEAR, degrees, found_lights, measures
from training.loop import MEAN, STD
from training.onnx_file import read_spec, write_model, write_spec

_WORST_ALLOWED = 0.05
CAST_FROM = 6.0
"""Degrees; a look-up tries a photo without its light from here on. Weaker casts the embedder has learnt to look past."""


def nearest_temperature(output: np.ndarray, light: np.ndarray) -> float:
    """The temperature under which the true lights are the likeliest (Guo et al. 2017)."""
    places = grid_places(BINS, REACH)
    cell = [np.abs(places[None] - light[:, i : i + 1]).argmin(1) for i in (0, 1)]
    scores = output[:, : BINS**2].astype(np.float64)

    def surprise(temperature: float) -> float:
        z = scores / temperature
        z = z - z.max(1, keepdims=True)
        return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), cell[0] * BINS + cell[1]]).mean())

    return float(min(np.linspace(0.6, 2.5, 39), key=surprise))


def fine_below(model: Enhancer, samples: Samples, photos: np.ndarray) -> float:
    """The change (CIE 1976 Delta E) that tells untouched photos best from those that their true edit would change by 5 and more."""

    def change(rgb: np.ndarray) -> float:
        return mean_difference(rgb, develop(rgb, model.read(rgb).development))

    untouched = np.array([change(small_copy(rgb, SIZE)) for rgb in photos])
    spoilt = []
    for rgb, light, tones in zip(samples.spoilt[:400], samples.light, samples.tones, strict=False):
        true = Development(red=light[0], blue=light[1], **{n: t * SCALES[n] for n, t in zip(TONES, tones.tolist(), strict=True)})
        if mean_difference(rgb, develop(rgb, true)) >= 5:
            spoilt.append(change(rgb))
    cuts = np.linspace(1, 12, 111)
    right = [(untouched < cut).mean() + (np.array(spoilt) >= cut).mean() for cut in cuts]
    return float(cuts[int(np.argmax(right))])


def export_enhance(*, data: Path, run: Path, out: Path, count: int = 1000) -> None:
    """Export run/best.pt, compare with PyTorch on tune samples, calibrate. Raises RuntimeError where the two differ."""
    model = EnhanceNet()
    model.load_state_dict(torch.load(run / "best.pt", weights_only=True)["model"])
    tones = {name: {"scale": SCALES[name], "most": MOST[name], "spread": 1.0} for name in TONES}
    spec = {"role": "enhance", "input_size": SIZE, "mean": MEAN, "std": STD, "bins": BINS, "reach": REACH, "temperature": 1.0,
            "near": NEAR, "apart": APART, "tones": tones, "fine_below": 3.0, "cast_from": CAST_FROM}  # fmt: skip
    session: Session = write_model(model, out, spec, SIZE, dynamic=False)
    samples = tune_samples(data, run, count=count)
    x = to_nchw(samples.spoilt, MEAN, STD)
    output = np.concatenate([session.run(one[None])[0] for one in x])
    with torch.no_grad():
        want = model(torch.from_numpy(x[:100])).numpy()
    worst = float(degrees(found_lights(output[:100]), found_lights(want)).max())
    worst_tone = float(np.abs(output[:100, BINS**2 :] - want[:, BINS**2 :]).max())
    if max(worst, worst_tone) > _WORST_ALLOWED:
        raise RuntimeError(f"ONNX and PyTorch differ by {worst:.3f} degrees of light, {worst_tone:.3f} in the tones")
    spec = read_spec(out)
    spec["temperature"] = round(nearest_temperature(output, samples.light), 3)
    mean, spread = np.split(output[:, BINS**2 :], 2, axis=1)
    for i, name in enumerate(TONES):
        off = (mean[:, i] - samples.tones[:, i]) / np.exp(np.clip(spread[:, i], -8, 8) / 2)
        spec["tones"][name]["spread"] = round(float(np.sqrt((off**2).mean())), 3)
    photos, _ = cached_photos(data, "tune", cache=run)
    spec["fine_below"] = round(fine_below(Enhancer(session, spec), samples, photos), 2)
    write_spec(out, spec)
    chosen = {name: spec[name] for name in ("temperature", "fine_below", "bytes")}
    print(json.dumps({**chosen, "onnx_minus_torch_degrees": worst, "onnx_minus_torch_tones": worst_tone, **measures(output, samples)}))
