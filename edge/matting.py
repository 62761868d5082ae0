"""Soft outlines at photo resolution: how much of a pixel is garment, and which colour the garment has there.

Both follow the compositing equation I = alpha * F + (1 - alpha) * B with local colour models: F and B are the means and spreads of the
garment's and the background's colours in a window round each pixel. They change slowly, so they are found on a reduced grid (as He and
Sun do for the fast guided filter, 2015) and read off at photo pixels only in the band round the outline: the cost grows with the
outline's length, not with the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge.transforms import shrunk

_NOISE = 60.0
"""Variance of a camera's noise and of fine weave per channel, in grey levels squared: no colour model is surer than this."""
_MIXED = 0.1
"""Spread that mixed pixels add, as a share of the distance between the two colours."""
_CLEAN = 0.03
"""Alpha nearer to 0 or 1 than this is 0 or 1: a veil too faint to be a rim."""
_PRIOR = 4.0
"""Weight of the mask's own log-odds beside the colours': the network's outline is smoother than it is wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Garment's or background's colours: mean float32 (3, ...); variance float32 (...), per channel, in grey levels squared.

    Channels come first, as numpy is several times slower where an innermost axis is 3 long.
    """

    mean: np.ndarray
    variance: np.ndarray


def refine_alpha(rgb: np.ndarray, alpha: np.ndarray, *, reach: float = 0.005, working_side: int = 256) -> np.ndarray:
    """Move a mask's outline onto the picture's own edge. uint8 (H, W, 3), float32 (H, W) in 0..1 -> float32 (H, W) in 0..1.

    Colours count in a band `reach` wide (a share of the long side) on both sides of the outline and of any soft zone; elsewhere the
    mask only becomes steeper, and nothing comes up away from the garment. In the band each pixel gets the chance that its colour is the
    garment's rather than the background's (normal densities, the mask as the prior: Bayesian matting, Chuang et al. 2001, with one
    colour on each side). Where both colours are plain and far apart it gets its place on the line between them instead, which is what
    a half-covered pixel has: the colour line model (Levin, Lischinski and Weiss 2006).
    """
    height, width = alpha.shape
    size = _grid(height, width, working_side)
    little = shrunk(alpha, size)
    radius = max(1, round(reach * max(size)))
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    band = cv2.subtract(cv2.dilate(little, kernel), cv2.erode(little, kernel)) > 0.1
    if not band.any():
        return (alpha > 0.5).astype(np.float32)
    small = _with_squares(shrunk(rgb, size))
    # The rough mask mixes up the colours along its own rim, so the first estimate only serves to collect purer ones.
    window = 8 * radius + 1
    first = little.copy()
    first[band] = _posterior(small[band].T[:3], little[band], *(_unpacked(side[band].T) for side in _sides(small, little, window)))
    sides = _sides(small, first, window)
    ys, xs = _where(cv2.resize(band.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST))
    places = ys * width + xs  # numpy takes from a list twice as fast as by lines and columns
    front, back = _read_off(sides, ys, xs, scale_y=size[1] / height, scale_x=size[0] / width)
    # Away from any outline a chance between 0 and 1 is the network's doubt, not a half-covered pixel: it would show as a veil.
    out = cv2.addWeighted(alpha, 2.0, alpha, 0.0, -0.5)
    np.clip(out, 0.0, 1.0, out=out)
    pixels, prior = rgb.reshape(-1, 3).take(places, axis=0), alpha.reshape(-1).take(places)
    out.reshape(-1)[places] = _posterior(np.ascontiguousarray(pixels.T, np.float32), prior, front, back)
    return _without_islands(out, alpha, size)


def foreground_colours(rgb: np.ndarray, alpha: np.ndarray, *, working_side: int = 256) -> np.ndarray:
    """The garment's own colour in half-covered pixels, without the background's share. uint8 (H, W, 3), float32 (H, W) -> uint8 (H, W, 3).

    Blur fusion (Forte 2021): local means of both sides, moved by what they leave unexplained of the pixel. Elsewhere the photo's colour.
    """
    height, width = alpha.shape
    size = _grid(height, width, working_side)
    ys, xs = _where(cv2.inRange(alpha, 0.02, 0.98))
    if ys.size == 0:
        return rgb.copy()
    small, little = _with_squares(shrunk(rgb, size)), shrunk(alpha, size)
    window = 2 * max(2, round(0.02 * max(size))) + 1
    front, back = _read_off(_sides(small, little, window), ys, xs, scale_y=size[1] / height, scale_x=size[0] / width)
    a = alpha[ys, xs]
    pixel = np.ascontiguousarray(rgb[ys, xs].T, np.float32)
    clean = front.mean + a * (pixel - a * front.mean - (1.0 - a) * back.mean)
    out = rgb.copy()
    out[ys, xs] = np.clip(clean + 0.5, 0, 255).astype(np.uint8).T
    return out


