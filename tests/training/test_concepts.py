import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs requirements-train.txt")

from edge.taxonomy import Taxonomy  # noqa: E402
from training.concepts_data import ALL_KINDS, CROP, LIGHT, MIRROR, TURN, Pool, Squares, augmented, still  # noqa: E402
from training.concepts_export import fit_tag, fit_temperature  # noqa: E402
from training.concepts_model import Feedback, FeedForward, Mirrored, tag_hinge  # noqa: E402
from training.concepts_scores import Truth, group_numbers, macro_f1, scores  # noqa: E402
from training.concepts_train import (  # noqa: E402
    TAGS,
    HeadLoss,
    Recipe,
    chances,
    group_log_probability,
    groups_of,
    jittered,
    make_net,
    targets_of,
)  # fmt: skip
from training.data import Row  # noqa: E402
from training.onnx_file import write_model  # noqa: E402
from training.train_embedder import LABELS, PATTERNS, SLEEVES  # noqa: E402

SPLITS = (6, 6, 6, 6)


def row(image="x", label="Polo", pattern="striped", sleeve="short") -> Row:
    return Row(image, "s", "fit", label, pattern, sleeve, "flat", "good", 1.0)


def garments(count: int = 6) -> Squares:
    """Rectangles of one colour each on grey, the even ones wide, by a checked mask; the first also by our own."""
    rgb, mask = np.full((count + 1, 96, 96, 3), 128, np.uint8), np.zeros((count + 1, 96, 96), np.uint8)
    rows = []
    for i in range(count + 1):
        wide = i % 2 == 0
        where = (slice(36, 60), slice(16, 80)) if wide else (slice(16, 80), slice(36, 60))
        rgb[i][where], mask[i][where] = (30 * i, 200 - 20 * i, 90), 255
        rows.append(row(f"photo {i % count}", "Shorts" if wide else "Pants", "plain", ""))
    return Squares(rgb, mask, rows, np.arange(count + 1) == count)


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
def test_a_head_learns_category_and_its_feedback_kind_never_contradicts_its_group(head):
    torch.manual_seed(0)
    chosen = ("T-Shirt", "Pants", "Shoes", "Hat")
    number = torch.randint(0, 4, (600,))
    rows = [row(f"{i}", chosen[n], PATTERNS[n], "") for i, n in enumerate(number.tolist())]
    recipe = Recipe(head=head, width=32, dropout=0.0)
    net = make_net(recipe)
    x = 0.3 * torch.randn(600, sum(net.backbone.splits))
    x[torch.arange(600), x.shape[1] - 10 + number] += 4
    target = targets_of(rows)
    loss_of, optimiser = HeadLoss(recipe, target), torch.optim.AdamW(net.head.parameters(), lr=3e-3)
    for step in range(250):
        pick = torch.randint(0, 400, (64,))
        loss = loss_of(net.head, x[pick], [(1.0, target.at(pick))], step / 250)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        leaves, tags, third = net.head.eval()(x[400:])
    groups = third.log_softmax(1) if head == "plain" else group_log_probability(leaves[:, -1], groups_of(Taxonomy.read()))
    found = scores(Truth.of(rows[400:]), leaves.numpy(), tags.numpy(), groups.numpy())
    assert found["category"] > 0.9 and found["group"] > 0.9 and found["pattern"] > 0.85
    if head == "feedback":
        assert found["compliance"] == 1.0


def test_two_pictures_laid_over_each_other_count_by_their_share():
    recipe = Recipe(width=32)
    net, target = make_net(recipe).eval(), targets_of([row(label="Polo"), row(label="Hat", sleeve="")])
    x = torch.randn(1, sum(net.backbone.splits))
    loss_of = HeadLoss(recipe, target)
    polo, hat = (float(loss_of(net.head, x, [(1.0, target.at(torch.tensor([i])))], 1.0).detach()) for i in (0, 1))
    both = float(loss_of(net.head, x, [(0.3, target.at(torch.tensor([0]))), (0.7, target.at(torch.tensor([1])))], 1.0).detach())
    assert both == pytest.approx(0.3 * polo + 0.7 * hat, rel=1e-4)


