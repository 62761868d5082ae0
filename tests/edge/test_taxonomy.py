import json

import numpy as np
import pytest

from edge.errors import ModelError
from edge.taxonomy import DEFAULT_TAXONOMY, Hedge, Taxonomy

SMALL = {
    "root": "all",
    "categories": {
        "tops": {"parent": "all"}, "bottoms": {"parent": "all"},
        "shirt": {"parent": "tops", "labels": ["Shirt"]}, "polo": {"parent": "tops"}, "top": {"parent": "tops"},
        "pants": {"parent": "bottoms"},
    },
    "tags": {"pattern": {"values": ["plain", "striped", "checked"]}, "sleeve": {"values": ["short", "long"], "only": ["tops"]}},
    "disjoint": [["striped", "checked"], ["short", "long"]],
}  # fmt: skip
LEAVES = ("shirt", "polo", "top", "pants")


def spread(*rows):
    return np.array(rows, np.float64)


def made_up(count: int, seed: int = 0):
    """Calibrated posteriors and truths drawn from them."""
    rng = np.random.default_rng(seed)
    leaves = rng.dirichlet((0.5, 0.3, 0.3, 0.3), count)
    return leaves, [LEAVES[rng.choice(4, p=row)] for row in leaves]


def test_every_label_of_the_data_has_a_leaf_and_none_of_the_vague_ones():
    tree = Taxonomy.read()
    labels = ("T-Shirt", "Longsleeve", "Pants", "Shoes", "Shirt", "Dress", "Outwear", "Shorts", "Hat", "Skirt", "Polo", "Undershirt",
              "Blazer", "Hoodie", "Body", "Top", "Blouse")  # fmt: skip
    assert sorted(tree.leaf_of_label(label) for label in labels) == sorted(tree.leaves)
    assert not any(tree.leaf_of_label(label) for label in ("Not sure", "Other", "Skip"))
    assert tree.path("polo") == ("fashion", "tops", "polo")


@pytest.mark.parametrize(
    ("feed", "node"),
    [
        ("Apparel > Tops > T-Shirt", "t-shirt"), ("Apparel > Topwear > Tshirts", "t-shirt"), ("Apparel > Topwear", "tops"),
        ("DRESSES", "dress"),
        ("Apparel > Jackets > Outwear", "jacket"), ("Apparel > Jackets > Blazer", "blazer"),
        ("Apparel & Accessories > Clothing > Shorts", "shorts"),
        ("Men/Slim Fit Jeans", "pants"), ("Apparel > Accessories > Hat", "hat"), ("Clothing > Outerwear > Coats & Jackets", "outerwear"),
        ("Clothing > Tops", "tops"), ("Kitchen > Kettles", ""), ("", ""), ("Women > Polo Shirts", "polo"),
    ],
)  # fmt: skip
def test_a_feeds_product_type_lands_on_the_tree(feed, node):
    assert Taxonomy.read().of_product_type(feed) == node


def test_a_file_that_is_no_tree_is_refused_with_its_name(tmp_path):
    for change in ({"tops": {"parent": "shirt"}}, {"hat": {"parent": "nowhere"}}, {"polo": {"parent": "tops", "labels": ["Shirt"]}}):
        path = tmp_path / "taxonomy.json"
        path.write_text(json.dumps(SMALL | {"categories": SMALL["categories"] | change}))
        with pytest.raises(ModelError, match=r"taxonomy\.json"):
            Taxonomy.read(path)
    path.write_text("{")
    with pytest.raises(ModelError):
        Taxonomy.read(path)


def test_a_node_is_as_likely_as_the_leaves_below_it_together():
    hedge = Hedge(Taxonomy(SMALL), LEAVES)
    found = dict(zip(hedge.nodes, hedge.probabilities(spread([0.4, 0.3, 0.1, 0.2]))[0], strict=True))
    assert found["tops"] == pytest.approx(0.8) and found["all"] == pytest.approx(1.0) and found["polo"] == 0.3


