import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")

from edge.taxonomy import Taxonomy  # noqa: E402
from training.concepts_data import ALL_KINDS, CROP, LIGHT, MIRROR, TURN, Features, augmented  # noqa: E402
from training.concepts_export import fit_tag, fit_temperature, write_onnx  # noqa: E402
from training.concepts_model import Feedback, FeedForward, tag_hinge  # noqa: E402
from training.concepts_scores import Truth, group_numbers, macro_f1, scores  # noqa: E402
from training.concepts_train import TAGS, Recipe, Views, answers, fit, group_log_probability, groups_of, targets_of  # noqa: E402
from training.data import Row  # noqa: E402
from training.train_embedder import LABELS, PATTERNS, SLEEVES  # noqa: E402

SPLITS = (6, 6, 6, 6)


def row(image="x", label="Polo", pattern="striped", sleeve="short") -> Row:
    return Row(image, "s", "fit", label, pattern, sleeve, "flat", "good", 1.0)


def made_up(count: int, seed: int = 0) -> Features:
    """Photos whose features hold label and pattern under noise: the label in the last, the pattern in the second part."""
    rng = np.random.default_rng(seed)
    labels, patterns = rng.integers(0, 4, count), rng.integers(0, 3, count)
    x = rng.normal(0, 0.3, (count, sum(SPLITS))).astype(np.float32)
    x[np.arange(count), 18 + labels] += 2
    x[np.arange(count), 6 + patterns] += 2
    chosen = ("T-Shirt", "Pants", "Shoes", "Hat")
    rows = [row(f"{seed}-{i}", chosen[a], PATTERNS[b], "") for i, (a, b) in enumerate(zip(labels, patterns, strict=True))]
    return Features(x, rows)


def feedback(**rest) -> Feedback:
    torch.manual_seed(0)
    return Feedback(splits=SPLITS, leaves=len(LABELS), tags=len(TAGS), width=16, **rest).eval()


def test_a_groups_probability_is_the_sum_of_its_leaves():
    logits, group = torch.randn(5, len(LABELS)), groups_of(Taxonomy.read())
    p = torch.softmax(logits, 1)
    slow = torch.stack([sum(p[:, i] for i in range(len(LABELS)) if group[i] == g) for g in range(int(group.max()) + 1)], 1)
    assert torch.allclose(group_log_probability(logits, group).exp(), slow, atol=1e-6)
    assert np.array_equal(group.numpy(), group_numbers())


def test_the_margin_loss_pulls_and_pushes_any_number_of_tags_alike():
    cosines = torch.tensor([[0.9, 0.0, 0.0, -0.5], [0.2, 0.5, 0.9, 0.0]])
    nothing = torch.tensor([[1.0, 0, 0, 0], [0, 0, 1, float("nan")]])
    assert float(tag_hinge(cosines[:1], nothing[:1])) == 0
    second = float(tag_hinge(cosines[1:], nothing[1:]))
    assert second == pytest.approx(((0.2 - 0.1) + (0.5 - 0.1)) / 2), "0.9 is near enough, the unknown tag does not count"
    many = torch.tensor([[1.0, 1, 0, 0]])
    assert float(tag_hinge(torch.tensor([[0.5, 0.1, 0.0, 0.0]]), many)) == pytest.approx((0.2 + 0.6) / 2)
    assert float(tag_hinge(cosines[:1], torch.zeros(1, 4))) == pytest.approx(0.8 / 4)


def test_an_earlier_step_knows_nothing_of_the_higher_layers():
    model, x = feedback(), torch.randn(3, sum(SPLITS))
    other = x.clone()
    other[:, 12:] = torch.randn(3, 12)
    a, b = model(x)[0], model(other)[0]
    assert torch.equal(a[:, :2], b[:, :2]) and not torch.allclose(a[:, 2:], b[:, 2:])


def test_what_was_seen_low_is_fed_back_into_the_last_answer():
    model, x = feedback(), torch.randn(3, sum(SPLITS))
    other = x.clone()
    other[:, :6] = torch.randn(3, 6)
    assert not torch.allclose(model(x)[0][:, -1], model(other)[0][:, -1])


def test_tags_are_cosines_in_the_space_of_the_image():
    model, x = feedback(), torch.randn(4, sum(SPLITS))
    _, cosines, image = model.cosines(x)
    assert torch.allclose(image.norm(dim=1), torch.ones(4), atol=1e-5)
    assert torch.allclose(cosines, torch.cosine_similarity(image[:, None], model.tag_points[None], dim=2), atol=1e-5)