def test_unlabelled_is_unknown_not_absent():
    target = targets_of([row(sleeve=""), row(label="Not sure", pattern="")])
    assert target.leaf.tolist() == [LABELS.index("Polo"), -100]
    assert target.tags[0, len(PATTERNS) :].isnan().all() and target.tags[0, : len(PATTERNS)].sum() == 1
    assert target.tags[1, : len(PATTERNS)].isnan().all() and target.tags[1, TAGS.index(SLEEVES[1])] == 1


def test_the_pool_holds_every_garment_as_it_is_then_its_views_and_says_what_was_printed():
    made = Pool(garments(), views=4, size=64, seed=1)
    assert made.x.shape == (35, 64, 64, 3) and made.x.dtype == np.uint8
    assert [r.image for r in made.rows[::5]] == [r.image for r in garments().rows]
    plain = still(garments(), size=64, own=False)
    assert np.array_equal(made.x[:30:5], plain.x) and len(still(garments(), size=64).x) == 1
    changed = [i for i, r in enumerate(made.rows) if r.pattern != "plain"]
    assert changed and all(i % 5 for i in changed)
    assert all(r.pattern == "plain" for r in Pool(garments(), views=4, size=64, seed=1, prints=False).rows)
    colours = [len(np.unique(made.x[i].reshape(-1, 3) // 48, axis=0)) for i in changed]
    assert np.mean(colours) > 1.5 * np.mean([len(np.unique(x.reshape(-1, 3) // 48, axis=0)) for x in plain.x])


def test_a_pool_drawn_anew_changes_its_views_alone_and_each_of_them_in_turn():
    made = Pool(garments(), views=4, size=64, seed=1)
    before, rows = made.x.copy(), list(made.rows)
    made.renew(14)
    half = (made.x != before).any((1, 2, 3))
    assert 0 < half.sum() <= 14
    made.renew(14)
    changed = (made.x != before).any((1, 2, 3))
    assert changed.sum() > 0.8 * 28 and not changed[::5].any() and made.rows == rows
    once = made.x.copy()
    made.renew(28)  # the second time round they are others again
    assert (made.x != once).any((1, 2, 3)).sum() > 0.8 * 28
    still_ones = Pool(garments(), views=0, size=64, seed=1)
    still_ones.renew(5)  # nothing to draw anew


def test_rare_categories_come_more_often_than_they_occur_but_still_less_than_frequent_ones():
    p = chances([row(label="T-Shirt")] * 90 + [row(label="Hat")] * 10)
    assert p.sum() == pytest.approx(1) and 0.1 < p[90:].sum() < 0.5


def test_jitter_moves_and_hides_but_keeps_the_white_around():
    x = torch.full((8, 64, 64, 3), 255, dtype=torch.uint8)
    x[:, 20:44, 20:44] = 40
    seen = jittered(x, np.random.default_rng(0))
    dark = (seen == 40).all(3).sum((1, 2))
    assert seen.shape == x.shape and (seen[:, 0] == 255).all() and int(dark.max()) == 24 * 24 and int(dark.min()) < 24 * 24
    assert (x[:, 20:44, 20:44] == 40).all(), "the pool is not changed"


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
    net = Mirrored(make_net(Recipe(size=64, width=32))).eval()
    spec = {"role": "concepts", "input_size": 64}
    session = write_model(net, tmp_path, spec, 64, dynamic=True, outputs=("leaves", "tags", "image"))
    x = torch.randn(3, 3, 64, 64)
    with torch.no_grad():
        want = net(x)
    for g, w in zip(session.run(x.numpy()), want, strict=True):
        assert g.shape == w.shape and np.abs(g - w.numpy()).max() < 0.05
    turned = net(x.flip(3))
    assert torch.allclose(turned[0], want[0], atol=1e-4), "a mirrored garment is the same garment"


def test_the_plain_head_answers_group_and_category_apart():
    model = FeedForward(splits=SPLITS, leaves=17, groups=6, tags=11, width=16).eval()
    leaves, tags, groups = model(torch.randn(2, sum(SPLITS)))
    assert leaves.shape == (2, 1, 17) and tags.shape == (2, 11) and groups.shape == (2, 6)
