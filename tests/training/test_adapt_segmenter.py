"""The segmenter learns from corrected outlines, nothing that it is judged on is learned from, and only what is better is taken over."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")

from edge.corrections import keep_correction  # noqa: E402
from edge.lookup import Lookup  # noqa: E402
from edge.session import DEFAULT_MODELS, read_model_folder  # noqa: E402
from edge.stages import Stages  # noqa: E402
from edge.types import Mask, Photo  # noqa: E402
from index_builder.build import build  # noqa: E402
from training import adapt_run  # noqa: E402
from training.adapt_command import _in_words  # noqa: E402
from training.adapt_data import FIT, HELD, TUNE, Amounts, part_of  # noqa: E402
from training.adapt_masks import CORRECTED, DRAWN, MADE, by_part, corrections_of, outlines  # noqa: E402
from training.adapt_run import Wanted, adapted  # noqa: E402
from training.adapt_segmenter import adapt_segmenter, export_adapted, gained, judged, worse  # noqa: E402
from training.feedback import read_feedback  # noqa: E402
from training.weights_from_onnx import read_segmenter  # noqa: E402

ITEMS, CORRECTIONS = 44, 24


def shirt(side: int, n: int) -> np.ndarray:
    """A garment of one colour with a stripe on white, uint8 (side, side, 3)."""
    rng = np.random.default_rng(n)
    out = np.full((side, side, 3), 255, np.uint8)
    a, b = side // 4, side - side // 4
    out[a:b, a:b] = rng.integers(20, 220, 3)
    stripe = int(rng.integers(a, b - side // 10))
    out[stripe : stripe + side // 10, a:b] = rng.integers(20, 220, 3)
    return out


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """A catalogue with its index, a look-up of each item, and corrected outlines of the first ones."""
    root = tmp_path_factory.mktemp("house")
    (root / "pictures").mkdir()
    for n in range(ITEMS):
        cv2.imwrite(str(root / "pictures" / f"item-{n}.png"), shirt(320, n))
    build(root / "pictures", root / "index", stages=Stages.open(DEFAULT_MODELS))
    (root / "feedback" / "photos").mkdir(parents=True)
    with open(root / "feedback" / "feedback.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("photo", "mask", "chosen", "rejected", "time", "lookup_id"))
        for n in range(ITEMS):
            photo = shirt(256, n) // 2 + 60
            cv2.imwrite(str(root / "feedback" / "photos" / f"{n}-1.jpg"), photo)
            rows.writerow((f"photos/{n}-1.jpg", "", f"item-{n}", "[]", "2026-01-02T03:04:05+00:00", f"look-up-{n}"))
            if n < CORRECTIONS:
                alpha = (shirt(256, n).min(2) < 255).astype(np.float32)
                when = datetime(2026, 1, 2, 3, n, tzinfo=UTC)
                keep_correction(
                    root / "feedback" / "corrections", Photo(photo[..., ::-1], (256, 256), "JPEG"), Mask(alpha, 1.0),
                    when=when, lookup_id=f"look-up-{n}",
                )  # fmt: skip
    return root


def test_of_an_outline_corrected_twice_the_last_counts(house, tmp_path):
    assert len(corrections_of(house / "feedback")) == CORRECTIONS and corrections_of(None) == []
    photo = Photo(np.zeros((8, 8, 3), np.uint8), (8, 8), "JPEG")
    for minute, value in enumerate((0.0, 1.0)):
        when = datetime(2026, 1, 2, 3, minute, tzinfo=UTC)
        keep_correction(tmp_path / "corrections", photo, Mask(np.full((8, 8), value, np.float32), 1.0), when=when, lookup_id="a")
    (kept,) = corrections_of(tmp_path)
    assert cv2.imread(str(kept.mask_path), cv2.IMREAD_GRAYSCALE).min() == 255


def test_an_outline_whose_garment_is_not_known_is_learned_from_and_judges_nothing(house):
    lookup = Lookup.open(house / "index", models=DEFAULT_MODELS)
    corrections = corrections_of(house / "feedback")
    parts = by_part(lookup, read_feedback(house / "feedback"), corrections, ITEMS)
    for part in (FIT, TUNE, HELD):
        assert [c.lookup_id for c in parts[part]] == [f"look-up-{n}" for n in range(CORRECTIONS) if part_of(f"item-{n}") == part]
    assert by_part(lookup, [], corrections, ITEMS) == {FIT: corrections, TUNE: [], HELD: []}


def test_it_learns_from_no_item_that_it_reports_on_stops_goes_on_and_exports(house, tmp_path):
    start, size = read_segmenter(DEFAULT_MODELS / "segmenter")
    lookup = Lookup.open(house / "index", models=DEFAULT_MODELS)
    ticks: list[tuple[int, int]] = []
    seen = read_feedback(house / "feedback")
    parts = by_part(lookup, seen, corrections_of(house / "feedback"), ITEMS)
    data = outlines(lookup, seen, parts, size=size, drawn=(12, 4), most=ITEMS, tick=lambda *n: ticks.append(n))
    held = [n for n in range(CORRECTIONS) if part_of(f"item-{n}") == HELD]
    fit = [n for n in range(ITEMS) if part_of(f"item-{n}") == FIT]
    assert held and data.corrections == CORRECTIONS and ticks[-1][0] == ticks[-1][1]
    assert len(data.held[CORRECTED]) == len(held) and set(data.held) == {CORRECTED, MADE, DRAWN}
    # Corrections, the other confirmed photos, studio images, and drawn ones.
    assert 12 + len([n for n in fit if n < CORRECTIONS]) < len(data.fit) <= 12 + 2 * len(fit)
    assert not (data.held[CORRECTED].rgb[:, None] == data.fit.rgb[None]).all((2, 3, 4)).any()
    exact = data.held[MADE].mask
    assert exact.max() > 250 and 0.05 < (exact > 127).mean() < 0.8
    words = {"size": size, "run": tmp_path, "key": "k", "batch": 4}
    first = adapt_segmenter(start, data, minutes=0.01, **words)
    again = adapt_segmenter(start, data, minutes=0.01, **words)
    assert first.steps == again.steps >= 1 and again.share == first.share  # its time is spent
    more = adapt_segmenter(start, data, minutes=0.03, **words)
    looks = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines() if "loss" in line]
    assert more.steps > first.steps and looks[-1]["segmenter_step"] > first.steps, "what is trained on with more time is looked at too"
    state = torch.load(tmp_path / "segmenter.pt", weights_only=True)
    learned = read_segmenter(DEFAULT_MODELS / "segmenter")[0]
    learned.load_state_dict(state["ema"])
    assert export_adapted(learned, DEFAULT_MODELS / "segmenter", tmp_path / "segmenter", data.fit.rgb[:3]) < 0.02
    written = read_model_folder(tmp_path / "segmenter")
    assert written.sha256 != read_model_folder(DEFAULT_MODELS / "segmenter").sha256
    assert written.spec["confidence"] == read_model_folder(DEFAULT_MODELS / "segmenter").spec["confidence"]
    back = judged(read_segmenter(tmp_path / "segmenter")[0], {MADE: data.held[MADE]})[MADE]["iou"]
    assert back == pytest.approx(judged(learned, {MADE: data.held[MADE]})[MADE]["iou"], abs=2e-3)


def test_a_better_segmenter_is_installed_and_a_worse_one_leaves_all_as_it_was(house, tmp_path, monkeypatch):
    few = Amounts(items=ITEMS, judged=ITEMS, views=1, foreign=2, drawn=2, photos=40, most_photos=1, drawn_photos=(4, 2))
    monkeypatch.setattr(adapt_run.by_outline, "gained", lambda before, after: True)

    def run(name: str, said: list[str]) -> dict:
        monkeypatch.setattr(adapt_run.by_outline, "worse", lambda before, after: said)
        monkeypatch.setattr(adapt_run, "worse", lambda before, after: said)
        words = {"minutes": 0.05, "run": tmp_path / name, "amounts": few}
        return adapted(Wanted(house / "index", tmp_path / "models", house / "feedback", **words))

    refused = run("refused", ["it fell"])
    assert not refused["segmenter"]["adapted"] and refused["segmenter"]["refused"] == ["it fell"] and refused["refused"] == ["it fell"]
    assert refused["installed"] == "" and not (tmp_path / "models").exists()
    said = _in_words(refused)
    assert f"{CORRECTIONS} corrected outlines" in said and "it fell" in said and "Not installed" in said
    looks = iter(range(1000))  # each look is better than the one before
    monkeypatch.setattr(adapt_run.by_outline, "_mean", lambda found: found.setdefault("look", next(looks)))
    result = run("taken", [])
    assert result["segmenter"]["adapted"] and result["segmenter"]["steps"] >= 1 and result["segmenter"]["corrections"] == CORRECTIONS
    assert list((tmp_path / "taken").glob("judged-*.npz")) and list((tmp_path / "taken").glob("prepared-*.npz"))
    assert str(tmp_path / "models" / result["installed"]) in (said := _in_words(result)) and "mean IoU" in said and CORRECTED in said
    installed = tmp_path / "models" / result["installed"]
    assert read_model_folder(installed / "segmenter").sha256 != read_model_folder(DEFAULT_MODELS / "segmenter").sha256
    same = read_model_folder(installed / "embedder").sha256 == read_model_folder(DEFAULT_MODELS / "embedder").sha256
    assert same is not result["embedder"]
    assert json.loads((installed / "adapted.json").read_text())["segmenter"]["adapted"]


def test_too_few_outlines_leave_the_segmenter_as_it_is(house, tmp_path):
    wanted = Wanted(house / "index", tmp_path / "models", None, run=tmp_path / "run")
    adapt_run.copy_set(DEFAULT_MODELS, tmp_path / "run" / "candidate")
    said = adapt_run._adapt_segmenter(wanted, Lookup.open(house / "index", models=DEFAULT_MODELS), [], DEFAULT_MODELS, tmp_path / "run")
    assert not said["adapted"] and said["minutes"] == 0 and "12" in said["refused"][0]


def test_a_fall_is_refused_and_a_gain_has_to_be_seen():
    was = {CORRECTED: {"photos": 9, "iou": 0.9, "under_0.80": 0.1}, DRAWN: {"photos": 9, "iou": 0.97, "under_0.80": 0.0}}
    better = was | {CORRECTED: was[CORRECTED] | {"iou": 0.92}}
    assert worse(was, better) == [] and gained(was, better) and not gained(was, was)
    assert not gained(was, was | {DRAWN: was[DRAWN] | {"iou": 0.99}})
    assert worse(was, was | {CORRECTED: was[CORRECTED] | {"iou": 0.897}}) == [
        "outlines of corrected photos: mean IoU fell from 0.900 to 0.897"
    ]
    assert worse(was, was | {DRAWN: was[DRAWN] | {"iou": 0.961}}) == []
    assert len(worse(was, was | {DRAWN: was[DRAWN] | {"iou": 0.95}})) == 1
