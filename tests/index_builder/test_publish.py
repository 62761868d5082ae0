"""Builds updated, verified, gone back to and pruned: one suite for the folder alone and with Milvus beside it; and what only two can do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.__main__ import main as edge
from edge.errors import SetupError
from edge.index import current_folder
from edge.lookup import Lookup
from edge.stages import Stages
from edge.store_choice import StoreChoice
from edge.types import Filter
from index_builder.__main__ import main
from index_builder.folders import list_builds
from tests import fakes
from tests.index_builder.drawing import draw_garment
from tests.made_store import ON_LITE, lite, needs_lite, restart


class FakeStages(fakes.FakeStages):
    """With what the doctor asks of the sessions."""

    sessions = {
        "segmenter": SimpleNamespace(provider="CPU", wanted="CPU", fell_back=False, threads=1, folder=SimpleNamespace(sha256="0" * 64))
    }


@dataclass
class Shop:
    """A warehouse with its index, in a folder or in Milvus beside it."""

    root: Path
    store: StoreChoice

    @property
    def index(self) -> Path:
        return self.root / "index"

    @property
    def options(self) -> list[str]:
        return ["--store", "milvus", "--uri", self.store.uri] if self.store.kind == "milvus" else []

    def feed(self, *numbers: int) -> str:
        lines = [f"item{n},Title {n},{self.root / f'img/{n}.jpg'},Dresses > Kind {n % 3},{n % 2}\n" for n in numbers]
        (self.root / "feed.csv").write_text("id,title,image_link,product_type,quantity\n" + "".join(lines))
        return str(self.root / "feed.csv")

    def run(self, command: str, *words: str) -> int:
        """A command as in a process of its own."""
        restart(self.store)
        try:
            return main([command, *words, *self.options])
        finally:
            restart(self.store)

    def build(self, *numbers: int, command: str = "build", more: tuple[str, ...] = ("--quiet",)) -> str:
        """Build, and give the id of the build in use."""
        assert self.run(command, self.feed(*numbers), "--out", str(self.index), "--no-calibration", *more) == 0
        return current_folder(self.index).name

    def lookup(self) -> Lookup:
        return Lookup.open(self.index, stages=FakeStages(), store=self.store.open())

    def answers(self, *numbers: int) -> list[list[tuple[str, float]]]:
        """Per photo item and score of the matches: plain, weighted, filtered, and more like the second and less like the first."""
        lookup, out = self.lookup(), []
        for n in numbers:
            data = (self.root / f"img/{n}.jpg").read_bytes()
            plain = lookup.look_up(data)
            ids = [m.item.item_id for m in plain.matches]
            for answer in (
                plain,
                lookup.look_up(data, weights={"color": 4.0, "shape": 0.5}),
                lookup.look_up(data, only=Filter(categories=("kind 1",), in_stock=True)),
                lookup.refine(plain, liked=ids[1:2], disliked=ids[:1]),
            ):
                out.append([(m.item.item_id, round(m.score, 4)) for m in answer.matches])
        return out


@pytest.fixture
def folder_shop(tmp_path, monkeypatch):
    monkeypatch.setattr(Stages, "open", FakeStages.open)
    for n in range(8):
        draw_garment(tmp_path / f"img/{n}.jpg", n)
    return Shop(tmp_path, StoreChoice())


@pytest.fixture
def milvus_shop(folder_shop):
    folder_shop.store = lite(folder_shop.root / "lite.db")
    return folder_shop


@pytest.fixture(params=["folder", ON_LITE])
def shop(request, folder_shop):
    if request.param == "milvus-lite":
        folder_shop.store = lite(folder_shop.root / "lite.db")
    return folder_shop


def test_an_update_embeds_only_what_changed_and_answers_as_a_full_build_does(shop, capsys):
    shop.build(0, 1, 2, 3, 4, 5)
    draw_garment(shop.root / "img/3.jpg", 33)  # another picture under the same name
    capsys.readouterr()
    shop.build(1, 2, 3, 4, 5, 6, command="update", more=("--json",))
    told = json.loads(capsys.readouterr().out)
    assert (told["embedded"], told["reused"]) == (2, 4) and ("store" in told) == (shop.store.kind == "milvus")
    updated = shop.answers(1, 3, 6)
    assert [matches[0][0] for matches in updated[::4]] == ["item1", "item3", "item6"]
    assert all(len(matches) == 6 for matches in updated[::4]) and {i for i, _ in updated[2]} == {"item1"}
    shop.build(1, 2, 3, 4, 5, 6)
    assert shop.answers(1, 3, 6) == updated


def test_rolling_back_brings_the_answers_of_the_build_before_and_to_brings_the_others_back(shop, capsys):
    names = [shop.build(0, 1, 2), shop.build(1, 2, 3, 4)]
    assert shop.answers(3)[0][0][0] == "item3"
    capsys.readouterr()
    assert shop.run("rollback", str(shop.index), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["before"], told["current"]) == (names[1], names[0])
    before = shop.answers(0, 3)
    assert before[0][0] == ("item0", 1.0) and "item3" not in dict(before[4])
    assert shop.run("rollback", str(shop.index)) == 2  # there is none before the first
    assert shop.run("rollback", str(shop.index), "--to", names[1], "--quiet") == 0
    assert shop.answers(3)[0][0] == ("item3", 1.0)


def test_verify_is_content_with_a_whole_build_and_names_what_is_wrong_with_another(shop, capsys):
    name = shop.build(0, 1, 2, 3)
    assert shop.run("verify", str(shop.index), "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    if shop.store.kind == "milvus":
        with shop.store.catalogue() as catalogue:
            catalogue.client.delete(catalogue.open().collection, filter="label in [2]")
    else:
        (shop.index / name / "thumbs/2.jpg").write_bytes(b"")
    assert shop.run("verify", str(shop.index), "--json") == 1
    said = capsys.readouterr()
    assert name in said.err and json.loads(said.out)["problems"]


def test_pruning_keeps_what_is_in_use_and_what_it_replaced(shop, capsys):
    names = [shop.build(0, 1), shop.build(0, 1, 2), shop.build(0, 1, 2, 3)]
    capsys.readouterr()
    assert shop.run("prune", str(shop.index), "--keep", "2", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["deleted"] == names[:1] == told.get("deleted_in_store", names[:1])
    assert shop.run("list", str(shop.index), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [b["build_id"] for b in told["builds"]] == names[1:]
    if shop.store.kind == "milvus":
        assert told["milvus"]["current"] == names[2] and [b["build_id"] for b in told["milvus"]["builds"]] == names[1:]
        assert [b["vectors"] for b in told["milvus"]["builds"]] == [3, 4]
    assert shop.answers(3)[0][0] == ("item3", 1.0)


def lines_of(said: str) -> list[dict]:
    """The look-ups' lines but for the time they took."""
    return [{name: value for name, value in json.loads(line).items() if name != "timings_ms"} for line in said.splitlines()]


