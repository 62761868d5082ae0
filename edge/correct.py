"""Mask + strokes -> Mask: a person says what is garment and what is not, GrabCut finds the outline that fits.

What is painted is certain. From there the correction spreads as far as the colours carry it, in the direction that was painted: "not
garment" takes away, "garment" adds. Elsewhere only what the network itself doubted may change, so a stroke at the hem does not open a
hole at the collar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edge.errors import PhotoError
from edge.grabcut import grab_cut_coarse_to_fine, grabcut_rectangle
from edge.relabel import relabelled
from edge.types import Box, Mask, Photo

__all__ = ["CorrectionError", "Stroke", "correct", "grabcut_rectangle"]

_DOUBT = 0.1
"""Chances of garment between this and one minus this count as doubted by the network."""
_ELSEWHERE = 0.25
"""Most that may change away from the strokes, as a share of the garment's area."""
_LOST = 0.4
"""Share of the garment that a cut may take away before it is made anew, held by what the network is sure of."""
_ERROR_LEFT = 0.4
"""Share of a mask's expected error that one stroke leaves, measured with strokes down the middle of the largest wrong region."""
_LEAST_IN_BOX = 0.15
"""Share of a box from which on the network's mask is of what the box was drawn round."""
_UNSEEN = 0.8
"""Expected IoU of an outline found from strokes or a box alone, without the network's."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line painted on the photo. points: (x, y) in photo pixels, one point is a dab; width in photo pixels; garment: or not."""

    points: tuple[tuple[float, float], ...]
    width: float
    garment: bool


class CorrectionError(PhotoError):
    """The strokes or the box cannot be followed; other ones can."""


