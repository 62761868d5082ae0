"""Smooth outlines: a few named nodes in, a dense polyline out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# A node is (x, y) on a smooth curve, or (x, y, True) for a corner at which the curve may break.
Node = tuple[float, float] | tuple[float, float, bool]

_STEPS = 14


def _is_corner(node: Node) -> bool:
    return len(node) == 3 and bool(node[2])


def curve(nodes: Sequence[Node]) -> np.ndarray:
    """Open Catmull-Rom curve through the nodes, broken at corners.

    Returns float64 (N, 2), x right and y down, in the units of the nodes.
    """
    pieces: list[np.ndarray] = []
    run = [nodes[0]]
    for node in nodes[1:]:
        run.append(node)
        if _is_corner(node):
            pieces.append(_smooth_run(run))
            run = [node]
    if len(run) > 1:
        pieces.append(_smooth_run(run))
    points = np.concatenate(pieces)
    keep = np.r_[True, np.any(np.abs(np.diff(points, axis=0)) > 1e-9, axis=1)]
    return points[keep]


def closed(nodes: Sequence[Node]) -> np.ndarray:
    """Closed outline through the nodes; same return as `curve`, the first point not repeated.

    The outline starts at its first corner, so a fully smooth shape should name one flat spot as a corner.
    """
    start = next((i for i, node in enumerate(nodes) if _is_corner(node)), 0)
    turned = [*nodes[start:], *nodes[:start], nodes[start]]
    return curve(turned)[:-1]


def mirrored(nodes: Sequence[Node]) -> list[Node]:
    """The nodes reflected in the y axis, in reverse order, so that a right half can be continued by its left."""
    return [(-node[0], *node[1:]) for node in reversed(nodes)]


def flipped(points: np.ndarray) -> np.ndarray:
    """float (N, 2) reflected in the y axis."""
    return points * np.array([-1.0, 1.0])


def ellipse(x: float, y: float, rx: float, ry: float) -> np.ndarray:
    """Ellipse outline, float64 (48, 2)."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def band(points: np.ndarray, width: float) -> np.ndarray:
    """A strip of the given width to one side of an open polyline (its left-hand side for y down), float64 (2N, 2)."""
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    normal = np.stack([along[:, 1], -along[:, 0]], axis=1)
    return np.concatenate([points, (points + width * normal)[::-1]])


def _smooth_run(run: Sequence[Node]) -> np.ndarray:
    points = np.array([node[:2] for node in run], dtype=np.float64)
    if len(points) == 2:
        return points
    padded = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    pieces = []
    for i in range(len(points) - 1):
        a, b, c, d = padded[i : i + 4]
        # Uniform Catmull-Rom: the tangent at b is (c - a) / 2.
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate([*pieces, points[-1:]])
