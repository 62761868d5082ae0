"""The stroke a worker would paint: along the middle of the largest region that a mask has wrong."""

from __future__ import annotations

import heapq

import cv2
import numpy as np

from edge.correct import Stroke


def error_stroke(mask: np.ndarray, truth: np.ndarray, *, brush: float = 0.03, working_side: int = 200) -> Stroke:
    """bool (H, W) and bool (H, W) -> one stroke in the largest wrong region, `garment` where the truth says so.

    Largest by area after thin rims are opened away (nobody corrects a pixel's width of noise), by plain area where nothing else is
    wrong. The line is the longest cheap path through the region, which keeps to its middle; brush is the stroke's width as a share
    of the photo's long side, narrower where the region is. Raises ValueError where the masks are the same.
    """
    if mask.shape != truth.shape:
        raise ValueError(f"mask {mask.shape} and truth {truth.shape} differ in size")
    wrong = mask != truth
    if not wrong.any():
        raise ValueError("nothing is wrong with this mask")
    region = _largest(mask & ~truth, truth & ~mask)
    garment = bool(truth[region].all())
    # Bordered, so that the photo's edge counts as an edge of the region: a worker paints inside the picture.
    depth = cv2.distanceTransform(np.pad(region, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    line = _middle_line(depth, working_side)
    along = np.array([depth[y, x] for y, x in line])
    width = float(np.clip(1.2 * np.median(along), 1.0, max(1.0, brush * max(mask.shape))))
    # Where the region tapers the brush would reach over its edge: stop there.
    inside = along >= min(width / 2, float(along.max()))
    first, last = int(np.argmax(inside)), len(line) - int(np.argmax(inside[::-1]))
    kept = line[first:last]
    step = max(1, len(kept) // 40)
    points = [*kept[:-1:step], kept[-1]]
    return Stroke(tuple((float(x), float(y)) for y, x in points), width, garment)


def _largest(*kinds: np.ndarray) -> np.ndarray:
    """The largest connected region of any of the maps, bool (H, W): by area after opening, by plain area where opening leaves nothing."""
    height, width = kinds[0].shape
    radius = max(1, round(0.006 * max(height, width)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    for opened in (True, False):
        best, area = None, 0
        for kind in kinds:
            shape = kind.astype(np.uint8)
            shape = cv2.morphologyEx(shape, cv2.MORPH_OPEN, kernel) if opened else shape
            count, labels, stats, _ = cv2.connectedComponentsWithStats(shape, connectivity=4)
            for i in range(1, count):
                if stats[i, cv2.CC_STAT_AREA] > area:
                    best, area = labels == i, int(stats[i, cv2.CC_STAT_AREA])
        if best is not None:
            return best
    raise ValueError("no region")


def _middle_line(depth: np.ndarray, working_side: int) -> list[tuple[int, int]]:
    """Path (y, x) between the two ends of a region, cheapest where it is deep. depth: float32 (H, W), distance to the region's edge."""
    scale = max(1, -(-max(depth.shape) // working_side))
    ys, xs = np.nonzero(depth)
    cells: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {}
    for y, x in zip(ys.tolist(), xs.tolist(), strict=True):
        cell = (y // scale, x // scale)
        if cell not in cells or depth[y, x] > cells[cell][0]:
            cells[cell] = (float(depth[y, x]), (y, x))
    start = max(cells, key=lambda c: cells[c][0])
    one, _ = _farthest(cells, start)
    other, came = _farthest(cells, one)
    path = [other]
    while path[-1] != one:
        path.append(came[path[-1]])
    return [cells[c][1] for c in path]


def _farthest(cells: dict, start: tuple[int, int]) -> tuple[tuple[int, int], dict]:
    """Dijkstra from a cell: the reachable cell most steps away along cheapest paths, and each cell's predecessor."""
    deepest = max(d for d, _ in cells.values())
    cost, steps, came = {start: 0.0}, {start: 0.0}, {}
    heap = [(0.0, start)]
    done = set()
    while heap:
        c, at = heapq.heappop(heap)
        if at in done:
            continue
        done.add(at)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                to = (at[0] + dy, at[1] + dx)
                if to == at or to not in cells or to in done:
                    continue
                length = float(np.hypot(dy, dx))
                further = c + length * (deepest / cells[to][0]) ** 2
                if further < cost.get(to, np.inf):
                    cost[to], steps[to], came[to] = further, steps[at] + length, at
                    heapq.heappush(heap, (further, to))
    return max(done, key=lambda cell: steps[cell]), came