def correct(photo: Photo, mask: Mask | None, strokes: Sequence[Stroke], *, box: Box | None = None, side: int = 800) -> Mask:
    """Follow strokes (later ones cover earlier ones) and a box that holds the whole garment; mask is the network's, or None.

    The colours are cut on a picture of at most side / 2 pixels, the outline is then laid on the picture's edges at `side`. Gives a mask
    of the photo's size with a soft rim, in which every painted pixel is as painted, and a confidence not below the given one; where the
    mask is not of what the box holds, it is as if there were none.
    Raises CorrectionError, with what to paint instead, and ValueError where mask and photo differ in size.
    """
    height, width = photo.rgb.shape[:2]
    if mask is not None and mask.alpha.shape != (height, width):
        raise ValueError(f"mask {mask.alpha.shape} and photo {(height, width)} differ in size")
    if not strokes and box is None:
        raise CorrectionError("Nothing was painted.", remedy="Paint over what is garment or what is not, or draw a box round the garment.")
    frame = _clipped(box, height, width)
    painted = paint(strokes, height, width)
    if frame is None and not painted.any():
        raise CorrectionError("All strokes lie outside the photo.", remedy="Paint on the photo itself.")
    if mask is not None and frame is not None and float((mask.alpha[frame] > 0.5).mean()) <= _LEAST_IN_BOX:
        mask = None  # the network took something else, and nothing of its mask is to come back
    scale = min(1.0, side / 2 / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    rgb = cv2.resize(photo.rgb, size, interpolation=cv2.INTER_AREA)
    small_paint = _reduced(painted, size)
    small_frame = None if frame is None else _reduced(frame.astype(np.int8), size) > 0
    chance = _first_guess(mask, small_paint, small_frame, size)
    garment = _cut(rgb, chance, small_paint, small_frame)
    alpha = relabelled(photo.rgb, None if mask is None else mask.alpha, chance > 0.5, garment, side=side)
    if frame is not None:
        alpha[~frame] = 0.0
    alpha[painted > 0] = 1.0
    alpha[painted < 0] = 0.0
    if not (alpha > 0.5).any():
        raise CorrectionError("Nothing of the garment would be left.", remedy="Paint a stroke over the garment as well.")
    if (alpha > 0.5).all():
        raise CorrectionError("The whole photo would count as garment.", remedy="Paint a stroke over the background as well.")
    confidence = _UNSEEN if mask is None else 1.0 - _ERROR_LEFT * (1.0 - mask.confidence)
    return Mask(alpha, confidence)


def paint(strokes: Sequence[Stroke], height: int, width: int) -> np.ndarray:
    """Strokes -> int8 (height, width): 1 garment, -1 not garment, 0 unpainted. Points that are not numbers are passed over."""
    painted = np.zeros((height, width), np.uint8)
    far = 4 * max(height, width)  # OpenCV's fixed-point coordinates overflow where a pointer left the page
    for stroke in strokes:
        points = np.asarray(stroke.points, np.float64).reshape(-1, 2)
        points = points[np.isfinite(points).all(axis=1)].clip(-far, far)
        if not len(points) or not np.isfinite(stroke.width):
            continue
        fixed = np.round(points * 16).astype(np.int32).reshape(-1, 1, 2)
        colour = 1 if stroke.garment else 2
        thickness = int(np.clip(round(stroke.width), 1, 255))  # beyond 255 OpenCV refuses
        if len(points) == 1:
            cv2.circle(painted, fixed[0, 0].tolist(), 8 * thickness, colour, cv2.FILLED, cv2.LINE_8, 4)
        else:
            cv2.polylines(painted, [fixed], False, colour, thickness, cv2.LINE_8, 4)
    return np.array([0, 1, -1], np.int8)[painted]


def _clipped(box: Box | None, height: int, width: int) -> np.ndarray | None:
    """bool (height, width), True inside the box. Raises CorrectionError where box and photo do not meet."""
    if box is None:
        return None
    left, top, right, bottom = max(0, box.left), max(0, box.top), min(width, box.right), min(height, box.bottom)
    if right <= left or bottom <= top:
        raise CorrectionError("The box lies outside the photo.", remedy="Draw it on the photo, round the garment.")
    inside = np.zeros((height, width), bool)
    inside[top:bottom, left:right] = True
    return inside


def _reduced(signs: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """int8 (H, W) of -1, 0, 1 -> the same at a reduced (width, height); the thinnest stroke still marks the pixels it runs through."""
    height, width = signs.shape
    ys, xs = np.nonzero(signs)
    out = np.zeros(size[::-1], np.int32)
    np.add.at(out, (ys * size[1] // height, xs * size[0] // width), signs[ys, xs].astype(np.int32))
    return np.sign(out).astype(np.int8)


def _first_guess(mask: Mask | None, painted: np.ndarray, frame: np.ndarray | None, size: tuple[int, int]) -> np.ndarray:
    """Chance of garment before the cut, float32 (h, w). Without a network's mask: the box, else what lies between garment strokes."""
    inside = np.ones(painted.shape, bool) if frame is None else frame
    if mask is not None:
        return cv2.resize(mask.alpha, size, interpolation=cv2.INTER_AREA)
    guess = inside
    if frame is None and (painted > 0).any():
        ys, xs = np.nonzero(painted > 0)
        hull = cv2.convexHull(np.stack([xs, ys], axis=1).astype(np.int32))
        filled = cv2.fillConvexPoly(np.zeros(painted.shape, np.uint8), hull, 1)
        reach = 2 * max(1, round(0.05 * max(size))) + 1
        guess = cv2.dilate(filled, np.ones((reach, reach), np.uint8)) > 0
    elif frame is None:
        guess = np.zeros(painted.shape, bool)
        margin = max(1, round(0.02 * max(size)))
        guess[margin:-margin, margin:-margin] = True
    return np.where(guess, np.float32(0.51), np.float32(0.49))  # all of it doubted


def _cut(rgb: np.ndarray, chance: np.ndarray, painted: np.ndarray, frame: np.ndarray | None) -> np.ndarray:
    """uint8 (h, w, 3), float32 (h, w), int8 (h, w) -> garment, bool (h, w)."""
    before = chance > 0.5
    labels = np.where(before, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    if frame is not None:
        labels[~frame] = cv2.GC_BGD
        before = before & frame
    labels[painted > 0] = cv2.GC_FGD
    labels[painted < 0] = cv2.GC_BGD
    after = grab_cut_coarse_to_fine(rgb, labels)
    if after is not None and (before & ~after).sum() > _LOST * before.sum() and (chance > 1.0 - _DOUBT).any():
        # Colours alike on both sides: where no stroke is near, what the network is sure of holds the garment's colours.
        far = cv2.distanceTransform((painted == 0).view(np.uint8), cv2.DIST_L2, 3) > 0.1 * max(painted.shape)
        labels[far & (chance > 1.0 - _DOUBT) & (labels != cv2.GC_BGD)] = cv2.GC_FGD
        after = grab_cut_coarse_to_fine(rgb, labels, iterations=1, side=200)
    if after is None:  # no colours to go by: the strokes themselves count
        after = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    garment = (before | _reached(after & ~before, painted > 0)) & ~_reached(~after & before, painted < 0)
    doubted = (chance > _DOUBT) & (chance < 1.0 - _DOUBT)
    elsewhere = doubted & (after != garment)
    # Where colours that are alike would take half the garment along, a stroke has said less than it seems: stay with what it touches.
    if doubted.all() or elsewhere.sum() <= _ELSEWHERE * before.sum():
        garment = np.where(elsewhere, after, garment)
    garment = _without_specks(garment, before)
    if frame is not None:
        garment &= frame
    return (garment | (painted > 0)) & ~(painted < 0)


def _reached(changed: np.ndarray, stroke: np.ndarray) -> np.ndarray:
    """The part of a change that hangs together with a stroke, bool (h, w)."""
    if not stroke.any():
        return stroke
    _, pieces = cv2.connectedComponents((changed | stroke).view(np.uint8), connectivity=4)
    hit = np.zeros(int(pieces.max()) + 1, bool)
    hit[pieces[stroke]] = True
    hit[0] = False
    return hit[pieces]


def _without_specks(garment: np.ndarray, before: np.ndarray, *, share: float = 0.0005) -> np.ndarray:
    """Undo changes that are smaller than `share` of the picture: grains of colour, not parts of a garment."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats((garment != before).view(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < share * garment.size
    small[0] = False
    return np.where(small[pieces], before, garment)
