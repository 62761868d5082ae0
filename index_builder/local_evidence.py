"""What two small pictures of garments have in common, looked at piece by piece: outline, folds and pattern, colour. OpenCV only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 160
"""Side of the square in which garments are compared, pixels."""
_MARGIN = 12
_CELLS, _BINS = 8, 8
_SIFT_POINTS = 400
_NEAREST_TO_JUDGE = 8  # matches from which a transform is worth fitting
_EITHER_WAY = 0.04  # outlines that near to each other, plain and mirrored, leave open which it is
_HOPELESS = 0.42  # structure + overlap / 2 before refinement; the tuning catalogue's figures are the same with and without
_LEAST_CORE = 200  # pixels that both garments must share before anything inside them is compared
_STAY = np.eye(2, 3, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One garment ready to be compared.

    lab: float32 (SIDE, SIDE, 3), CIELAB (L 0..100), blurred, as alignment is good to a few pixels. inside: float32 (SIDE, SIDE) in
    0..1, the garment. seen: uint8 (SIDE, SIDE), 1 where the picture had pixels at all. edges: float32 (SIDE, SIDE, 2), direction of the
    local edge as (cos 2a, sin 2a) times its strength in 0..1: neither light nor colours, nor which side is darker, change it much.
    points, descriptors: SIFT (Lowe 2004). outline: float32 (2, 512), norm 1: histograms of edge directions per cell (after Dalal and
    Triggs 2005), plain and mirrored.
    """

    lab: np.ndarray
    inside: np.ndarray
    seen: np.ndarray
    edges: np.ndarray
    points: np.ndarray
    descriptors: np.ndarray
    outline: np.ndarray


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a comparison found.

    overlap: IoU of the garments where both pictures show anything, 0..1. structure: agreement of edge directions inside, about 0
    for strangers, 1 for the same picture. matches: SIFT matches that one transform explains. colour: how far apart the garments'
    colours are as a whole, in CIELAB with lightness at half weight, as exposure changes it. spread and worst: 75th and 95th percentile
    over the garment of the colour difference that is left when the former is taken off. mirrored: whether the second picture was
    looked at in the mirror.
    """

    overlap: float
    structure: float
    matches: int
    colour: float
    spread: float
    worst: float
    mirrored: bool


def outline_of(rgb: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The outline of a Look alone, float32 (2, 512), at a fraction of its cost. Arguments and errors as in `look_at`."""
    small, alpha, _ = _placed(rgb, inside)
    return _outline(_edges(_lab(small), alpha))


def look_at(rgb: np.ndarray, inside: np.ndarray) -> Look:
    """rgb: uint8 (H, W, 3). inside: float32 (H, W) in 0..1, not empty. Raises ValueError for an empty mask."""
    small, alpha, seen = _placed(rgb, inside)
    lab = _lab(small)
    edges = _edges(lab, alpha)
    gray = _even_contrast(small, alpha)
    points, descriptors = _sift(gray)
    return Look(cv2.blur(lab, (7, 7)), alpha, seen, edges, points, descriptors, _outline(edges))


def mirrored(look: Look) -> Look:
    """The look of the mirror image."""
    flip = np.ascontiguousarray
    # A SIFT descriptor is 4 lines of 4 cells of 8 directions, laid along its point's own direction: in the mirror the lines change places
    # and the directions turn the other way.
    descriptors = look.descriptors.reshape(-1, 4, 4, 8)[:, ::-1][..., -np.arange(8) % 8].reshape(-1, 128)
    points = look.points * np.float32([-1, 1]) + np.float32([SIDE - 1, 0])
    edges = flip(look.edges[:, ::-1]) * np.float32([1, -1])
    lab, inside, seen = flip(look.lab[:, ::-1]), flip(look.inside[:, ::-1]), flip(look.seen[:, ::-1])
    return Look(lab, inside, seen, edges, points, flip(descriptors), flip(look.outline[::-1]))


@dataclass(frozen=True, slots=True, eq=False)
class _Try:
    """One way to lay the second garment onto the first. core: bool (SIDE, SIDE), well inside both."""

    move: np.ndarray
    flipped: bool
    matches: int
    overlap: float
    structure: float
    core: np.ndarray

    @property
    def rank(self) -> float:
        # Many garments are nearly their own mirror image: call them mirrored only where that explains clearly more.
        return self.structure + 0.5 * self.overlap - 0.02 * self.flipped


