"""A veil over a photo is noticed and lifted; photos without one are left alone; in a look-up the catalogue decides."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from edge.errors import NoGarmentFound
from edge.seen import Clock, readings_of, see, see_masked
from edge.stages import Stages
from edge.types import Photo
from edge.veil import lifted
from index_builder.demo import draw_item, phone_view


@pytest.fixture
def stages() -> Stages:
    return Stages.open(threads=1, gpu=False)


def photo_of(number: int = 0) -> np.ndarray:
    """A drawn photo in whose upper corners something lies in shadow and in the sun."""
    rgb = phone_view(draw_item(3, number), np.random.default_rng(number))[0].copy()
    side = max(rgb.shape[:2]) // 10
    rgb[:side, :side], rgb[:side, -side:] = 8, 247
    return rgb


def veiled(rgb: np.ndarray) -> np.ndarray:
    return np.clip(rgb * 0.45 + 90, 0, 255).astype(np.uint8)


def test_a_veil_is_lifted_and_what_was_under_it_comes_back():
    for number in range(4):
        clear = photo_of(number)
        bare = lifted(veiled(clear))
        assert bare is not None and bare.dtype == np.uint8 and bare.shape == clear.shape
        off = [np.abs(x.astype(float) - clear).mean() for x in (veiled(clear), bare)]
        assert off[1] < 0.5 * off[0]
        assert lifted(bare) is None


@pytest.mark.parametrize(
    "rgb",
    [photo_of(0), photo_of(1), np.full((30, 40, 3), 128, np.uint8), np.full((1, 1, 3), 255, np.uint8), np.zeros((5, 5, 3), np.uint8)],
    ids=["a garment", "another", "grey", "one white pixel", "black"],
)
def test_a_photo_with_something_dark_or_nothing_at_all_is_left_alone(rgb):
    assert lifted(rgb) is None


def test_a_veiled_photo_has_one_more_reading_near_the_clear_one(stages: Stages):
    clear = photo_of(2)
    seen = [Photo(rgb, rgb.shape[1::-1], "made") for rgb in (clear, veiled(clear))]
    (first, *pieces), (whole, *more, bare) = (readings_of(photo, stages.mask(photo), stages) for photo in seen)
    grey = seen[1]
    assert all(r.photo is seen[0] for r in (first, *pieces)) and all(r.photo is grey for r in (whole, *more))
    assert float(bare.vector @ first.vector) > float(whole.vector @ first.vector)
    assert np.array_equal(bare.photo.rgb, lifted(grey.rgb)) and bare.photo.source_size == grey.source_size


def test_what_is_found_only_without_its_veil_is_looked_up_without_it(stages: Stages, monkeypatch: pytest.MonkeyPatch):
    data = cv2.imencode(".png", veiled(photo_of(2))[..., ::-1])[1].tobytes()
    real = stages.mask

    def blind(photo):
        if lifted(photo.rgb) is not None:
            raise NoGarmentFound(coverage=0.0)
        return real(photo)

    monkeypatch.setattr(stages, "mask", blind)
    seen = see(data, stages, Clock(), best_scores=lambda vectors: np.ones(len(vectors)))
    clear = replace(seen.photo, rgb=lifted(seen.photo.rgb))
    assert seen.photo.rgb.min() > 60, "what staff see is the photo as it was taken"
    assert np.array_equal(seen.cutout.rgb, stages.cutout(clear, seen.mask).rgb) and seen.mask.alpha.max() > 0.5
    plain = cv2.imencode(".png", np.full((64, 64, 3), 128, np.uint8))[1].tobytes()
    monkeypatch.setattr(stages, "mask", lambda photo: (_ for _ in ()).throw(NoGarmentFound(coverage=0.0)))
    with pytest.raises(NoGarmentFound):
        see(plain, stages, Clock(), best_scores=lambda vectors: np.ones(len(vectors)))


def test_a_settled_outline_stays_while_the_light_is_read_both_ways(stages: Stages):
    grey = Photo(veiled(photo_of(2)), photo_of(2).shape[1::-1], "made")
    mask = stages.mask(grey)
    for best, chosen in (([0.5, 0.9], lifted(grey.rgb)), ([0.9, 0.9], grey.rgb)):
        seen = see_masked(grey, mask, stages, Clock(), best_scores=lambda vectors, best=best: np.array(best))
        assert np.array_equal(seen.cutout.rgb, stages.cutout(replace(grey, rgb=chosen), mask).rgb)
        assert seen.photo is grey and seen.mask is mask
