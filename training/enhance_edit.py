"""edge/develop.py once more in PyTorch, for whole batches of pixels and with gradients; and the edits that best undo what was done."""

from __future__ import annotations

import torch

from edge.develop import LUMINANCE, MOST_SHADOWS, PIVOT

SCALES = {"exposure": 0.5, "contrast": 0.3, "shadows": 0.1, "saturation": 0.3}
"""What the network calls 1, in each parameter's unit; the order is that of edge.enhance.TONES."""
MOST = {"exposure": 2.0, "contrast": 0.8, "shadows": MOST_SHADOWS, "saturation": 0.8}
_LUMINANCE = torch.tensor(LUMINANCE, dtype=torch.float32)


def to_linear(srgb: torch.Tensor) -> torch.Tensor:
    return torch.where(srgb <= 0.04045, srgb / 12.92, ((srgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: torch.Tensor) -> torch.Tensor:
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def developed(srgb: torch.Tensor, light: torch.Tensor, tones: torch.Tensor) -> torch.Tensor:
    """Pixels (N, P, 3) in 0..1, light (N, 2) as log red / green and blue / green, tones (N, 4) in their units -> pixels (N, P, 3)."""
    colour = torch.stack([light[:, 0], torch.zeros_like(light[:, 0]), light[:, 1]], 1).exp()
    colour = colour / (colour @ _LUMINANCE)[:, None]
    exposure, contrast, shadows, saturation = (tones[:, i, None, None] for i in range(4))
    x = to_linear(srgb) / colour[:, None] * 2.0**exposure
    grey = (x @ _LUMINANCE)[..., None]
    x = to_srgb((grey + saturation.exp() * (x - grey)).clamp(0, 2)).clamp(0, 1)
    s = shadows.clamp(-MOST_SHADOWS, MOST_SHADOWS)
    x = (x + s * (1 - x) ** 3 * torch.where(s > 0, 4 * x, torch.ones_like(x))).clamp(1e-4, 1 - 1e-4)
    k = contrast.exp()
    return torch.where(x < PIVOT, PIVOT * (x / PIVOT) ** k, 1 - (1 - PIVOT) * ((1 - x) / (1 - PIVOT)) ** k)


def fitted_tones(
    spoilt: torch.Tensor, good: torch.Tensor, light: torch.Tensor, weight: torch.Tensor, *, steps: int = 40, ridge: float = 3e-4
) -> torch.Tensor:
    """The tones (N, 4), in units of SCALES, that bring spoilt pixels nearest to the good ones under the true light.

    spoilt, good: (N, P, 3) in 0..1; weight (N, P). A little ridge settles what the pixels leave open: no change rather than two that
    cancel. These are the edits a person would have saved with the better version.
    """
    scale = torch.tensor(list(SCALES.values()))
    tones = torch.zeros(len(spoilt), 4, requires_grad=True)
    optimiser = torch.optim.Adam([tones], lr=0.15)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 0.15 * (1 - step / steps) + 0.01
        off = ((developed(spoilt, light, tones * scale) - good) ** 2).mean(2)
        loss = ((off * weight).sum(1) / weight.sum(1) + ridge * (tones**2).sum(1)).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    most = torch.tensor(list(MOST.values())) / scale
    return torch.minimum(torch.maximum(tones.detach(), -most), most)
