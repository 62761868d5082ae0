import json

import cv2
import numpy as np
import pytest

from edge.errors import IndexFolderError, NoGarmentFound
from edge.lookup import Lookup, current_build, overlay_path
from edge.types import Verdict
from index_builder.build import build
from tests.fakes import FakeStages

LINE = {"weights": {"score": 40.0, "margin": 0.0, "confidence": 0.0}, "bias": -38.0, "accept_at": 0.6, "reject_at": 0.2,
        "trials": 10, "unknown_trials": 5, "source": "made views"}  # fmt: skip


def jpeg(colour: tuple[int, int, int], width: int) -> bytes:
    picture = np.full((200, 200, 3), 255, np.uint8)
    cv2.rectangle(picture, (100 - width // 2, 30), (100 + width // 2, 170), colour, -1)
    return cv2.imencode(".jpg", picture)[1].tobytes()


@pytest.fixture(scope="module")
def index_root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lookup")
    (folder / "studio").mkdir()
    rows = ["id,title,image_link,additional_image_link"]
    for i, colour in enumerate([(0, 0, 200), (200, 0, 0), (0, 200, 0), (40, 40, 40)]):
        for name, width in ((f"{i}.jpg", 60), (f"{i}-back.jpg", 64)):
            (folder / "studio" / name).write_bytes(jpeg(colour, width))
        rows.append(f"item-{i},Title {i},studio/{i}.jpg,studio/{i}-back.jpg")
    (folder / "feed.csv").write_text("\n".join(rows) + "\n")
    build(folder / "feed.csv", folder / "index", stages=FakeStages(), calibrator=lambda *_: LINE)
    return folder / "index"


def test_the_right_item_comes_first_and_each_item_once(index_root):
    answer = Lookup.open(index_root, stages=FakeStages()).look_up(jpeg((190, 10, 10), 62), k=10)
    assert [m.item.item_id for m in answer.matches][0] == "item-1"
    assert sorted(m.item.item_id for m in answer.matches) == ["item-0", "item-1", "item-2", "item-3"]
    assert [m.rank for m in answer.matches] == [1, 2, 3, 4]
    scores = [m.score for m in answer.matches]
    assert scores == sorted(scores, reverse=True)
    assert set(answer.timings_ms) == {"read", "segment", "cutout", "embed", "search", "total"}
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