def test_tops_rather_than_a_wrong_polo():
    tree = Taxonomy(SMALL)
    hedge = Hedge(tree, LEAVES)
    torn, sure = [0.45, 0.5, 0.03, 0.02], [0.01, 0.97, 0.01, 0.01]
    assert [hedge.nodes[i] for i in hedge.choose(spread(torn, sure), 0.0)] == ["polo", "polo"]
    assert [hedge.nodes[i] for i in hedge.choose(spread(torn, sure), 3.0)] == ["tops", "polo"]
    assert [hedge.nodes[i] for i in hedge.choose(spread([0.3, 0.25, 0.05, 0.4]), 1000.0)] == ["all"]


def test_the_deeper_of_two_nodes_that_cover_the_same_is_said():
    hedge = Hedge(Taxonomy(SMALL), LEAVES)
    assert hedge.nodes[hedge.choose(spread([0.02, 0.02, 0.02, 0.94]), 1.0)[0]] == "pants"


def test_the_choice_is_the_best_of_all_nodes_by_the_obvious_loop():
    tree = Taxonomy(SMALL)
    hedge = Hedge(tree, LEAVES)
    leaves, _ = made_up(200)
    for balance in (0.0, 0.7, 5.0):
        for row, chosen in zip(leaves, hedge.choose(leaves, balance), strict=True):
            worth = {}
            for node in tree.nodes:
                below = [i for i, leaf in enumerate(LEAVES) if node in tree.path(leaf)]
                worth[node] = (np.log2(4) - np.log2(len(below)) + balance) * row[below].sum()
            assert worth[hedge.nodes[chosen]] == pytest.approx(max(worth.values()))


@pytest.mark.parametrize("wrong", [0.02, 0.05, 0.2])
def test_calibrated_answers_keep_their_promise_on_photos_never_seen(wrong):
    hedge = Hedge(Taxonomy(SMALL), LEAVES)
    balance = hedge.fit(*made_up(3000, 1), wrong=wrong)
    right, bits = hedge.judge(*made_up(20000, 2), balance)
    assert 1 - right.mean() <= wrong
    assert 1 - right.mean() >= wrong * 0.5, "far too careful: a smaller lambda would have done"
    assert 0 < bits.mean() < hedge.judge(*made_up(20000, 2), 0.0)[1].mean() + 1e-9


def test_less_may_be_wrong_less_is_said():
    hedge = Hedge(Taxonomy(SMALL), LEAVES)
    data = made_up(2000, 3)
    balances = [hedge.fit(*data, wrong=w) for w in (0.3, 0.1, 0.05, 0.02)]
    assert balances == sorted(balances)
    bits = [hedge.judge(*data, b)[1].mean() for b in balances]
    assert bits == sorted(bits, reverse=True)


def test_disjoint_tags_are_never_said_together_and_sleeves_only_of_what_has_them():
    tree = Taxonomy(SMALL)
    tags = {"striped": 0.8, "checked": 0.9, "short": 0.7, "long": 0.6, "plain": 0.4}
    assert tree.compatible(tags) == ("checked", "short")
    assert tree.compatible(tags, category="pants") == ("checked",)
    assert tree.compatible(tags, category="shirt") == ("checked", "short")


def test_disjoint_groups_name_tags_that_exist():
    content = json.loads(DEFAULT_TAXONOMY.read_text(encoding="utf-8"))
    known = {value for kind in content["tags"].values() for value in kind["values"]}
    assert {tag for group in content["disjoint"] for tag in group} <= known


def test_a_skirt_and_shorts_disagree_tops_and_polo_do_not():
    tree = Taxonomy.read()
    assert tree.disagree("skirt", "shorts") and tree.disagree("tops", "shoes")
    assert not tree.disagree("tops", "polo") and not tree.disagree("polo", "fashion")
