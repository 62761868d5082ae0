"""From photos to an Answer and what a person may then say to it, with stages that can be read at a glance."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest

from edge.errors import IndexFolderError, NoGarmentFound, RequestError
from edge.index import Index
from edge.lookup import Lookup, current_build, overlay_path
from edge.types import CatalogueItem, Filter, Mask, Verdict
from tests.fakes import FakeStages
from tests.made_index import made_index
from tests.made_store import ON_LITE, published

LINE = {"weights": {"score": 40.0, "margin": 0.0, "confidence": 0.0}, "bias": -38.0, "accept_at": 0.6, "reject_at": 0.2,
        "trials": 10, "unknown_trials": 5, "source": "made views"}  # fmt: skip


def jpeg(colour: tuple[int, int, int], width: int) -> bytes:
    picture = np.full((200, 200, 3), 255, np.uint8)
    cv2.rectangle(picture, (100 - width // 2, 30), (100 + width // 2, 170), colour, -1)
    return cv2.imencode(".jpg", picture)[1].tobytes()


COLOURS = {"blue": (200, 0, 0), "red": (0, 0, 200), "green": (0, 200, 0), "dark": (40, 40, 40)}  # as OpenCV orders them
STAGES = FakeStages()


def vector_of(data: bytes) -> np.ndarray:
    photo = STAGES.read(data)
    return STAGES.embed([STAGES.cutout(photo, STAGES.mask(photo))])[0].vector


@pytest.fixture(scope="module")
def index_root(tmp_path_factory):
    """Four garments with two views each: narrow in front, wide at the back."""
    root = tmp_path_factory.mktemp("lookup")
    pictures = [(name, jpeg(colour, width)) for name, colour in COLOURS.items() for width in (60, 120)]
    items = [CatalogueItem(name, name.capitalize(), "x.jpg", color=name, quantity=int(name != "green")) for name in COLOURS]
    made_index(
        root, np.stack([vector_of(data) for _, data in pictures]), [name for name, _ in pictures], items,
        model_ids=STAGES.model_ids, parts=STAGES.parts, calibration=LINE,
    )  # fmt: skip
    return root


@pytest.fixture(scope="module", params=["folder", ON_LITE])
def lookup(request, index_root, tmp_path_factory):
    store = None
    if request.param == "milvus-lite":
        store = published(index_root / current_build(index_root), tmp_path_factory.mktemp("lookup") / "lite.db")
    return Lookup.open(index_root, stages=STAGES, store=store)


def names(answer) -> list[str]:
    return [m.item.item_id for m in answer.matches]


def test_the_right_item_comes_first_and_each_item_once(index_root):
    answer = Lookup.open(index_root, stages=FakeStages()).look_up(jpeg((190, 10, 10), 62), k=10)
    assert names(answer)[0] == "blue" and sorted(names(answer)) == sorted(COLOURS)
    assert [m.rank for m in answer.matches] == [1, 2, 3, 4]
    scores = [m.score for m in answer.matches]
    assert scores == sorted(scores, reverse=True)
    assert set(answer.timings_ms) == {"read", "frame", "segment", "cutout", "embed", "enhance", "concepts", "search", "total"}
    assert set(answer.matches[0].parts) == set(FakeStages.parts)


def test_the_calibration_of_the_index_decides_the_verdict(index_root):
    lookup = Lookup.open(index_root, stages=FakeStages())
    same = lookup.look_up(jpeg((200, 0, 0), 60))
    other = lookup.look_up(jpeg((0, 220, 220), 130))
    assert same.verdict == Verdict.IN_CATALOGUE and same.probability > 0.6
    assert other.probability < same.probability and other.verdict != Verdict.IN_CATALOGUE


def test_a_later_calibration_lies_beside_the_folder_and_wins(index_root):
    overlay = overlay_path(index_root / current_build(index_root))
    overlay.write_text(json.dumps({**LINE, "bias": -80.0}))
    try:
        assert Lookup.open(index_root, stages=FakeStages()).look_up(jpeg((200, 0, 0), 60)).verdict == Verdict.NOT_IN_CATALOGUE
        overlay.write_text("{")
        with pytest.raises(IndexFolderError, match="calibrate again"):
            Lookup.open(index_root, stages=FakeStages())
    finally:
        overlay.unlink()


def test_an_index_of_other_models_is_refused_with_what_to_run(index_root):
    class OtherModels(FakeStages):
        model_ids = {"segmenter": "fake-segmenter", "embedder": "another"}

    with pytest.raises(IndexFolderError, match="index_builder build"):
        Lookup.open(index_root, stages=OtherModels())


def test_a_photo_of_nothing_is_no_match(index_root):
    white = cv2.imencode(".jpg", np.full((100, 100, 3), 255, np.uint8))[1].tobytes()
    with pytest.raises(NoGarmentFound):
        Lookup.open(index_root, stages=FakeStages()).look_up(white)


def test_several_photos_of_one_garment_give_one_answer(lookup):
    front, back = jpeg((190, 10, 10), 60), jpeg((190, 10, 10), 118)
    answer = lookup.look_up_photos([front, back])
    assert names(answer)[0] == "blue" and answer.photos == 2 and not answer.left_out
    assert np.array_equal(answer.photo.rgb, STAGES.read(front).rgb)  # the first one is shown
    one = lookup.look_up_photos([front])
    assert names(one) == names(lookup.look_up(front)) and one.probability == pytest.approx(lookup.look_up(front).probability)


def test_a_photo_that_shows_something_else_does_not_spoil_the_others(lookup):
    front, stray = jpeg((200, 0, 0), 60), jpeg((0, 220, 220), 30)
    assert names(lookup.look_up(stray))[0] != "blue"
    for photos in ([front, stray], [stray, front, stray]):
        assert names(lookup.look_up_photos(photos))[0] == "blue"


def test_unusable_photos_are_left_out_by_name_and_only_if_all_are_is_it_an_error(lookup):
    white = cv2.imencode(".jpg", np.full((100, 100, 3), 255, np.uint8))[1].tobytes()
    answer = lookup.look_up_photos([white, jpeg((0, 0, 200), 60), b"no picture"])
    assert names(answer)[0] == "red" and answer.photos == 1 and set(answer.left_out) == {0, 2}
    assert "No garment" in answer.left_out[0]
    with pytest.raises(NoGarmentFound):
        lookup.look_up_photos([white, b"no picture"])
    with pytest.raises(ValueError):
        lookup.look_up_photos([])


def test_of_several_photos_an_outline_that_was_corrected_counts(lookup):
    two = np.full((120, 200, 3), 255, np.uint8)
    two[20:100, 10:90], two[20:100, 110:190] = (200, 0, 0), (0, 0, 200)  # BGR: blue and red side by side
    photo = cv2.imencode(".png", two)[1].tobytes()
    right = np.zeros((120, 200), np.float32)
    right[20:100, 110:190] = 1
    answer = lookup.look_up_photos([photo, photo], outlines={0: Mask(right, 1.0)})
    assert np.array_equal(answer.mask.alpha, right) and answer.photos == 2
    alone = lookup.look_up_photos([photo], outlines={0: Mask(right, 1.0)})
    assert alone.matches == lookup.look_up_mask(STAGES.read(photo), Mask(right, 1.0)).matches


def test_an_outline_that_was_corrected_is_looked_up_as_given(lookup):
    photo = STAGES.read(jpeg((0, 200, 0), 60))
    same = lookup.look_up_mask(photo, STAGES.mask(photo))
    assert names(same) == names(lookup.look_up(jpeg((0, 200, 0), 60))) and same.query is not None
    picture = np.full((200, 200, 3), 255, np.uint8)
    picture[30:170, 20:80], picture[30:170, 120:180] = COLOURS["red"][::-1], COLOURS["blue"][::-1]
    both = STAGES.read(cv2.imencode(".png", picture[..., ::-1])[1].tobytes())
    for name, left in (("red", 20), ("blue", 120)):
        alpha = np.zeros((200, 200), np.float32)
        alpha[30:170, left : left + 60] = 1
        assert names(lookup.look_up_mask(both, Mask(alpha, 1.0)))[0] == name


def test_something_beside_the_garment_is_looked_past(lookup):
    picture = np.full((200, 330, 3), 255, np.uint8)
    picture[30:170, 20:80] = COLOURS["blue"]  # narrow, as in the catalogue
    picture[90:170, 130:310] = (0, 170, 170)  # a bag that it does not have
    answer = lookup.look_up(cv2.imencode(".jpg", picture)[1].tobytes())
    assert names(answer)[0] == "blue" and answer.matches[0].score > 0.95
    assert answer.mask.alpha[100, 50] > 0.5 and answer.mask.alpha[130, 200] == 0  # what was looked up is what is shown
    decoded = lookup.look_up_photo(answer.photo)  # as the page does, which has read it already
    assert names(decoded) == names(answer) and decoded.matches[0].score == pytest.approx(answer.matches[0].score)
    whole = lookup.look_up_mask(answer.photo, STAGES.mask(answer.photo))  # a person says that both are it
    assert whole.matches[0].score < answer.matches[0].score - 0.03 and whole.mask.alpha[130, 200] > 0.5


def test_what_matters_can_be_said_at_once_or_afterwards(lookup):
    photo = jpeg((150, 0, 80), 120)
    plain = lookup.look_up(photo)
    for weights in ({"color": 5.0}, {"color": 0.0}):
        at_once, afterwards = lookup.look_up(photo, weights=weights), lookup.refine(plain, weights=weights)
        assert names(at_once) == names(afterwards) and at_once.probability == pytest.approx(afterwards.probability, abs=1e-4)
        assert [m.score for m in at_once.matches] == pytest.approx([m.score for m in afterwards.matches])
    assert [m.score for m in lookup.refine(plain, weights={"color": 0.0}).matches] != [m.score for m in plain.matches]
    again = lookup.refine(lookup.refine(plain, weights={"color": 0.0}))
    assert names(again) == names(plain) and again.verdict == plain.verdict
    with pytest.raises(RequestError, match="color, shape"):
        lookup.refine(plain, weights={"colour": 2.0})


def test_more_like_this_climbs_and_not_like_this_sinks(lookup):
    plain = lookup.look_up(jpeg((120, 0, 110), 80))
    order = names(plain)
    third = next(m for m in plain.matches if m.rank == 3)
    liked = lookup.refine(plain, liked=[order[2]])
    assert next(m.score for m in liked.matches if m.item == third.item) > third.score
    assert names(liked).index(order[2]) < 2
    sunk = lookup.refine(plain, disliked=order[:2])
    assert set(names(sunk)[:2]) == set(order[2:]) and set(names(sunk)[2:]) == set(order[:2])
    assert names(lookup.refine(plain, disliked=order[:2], k=2)) == names(sunk)[:2]
    assert [m.rank for m in sunk.matches] == [1, 2, 3, 4]
    assert liked.matches[0].parts != {} and plain.query is liked.query  # what was said is never said twice


def test_ids_that_are_not_there_or_contradict_are_refused(lookup):
    plain = lookup.look_up(jpeg((120, 0, 110), 80))
    with pytest.raises(RequestError, match="'nobody'"):
        lookup.refine(plain, liked=["nobody"])
    with pytest.raises(RequestError, match="both liked and disliked"):
        lookup.refine(plain, liked=["red"], disliked=["red"])
    with pytest.raises(ValueError):
        lookup.refine(replace(plain, query=None, photo_vectors=None))
    assert names(lookup.refine(replace(plain, photo_vectors=None))) == names(plain)  # the sum is enough for one photo


def test_only_what_passes_answers(lookup):
    green = jpeg((0, 200, 0), 60)
    assert names(lookup.look_up(green))[0] == "green"
    assert "green" not in names(lookup.look_up(green, only=Filter(in_stock=True)))
    assert names(lookup.look_up(green, only=Filter(colours=("red", "DARK")))) in (["red", "dark"], ["dark", "red"])
    nothing = lookup.look_up(green, only=Filter(colours=("green",), in_stock=True))
    assert nothing.matches == () and (nothing.verdict, nothing.probability) == (Verdict.UNSURE, 0.0)
    assert set(lookup.colours()) == set(COLOURS)


def test_preferences_and_filters_never_make_a_match_surer_than_the_photo_does(lookup):
    photo = jpeg((200, 0, 0), 60)
    plain = lookup.look_up(photo)
    assert plain.verdict == Verdict.IN_CATALOGUE
    for changed in (
        lookup.refine(plain, disliked=["blue"]),
        lookup.refine(plain, only=Filter(colours=("red", "green", "dark"))),
        lookup.look_up(photo, only=Filter(colours=("red",))),
    ):
        assert names(changed)[0] != "blue"
        assert changed.probability <= 1 - plain.probability
        assert changed.verdict == Verdict.UNSURE  # the garment is in the catalogue, but it is not this one
    same = lookup.refine(plain, weights={"color": 3.0}, liked=["blue"])
    assert names(same)[0] == "blue" and same.verdict == plain.verdict and same.probability == pytest.approx(plain.probability, abs=1e-4)


def test_a_match_says_how_unusual_its_likeness_is(lookup):
    first, *rest = lookup.look_up(jpeg((200, 0, 0), 60)).matches
    assert set(first.part_percentiles) == set(FakeStages.parts)
    assert first.percentile == 1.0 and all(0 <= m.percentile <= first.percentile for m in rest)


def test_many_threads_may_look_up_refine_and_filter_at_once(lookup):
    photos = {name: jpeg(colour, 60) for name, colour in COLOURS.items()}

    def one(n: int) -> bool:
        name = list(COLOURS)[n % 4]
        answer = lookup.look_up_photos([photos[name], photos[name]])
        refined = lookup.refine(answer, weights={"color": 1 + n % 3}, disliked=[name], only=Filter(in_stock=n % 2 == 0))
        return names(answer)[0] == name != names(refined)[0]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(200 if isinstance(lookup.index, Index) else 24)))
