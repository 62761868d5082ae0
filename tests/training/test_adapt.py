"""Adapting goes on from where it was stopped, exports what it computed, refuses what got worse, and can be taken back."""

import csv
import json

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")

from edge.config import Settings, chosen_models, models_in  # noqa: E402
from edge.errors import IndexFolderError, SettingsError, SetupError  # noqa: E402
from edge.lookup import Lookup  # noqa: E402
from edge.session import DEFAULT_MODELS, read_model_folder  # noqa: E402
from edge.stages import Stages  # noqa: E402
from index_builder.build import build  # noqa: E402
from training.__main__ import main  # noqa: E402
from training.adapt import SHARES, adapt, mixed  # noqa: E402
from training.adapt_batches import TaughtBatches  # noqa: E402
from training.adapt_data import CONFIRMED, DRAWN, FIT, FOREIGN, HELD, MADE, STUDIO, TUNE, Amounts, Prepared, part_of  # noqa: E402
from training.adapt_install import copy_role, copy_set, current, embed_onnx, export, install, undo  # noqa: E402
from training.adapt_run import Wanted, adapted  # noqa: E402
from training.adapt_scenes import SIDE, phone_like  # noqa: E402
from training.adapt_score import doubt, figures, gained, judged, worse  # noqa: E402
from training.embedder_batches import ViewRecipe  # noqa: E402
from training.embedder_data import SOURCE  # noqa: E402
from training.weights_from_onnx import read_embedder  # noqa: E402