@pytest.mark.parametrize("head", ["feedback", "plain"])
def test_a_head_learns_category_and_pattern_and_its_feedback_kind_never_contradicts_its_group(head):
    model = fit(Views([made_up(400)], 0), recipe=Recipe(head=head, width=32), splits=SPLITS, seconds=0, seed=0, steps=250)
    judged = made_up(200, 1)
    found = scores(Truth.of(judged.rows), *answers(model, judged.x))
    assert found["category"] > 0.9 and found["group"] > 0.9 and found["pattern"] > 0.85
    if head == "feedback":
        assert found["compliance"] == 1.0


def test_unlabelled_is_unknown_not_absent():
    target = targets_of([row(sleeve=""), row(label="Not sure", pattern="")])
    assert target.leaf.tolist() == [LABELS.index("Polo"), -100]
    assert target.tags[0, len(PATTERNS) :].isnan().all() and target.tags[0, : len(PATTERNS)].sum() == 1
    assert target.tags[1, : len(PATTERNS)].isnan().all() and target.tags[1, TAGS.index(SLEEVES[1])] == 1


def test_all_views_of_a_photo_are_drawn_and_belong_to_it():
    a, b = made_up(20), made_up(20)
    shifted = Features(b.x + 100, b.rows[:10])
    views = Views([a, Features(shifted.x[:10], shifted.rows)], 0)
    x, photos = views.batch(500)
    high = x.mean(1) > 50
    assert high.any() and not high.all() and set(photos[high].tolist()) <= set(range(10))
    assert torch.allclose(x[~high], torch.from_numpy(a.x)[photos[~high]])


def test_augmentation_turns_mirrors_and_crops_what_it_is_asked_to():
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 200, (96, 96, 3), np.uint8)
    mask = np.zeros((96, 96), np.uint8)
    mask[30:66, 20:76] = 255
    mask[30:48, 20:40] = 0
    still = augmented(rgb, mask, np.random.default_rng(1), (), size=64)

    def share(kinds):
        made = [augmented(rgb, mask, np.random.default_rng(seed), kinds, size=64) for seed in range(40)]
        return np.mean([not np.array_equal(m, still) for m in made])

    assert share(()) == 0 and 0.3 < share((MIRROR,)) < 0.7 and 0.4 < share((TURN,)) < 0.8 and 0.3 < share((CROP,)) < 0.7
    assert share((LIGHT,)) == 1
    one, again = (augmented(rgb, mask, np.random.default_rng(5), ALL_KINDS, size=64) for _ in range(2))
    assert np.array_equal(one, again) and one.shape == (64, 64, 3) and one.dtype == np.uint8


def test_macro_f1_counts_each_class_that_occurs_once():
    truth, said = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    assert macro_f1(truth, said, 3) == pytest.approx((2 * 2 / (3 + 2) + 2 * 1 / (1 + 2)) / 2)


def test_temperature_and_platt_find_what_the_data_was_made_with():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (4000, 5))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    truth = np.array([rng.choice(5, p=row) for row in p])
    assert fit_temperature(logits * 2.5, truth) == pytest.approx(2.5, rel=0.12)
    x = rng.normal(0, 2, 4000)
    slope, offset = fit_tag(x, (rng.random(4000) < 1 / (1 + np.exp(-(0.5 * x - 1)))).astype(float))
    assert slope == pytest.approx(0.5, abs=0.08) and offset == pytest.approx(-1, abs=0.15)
    few = fit_tag(np.array([3.0, -3.0]), np.array([1.0, 0.0]))
    assert few[0] == pytest.approx(1, abs=0.2), "two photos change little"


def test_the_file_written_answers_as_the_network_does(tmp_path):
    ort = pytest.importorskip("onnxruntime")
    model, x = feedback(), torch.randn(7, sum(SPLITS))
    write_onnx(model, tmp_path / "model.onnx", sum(SPLITS))
    got = ort.InferenceSession(str(tmp_path / "model.onnx")).run(None, {"features": x.numpy()})
    for g, w in zip(got, model(x), strict=True):
        assert g.shape == w.shape and np.abs(g - w.detach().numpy()).max() < 0.02


def test_the_plain_head_answers_group_and_category_apart():
    model = FeedForward(splits=SPLITS, leaves=17, groups=6, tags=11, width=16).eval()
    leaves, tags, groups = model(torch.randn(2, sum(SPLITS)))
    assert leaves.shape == (2, 1, 17) and tags.shape == (2, 11) and groups.shape == (2, 6)
