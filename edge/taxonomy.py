"""The category tree, and answers no deeper than is certain.

Hedging after "Hedging your bets: optimizing accuracy-specificity trade-offs in large scale visual recognition" (Deng, Krause, Berg and
Fei-Fei 2012, DARTS): answer the node v with the highest (gain(v) + lambda) * p(v), where p(v) adds up the probabilities of the leaves
below v and gain(v) is the information won by knowing v. The larger lambda, the nearer to the root; it is found by bisection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import ModelError

DEFAULT_TAXONOMY = Path(__file__).resolve().parents[1] / "assets" / "taxonomy.json"
_HIGHEST_LAMBDA = 1e4


@dataclass(frozen=True, slots=True)
class TagKind:
    """Tags of one kind. only: categories they can be said of, with all below these; empty: of any."""

    values: tuple[str, ...]
    only: tuple[str, ...] = ()


class Taxonomy:
    """A tree of named categories. nodes: root first, parents before children; leaves: names in the tree's order."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        """content: taxonomy.json. Raises ValueError where it is no tree, or two categories claim one label."""
        self.root = str(content["root"])
        self._parent: dict[str, str] = {name: str(c["parent"]) for name, c in content["categories"].items()}
        if self.root in self._parent:
            raise ValueError(f"the root {self.root!r} has a parent")
        self._paths: dict[str, tuple[str, ...]] = {self.root: (self.root,)}
        for name in self._parent:
            self._paths[name] = self._path(name)
        self.nodes = tuple(sorted(self._paths, key=lambda name: len(self._paths[name])))
        inner = set(self._parent.values())
        self.leaves = tuple(name for name in self._parent if name not in inner)
        self._of_label: dict[str, str] = {}
        for name in self.leaves:
            for label in content["categories"][name].get("labels", ()):
                if self._of_label.setdefault(label, name) != name:
                    raise ValueError(f"{self._of_label[label]!r} and {name!r} both claim the label {label!r}")
        self.tags = {kind: TagKind(tuple(t["values"]), tuple(t.get("only", ()))) for kind, t in content["tags"].items()}
        self._disjoint = [frozenset(group) for group in content["disjoint"]]
        self._called: dict[str, str] = {}
        names = {name: (name, *content["categories"][name].get("names", ())) for name in self._parent}
        for spelling in (_spaced, _plain):  # as it is written goes first: "tops" is not "top"
            for name, callings in names.items():
                for called in callings:
                    self._called.setdefault(spelling(called), name)

    @classmethod
    def read(cls, path: Path | None = None) -> Taxonomy:
        """Read a taxonomy file (default assets/taxonomy.json). Raises ModelError."""
        path = path or DEFAULT_TAXONOMY
        try:
            return cls(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"The taxonomy {path} cannot be used ({error}).", path=str(path)) from error

    def _path(self, name: str) -> tuple[str, ...]:
        path = [name]
        while path[-1] != self.root:
            parent = self._parent.get(path[-1])
            if parent is None or parent in path:
                raise ValueError(f"{name!r} does not hang from the root {self.root!r}")
            path.append(parent)
        return tuple(reversed(path))

    def path(self, name: str) -> tuple[str, ...]:
        """Root to node. Raises KeyError."""
        return self._paths[name]

    def parent(self, name: str) -> str:
        """The node above. Raises KeyError for the root and for names that are not there."""
        return self._parent[name]

    def leaf_of_label(self, label: str) -> str:
        """The leaf for what the training data says, "" for a label that means none."""
        return self._of_label.get(label, "")

    def within(self, name: str, above: str) -> bool:
        """Whether `above` is the node itself or lies over it."""
        return above in self._paths[name]

    def of_product_type(self, product_type: str) -> str:
        """The deepest node that a feed's path ("Apparel > Tops > T-Shirts") speaks of, "" where none is known.

        The last level that is called like a node decides; failing that, the last word of a level ("Slim Fit Jeans").
        """
        levels = [_spaced(level) for level in re.split(r"[>/|]", product_type) if level.strip()]
        for level in reversed(levels):
            found = self._named(level)
            if found:
                return found
        for level in reversed(levels):
            words = level.split(" ")
            for start in range(1, len(words)):
                found = self._named(" ".join(words[start:]))
                if found:
                    return found
        return ""

    def _named(self, text: str) -> str:
        return self._called.get(text, "") or self._called.get(_plain(text), "")

    def disagree(self, one: str, other: str) -> bool:
        """Whether two nodes cannot both be right: neither lies over the other."""
        return not (self.within(one, other) or self.within(other, one))

    def compatible(self, tags: Mapping[str, float], *, least: float = 0.5, category: str = "") -> tuple[str, ...]:
        """Of tags with probabilities, those to be said: likely enough, most likely first, none disjoint from one already said.

        category: the node they are said of; tags of a kind that cannot be said of it are left out.
        """
        said: list[str] = []
        for tag in sorted((t for t in tags if tags[t] >= least), key=lambda t: -tags[t]):
            fits = all(not ({tag, s} <= group) for s in said for group in self._disjoint)
            if fits and self._applies(tag, category):
                said.append(tag)
        return tuple(said)

    def _applies(self, tag: str, category: str) -> bool:
        kind = next((k for k in self.tags.values() if tag in k.values), None)
        return kind is None or not kind.only or not category or any(self.within(category, above) for above in kind.only)


