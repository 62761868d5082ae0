import csv
import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from edge.errors import FeedError, SetupError
from edge.lookup import Lookup, overlay_path
from edge.types import Verdict
from index_builder import __main__ as command_line
from index_builder.build import build
from index_builder.evaluate import calibrate, outcome_of, read_queries, run_queries, trials_of
from index_builder.evaluate_scores import LeftOut, Outcome
from tests import fakes


class FakeStages(fakes.FakeStages):
    """With what Lookup.report asks of the sessions."""

    sessions = {"segmenter": SimpleNamespace(provider="CPU", wanted="CPU", fell_back=False, threads=1)}


def write_picture(path: Path, colour: tuple[int, int, int], width: int, *, light: float = 1.0, shift: int = 0) -> Path:
    rgb = np.full((120, 120, 3), 255, np.uint8)
    cv2.rectangle(rgb, (30 + shift, 20), (90 + shift, 100), tuple(int(c * light) for c in colour), -1)
    cv2.rectangle(rgb, (60 - width // 2 + shift, 20), (60 + width // 2 + shift, 100), tuple(int(c * light * 0.4) for c in colour), -1)
    cv2.imwrite(str(path), rgb[..., ::-1])
    return path


COLOURS = ((200, 40, 40), (40, 150, 60), (50, 70, 190), (150, 110, 30), (120, 40, 140))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An index of ten items, a queries.csv of 22 photos: two of each item and two of garments that are not there."""
    root = tmp_path_factory.mktemp("evaluate")
    (root / "photos").mkdir()
    feed = [("id", "image_link", "product_type")]
    queries = [("photo", "item_id")]
    for i, colour in enumerate(COLOURS):
        for width in (18, 40):
            name = f"item-{i}-{width}"
            write_picture(root / f"{name}.png", colour, width)
            feed.append((name, f"{name}.png", "Shirts" if width == 18 else "Coats"))
            for nth, light in enumerate((0.95, 0.9)):
                write_picture(root / "photos" / f"{name}-{nth}.png", colour, width, light=light, shift=3)
                queries.append((f"photos/{name}-{nth}.png", name))
    for nth, colour in enumerate(((90, 200, 210), (20, 20, 20))):
        write_picture(root / "photos" / f"other-{nth}.png", colour, 28)
        queries.append((f"photos/other-{nth}.png", ""))
    for path, rows in ((root / "feed.csv", feed), (root / "queries.csv", queries)):
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows(rows)
    build(root / "feed.csv", root / "index", stages=FakeStages())
    return root


@pytest.fixture
def fake_stages(monkeypatch):
    monkeypatch.setattr("edge.lookup.Stages", FakeStages)


def test_a_file_without_the_two_columns_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("picture,id\na.jpg,1\n")
    with pytest.raises(FeedError, match="photo,item_id"):
        read_queries(path)


@pytest.mark.parametrize("text", ["", "photo,item_id\n", "photo,item_id\n,\n"])
def test_a_file_without_rows_is_refused(tmp_path, text):
    path = tmp_path / "q.csv"
    path.write_text(text)
    with pytest.raises(FeedError):
        read_queries(path)


def test_a_spreadsheets_semicolons_and_byte_order_mark_are_read(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text("\ufeffphoto;item_id;note\na.jpg; 7 ;x, y\nb.jpg;;\n", "utf-8")
    assert [(q.photo.name, q.item_id, q.line) for q in read_queries(path)] == [("a.jpg", "7", 2), ("b.jpg", "", 3)]


def test_each_query_is_ranked_and_left_out_once(world):
    lookup = Lookup.open(world / "index", stages=FakeStages())
    outcomes, failed = run_queries(read_queries(world / "queries.csv"), lookup)
    assert not failed and len(outcomes) == 22
    known = [o for o in outcomes if o.item_id]
    assert sum(o.rank == 1 for o in known) >= 18
    assert {o.category for o in known} == {"Shirts", "Coats"}
    assert all(Path(o.true_thumb).is_file() for o in known)
    for o in known:
        assert o.left_out.features[0] <= o.features[0] + 1e-6
    assert all(o.left_out is None and o.rank is None for o in outcomes if not o.item_id)


def test_leaving_out_is_the_same_as_an_index_without_the_item(world, tmp_path):
    rows = [r for r in csv.reader(open(world / "feed.csv"))]
    gone = "item-2-40"
    with open(world / "less.csv", "w", newline="") as file:
        csv.writer(file).writerows([r for r in rows if r[0] != gone])
    build(world / "less.csv", tmp_path / "less", stages=FakeStages())
    queries = [q for q in read_queries(world / "queries.csv") if q.item_id == gone]
    full = run_queries(queries, Lookup.open(world / "index", stages=FakeStages()))[0]
    less = Lookup.open(tmp_path / "less", stages=FakeStages())
    for query, outcome in zip(queries, full, strict=True):
        answer = less.look_up(query.photo.read_bytes(), k=20)
        without = outcome_of(query, answer, twins=frozenset({gone}), category="", calibration=None)
        assert outcome.left_out.features == pytest.approx(without.features, abs=1e-5)


def test_one_failed_photo_is_named_and_the_rest_is_done(world, tmp_path, capsys, fake_stages):
    path = tmp_path / "q.csv"
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    good = world / "photos" / "item-0-18-0.png"
    path.write_text(f"photo,item_id\n{good},item-0-18\nmissing.jpg,item-0-18\nbroken.jpg,item-0-18\n{good},no-such-item\n")
    assert command_line.main(["evaluate", str(path), "--index", str(world / "index"), "--json"]) == 1
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result["failed"] == 3 and result["recall@1"]["trials"] == 1
    assert all(word in err for word in ("missing.jpg", "broken.jpg", "no-such-item"))


@pytest.mark.parametrize("text", ["picture,id\na,b\n", ""])
def test_an_unusable_file_ends_with_two(world, tmp_path, capsys, fake_stages, text):
    path = tmp_path / "q.csv"
    path.write_text(text)
    assert command_line.main(["evaluate", str(path), "--index", str(world / "index")]) == 2
    assert "photo,item_id" in capsys.readouterr().err


def test_calibrating_writes_beside_the_index_what_the_next_look_up_uses(world, capsys, fake_stages):
    folder = Lookup.open(world / "index").folder
    try:
        assert command_line.main(["evaluate", str(world / "queries.csv"), "--index", str(world / "index"), "--calibrate"]) == 0
        err = capsys.readouterr().err
        stored = json.loads(overlay_path(folder).read_text())
        assert stored["trials"] == 42 and stored["unknown_trials"] == 22 and stored["outsider_trials"] == 2
        assert "false accepts" in err  # 22 trials cannot back one per cent
        assert Lookup.open(world / "index").report().calibration == stored
    finally:
        overlay_path(folder).unlink(missing_ok=True)


def test_too_few_queries_are_refused_and_nothing_is_stored(tmp_path):
    left = LeftOut(Verdict.UNSURE, 0.0, (0.3, 0.1, 0.9, 0.2, 0.2, 0.2))
    few = [Outcome(f"{i}", "a", "a", 1, Verdict.UNSURE, 0.0, (0.9, 0.1, 0.9, 2.0, 0.5, 2.0), 1.0, left_out=left) for i in range(8)]
    assert len(trials_of(few)) == 16
    with pytest.raises(SetupError, match="too few"):
        calibrate(few, tmp_path / "build")
    assert not list(tmp_path.iterdir())


def test_the_words_name_the_figures_and_their_trials(world, capsys, fake_stages):
    assert command_line.main(["evaluate", str(world / "queries.csv"), "--index", str(world / "index")]) == 0
    out = capsys.readouterr().out
    assert "recall@1" in out and "of 20" in out and "Shirts" in out and "own item hidden" in out