def compare(a: Look, b: Look) -> Evidence:
    """Bring the second garment, plain or mirrored, onto the first as well as an affine transform can, and measure what agrees."""
    sides = (b, mirrored(b))
    likeness = [float(a.outline[0] @ side.outline[0]) for side in sides]
    tries = []
    for flipped, side in enumerate(sides):
        matches, move = _matched(a, side)
        if likeness[flipped] > max(likeness) - _EITHER_WAY:
            tries.append(_tried(a, side, _STAY, matches, bool(flipped)))
        if move is not None:
            tries.append(_tried(a, side, move, matches, bool(flipped)))
    tries.sort(key=lambda t: t.rank, reverse=True)
    best = tries[0]
    if best.rank >= _HOPELESS:
        refined = [_tried(a, sides[t.flipped], _refined(a, sides[t.flipped], t.move), t.matches, t.flipped) for t in tries[:2]]
        best = max([best, *refined], key=lambda t: t.rank)
    colour, spread, worst = _colours_apart(a, sides[best.flipped], best)
    return Evidence(best.overlap, best.structure, best.matches, colour, spread, worst, best.flipped)


def _matched(a: Look, b: Look) -> tuple[int, np.ndarray | None]:
    """SIFT matches both ways round that one affine transform explains (RANSAC), and that transform from b to a, float32 (2, 3)."""
    if min(len(a.points), len(b.points)) < _NEAREST_TO_JUDGE:
        return 0, None
    cosines = a.descriptors @ b.descriptors.T
    nearest = cosines.argmax(1)
    rows = np.arange(len(nearest))
    best = cosines[rows, nearest]
    mutual = cosines.argmax(0)[nearest] == rows
    distance = np.sqrt(np.maximum(2 - 2 * best, 0))
    good = mutual & (distance < 0.75)
    if good.sum() < _NEAREST_TO_JUDGE:
        return 0, None
    move, kept = cv2.estimateAffine2D(
        b.points[nearest[good]], a.points[good], method=cv2.RANSAC, ransacReprojThreshold=3.5, maxIters=400, confidence=0.99
    )
    if move is None or not _plausible(move):
        return 0, None
    return int(kept.sum()), move.astype(np.float32)


def _plausible(move: np.ndarray) -> bool:
    """Whether a transform is one between two pictures of a garment: scale 0.4 to 2.5, turned less than 35 degrees, hardly squashed."""
    u, s, vt = np.linalg.svd(move[:, :2])
    turn = np.rad2deg(np.arctan2((u @ vt)[1, 0], (u @ vt)[0, 0]))
    return bool(np.linalg.det(move[:, :2]) > 0 and 0.4 < s[1] and s[0] < 2.5 and s[0] / s[1] < 1.2 and abs(turn) < 35)


