"""A photo on its way: whichever light it was read in, the one that was taken is what staff see and correct."""

import numpy as np
import pytest

from edge.seen import Clock, see_masked, see_photo
from edge.types import Mask, Photo
from tests.fakes import FakeStages


class OddLight(FakeStages):
    """In clear light all is half as bright."""

    def clearer(self, photo: Photo) -> Photo:
        return Photo(photo.rgb // 2, photo.source_size, photo.format)


def red_on_white() -> Photo:
    rgb = np.full((80, 60, 3), 255, np.uint8)
    rgb[20:60, 15:45] = (200, 40, 40)
    return Photo(rgb, (60, 80), "made")


@pytest.mark.parametrize("best", [0, 1])
@pytest.mark.parametrize("settled", [False, True])
def test_the_photo_stays_the_one_that_was_taken_whichever_light_it_was_read_in(best: int, settled: bool) -> None:
    photo, stages = red_on_white(), OddLight()
    asked = []

    def best_scores(vectors: np.ndarray) -> np.ndarray:
        asked.append(len(vectors))
        return np.where(np.arange(len(vectors)) == best, 0.95, 0.2).astype(np.float32)

    mask = Mask((photo.rgb.min(2) < 235).astype(np.float32), 0.9)
    if settled:
        seen = see_masked(photo, mask, stages, Clock(), best_scores=best_scores)
    else:
        seen = see_photo(photo, stages, Clock(), best_scores=best_scores)
    assert asked == [2] and seen.photo is photo
    assert float(seen.cutout.rgb[32, 32, 0]) == pytest.approx(100 if best else 200, abs=6), "the cutout is of the light that was chosen"
