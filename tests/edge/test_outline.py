"""The outline moves by as many pixels as asked, evenly, and never to nothing."""

from __future__ import annotations

import numpy as np
import pytest

from edge.errors import NoGarmentFound
from edge.outline import widen
from edge.types import Mask


def square(size: int = 100, left: int = 40, right: int = 60) -> Mask:
    alpha = np.zeros((size, size), np.float32)
    alpha[left:right, left:right] = 1
    return Mask(alpha, 0.7)


@pytest.mark.parametrize(("share", "side"), [(0.03, 26), (0.0, 20), (-0.03, 14)])
def test_the_outline_moves_by_the_share_of_the_longer_side(share: float, side: int) -> None:
    mask = square()
    moved = widen(mask, share=share)
    assert (moved.alpha[50] > 0.5).sum() == side and moved.confidence == 0.7
    assert (mask.alpha[50] > 0.5).sum() == 20  # the argument stays as it was


def test_shrinking_does_not_eat_from_the_edge_of_the_photo() -> None:
    alpha = np.zeros((50, 50), np.float32)
    alpha[:, :25] = 1
    assert (widen(Mask(alpha, 1.0), share=-0.1).alpha[25] > 0.5).sum() == 20


def test_nothing_left_is_said() -> None:
    with pytest.raises(NoGarmentFound):
        widen(square(left=48, right=52), share=-0.05)