@needs_lite
def test_the_commands_say_the_same_of_both_stores(milvus_shop, capsys):
    shop, photos = milvus_shop, [str(milvus_shop.root / f"img/{n}.jpg") for n in (1, 6)]
    shop.build(0, 1, 2, 3, 4, 5)
    asked = [
        ["lookup", *photos, "--index", str(shop.index), "--json"],
        ["lookup", *photos, "--index", str(shop.index), "--json", "--one-item"],
        ["lookup", *photos, "--index", str(shop.index), "--json", "--weights", "color=3", "--like", "item4", "--unlike", "item2"],
        ["lookup", *photos, "--index", str(shop.index), "--json", "--category", "kind 1", "--in-stock"],
    ]
    for words in asked:
        capsys.readouterr()
        assert edge(words) == 0
        folder = lines_of(capsys.readouterr().out)
        assert edge([*words, *shop.options]) == 0
        assert lines_of(capsys.readouterr().out) == folder and folder
    (shop.root / "queries.csv").write_text("photo,item_id\n" + "".join(f"img/{n}.jpg,item{n}\n" for n in (0, 1, 2)) + "img/7.jpg,\n")
    told = []
    for options in ([], shop.options):
        assert main(["evaluate", str(shop.root / "queries.csv"), "--index", str(shop.index), "--json", *options]) == 0
        told.append(
            {name: value for name, value in json.loads(capsys.readouterr().out).items() if "ms" not in name and "seconds" not in name}
        )
    assert told[0] == told[1] and told[0]["recall@1"]["value"] == 1.0


@needs_lite
def test_the_doctor_says_what_the_store_holds_and_the_environment_may_choose_it(milvus_shop, capsys, monkeypatch):
    shop = milvus_shop
    name = shop.build(0, 1, 2)
    monkeypatch.setenv("RACKLENS_STORE", "milvus")
    monkeypatch.setenv("RACKLENS_MILVUS_URI", shop.store.uri)
    capsys.readouterr()
    edge(["doctor", "--index", str(shop.index), "--json"])
    told = json.loads(capsys.readouterr().out)
    store = told["store"]
    assert told["problems"] == [] and told["index"]["build"] == name
    assert store["reachable"] and (store["build"], store["vectors"], store["builds"]) == (name, 3, [name])
    assert store["alias"] == "racklens_current" and name.replace("-", "_") in store["collection"]


