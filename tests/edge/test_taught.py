import json

import numpy as np
import pytest

from edge.embed import join_parts
from edge.errors import IndexFolderError
from edge.taught import TaughtTags, middle_of, read_tags, seen_from, taught_from, write_tags

COUNT, SPECIAL = 90, 25
IDS = [f"I-{i}" for i in range(COUNT)]


def catalogue() -> np.ndarray:
    """90 vectors; all share one direction, the first 25 another."""
    x = np.random.default_rng(0).normal(size=(COUNT, 24))
    x[:, 0] += 4.0
    x[:SPECIAL, 3] += 6.0
    return join_parts({"a": x}, {"a": 1.0})


def test_tags_are_kept_by_their_examples(tmp_path):
    assert read_tags(tmp_path) == {}
    write_tags(tmp_path, {"gestreift \u00fc": ["a", "b", "c"]})
    assert read_tags(tmp_path) == {"gestreift \u00fc": ["a", "b", "c"]}
    (tmp_path / "tags.json").write_text("[")
    with pytest.raises(IndexFolderError, match="Delete it"):
        read_tags(tmp_path)


def test_items_and_photos_like_the_examples_get_the_tag_and_others_do_not(tmp_path):
    vectors = catalogue()
    write_tags(tmp_path, {"sailor": IDS[:8]})
    taught = TaughtTags.of_index(tmp_path, vectors, range(COUNT), IDS)
    said = [taught.of_item(i) == ("sailor",) for i in IDS]
    assert np.mean(said[8:SPECIAL]) > 0.3 and np.mean(said[SPECIAL:]) < 0.1
    (mine,), (other,) = taught.of_photo(3 * vectors[:8].sum(0)), taught.of_photo(-vectors[40])
    assert mine["name"] == "sailor" and mine["said"] and mine["affinity"] > 0.8 and not other["said"]
    json.dumps([mine, other])


def test_the_affinity_asked_for_is_the_median_of_examples_left_out():
    vectors = catalogue()
    middle = middle_of(vectors)
    tag = taught_from("x", [vectors[i : i + 1] for i in range(5)], middle)
    x = seen_from(middle, vectors)
    slow = []
    for i in range(5):
        point = sum(x[j] for j in range(5) if j != i)
        slow.append(float(x[i] @ point / np.linalg.norm(point)))
    assert tag.least == pytest.approx(float(np.median(slow)))


def test_several_views_of_an_item_count_once_and_the_best_of_them_speaks(tmp_path):
    vectors = catalogue()
    owners = [0, 0, *range(1, COUNT - 1)]
    write_tags(tmp_path, {"sailor": IDS[:6]})
    taught = TaughtTags.of_index(tmp_path, vectors, owners, IDS[: COUNT - 1])
    assert any(taught.of_item(i) for i in IDS[6:SPECIAL])


def test_a_tag_whose_examples_have_left_is_not_said(tmp_path):
    write_tags(tmp_path, {"gone": ["A", "B", "C", "I-1", "I-2"], "sailor": IDS[:5]})
    taught = TaughtTags.of_index(tmp_path, catalogue(), range(COUNT), IDS)
    assert [t["name"] for t in taught.of_photo(catalogue()[0])] == ["sailor"]


def test_without_tags_nothing_is_said(tmp_path):
    taught = TaughtTags.of_index(tmp_path, catalogue(), range(COUNT), IDS)
    assert taught.of_photo(catalogue()[0]) == [] and taught.of_item("I-1") == ()
