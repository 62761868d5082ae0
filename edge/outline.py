"""A mask's outline moved outwards or inwards by hand."""

from __future__ import annotations

import cv2
import numpy as np

from edge.errors import NoGarmentFound
from edge.types import Mask


def widen(mask: Mask, *, share: float) -> Mask:
    """Move the outline by `share` of the longer side: outwards where it is positive, inwards where it is negative.

    Grey dilation or erosion by a disc, so the rim stays as soft as it was; so does the confidence.
    Raises NoGarmentFound where nothing is left.
    """
    pixels = round(abs(share) * max(mask.alpha.shape))
    if pixels == 0:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    # At the edge of the photo the garment goes on, so shrinking does not eat from there.
    moved = cv2.dilate(mask.alpha, disc) if share > 0 else cv2.erode(mask.alpha, disc, borderType=cv2.BORDER_REPLICATE)
    moved = np.ascontiguousarray(moved, np.float32)
    if not (moved > 0.5).any():
        raise NoGarmentFound(coverage=0.0)
    return Mask(moved, mask.confidence)
