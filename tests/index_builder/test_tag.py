import csv
import io
import json

import numpy as np
import pytest

from edge.embed import join_parts
from edge.errors import RequestError
from edge.taught import read_tags
from edge.types import CatalogueItem
from index_builder.__main__ import main
from index_builder.tag import affinities, centred, read_ids, teach
from tests.made_index import PARTS, WEIGHTS, made_index

COUNT, SPECIAL = 120, 30


def catalogue(root, seed: int = 0):
    """120 items; the first 30 share a direction of the pattern part, all of them one of the colour part."""
    rng = np.random.default_rng(seed)
    parts = {name: rng.normal(size=(COUNT, where.stop - where.start)) for name, where in PARTS.items()}
    parts["colour"][:, 0] += 4.0
    parts["pattern"][:SPECIAL, 3] += 5.0
    vectors = join_parts(parts, WEIGHTS)
    items = [CatalogueItem(f"I-{i}", f"Item {i}", f"{i}.jpg") for i in range(COUNT)]
    made_index(root, vectors, [item.item_id for item in items], items)
    return vectors


def ids(path, names, header="item_id"):
    path.write_text("\n".join([header, *names]) + "\n")
    return path


def test_items_that_share_what_only_the_examples_share_come_first(tmp_path):
    catalogue(tmp_path)
    taught = teach("sailor", [f"I-{i}" for i in range(10)], tmp_path)
    new = [s.item_id for s in taught.items if not s.example]
    hits = sum(int(item_id[2:]) < SPECIAL for item_id in new[:20])
    assert hits >= 16, "20 other items have it, of 110"
    assert len(taught.items) == COUNT and [s.affinity for s in taught.items] == sorted((s.affinity for s in taught.items), reverse=True)


def test_left_out_examples_tell_whether_the_tag_was_learned(tmp_path):
    catalogue(tmp_path)
    real = teach("sailor", [f"I-{i}" for i in range(12)], tmp_path)
    nothing = teach("nothing", [f"I-{i}" for i in range(35, 119, 7)], tmp_path)
    assert real.found_again > 0.8 > 0.7 > nothing.found_again
    assert sum(s.said for s in real.items) < COUNT / 2


def test_an_example_left_out_is_scored_by_the_tag_of_the_others_alone(tmp_path):
    vectors = catalogue(tmp_path)
    _, without = affinities(vectors, np.arange(COUNT), [0, 1, 2, 3])
    x = centred(vectors)
    point = x[[0, 1, 3]].sum(0)
    assert without[2] == pytest.approx(float(x[2] @ point / np.linalg.norm(point)))


def test_an_item_is_as_near_as_its_nearest_view():
    vectors = join_parts({"a": np.random.default_rng(1).normal(size=(30, 6))}, {"a": 1.0})
    owners = np.repeat(np.arange(10), 3)
    whole, _ = affinities(vectors, owners, [0, 1, 2])
    x = centred(vectors)
    point = np.stack([x[owners == e].mean(0) for e in (0, 1, 2)]).sum(0)
    each = x @ point / np.linalg.norm(point)
    assert np.allclose(whole, [each[owners == i].max() for i in range(10)])


def test_unknown_and_too_few_items_are_named(tmp_path):
    catalogue(tmp_path)
    with pytest.raises(RequestError, match="Z-9"):
        teach("x", ["I-1", "I-2", "Z-9"], tmp_path)
    with pytest.raises(RequestError, match="too few"):
        teach("x", ["I-1", "I-2", "I-2"], tmp_path)


def test_ids_come_from_their_column_or_the_first(tmp_path):
    path = tmp_path / "ids.csv"
    path.write_text("title,item_id\nA,1\nB,2\n")
    assert read_ids(path) == ["1", "2"]
    path.write_text("7\n8\n\n")
    assert read_ids(path) == ["7", "8"]
    with pytest.raises(RequestError, match="gone"):
        read_ids(tmp_path / "gone.csv")


def test_the_command_writes_every_item_and_one_json_line(tmp_path, capsys):
    catalogue(tmp_path / "index")
    chosen = ids(tmp_path / "ids.csv", [f"I-{i}" for i in range(8)])
    out = tmp_path / "out.csv"
    command = ["tag", "--teach", "sailor", "--items", str(chosen), "--index", str(tmp_path / "index"), "--out", str(out)]
    assert main([*command, "--json"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert line["items"] == COUNT and line["examples"] == 8 and 0 <= line["found_again"] <= 1
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert len(rows) == COUNT and sum(int(r["sailor"]) for r in rows) == line["said"]
    assert main(command) == 0 and "sailor" in capsys.readouterr().out
    ids(chosen, ["I-1", "nobody", "I-2"])
    assert main(command) == 2 and "nobody" in capsys.readouterr().err


def test_a_taught_tag_is_kept_with_the_index_until_it_is_forgotten(tmp_path, capsys):
    catalogue(tmp_path / "index")
    chosen = ids(tmp_path / "ids.csv", [f"I-{i}" for i in range(8)])
    where = ["--index", str(tmp_path / "index")]
    assert main(["tag", "--teach", "sailor", "--items", str(chosen), *where, "--out", str(tmp_path / "o.csv"), "--quiet"]) == 0
    assert read_tags(tmp_path / "index") == {"sailor": [f"I-{i}" for i in range(8)]}
    assert main(["tag", "--teach", "sailor", *where]) == 2 and "--items" in capsys.readouterr().err
    assert main(["tag", "--forget", "pirate", *where]) == 2 and "sailor" in capsys.readouterr().err
    assert main(["tag", "--forget", "sailor", *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"forgotten": "sailor", "tags": []} and read_tags(tmp_path / "index") == {}
