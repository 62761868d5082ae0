"""How well photos find their garments, before and after: recall@1 and AUROC of the best score, by part."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.adapt_data import FOREIGN, HELD, TUNE, Prepared

Embed = Callable[[np.ndarray], np.ndarray]
"""uint8 (N, S, S, 3) cutouts -> float32 (N, D) of norm 1."""
MOST_LOST_ELSEWHERE = 0.01
AUROC_NOISE = 0.002


_STEP = 0.05


def figures(scores: np.ndarray, truth: np.ndarray, owner: np.ndarray) -> dict[str, float | int]:
    """scores float (Q, N), truth (Q,), owner (N,) -> how many, recall@1, and AUROC of the best score with the own garment there
    against with it left out.

    doubt: mean of log(1 + exp(lead of the best other garment / 0.05)), which still tells two networks apart where both find all.
    """
    own = truth[:, None] == owner[None]
    known, unknown = np.where(own, scores, -2).max(1), np.where(own, -2, scores).max(1)
    best, others = np.maximum(known, unknown), np.sort(unknown)
    below = (np.searchsorted(others, best, "left") + np.searchsorted(others, best, "right")) / 2
    return {
        "queries": len(truth),
        "recall@1": round(float((known > unknown).mean()), 4),
        "auroc": round(float(below.mean() / len(others)), 4),
        "doubt": round(float(np.logaddexp(0, (unknown - known) / _STEP).mean()), 5),
    }


def judged(embed: Embed, data: Prepared, parts: tuple[int, ...]) -> dict[str, dict[str, float | int]]:
    """ "tune", "held_out_items", "held_out_look_ups" and "drawn", of the parts asked for that have queries."""
    gallery = embed(data.gallery)
    out = {}
    kinds = (("tune", TUNE, None), ("held_out_items", HELD, False), ("held_out_look_ups", HELD, True), ("drawn", FOREIGN, None))
    for name, part, confirmed in kinds:
        asked = data.part == part
        if confirmed is not None:
            asked &= data.confirmed == confirmed
        if part in parts and asked.any():
            out[name] = figures(embed(data.query[asked]) @ gallery.T, data.truth[asked], data.owner)
    return out


def doubt(found: dict[str, dict[str, float | int]]) -> float:
    """The doubt on the items to choose by; infinite where there are none."""
    return float(found["tune"]["doubt"]) if "tune" in found else float("inf")


def worse(before: dict[str, dict[str, float | int]], after: dict[str, dict[str, float | int]]) -> list[str]:
    """A sentence for each figure that fell by more than it may: at home not at all (AUROC: 0.002), on drawn garments by a point."""
    found = []
    for name in before:
        for figure in ("recall@1", "auroc"):
            may = MOST_LOST_ELSEWHERE if name == "drawn" else AUROC_NOISE if figure == "auroc" else 0.0
            if after[name][figure] < before[name][figure] - may - 1e-9:
                found.append(f"{name}: {figure} fell from {before[name][figure]:.3f} to {after[name][figure]:.3f}")
    return found


def gained(before: dict[str, dict[str, float | int]], after: dict[str, dict[str, float | int]]) -> bool:
    """Whether anything held out at home is found better: more found, known and unknown further apart, or a twentieth of the doubt gone.

    Less than that is not worth building the index anew.
    """
    at_home = [(before[name], after[name]) for name in before if name.startswith("held_out")]
    return any(
        now["recall@1"] > was["recall@1"] or now["auroc"] > was["auroc"] + AUROC_NOISE or now["doubt"] < 0.95 * was["doubt"]
        for was, now in at_home
    )