def _refined(a: Look, b: Look, start: np.ndarray) -> np.ndarray:
    """Affine transform from b to a, refined by the enhanced correlation coefficient (Evangelidis and Psarakis 2008) of edge strength."""
    fixed, moving = (np.linalg.norm(x.edges, axis=2) + x.inside for x in (a, b))
    back = cv2.invertAffineTransform(start).astype(np.float32)
    try:
        _, refined = cv2.findTransformECC(
            cv2.resize(fixed, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
            cv2.resize(moving, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
            back * np.float32([[1, 1, 0.5], [1, 1, 0.5]]), cv2.MOTION_AFFINE,
            (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 25, 1e-3), None, 5,
        )  # fmt: skip
    except cv2.error:  # does not converge: the pictures have little in common
        return start
    refined = cv2.invertAffineTransform(refined * np.float32([[1, 1, 2], [1, 1, 2]]))
    return refined.astype(np.float32) if _plausible(refined) else start


def _tried(a: Look, b: Look, move: np.ndarray, matches: int, flipped: bool) -> _Try:
    seen = a.seen & cv2.warpAffine(b.seen, move, (SIDE, SIDE), flags=cv2.INTER_NEAREST)
    inside_a, inside_b = a.inside * seen, cv2.warpAffine(b.inside, move, (SIDE, SIDE)) * seen
    both = np.minimum(inside_a, inside_b)
    overlap = float(both.sum() / max(1.0, float(np.maximum(inside_a, inside_b).sum())))
    core = cv2.erode((both > 0.5).astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    if np.count_nonzero(core) < _LEAST_CORE:
        return _Try(move, flipped, matches, overlap, 0.0, core)
    # Directions turn with the picture.
    turn = 2 * np.arctan2(move[1, 0] - move[0, 1], move[0, 0] + move[1, 1])
    ea, eb = a.edges[core], cv2.warpAffine(b.edges, move, (SIDE, SIDE))[core]
    eb = eb @ np.float32([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    structure = float((ea * eb).sum() / max(1e-6, float(np.sqrt((ea * ea).sum() * (eb * eb).sum()))))
    return _Try(move, flipped, matches, overlap, structure, core)


def _colours_apart(a: Look, b: Look, laid: _Try) -> tuple[float, float, float]:
    """colour, spread and worst of an Evidence."""
    if np.count_nonzero(laid.core) < _LEAST_CORE:
        return 100.0, 100.0, 100.0
    apart = (cv2.warpAffine(b.lab, laid.move, (SIDE, SIDE))[laid.core] - a.lab[laid.core]) * np.float32([0.5, 1, 1])
    middle = np.median(apart, axis=0)
    spread, worst = np.percentile(np.linalg.norm(apart - middle, axis=1), (75, 95))
    return float(np.linalg.norm(middle)), float(spread), float(worst)


def _placed(rgb: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The garment in the middle of the square, filling it: rgb, its mask, and where the picture had pixels."""
    solid = inside > 0.5
    columns, lines = np.flatnonzero(solid.any(0)), np.flatnonzero(solid.any(1))
    if columns.size == 0:
        raise ValueError("the mask is empty")
    left, top, right, bottom = columns[0], lines[0], columns[-1] + 1, lines[-1] + 1
    scale = (SIDE - 2 * _MARGIN) / max(right - left, bottom - top)
    middle = (SIDE - 1) / 2  # centres of pixels, so that the mirror image falls on the same ones
    place = np.float32([[scale, 0, middle - scale * (left + right - 1) / 2], [0, scale, middle - scale * (top + bottom - 1) / 2]])
    how = cv2.INTER_AREA if scale < 0.7 else cv2.INTER_LINEAR
    small = cv2.warpAffine(rgb, place, (SIDE, SIDE), flags=how, borderMode=cv2.BORDER_CONSTANT, borderValue=(255, 255, 255))
    alpha = cv2.warpAffine(inside, place, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return small, alpha, cv2.warpAffine(np.ones(rgb.shape[:2], np.uint8), place, (SIDE, SIDE), flags=cv2.INTER_NEAREST)


def _lab(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def _edges(lab: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Directions of edges, float32 (SIDE, SIDE, 2); measured against the neighbourhood's, so that black cloth counts too."""
    gx, gy = (cv2.Sobel(cv2.GaussianBlur(lab, (0, 0), 1.0), cv2.CV_32F, *d, ksize=3, scale=0.125) for d in ((1, 0), (0, 1)))
    cos2, sin2 = (gx * gx - gy * gy).sum(2), 2 * (gx * gy).sum(2)  # the structure tensor: all channels, either polarity
    power = np.hypot(cos2, sin2)
    strength = np.sqrt(power)
    weight = cv2.GaussianBlur(inside, (0, 0), 8) + 1e-3
    around = cv2.GaussianBlur(strength * inside, (0, 0), 8) / weight
    relative = strength / (strength + around + 0.25)
    return (np.dstack([cos2, sin2]) / (power[..., None] + 1e-9) * relative[..., None] * (inside[..., None] > 0.3)).astype(np.float32)


def _even_contrast(rgb: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Gray uint8 with equal contrast everywhere: local mean taken off, divided by the local deviation inside the garment."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    weight = cv2.GaussianBlur(inside, (0, 0), 10) + 1e-3
    mean = cv2.GaussianBlur(gray * inside, (0, 0), 10) / weight
    deviation = np.sqrt(cv2.GaussianBlur((gray - mean) ** 2 * inside, (0, 0), 10) / weight)
    even = (gray - mean) / (deviation + 2.0)
    return np.clip(128 + 45 * even * inside, 0, 255).astype(np.uint8)


def _sift(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points float32 (N, 2) and descriptors float32 (N, 128) of norm 1 (square roots, Arandjelovic and Zisserman 2012)."""
    keypoints, descriptors = cv2.SIFT_create(_SIFT_POINTS, contrastThreshold=0.03).detectAndCompute(gray, None)
    if descriptors is None:
        return np.empty((0, 2), np.float32), np.empty((0, 128), np.float32)
    descriptors = np.sqrt(descriptors / np.maximum(descriptors.sum(1, keepdims=True), 1e-9))
    return np.float32([k.pt for k in keypoints]), descriptors.astype(np.float32)


def _outline(edges: np.ndarray) -> np.ndarray:
    strength = np.linalg.norm(edges, axis=2)
    angle = np.arctan2(edges[..., 1], edges[..., 0]) % (2 * np.pi)
    rows = []
    for flipped in (False, True):
        w, t = (strength[:, ::-1], (-angle[:, ::-1]) % (2 * np.pi)) if flipped else (strength, angle)
        bins = (t / (2 * np.pi) * _BINS).astype(int) % _BINS
        cell = np.arange(SIDE) * _CELLS // SIDE
        where = (cell[:, None] * _CELLS + cell[None]) * _BINS + bins
        h = np.sqrt(np.bincount(where.ravel(), w.ravel(), _CELLS * _CELLS * _BINS))
        rows.append(h / max(1e-9, np.linalg.norm(h)))
    return np.float32(rows)
