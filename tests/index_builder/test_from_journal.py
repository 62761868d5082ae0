"""The verdict calibrated on what staff decided: from the journal's photos, in today's index, and only where it says something."""

import csv
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from edge.lookup import Lookup, overlay_path
from edge.types import Verdict
from index_builder import __main__ as command_line
from index_builder.build import build
from index_builder.from_journal import PER_ITEM, SOURCE, read_decided, run_decided
from tests import fakes
from tests.made_answer import open_journal


class FakeStages(fakes.FakeStages):
    """With what Lookup.report asks of the sessions."""

    sessions = {"segmenter": SimpleNamespace(provider="CPU", wanted="CPU", fell_back=False, threads=1)}


def picture(number: int, *, light: float = 1.0) -> bytes:
    """A garment of its own colour and stripe, a PNG."""
    colour = np.random.default_rng(number).integers(30, 200, 3) * light
    rgb = np.full((120, 120, 3), 255, np.uint8)
    cv2.rectangle(rgb, (30, 20), (90, 100), colour.tolist(), -1)
    cv2.rectangle(rgb, (30, 30 + 5 * (number % 7)), (90, 45 + 5 * (number % 7)), (colour * 0.4).tolist(), -1)
    return cv2.imencode(".png", rgb[..., ::-1])[1].tobytes()


def decide(journal, lookup: Lookup, number: int, chosen: str, *, light: float, days_ago: float = 1.0) -> None:
    data = picture(number, light=light)
    when = datetime.now(UTC) - timedelta(days=days_ago)
    lookup_id = journal.record(lookup.look_up(data), [data], when=when)
    journal.confirm(lookup_id, chosen) if chosen else journal.none_of_these(lookup_id)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An index of 14 items, and a journal with 24 confirmed look-ups, 6 of nothing in it, one of an item that is gone, one open."""
    root = tmp_path_factory.mktemp("from_journal")
    with open(root / "feed.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "image_link"))
        for number in range(14):
            (root / f"{number}.png").write_bytes(picture(number))
            rows.writerow((f"item-{number}", f"{number}.png"))
    build(root / "feed.csv", root / "index", stages=FakeStages())
    lookup = Lookup.open(root / "index", stages=FakeStages())
    journal = open_journal(root / "data")
    for number in range(12):
        for light in (0.97, 0.93):
            decide(journal, lookup, number, f"item-{number}", light=light)
    for number in range(40, 46):
        decide(journal, lookup, number, "", light=1.0)
    decide(journal, lookup, 60, "item-sold-for-good", light=1.0)
    journal.record(lookup.look_up(picture(3)), [picture(3)])
    journal.close()
    return root


@pytest.fixture
def fake_stages(monkeypatch):
    monkeypatch.setattr("edge.lookup.Stages", FakeStages)


def test_confirmed_look_ups_are_known_and_rejected_ones_unknown(world):
    found = run_decided(read_decided(world / "data"), Lookup.open(world / "index", stages=FakeStages()))
    assert len(found.outcomes) == 30 and not found.failed
    assert sum(bool(o.item_id) for o in found.outcomes) == 24 and sum(o.rank == 1 for o in found.outcomes) >= 22
    assert found.left_out == {"item_gone": 1, "first_match_not_shown_then": 0}


def test_a_rejected_look_up_says_nothing_of_an_item_that_came_later(world, tmp_path):
    (world / "41.png").write_bytes(picture(41))
    with open(world / "feed.csv", newline="") as file:
        rows = [*csv.reader(file), ("new-41", "41.png")]
    with open(world / "more.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    build(world / "more.csv", tmp_path / "index", stages=FakeStages())
    found = run_decided(read_decided(world / "data"), Lookup.open(tmp_path / "index", stages=FakeStages()))
    assert found.left_out["first_match_not_shown_then"] == 1
    assert all(o.first != "new-41" for o in found.outcomes if not o.item_id)


def test_an_item_looked_up_every_day_counts_a_few_times_only(world, tmp_path):
    journal, lookup = open_journal(tmp_path / "data"), Lookup.open(world / "index", stages=FakeStages())
    for nth in range(PER_ITEM + 3):
        decide(journal, lookup, 1, "item-1", light=0.9, days_ago=nth)
    journal.close()
    assert len(read_decided(tmp_path / "data")) == PER_ITEM


def test_the_command_calibrates_and_the_next_look_up_uses_it(world, capsys, fake_stages):
    folder = Lookup.open(world / "index").folder
    words = ["evaluate", "--from-journal", str(world / "data"), "--index", str(world / "index")]
    try:
        assert command_line.main([*words, "--calibrate", "--json"]) == 0
        result = json.loads(capsys.readouterr().out)
        stored = json.loads(overlay_path(folder).read_text())
        assert result["calibration"] == stored and stored["source"] == SOURCE
        assert (stored["trials"], stored["unknown_trials"], stored["outsider_trials"]) == (54, 30, 6)
        lookup = Lookup.open(world / "index")
        assert lookup.report().calibration == stored
        assert lookup.look_up(picture(2)).probability > lookup.look_up(picture(41)).probability
        assert lookup.look_up(picture(41)).verdict is not Verdict.IN_CATALOGUE
    finally:
        overlay_path(folder).unlink(missing_ok=True)
    assert command_line.main(words) == 0
    assert not overlay_path(folder).exists() and "item_gone" in capsys.readouterr().out


def test_too_few_decisions_are_refused_with_a_sentence_and_nothing_changes(world, tmp_path, capsys, fake_stages):
    journal, lookup = open_journal(tmp_path / "data"), Lookup.open(world / "index")
    words = ["evaluate", "--from-journal", str(tmp_path / "data"), "--index", str(world / "index"), "--calibrate"]
    assert command_line.main(words) == 2 and "No look-up" in capsys.readouterr().err
    for number in range(5):
        decide(journal, lookup, number, f"item-{number}", light=0.95)
    journal.close()
    assert command_line.main(words) == 2
    assert "5 usable confirmed look-ups are too few" in capsys.readouterr().err
    assert not overlay_path(lookup.folder).exists()


@pytest.mark.parametrize("given", [[], ["queries.csv", "--from-journal", "data"]])
def test_queries_or_a_journal_one_of_the_two(world, given, capsys):
    assert command_line.main(["evaluate", *given, "--index", str(world / "index")]) == 2
    assert "--from-journal" in capsys.readouterr().err


def test_a_folder_without_a_journal_is_refused_and_none_is_made(world, tmp_path, capsys):
    assert command_line.main(["evaluate", "--from-journal", str(tmp_path / "no"), "--index", str(world / "index")]) == 2
    assert "no journal" in capsys.readouterr().err and not (tmp_path / "no").exists()
