"""What the page looks up goes the same way as a look-up by command: pieces, veil and cast included."""

from contextlib import nullcontext
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from app_pages.one_lookup import look_up_one
from edge.errors import NoGarmentFound, PhotoError
from edge.lookup import Lookup
from edge.session import DEFAULT_MODELS
from edge.stages import Stages
from edge.types import Photo
from index_builder.build import build
from index_builder.demo import draw_item, phone_view, studio_view


@pytest.fixture(scope="module")
def lookup(tmp_path_factory) -> Lookup:
    """An index of twelve drawn garments, with the models that came with Racklens."""
    root, stages = tmp_path_factory.mktemp("one"), Stages.open(DEFAULT_MODELS)
    (root / "pictures").mkdir()
    for n in range(12):
        cv2.imwrite(str(root / "pictures" / f"item-{n}.png"), studio_view(draw_item(5, 3 * n))[..., ::-1])
    build(root / "pictures", root / "index", stages=stages)
    return Lookup.open(root / "index", stages=stages)


def box_of(lookup: Lookup) -> SimpleNamespace:
    return SimpleNamespace(lookup=lookup, seats=SimpleNamespace(seat=lambda on_wait=None: nullcontext()))


def photos() -> list[bytes]:
    """Phone photos of drawn garments: as they are, with another garment in the corner, and veiled."""
    out = []
    for n in range(4):
        rgb, _ = phone_view(draw_item(5, 3 * n), np.random.default_rng(n))
        other = cv2.resize(studio_view(draw_item(77, n)), (300, 300))
        both = np.vstack([rgb, np.full((320, rgb.shape[1], 3), 245, np.uint8)])
        both[-310:-10, 10:310] = other
        veiled = (rgb.astype(np.float32) * 0.4 + 140).clip(0, 255).astype(np.uint8)
        out += [cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes() for picture in (rgb, both, veiled)]
    return out


def test_the_page_answers_as_the_command_does(lookup):
    read_otherwise = 0
    for data in photos():
        shown: list[Photo] = []
        want, got = lookup.look_up(data), look_up_one(box_of(lookup), data, on_photo=shown.append)
        assert [m.item.item_id for m in got.matches] == [m.item.item_id for m in want.matches]
        assert got.matches[0].score == pytest.approx(want.matches[0].score, abs=1e-6) and got.verdict == want.verdict
        assert len(shown) == 1 and {"read", "segment", "search", "total"} <= set(got.timings_ms)
        photo = shown[0]
        as_it_is = lookup.look_up_mask(photo, lookup.stages.mask(photo))
        read_otherwise += abs(as_it_is.matches[0].score - got.matches[0].score) > 0.01
    assert read_otherwise >= 1, "none of these photos has a second reading that counts: the test would prove nothing"


def test_what_cannot_be_looked_up_is_still_an_error_and_the_photo_is_shown_first(lookup):
    shown: list[Photo] = []
    with pytest.raises(NoGarmentFound):
        look_up_one(box_of(lookup), cv2.imencode(".png", np.full((300, 300, 3), 255, np.uint8))[1].tobytes(), on_photo=shown.append)
    assert len(shown) == 1
    with pytest.raises(PhotoError):
        look_up_one(box_of(lookup), b"no picture")