def blocks(side: int, n: int) -> np.ndarray:
    """A garment of 16 coloured blocks in the middle of white, uint8 (side, side, 3)."""
    small = np.random.default_rng(n).integers(20, 220, (4, 4, 3), np.uint8)
    out = np.full((side, side, 3), 255, np.uint8)
    inside = side // 2 // 4 * 4
    at = (side - inside) // 2
    out[at : at + inside, at : at + inside] = np.repeat(np.repeat(small, inside // 4, 0), inside // 4, 1)
    return out


@pytest.fixture(scope="module")
def data() -> Prepared:
    """24 garments: 12 to fit, one with a confirmed photo for which another was passed over; 6 tune, 4 held, 2 drawn."""
    rng = np.random.default_rng(0)
    parts = np.array([FIT] * 12 + [TUNE] * 6 + [HELD] * 4 + [FOREIGN] * 2)
    gallery = np.stack([blocks(128, n) for n in range(24)])
    asked = np.flatnonzero(parts != FIT)
    noisy = np.clip(gallery[asked] + rng.normal(0, 12, gallery[asked].shape), 0, 255).astype(np.uint8)
    numbers = [*range(12), 3]
    rgb = np.stack([blocks(SOURCE, n) for n in numbers])
    mask = (rgb.min(3) < 255).astype(np.uint8) * 255
    confirmed = np.arange(len(asked)) % 2 == 0
    source = np.array([STUDIO] * 12 + [CONFIRMED])
    return Prepared(gallery, np.arange(24), noisy, asked, parts[asked], confirmed, rgb, mask, np.array(numbers), source, np.array([[3, 7]]))


def test_it_trains_stops_goes_on_exports_and_installs(data, tmp_path):
    start, size = read_embedder(DEFAULT_MODELS / "embedder")
    words = {"run": tmp_path / "run", "key": "k", "batch": 12}
    first = adapt(start, size, data, minutes=0.01, **words)
    assert first.steps >= 1 and first.share in (0.0, *SHARES)
    again = adapt(start, size, data, minutes=0.01, **words)
    assert again.steps == first.steps and again.share == first.share  # its time is spent
    assert "resumed_at" in (tmp_path / "run" / "log.jsonl").read_text()
    state = torch.load(tmp_path / "run" / "last.pt", weights_only=True)
    learned = mixed(start, start, 0.0)
    learned.load_state_dict(state["ema"])
    assert any(not torch.equal(a, b) for a, b in zip(learned.parameters(), start.parameters(), strict=True))
    assert export(learned, DEFAULT_MODELS / "embedder", tmp_path / "embedder", data.gallery) < 1e-3
    assert set(judged(embed_onnx(tmp_path / "embedder"), data, (HELD, FOREIGN))) == {"held_out_items", "held_out_look_ups", "drawn"}

    models = tmp_path / "models"
    assert models_in(models) is None and chosen_models(None, {"RACKLENS_MODELS": str(models)}) is None
    copy_set(DEFAULT_MODELS, tmp_path / "candidate")
    copy_role(tmp_path / "embedder", tmp_path / "candidate")
    one = install(tmp_path / "candidate", models, {"minutes": 1})
    used = Settings(models=models).models_in_use
    assert used == models / one == chosen_models(models, {})
    assert read_model_folder(used / "embedder").sha256 == read_model_folder(tmp_path / "embedder").sha256
    assert read_model_folder(used / "segmenter").sha256 == read_model_folder(DEFAULT_MODELS / "segmenter").sha256
    two = install(used, models, {})
    assert json.loads((models / two / "adapted.json").read_text())["replaces"] == one
    assert undo(models) == (two, one) and current(models) == one
    assert undo(models) == (one, "") and models_in(models) is None
    with pytest.raises(SetupError, match="No adapted model"):
        undo(models)
    (models / "CURRENT").write_text("../elsewhere\n")
    with pytest.raises(SettingsError, match="not there"):
        models_in(models)


def test_a_catalogue_and_its_look_ups_are_learned_from_and_its_index_is_of_the_model_it_was_built_with(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for n in range(44):
        cv2.imwrite(str(pictures / f"item-{n}.png"), blocks(320, n))
    stages = Stages.open(DEFAULT_MODELS)
    build(pictures, tmp_path / "index", stages=stages)
    fit = [n for n in range(44) if part_of(f"item-{n}") == FIT]
    (tmp_path / "feedback" / "photos").mkdir(parents=True)
    with open(tmp_path / "feedback" / "feedback.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("photo", "mask", "chosen", "rejected", "time", "lookup_id"))
        for n in range(44):
            cv2.imwrite(str(tmp_path / "feedback" / "photos" / f"{n}-1.jpg"), blocks(400, n) // 2 + 60)
            passed = json.dumps([f"item-{fit[-1 if n == fit[0] else 0]}"])
            rows.writerow((f"photos/{n}-1.jpg", "", f"item-{n}", passed, "2026-01-02T03:04:05+00:00", f"{n}"))
    few = Amounts(items=44, judged=44, views=2, foreign=2, drawn=2, photos=40, most_photos=1, drawn_photos=(4, 2))
    wanted = Wanted(
        tmp_path / "index", tmp_path / "models", tmp_path / "feedback", minutes=0.02, run=tmp_path / "run", rate=1e-4, amounts=few
    )
    result = adapted(wanted)
    assert result["onnx_minus_torch"] < 1e-3 and result["steps"] >= 1 and result["look_ups"] == 44
    assert set(result["before"]) == set(result["after"]) == {"held_out_items", "held_out_look_ups", "drawn"}
    assert bool(result["installed"]) != bool(result["refused"])
    with np.load(next((tmp_path / "run").glob("prepared-*.npz"))) as kept:
        group, source, rejected = kept["group"], kept["source"], kept["rejected"]
        assert len(set(group[group < DRAWN].tolist())) == len(fit) and (group >= DRAWN).sum() >= 2
        assert set(source.tolist()) == {STUDIO, MADE, CONFIRMED} and len(rejected) == len(fit)
        assert kept["confirmed"].any() and not kept["confirmed"].all()
    # Whatever came of it, put the learned model in use: the index is then another model's.
    copy_role(tmp_path / "run" / "embedder", tmp_path / "run" / "candidate")
    name = result["installed"] or install(tmp_path / "run" / "candidate", tmp_path / "models", {})
    if read_model_folder(tmp_path / "models" / name / "embedder").sha256 != read_model_folder(DEFAULT_MODELS / "embedder").sha256:
        with pytest.raises(IndexFolderError, match="other models"):
            Lookup.open(tmp_path / "index", models=tmp_path / "models" / name)
    assert Lookup.open(tmp_path / "index", models=DEFAULT_MODELS).catalogue is not None


def test_unusable_arguments_end_with_2_and_a_remedy(tmp_path, capsys):
    for words, said in (
        (["--models", str(DEFAULT_MODELS)], "stay as they are"),
        (["--models", str(tmp_path)], "--index"),
        (["--models", str(tmp_path), "--undo"], "No adapted model"),
        (["--models", str(tmp_path), "--index", str(tmp_path), "--minutes", "0"], "minutes"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["adapt", *words])
        assert ended.value.code == 2 and said in capsys.readouterr().err


def test_what_was_passed_over_stands_beside_what_was_chosen_and_photos_beside_studio_images(data):
    crops, names = data.crops()
    assert names.tolist() == list(range(12))
    batches = TaughtBatches(crops, data.source, torch.zeros(12, 12, dtype=torch.int64), {3: [7]}, 10, 0, ViewRecipe())
    groups, doubles = batches._choose(np.random.default_rng(0))
    plain = [g for g, double in zip(groups, doubles, strict=True) if not double]
    assert {3, 7} <= set(plain) and len(plain) == len(set(plain)) and len(groups) == 10
    pairs = [batches._pair(3, np.random.default_rng(i)) for i in range(40)]
    assert {first for first, _ in pairs} == {3} and {second for _, second in pairs} == {3, 12}
    views, index, plain = next(iter(batches))
    assert views.shape == (2, 10, 128, 128, 3) and not data.source[index.numpy()].any() and plain.any()


def test_a_made_photo_shows_the_garment_on_another_ground():
    rgb, grounds = blocks(SIDE, 1), np.full((1, SIDE, SIDE, 3), 90, np.uint8)
    mask = (rgb.min(2) < 255).astype(np.uint8) * 255
    made = [phone_like(rgb, mask, grounds, np.random.default_rng(i), (rgb, mask)) for i in range(3)]
    assert made == [phone_like(rgb, mask, grounds, np.random.default_rng(i), (rgb, mask)) for i in range(3)]
    photos = [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR) for one in made]
    assert all(photo.shape == (SIDE, SIDE, 3) for photo in photos)
    assert np.abs(photos[0].astype(int) - photos[1]).mean() > 5


def test_figures_count_the_own_garment_first_and_left_out():
    scores = np.array([[0.9, 0.2, 0.1], [0.3, 0.4, 0.8]])
    found = figures(scores, np.array([0, 1]), np.array([0, 1, 2]))
    assert {**found, "doubt": 0} == {"queries": 2, "recall@1": 0.5, "auroc": 0.875, "doubt": 0}
    assert found["doubt"] == pytest.approx((np.log1p(np.exp(-14)) + np.log1p(np.exp(8))) / 2, abs=1e-4)
    assert doubt({"tune": found}) == found["doubt"] and doubt({}) == float("inf")


def test_a_fall_at_home_is_refused_and_a_point_elsewhere_is_not():
    was = {"held_out_items": {"recall@1": 0.9, "auroc": 0.9}, "drawn": {"recall@1": 0.99, "auroc": 0.99}}
    now = {"held_out_items": {"recall@1": 0.92, "auroc": 0.9}, "drawn": {"recall@1": 0.981, "auroc": 0.985}}
    assert worse(was, now) == []
    assert worse(was, now | {"held_out_items": {"recall@1": 0.89, "auroc": 0.95}}) == ["held_out_items: recall@1 fell from 0.900 to 0.890"]
    assert len(worse(was, now | {"drawn": {"recall@1": 0.97, "auroc": 0.99}})) == 1


def test_a_gain_that_cannot_be_measured_is_none():
    was = {"held_out_items": {"recall@1": 0.9, "auroc": 0.9, "doubt": 0.1}, "drawn": {"recall@1": 0.9, "auroc": 0.9, "doubt": 0.1}}
    assert not gained(was, was)
    assert not gained(was, was | {"drawn": {"recall@1": 1.0, "auroc": 1.0, "doubt": 0.0}})  # elsewhere, not at home
    for better in ({"recall@1": 0.91}, {"auroc": 0.91}, {"doubt": 0.09}):
        assert gained(was, was | {"held_out_items": was["held_out_items"] | better})


def test_items_are_split_the_same_way_every_time():
    parts = [part_of(f"SKU-{i}") for i in range(2000)]
    assert parts == [part_of(f"SKU-{i}") for i in range(2000)]
    assert 0.16 < parts.count(HELD) / 2000 < 0.24 and 0.07 < parts.count(TUNE) / 2000 < 0.13