@needs_lite
def test_stopped_between_folder_and_milvus_both_stay_and_the_next_run_completes_it(milvus_shop, monkeypatch, capsys):
    shop = milvus_shop
    first = shop.build(0, 1)
    with monkeypatch.context() as stopped:
        stopped.setattr("edge.store_milvus.MilvusCatalogue.publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert shop.run("update", shop.feed(0, 1, 2), "--out", str(shop.index), "--no-calibration", "--quiet") == 130
    assert current_folder(shop.index).name == first == shop.store.open().build_id
    assert shop.answers(1)[0][0] == ("item1", 1.0)
    capsys.readouterr()
    now = shop.build(0, 1, 2, command="update", more=("--json",))
    assert json.loads(capsys.readouterr().out)["embedded"] == 0  # all of it was known from the run before
    assert now != first and shop.store.open().build_id == now and shop.answers(2)[0][0] == ("item2", 1.0)


@needs_lite
def test_two_builds_are_never_mixed_and_the_sentence_says_what_brings_them_together(milvus_shop, monkeypatch, capsys):
    shop = milvus_shop
    first = shop.build(0, 1)
    with monkeypatch.context() as stopped:
        stopped.setattr("index_builder.build.write_durably", _stop_before_current(stopped))
        assert shop.run("build", shop.feed(0, 1, 2), "--out", str(shop.index), "--no-calibration", "--quiet") == 130
    second = shop.store.open().build_id
    assert current_folder(shop.index).name == first != second
    with pytest.raises(SetupError, match=f"{first}, the store at {second}.*rollback INDEX_DIR --to"):
        shop.lookup()
    capsys.readouterr()
    assert edge(["lookup", str(shop.root / "img/1.jpg"), "--index", str(shop.index), *shop.options]) == 2
    assert shop.run("verify", str(shop.index)) == 1
    assert shop.run("prune", str(shop.index), "--keep", "1") == 2 and len(list_builds(shop.index)) == 2
    assert capsys.readouterr().err.count(second) == 3
    assert shop.run("rollback", str(shop.index), "--to", second, "--quiet") == 0
    assert shop.answers(2)[0][0] == ("item2", 1.0)


def _stop_before_current(patch):
    from edge.manifest import write_durably

    def write(path: Path, content: bytes) -> None:
        if path.name == "CURRENT":
            raise KeyboardInterrupt
        write_durably(path, content)

    return write


@needs_lite
def test_a_build_that_milvus_does_not_have_is_copied_in_when_it_is_gone_back_to(folder_shop):
    shop = folder_shop
    first = shop.build(0, 1)
    shop.build(1, 2)
    shop.store = lite(shop.root / "later.db")
    assert shop.run("rollback", str(shop.index), "--to", first, "--quiet") == 0
    assert shop.store.open().build_id == first and shop.answers(0)[0][0] == ("item0", 1.0)


@needs_lite
def test_a_milvus_that_does_not_answer_ends_with_two_and_leaves_everything(folder_shop, capsys):
    shop = folder_shop
    first = shop.build(0, 1)
    nobody = ["--store", "milvus", "--uri", "http://me:secret@127.0.0.1:1"]
    for words in (
        ["update", shop.feed(0, 1, 2), "--out", str(shop.index)],
        ["verify", str(shop.index)],
        ["list", str(shop.index)],
        ["rollback", str(shop.index), "--to", first],
        ["prune", str(shop.index), "--keep", "1"],
        ["evaluate", str(shop.root / "queries.csv"), "--index", str(shop.index)],
    ):
        (shop.root / "queries.csv").write_text("photo,item_id\nimg/0.jpg,item0\n")
        capsys.readouterr()
        assert main([*words, *nobody]) == 2
        said = capsys.readouterr().err
        assert "Milvus at http://127.0.0.1:1 could not" in said and "secret" not in said and "Traceback" not in said
    assert [b.build_id for b in list_builds(shop.index)] == [first]
    assert edge(["lookup", str(shop.root / "img/0.jpg"), "--index", str(shop.index), *nobody]) == 2
    assert "Check that the server runs" in capsys.readouterr().err
    assert edge(["doctor", "--index", str(shop.index), "--json", *nobody]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["store"] == {"kind": "milvus", "uri": "http://127.0.0.1:1", "reachable": False}
    assert any("could not be opened" in problem for problem in told["problems"]) and told["index"]["build"] == first


def test_options_that_make_no_sense_end_with_two_and_a_sentence(folder_shop, capsys):
    shop = folder_shop
    shop.build(0, 1)
    for words, said in (
        (["list", str(shop.index), "--uri", "http://localhost:19530"], "Add --store milvus"),
        (["list", str(shop.index), "--store", "milvus"], "RACKLENS_MILVUS_URI"),
        (["verify", str(shop.index), "--sample", "3"], "--sample is for a store"),
    ):
        assert main(words) == 2
        assert said in capsys.readouterr().err


@needs_lite
def test_a_file_that_is_not_there_is_not_made_by_who_only_reads(folder_shop, capsys):
    shop, file = folder_shop, folder_shop.root / "nowhere.db"
    shop.build(0, 1)
    assert edge(["lookup", str(shop.root / "img/0.jpg"), "--index", str(shop.index), "--store", "milvus", "--uri", str(file)]) == 2
    assert f"There is no file {file}" in capsys.readouterr().err and not file.exists()
