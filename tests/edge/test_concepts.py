import numpy as np
import pytest

from edge.colours import ColourShare
from edge.concepts import ConceptReader, calibrated
from edge.errors import ModelError
from edge.taxonomy import Taxonomy
from edge.types import Box, Cutout

LABELS = ["T-Shirt", "Polo", "Shorts", "Skirt"]
TAGS = ["plain", "striped", "checked", "short", "long"]
SPEC = {
    "input_size": 8, "mean": [0.0] * 3, "std": [1.0] * 3, "labels": LABELS, "tags": TAGS, "temperature": 1.0,
    "tag_calibration": {tag: [1.0, 0.0] for tag in TAGS}, "hedging": {"0.05": 4.0, "0.1": 0.0},
}  # fmt: skip


class Copies:
    """An engine: the first four pixels, times ten, are the leaves' logits of the last of two steps; tags are what `tags` says."""

    def __init__(self, tags=(0.0,) * 5) -> None:
        self.tags = np.array(tags, np.float32)

    def run(self, x: np.ndarray) -> list[np.ndarray]:
        assert x.dtype == np.float32 and x.shape[1:] == (3, 8, 8)
        first = x[:, 0, 0, :4] * 10
        return [np.stack([np.zeros_like(first), first], 1), np.repeat(self.tags[None], len(x), 0)]


def seen(logits) -> Cutout:
    """A cutout on which the engine sees these logits, 0 to 10."""
    rgb = np.zeros((8, 8, 3), np.uint8)
    rgb[0, :4] = np.round(np.array(logits)[:, None] * 25.5)
    return Cutout(rgb, Box(0, 0, 1, 1), 0.5)


def reader(**rest) -> ConceptReader:
    return ConceptReader(Copies(rest.pop("tags", (0.0,) * 5)), SPEC, Taxonomy.read(), **rest)


def test_what_is_certain_is_said_to_the_leaf_and_what_is_torn_only_to_the_group():
    sure, torn = reader().read(seen((0, 9, 0, 0))), reader().read(seen((5, 5.2, 0, 0)))
    assert sure.category == "polo" and not sure.hedged and sure.path == ("fashion", "tops", "polo")
    assert torn.category == "tops" and torn.hedged and torn.leaf == "polo"
    assert torn.probability == pytest.approx(torn.leaves["polo"] + torn.leaves["t-shirt"])
    assert reader(wrong="0.1").read(seen((5, 5.2, 0, 0))).category == "polo"


def test_category_and_group_never_disagree():
    rng = np.random.default_rng(0)
    tree, its = Taxonomy.read(), reader()
    for _ in range(200):
        said = its.read(seen(rng.uniform(0, 10, 4)))
        assert tree.path(said.category) == said.path
        assert not said.hedged or said.probability >= max(p for leaf, p in said.leaves.items() if said.category in tree.path(leaf))


def test_disjoint_tags_are_not_said_together_and_shorts_have_no_sleeves():
    tags = (-3.0, 2.0, 1.0, 3.0, 2.5)
    assert reader(tags=tags).read(seen((9, 0, 0, 0))).said == ("short", "striped")
    assert reader(tags=tags).read(seen((0, 0, 9, 0))).said == ("striped",)


def test_several_photos_of_one_garment_speak_by_their_weight():
    its = reader()
    front = its.read(seen((0, 6, 0, 0)), (ColourShare("red", 0.9, (200, 30, 40)),))
    detail = its.read(seen((0, 0, 0, 3)), (ColourShare("grey", 0.9, (120, 120, 120)),))
    together = its.together([front, detail], (0.9, 0.1))
    assert together.leaf == "polo" and together.colours[0].name == "red"
    assert together.leaves["skirt"] == pytest.approx(0.9 * front.leaves["skirt"] + 0.1 * detail.leaves["skirt"])
    assert its.together([front, detail], (0.1, 0.9)).colours[0].name == "grey"


def test_the_json_holds_what_the_contract_promises():
    said = reader(tags=(3, -3, -3, 2, -3)).read(seen((9, 0, 0, 0)), (ColourShare("red", 0.9, (200, 30, 40)),)).as_json()
    assert {"path", "leaf", "level", "probability", "hedged"} <= set(said["category"])
    assert said["category"]["level"] == 2 and said["category"]["path"] == ["fashion", "tops", "t-shirt"]
    assert [tag["name"] for tag in said["tags"]] == ["plain", "short"] and set(said["tag_probabilities"]) == set(TAGS)
    assert said["colours"] == [{"name": "red", "share": 0.9, "rgb": "#c81e28"}]


def test_a_hint_only_where_photo_and_item_cannot_both_be_right():
    its = reader()
    assert its.hint("skirt", "Bottoms > Shorts") == {"photo": "skirt", "item": "shorts"}
    assert its.hint("tops", "Apparel > Tops > Polo") is None and its.hint("skirt", "Kettles") is None and its.hint("skirt", "") is None


def test_a_taxonomy_that_forgot_a_label_is_refused():
    with pytest.raises(ModelError, match="Cape"):
        ConceptReader(Copies(), SPEC | {"labels": ["T-Shirt", "Polo", "Shorts", "Cape"]}, Taxonomy.read())


def test_a_higher_temperature_is_less_sure_of_the_same_answer():
    logits = np.array([[3.0, 1.0, 0.0]])
    cool, warm = calibrated(logits, 1.0), calibrated(logits, 3.0)
    assert warm.argmax() == cool.argmax() and warm.max() < cool.max() and warm.sum() == pytest.approx(1)
