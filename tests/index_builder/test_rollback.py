"""Builds are listed, gone back to in one step and pruned, never the one in use; verify says what is wrong with it."""

from __future__ import annotations

import fcntl
import json

import pytest

from edge.errors import IndexFolderError, SetupError
from edge.index import open_current
from edge.lookup import overlay_path
from edge.manifest import sha256_of
from edge.session import DEFAULT_MODELS, read_model_folder
from edge.types import CatalogueItem
from index_builder import commands
from index_builder.__main__ import main
from index_builder.build import build
from index_builder.calibrate import fit
from index_builder.folders import list_builds, prune, rollback
from index_builder.verify import verify
from tests.fakes import FakeStages
from tests.index_builder.drawing import draw_feed, snapshot
from tests.index_builder.test_calibrate import made_trials


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An index folder with four builds; they are `.names`, oldest first."""
    monkeypatch.setattr(commands, "DEFAULT_MODELS", tmp_path / "none")  # they are built by what stands in for models
    feed, out = draw_feed(tmp_path, 3), tmp_path / "index"
    names = [build(feed, out, stages=FakeStages()).build_id for _ in range(4)]
    return out, names


def current(out):
    return open_current(out)[0].name


def test_rolling_back_twice_goes_two_back_and_to_goes_forward(index):
    out, names = index
    before = {name: snapshot(out / name) for name in names}
    assert rollback(out) == (names[3], names[2]) and current(out) == names[2]
    assert rollback(out) == (names[2], names[1]) and current(out) == names[1]
    assert rollback(out, to=names[3]) == (names[1], names[3]) and current(out) == names[3]
    assert {name: snapshot(out / name) for name in names} == before


def test_the_way_back_leads_past_a_build_that_was_rolled_back_from(index, tmp_path):
    out, names = index
    rollback(out)  # the last build was bad
    build(tmp_path / "feed.csv", out, stages=FakeStages(), reuse=True)
    assert rollback(out)[1] == names[2]


def test_where_the_replaced_build_is_gone_the_youngest_older_one_is_next(index):
    out, names = index
    (out / names[2]).rename(out.parent / "gone")
    assert rollback(out)[1] == names[1]


def test_there_is_nothing_before_the_first_build(index):
    out, names = index
    rollback(out, to=names[0])
    with pytest.raises(SetupError, match=f"no build before {names[0]}"):
        rollback(out)
    with pytest.raises(SetupError, match="no build nonsense"):
        rollback(out, to="nonsense")
    assert current(out) == names[0]


def test_a_damaged_build_is_not_gone_back_to(index):
    out, names = index
    (out / names[2] / "thumbs/0.jpg").write_bytes(b"")
    with pytest.raises(IndexFolderError, match="thumbs/0.jpg: changed since the build"):
        rollback(out)
    assert current(out) == names[3]


def test_prune_keeps_the_current_build_whatever_its_age(index):
    out, names = index
    rollback(out, to=names[1])
    pruned = prune(out, keep=1)
    assert sorted(pruned.builds) == sorted(set(names) - {names[1]}) and [b.build_id for b in list_builds(out)] == [names[1]]
    assert current(out) == names[1] and verify(out, stages=FakeStages()).problems == () and pruned.freed > 0


def test_prune_keeps_the_way_back_before_younger_builds(index):
    out, names = index
    rollback(out, to=names[1])
    prune(out, keep=3)
    assert [b.build_id for b in list_builds(out)] == [names[0], names[1], names[3]]


def test_prune_takes_calibrations_and_leftovers_along(index):
    out, names = index
    for name in (*names, "long-gone"):
        overlay_path(out / name).write_text("{}")
    (out / ".building-dead/thumbs").mkdir(parents=True)
    (out / ".building-dead/thumbs/0.jpg").write_bytes(b"x" * 1000)
    (out / ".work").mkdir()
    (out / ".work/embedded.journal").write_bytes(b"x")
    assert prune(out, keep=2).leftovers
    left = {p.name for p in out.iterdir()} - {".lock", "CURRENT"}
    assert left == {names[2], names[3], f"{names[2]}.calibration.json", f"{names[3]}.calibration.json"}


def test_nothing_is_pruned_where_nobody_knows_what_is_in_use(index):
    out, names = index
    (out / "CURRENT").unlink()
    with pytest.raises(IndexFolderError):
        prune(out, keep=1)
    assert len(list_builds(out)) == 4


@pytest.mark.parametrize("change", [rollback, lambda out: prune(out, keep=1)])
def test_while_a_build_runs_nothing_else_changes_the_folder(index, change):
    out, names = index
    with open(out / ".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SetupError, match="Another build into"):
            change(out)
    assert current(out) == names[3] and len(list_builds(out)) == 4


def test_the_list_says_what_each_build_is(index):
    out, names = index
    overlay_path(out / names[0]).write_text("{}")
    builds = list_builds(out)
    assert [b.build_id for b in builds] == names and [b.current for b in builds] == [False, False, False, True]
    assert [(b.items, b.images) for b in builds] == [(3, 3)] * 4
    assert [b.calibrated for b in builds] == ["labelled queries", "", "", ""]
    assert [b.replaces for b in builds] == ["", *names[:3]]
    assert all(b.size == sum(len(data) for data in snapshot(b.folder).values()) for b in builds)


def test_the_commands_print_one_json_object_or_nothing(index, capsys):
    out, names = index
    assert main(["list", str(out), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [b["build_id"] for b in listed["builds"]] == names and listed["builds"][3]["current"]
    assert main(["rollback", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"before": names[3], "current": names[2]}
    assert main(["rollback", str(out), "--to", names[3], "--quiet"]) == 0
    assert main(["prune", str(out), "--keep", "2", "--quiet"]) == 0
    assert main(["list", str(out), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["prune", str(out), "--keep", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["deleted"] == [names[2]]
    assert main(["rollback", str(out)]) == 2
    assert "There is no build before" in capsys.readouterr().err
    assert main(["list", str(out / "nowhere")]) == 2


def test_going_back_to_a_build_that_this_program_cannot_use_says_so(index, capsys):
    out, names = index
    assert main(["rollback", str(out), "--quiet"]) == 0 and capsys.readouterr().err == ""
    path = out / names[1] / "manifest.json"
    raw = json.loads(path.read_text())
    path.write_text(json.dumps(raw | {"pipeline_version": raw["pipeline_version"] - 1}))
    assert main(["rollback", str(out), "--to", names[1], "--quiet"]) == 0
    assert "look-ups will refuse it until it is built again" in capsys.readouterr().err


def test_the_list_names_a_build_that_cannot_be_read(index, capsys):
    out, names = index
    (out / names[1] / "manifest.json").write_text("{")
    assert main(["list", str(out)]) == 1
    said = capsys.readouterr()
    assert "damaged" in said.err and f"* {names[3]}" in said.out


def test_verify_compares_the_models(index, capsys):
    class Newer(FakeStages):
        model_ids = {**FakeStages.model_ids, "embedder": "fake-embedder-2"}
        dim = 100

    out, _ = index
    assert verify(out, stages=FakeStages()).problems == ()
    problems = verify(out, stages=Newer()).problems
    assert any("another embedder" in p for p in problems) and any("the embedder gives 100" in p for p in problems)


def test_verify_finds_vectors_that_the_graph_does_not(tmp_path):
    """A graph of other vectors, with a manifest that vouches for it: checksums are right, yet few find themselves."""
    from edge.index import write_index
    from tests.made_index import made_index, random_vectors

    owners = [f"item{i}" for i in range(400)]
    items = [CatalogueItem(owner, "", f"{owner}.jpg") for owner in owners]
    folder, manifest = made_index(tmp_path, random_vectors(400), owners, items)
    (tmp_path / "other").mkdir()
    write_index(tmp_path / "other", random_vectors(400, seed=1))
    (folder / "vectors.hnsw").write_bytes((tmp_path / "other/vectors.hnsw").read_bytes())
    files = dict(manifest.files) | {"vectors.hnsw": sha256_of(folder / "vectors.hnsw")}
    raw = json.loads(manifest.to_json()) | {"files": files}
    (folder / "manifest.json").write_text(json.dumps(raw))
    found = verify(tmp_path)
    assert found.self_recall.exact == 1.0 and found.self_recall.graph < 0.9
    assert any("find themselves" in problem and "lost: item" in problem for problem in found.problems)


def calibrated(folder):
    """A calibration as `evaluate --calibrate` leaves it beside a build."""
    overlay_path(folder).write_text(json.dumps(fit(made_trials(200), source="labelled queries")))


class OtherModels(FakeStages):
    model_ids = {"segmenter": "fake-segmenter", "embedder": "another"}


@pytest.mark.parametrize(
    ("stages", "count", "became"), [(FakeStages, 4, "carried"), (OtherModels, 4, "dropped"), (FakeStages, 7, "dropped")]
)
def test_a_calibration_on_labelled_photos_goes_on_with_the_next_build_where_it_fits(tmp_path, stages, count, became):
    out = tmp_path / "index"
    first = build(draw_feed(tmp_path / "a", 3), out, stages=FakeStages())
    calibrated(first.folder)
    second = build(draw_feed(tmp_path / "b", count), out, stages=stages(), reuse=True)
    assert (first.labelled, second.labelled) == ("", became) and overlay_path(second.folder).exists() == (became == "carried")
    assert overlay_path(first.folder).exists()
    if became == "carried":
        assert overlay_path(second.folder).read_bytes() == overlay_path(first.folder).read_bytes()


def test_a_damaged_calibration_does_not_spoil_the_next_build(tmp_path):
    out, feed = tmp_path / "index", draw_feed(tmp_path, 3)
    overlay_path(build(feed, out, stages=FakeStages()).folder).write_text("{}")
    second = build(feed, out, stages=FakeStages(), reuse=True)
    assert second.labelled == "dropped" and not overlay_path(second.folder).exists()


def test_going_back_to_a_build_of_other_models_says_so(tmp_path, capsys):
    out, feed = tmp_path / "index", draw_feed(tmp_path, 3)
    ours = {role: read_model_folder(DEFAULT_MODELS / role).identity for role in ("segmenter", "embedder")}
    build(feed, out, stages=OtherModels())
    build(feed, out, stages=type("Ours", (FakeStages,), {"model_ids": ours})())
    build(feed, out, stages=type("Ours", (FakeStages,), {"model_ids": ours})())
    assert main(["rollback", str(out)]) == 0 and capsys.readouterr().err == ""
    assert main(["rollback", str(out)]) == 0
    assert "another embedder and another segmenter than is in use: look-ups will refuse it" in capsys.readouterr().err
