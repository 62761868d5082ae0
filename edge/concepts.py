"""What a garment is: cutout -> Concepts (category no deeper than is certain, tags, colours).

    cutout -> network -> leaf probabilities, tags -> calibrated -> hedged on the tree (edge/taxonomy.py)

The network is apart from the embedder's; it can be trained anew without touching a vector of any index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.colours import ColourShare
from edge.errors import ModelError
from edge.session import Engine
from edge.taxonomy import Hedge, Taxonomy
from edge.transforms import network_input, to_nchw
from edge.types import Cutout


@dataclass(frozen=True, slots=True)
class Concepts:
    """What is said of one garment.

    category: the deepest node of the taxonomy that is certain enough; path: root to it; probability: its own, calibrated, 0..1.
    leaves, tags: name -> calibrated probability of every leaf and tag. said: the tags that are said, most likely first, never two
    disjoint ones. colours: largest first.
    """

    category: str
    path: tuple[str, ...]
    probability: float
    leaves: Mapping[str, float]
    tags: Mapping[str, float]
    said: tuple[str, ...]
    colours: tuple[ColourShare, ...] = ()

    @property
    def leaf(self) -> str:
        """The likeliest leaf, certain or not."""
        return max(self.leaves, key=lambda name: self.leaves[name])

    @property
    def hedged(self) -> bool:
        """Whether the answer stops above the leaves."""
        return self.category not in self.leaves

    def as_json(self) -> dict[str, Any]:
        """For a look-up's JSON line."""
        return {
            "category": {
                "path": list(self.path), "name": self.category, "level": len(self.path) - 1, "probability": round(self.probability, 4),
                "hedged": self.hedged, "leaf": self.leaf, "leaf_probability": round(self.leaves[self.leaf], 4),
            },
            "tags": [{"name": tag, "probability": round(self.tags[tag], 4)} for tag in self.said],
            "tag_probabilities": {tag: round(p, 4) for tag, p in self.tags.items()},
            "colours": [{"name": c.name, "share": round(c.share, 3), "rgb": "#{:02x}{:02x}{:02x}".format(*c.rgb)} for c in self.colours],
        }  # fmt: skip


class ConceptReader:
    """The stage: holds the engine, its model.json and the taxonomy.

    model.json: input_size, mean, std, labels and tags (of the outputs' columns), temperature, tag_calibration (tag -> slope, offset),
    hedging (share that may be wrong -> lambda).
    """

    def __init__(self, engine: Engine, spec: Mapping[str, Any], tree: Taxonomy, *, wrong: str = "0.05") -> None:
        """wrong: which entry of `hedging`. Raises ModelError where taxonomy and network do not fit."""
        self._engine, self._tree = engine, tree
        self._columns = tuple(tree.leaf_of_label(label) for label in spec["labels"])
        if not all(self._columns) or len(set(self._columns)) < len(self._columns):
            unknown = [label for label, leaf in zip(spec["labels"], self._columns, strict=True) if not leaf]
            raise ModelError(
                f"The taxonomy has no leaf of its own for {unknown or 'each label'} of the concepts network.", path="taxonomy.json"
            )
        self._tags = tuple(spec["tags"])
        self._temperature = float(spec["temperature"])
        self._slopes, self._offsets = np.array([spec["tag_calibration"][tag] for tag in self._tags], np.float64).T
        self._hedge, self._balance = Hedge(tree, self._columns), float(spec["hedging"][wrong])
        self._size, self._mean, self._std = int(spec["input_size"]), spec["mean"], spec["std"]

    def posteriors(self, cutouts: Sequence[Cutout]) -> tuple[np.ndarray, np.ndarray]:
        """N cutouts -> calibrated probabilities of leaves, float64 (N, L), each row adding up to 1, and tags, (N, T)."""
        x = np.concatenate([to_nchw(network_input(c.rgb, self._size), self._mean, self._std) for c in cutouts])
        leaves, tags = self._engine.run(x)[:2]
        return calibrated(leaves[:, -1], self._temperature), 1 / (1 + np.exp(-(tags.astype(np.float64) * self._slopes + self._offsets)))

    def read(self, cutout: Cutout, colours: Sequence[ColourShare] = ()) -> Concepts:
        """One garment in one photo -> Concepts."""
        leaves, tags = self.posteriors([cutout])
        return self._concepts(leaves[0], tags[0], colours)

    def together(self, several: Sequence[Concepts], weights: Sequence[float]) -> Concepts:
        """One garment in several photos, each counting as much as its weight, 0..1: probabilities averaged, colours of the heaviest."""
        counts = np.asarray(weights, np.float64) / np.sum(weights)
        leaves = counts @ np.array([[c.leaves[name] for name in self._columns] for c in several])
        tags = counts @ np.array([[c.tags[name] for name in self._tags] for c in several])
        return self._concepts(leaves, tags, several[int(np.argmax(counts))].colours)

    def _concepts(self, leaves: np.ndarray, tags: np.ndarray, colours: Sequence[ColourShare]) -> Concepts:
        chosen = int(self._hedge.choose(leaves[None], self._balance)[0])
        category = self._hedge.nodes[chosen]
        by_tag = dict(zip(self._tags, tags.tolist(), strict=True))
        said = self._tree.compatible(by_tag, category=category)
        return Concepts(
            category, self._tree.path(category), float(self._hedge.probabilities(leaves[None])[0, chosen]),
            dict(zip(self._columns, leaves.tolist(), strict=True)), by_tag, said, tuple(colours),
        )  # fmt: skip

    def hint(self, category: str, product_type: str) -> dict[str, str] | None:
        """What photo and matched item are called where they cannot both be right ("skirt", "shorts"); None where they can."""
        item = self._tree.of_product_type(product_type)
        return {"photo": category, "item": item} if item and self._tree.disagree(category, item) else None


def calibrated(logits: np.ndarray, temperature: float) -> np.ndarray:
    """(N, L) -> softmax of logits over temperature, float64 (Guo et al. 2017)."""
    x = logits.astype(np.float64) / temperature
    x = np.exp(x - x.max(1, keepdims=True))
    return x / x.sum(1, keepdims=True)
