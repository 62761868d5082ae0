"""A classic baseline without learning: superpixels, geodesic saliency, GrabCut."""

from __future__ import annotations

import cv2
import numpy as np


def slic(lab: np.ndarray, *, count: int = 300, compactness: float = 12.0, rounds: int = 8) -> np.ndarray:
    """SLIC superpixels (Achanta et al. 2012): k-means in colour and place, each pixel choosing among the nine nearest grid cells.

    lab float32 (H, W, 3), L in 0..100. Gives int32 (H, W) labels 0..n-1, all used, n about `count`.
    """
    height, width = lab.shape[:2]
    step = max(2.0, float(np.sqrt(height * width / count)))
    rows, columns = max(1, round(height / step)), max(1, round(width / step))
    yy, xx = np.mgrid[0:height, 0:width]
    row, column = (yy * rows // height).ravel(), (xx * columns // width).ravel()
    # Place is brought to the unit of colour: a cell's width counts as much as `compactness` of colour difference.
    scale = compactness / step
    pixels = np.column_stack([lab.reshape(-1, 3), xx.ravel() * scale, yy.ravel() * scale]).astype(np.float32)
    label = row * columns + column
    centres = _means(pixels, label, rows * columns, None)
    near = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    for _ in range(rounds):
        best = np.full(len(pixels), np.inf, np.float32)
        for dy, dx in near:
            r, c = row + dy, column + dx
            cell = np.clip(r, 0, rows - 1) * columns + np.clip(c, 0, columns - 1)
            difference = pixels - centres[cell]
            distance = np.einsum("ij,ij->i", difference, difference)
            closer = distance < best
            best[closer], label[closer] = distance[closer], cell[closer]
        centres = _means(pixels, label, rows * columns, centres)
    return np.unique(label, return_inverse=True)[1].reshape(height, width).astype(np.int32)


def _means(values: np.ndarray, label: np.ndarray, count: int, empty: np.ndarray | None) -> np.ndarray:
    """Mean of values (P, D) by label, float32 (count, D); where a label has no pixel, the row of `empty`."""
    size = np.bincount(label, minlength=count)
    sums = np.column_stack([np.bincount(label, values[:, d], minlength=count) for d in range(values.shape[1])])
    mean = (sums / np.maximum(1, size)[:, None]).astype(np.float32)
    return mean if empty is None else np.where(size[:, None] > 0, mean, empty)


def geodesic_saliency(lab: np.ndarray, label: np.ndarray) -> np.ndarray:
    """How hard a superpixel is to reach from the photo's border through like-coloured neighbours (Wei et al. 2012): float32 (n,), 0..1.

    A border superpixel costs as much to enter as it is unlike the rest of the border, so that a garment which touches the border
    isn't taken for background; differences that neighbours of one surface have anyway count nothing.
    """
    n = int(label.max()) + 1
    colour = _means(lab.reshape(-1, 3), label.ravel(), n, None)
    pairs = np.concatenate([_neighbours(label[:, :-1], label[:, 1:]), _neighbours(label[:-1], label[1:])])
    pairs = np.unique(np.sort(pairs, 1), axis=0)
    border = np.unique(np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]]))
    if n == 1 or not len(pairs):
        return np.zeros(n, np.float32)
    cost = np.linalg.norm(colour[pairs[:, 0]] - colour[pairs[:, 1]], axis=1)
    # The least difference to any neighbour, over all superpixels: what shading and texture make of a plain surface.
    least = np.full(n, np.inf)
    np.minimum.at(least, pairs[:, 0], cost)
    np.minimum.at(least, pairs[:, 1], cost)
    common = float(np.median(least))
    cost = np.maximum(0, cost - common)
    unlike = np.linalg.norm(colour[border][:, None] - colour[border][None], axis=2)
    # Unlike most of the border: the mean over its nearest third, so that a border of two floors counts as background twice.
    third = max(1, len(border) // 3)
    entry = np.maximum(0, np.sort(unlike, 1)[:, : third + 1].mean(1) - common)
    distance = np.full(n, np.inf)
    distance[border] = entry
    for _ in range(n):  # Bellman-Ford over all edges at once; ends when nothing gets shorter
        before = distance.copy()
        np.minimum.at(distance, pairs[:, 0], before[pairs[:, 1]] + cost)
        np.minimum.at(distance, pairs[:, 1], before[pairs[:, 0]] + cost)
        if np.array_equal(before, distance):
            break
    distance[~np.isfinite(distance)] = 0
    top = float(np.quantile(distance, 0.95))
    return np.clip(distance / top, 0, 1).astype(np.float32) if top > 0 else np.zeros(n, np.float32)


def _neighbours(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    differ = a != b
    return np.column_stack([a[differ], b[differ]])


def saliency_grabcut(rgb: np.ndarray, *, rounds: int = 5) -> np.ndarray:
    """uint8 (H, W, 3) -> bool (H, W): saliency cut by Otsu's threshold, then GrabCut (Rother et al. 2004) from there."""
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 1).astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB)
    label = slic(lab)
    height, width = label.shape
    saliency = geodesic_saliency(lab, label)
    # Garments are held in the middle of a picture: a wide bell over the distance from it.
    yy, xx = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    centre = _means(np.exp(-(xx**2 + yy**2) / 1.2).astype(np.float32).reshape(-1, 1), label.ravel(), len(saliency), None)[:, 0]
    levels = np.clip(saliency * centre / max(1e-6, float((saliency * centre).max())) * 255, 0, 255).astype(np.uint8)[label]
    cut, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    mask = np.where(levels > cut, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    rim = max(2, round(0.01 * min(height, width)))
    # Only what is dull and lies at the border is sure; a garment that touches the border stays open.
    frame = np.ones_like(mask, bool)
    frame[rim:-rim, rim:-rim] = False
    mask[frame & (levels <= cut)] = cv2.GC_BGD
    if not (mask == cv2.GC_PR_FGD).any() or not (mask != cv2.GC_PR_FGD).any():
        return mask == cv2.GC_PR_FGD
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(np.ascontiguousarray(rgb[..., ::-1]), mask, None, np.zeros((1, 65)), np.zeros((1, 65)), rounds, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # a class of one colour has no mixture to fit: saliency alone
        return levels > cut
    return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