def _without_islands(fine: np.ndarray, alpha: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Clear, in place, what came up away from the garment and was not in the mask: shadows and specks of its colours. float32 (H, W) each.

    size: (width, height) of the grid on which the pieces are found; what lies within a cell of the garment is the garment's.
    """
    garment, seen = (shrunk(cv2.compare(x, level, cv2.CMP_GT), size) for x, level in ((alpha, 0.5), (fine, 0.1)))
    count, pieces = cv2.connectedComponents(cv2.compare(cv2.max(garment, seen), 0, cv2.CMP_GT), connectivity=8)
    if count <= 2:
        return fine
    held = np.zeros(count, np.uint8)
    held[pieces[garment > 0]] = 1
    held[0] = 1
    if held.all():
        return fine
    islands = cv2.resize(1 - held[pieces], fine.shape[::-1], interpolation=cv2.INTER_NEAREST)
    fine[islands > 0] = 0.0
    return fine


def _where(marked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lines and columns of the pixels that are not 0, int32 (N,) each; np.nonzero, but faster on pictures."""
    points = cv2.findNonZero(marked)
    xs, ys = (np.zeros((0, 2), np.int32) if points is None else points.reshape(-1, 2)).T
    return ys, xs


def _grid(height: int, width: int, side: int) -> tuple[int, int]:
    """(width, height) of the reduced grid; never enlarged."""
    scale = min(1.0, side / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _posterior(rgb: np.ndarray, alpha: np.ndarray, front: _Side, back: _Side) -> np.ndarray:
    """float32 (3, N), (N,) and the colours at these pixels -> alpha float32 (N,)."""
    line = front.mean - back.mean
    apart = _dot(line, line)
    from_back = rgb - back.mean
    share = np.clip(_dot(from_back, line) / (apart + 1e-3), 0.0, 1.0)
    wide = _NOISE + _MIXED**2 * apart
    front_variance, back_variance = front.variance + wide, back.variance + wide
    from_front = rgb - front.mean
    evidence = _dot(from_back, from_back) / (2 * back_variance) - _dot(from_front, from_front) / (2 * front_variance)
    evidence += 1.5 * np.log(back_variance / front_variance)
    prior = np.clip(alpha, 0.01, 0.99)
    # A motif's colours seen on one side only say little about the outline: the less the two sides' colours are apart, the less they count.
    plain = apart / (apart + 3 * (front.variance + back.variance) + 100.0)
    odds = _PRIOR * np.log(prior / (1.0 - prior)) + plain * plain * np.clip(evidence, -12.0, 12.0)
    chance = 1.0 / (1.0 + np.exp(-odds))
    plain *= plain * plain
    mixed = chance + plain * plain * (share - chance)
    return np.clip((mixed - _CLEAN) / (1.0 - 2 * _CLEAN), 0.0, 1.0).astype(np.float32)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scalar products of colours, float32 (3, N) twice -> (N,)."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _with_squares(rgb: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) -> float32 (h, w, 4): the channels and the sum of their squares."""
    # OpenCV's arithmetic here and below, because numpy is several times slower where it has to stretch an innermost axis of 3.
    colours = rgb.astype(np.float32)
    return cv2.merge([*cv2.split(colours), cv2.transform(cv2.multiply(colours, colours), np.ones((1, 3), np.float32))])


def _sides(colours: np.ndarray, alpha: np.ndarray, window: int) -> list[np.ndarray]:
    """Garment's and background's colours in a square window round each pixel of the grid. colours: `_with_squares`, (h, w, 4).

    Two float32 (h, w, 4): the mean's channels and the variance; `_unpacked` makes sides of what is picked from them.
    """
    sides = []
    for share in (alpha, 1.0 - alpha):
        # To the fourth power: the purest pixels in reach count, yet a strap that nowhere reaches alpha 1 is not lost.
        weight = share * share
        weight = weight * weight + np.float32(1e-5)
        sums = cv2.boxFilter(
            cv2.multiply(colours, cv2.merge([weight] * 4)), -1, (window, window), normalize=False, borderType=cv2.BORDER_REPLICATE
        )
        total = 1.0 / cv2.boxFilter(weight, -1, (window, window), normalize=False, borderType=cv2.BORDER_REPLICATE)
        red, green, blue, squares = cv2.split(cv2.multiply(sums, cv2.merge([total] * 4)))
        variance = np.maximum(squares - red * red - green * green - blue * blue, 0.0) / np.float32(3.0)
        sides.append(cv2.merge([red, green, blue, variance]))
    return sides


def _unpacked(values: np.ndarray) -> _Side:
    """float32 (4, N) -> the side at N places."""
    return _Side(values[:3], values[3])


def _read_off(sides: list[np.ndarray], ys: np.ndarray, xs: np.ndarray, *, scale_y: float, scale_x: float) -> tuple[_Side, _Side]:
    """The grid's colours at photo pixels (ys, xs), bilinear: two sides of (3, N) and (N,)."""
    columns = 256  # remap takes pictures, not lists: fold the list into lines
    count = ys.size
    maps = []
    for values, scale in ((xs, scale_x), (ys, scale_y)):
        folded = np.zeros(-(-count // columns) * columns, np.float32)
        folded[:count] = (values + 0.5) * scale - 0.5
        maps.append(folded.reshape(-1, columns))
    places = cv2.convertMaps(*maps, cv2.CV_16SC2)  # once for both sides
    front, back = (cv2.remap(side, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for side in sides)
    return tuple(_unpacked(np.ascontiguousarray(side.reshape(-1, 4)[:count].T)) for side in (front, back))