def _spaced(text: str) -> str:
    """Without case and hyphens."""
    return re.sub(r"[\s_-]+", " ", text.strip().casefold())


def _plain(text: str) -> str:
    """Without a plural s too, "dresses" like "dress"."""
    words = _spaced(text)
    if words.endswith(("sses", "shes", "ches")):
        return words[:-2]
    return words[:-1] if words.endswith("s") and not words.endswith("ss") else words


class Hedge:
    """Leaf probabilities -> a node. columns: the leaf of each column of the probabilities."""

    def __init__(self, tree: Taxonomy, columns: Sequence[str]) -> None:
        unknown = [name for name in columns if name not in tree.leaves]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no leaf of the taxonomy")
        self._tree = tree
        covered = {name: np.array([tree.within(leaf, name) for leaf in columns]) for name in tree.nodes}
        # A node with one child covers what its child covers: the deeper of the two, later in `nodes`, says more for the same price.
        self.nodes = tuple(name for name in tree.nodes if covered[name].any())
        self._below = np.stack([covered[name] for name in self.nodes]).astype(np.float64)
        self.gain = np.log2(len(columns)) - np.log2(self._below.sum(1))
        """Information gain of each of `nodes` in bits: 0 for the root, log2 of the number of leaves for a leaf."""

    def probabilities(self, leaves: np.ndarray) -> np.ndarray:
        """(N, L) -> float64 (N, nodes): what lies below each node, added up."""
        return np.asarray(leaves, np.float64) @ self._below.T

    def choose(self, leaves: np.ndarray, balance: float) -> np.ndarray:
        """(N, L) -> int64 (N,), places in `nodes`. balance: lambda, 0 to say most, larger to be right more often."""
        worth = (self.gain + balance) * self.probabilities(leaves)
        return worth.shape[1] - 1 - np.argmax(np.round(worth[:, ::-1], 12), 1)  # of equals the last, which is the deepest

    def judge(self, leaves: np.ndarray, truth: Sequence[str], balance: float) -> tuple[np.ndarray, np.ndarray]:
        """(right, bits): bool (N,) whether the chosen node lies over the true leaf, float64 (N,) the information won, 0 where wrong."""
        chosen = self.choose(leaves, balance)
        right = np.array([self._tree.within(leaf, self.nodes[c]) for leaf, c in zip(truth, chosen, strict=True)])
        return right, np.where(right, self.gain[chosen], 0.0)

    def fit(self, leaves: np.ndarray, truth: Sequence[str], *, wrong: float = 0.05, standard_errors: float = 1.0) -> float:
        """The smallest lambda at which at most a share `wrong` of the answers is wrong, by bisection.

        standard_errors: how many of them the share must stay below the limit, since the data to calibrate on is a sample.
        """

        def safe(balance: float) -> bool:
            right = self.judge(leaves, truth, balance)[0]
            # Of the limit itself, not of the share seen: no mistake among a few photos is no proof.
            return 1 - right.mean() + standard_errors * np.sqrt(wrong * (1 - wrong) / len(right)) <= wrong

        low, high = 0.0, 1.0
        if safe(low):
            return 0.0
        while not safe(high):
            if high >= _HIGHEST_LAMBDA:
                return _HIGHEST_LAMBDA
            low, high = high, high * 2
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if safe(middle) else (middle, high)
        return high
