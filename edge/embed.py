"""Cutout -> Embedding: the network's parts, each L2-normalised, weighted and joined into one vector of norm 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edge.session import Engine
from edge.transforms import network_input, to_nchw
from edge.types import Cutout, Embedding


def join_parts(parts: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """name -> (N, d) arrays of any length -> float32 (N, D), norm 1; the square of a part's weight is its share of the whole cosine."""
    total = float(np.sqrt(sum(weights[name] ** 2 for name in parts)))
    joined = []
    for name, x in parts.items():
        norm = np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
        joined.append(x / norm * (weights[name] / total))
    return np.ascontiguousarray(np.concatenate(joined, 1), dtype=np.float32)


def part_scores(a: np.ndarray, b: np.ndarray, parts: Mapping[str, slice]) -> dict[str, float]:
    """Cosine of each part of two joined vectors (D,), each in -1..1."""
    out = {}
    for name, where in parts.items():
        x, y = a[where], b[where]
        out[name] = float(x @ y / max(float(np.linalg.norm(x) * np.linalg.norm(y)), 1e-12))
    return out


class Embedder:
    """The stage: holds the engine and its model.json (input_size, mean, std, parts: name -> {"dim", "weight"} in output order)."""

    def __init__(self, engine: Engine, spec: dict, model_id: str) -> None:
        self._engine, self._id = engine, model_id
        self._size = int(spec["input_size"])
        self._mean, self._std = tuple(spec["mean"]), tuple(spec["std"])
        self._dims = {name: int(p["dim"]) for name, p in spec["parts"].items()}
        self._weights = {name: float(p["weight"]) for name, p in spec["parts"].items()}
        self._batches = tuple(spec.get("batches", (1, 16)))
        self.parts: dict[str, slice] = {}
        at = 0
        for name, dim in self._dims.items():
            self.parts[name] = slice(at, at + dim)
            at += dim
        self.dim = at

    def embed(self, cutouts: Sequence[Cutout]) -> list[Embedding]:
        """One Embedding per cutout. Runs in fixed batch sizes, so that a GPU is tuned once for each."""
        out: list[Embedding] = []
        for start in range(0, len(cutouts), self._batches[-1]):
            chunk = cutouts[start : start + self._batches[-1]]
            x = np.stack([network_input(c.rgb, self._size) for c in chunk])
            served = next(b for b in self._batches if b >= len(chunk))
            padded = np.concatenate([x, np.repeat(x[-1:], served - len(chunk), 0)]) if served > len(chunk) else x
            raw = self._engine.run(to_nchw(padded, self._mean, self._std))[0][: len(chunk)]
            vectors = join_parts({n: raw[:, s] for n, s in self.parts.items()}, self._weights)
            out += [Embedding(v, self.parts, self._id) for v in vectors]
        return out
