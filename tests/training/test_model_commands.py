"""The training commands take the words that README and LOG name, and hand them on."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs requirements-train.txt")

from training.__main__ import main  # noqa: E402


@pytest.mark.parametrize(
    ("words", "module", "wanted"),
    [
        (["segmenter", "--minutes", "3", "--rate", "8e-4"], "train_segmenter", {"minutes": 3.0, "rate": 8e-4, "seed": 0}),
        (["segmenter", "--architecture", "tiramisu", "--size", "160"], "train_segmenter", {"architecture": "tiramisu", "size": 160}),
        (["embedder", "--steps", "9"], "train_embedder", {"most_steps": 9, "minutes": 20.0}),
        (["frame", "--run", "here"], "frame_train", {"run": Path("here"), "minutes": 15.0}),
        (["enhance", "--seed", "4"], "enhance_train", {"seed": 4}),
        (["concepts", "--embedder-run", "e"], "concepts_train", {"embedder_run": Path("e"), "most_steps": None}),
        (["tiefvision", "--run", "t"], "tiefvision", {"out": Path("t"), "minutes": 4.0}),
    ],
)
def test_a_training_gets_what_was_said(monkeypatch, words, module, wanted):
    got = {}
    monkeypatch.setattr(f"training.{module}.train", lambda **given: got.update(given))
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0 and {name: got[name] for name in wanted} == wanted
    assert "rate" in got or "--rate" not in words


def test_recipes_are_told_by_switches(monkeypatch):
    got = {}
    monkeypatch.setattr("training.train_embedder.train", lambda **given: got.update(given))
    with pytest.raises(SystemExit):
        main(["embedder", "--no-cutout", "--no-aspect", "--loss", "triplet", "--activation", "elu", "--widths", "8", "8", "16", "16"])
    recipe = got["recipe"]
    assert (recipe.views.cutout, recipe.views.squash, recipe.loss) == (False, True, "triplet")
    assert (recipe.activation, recipe.widths, recipe.heads) == ("elu", (8, 8, 16, 16), True)


def test_a_folder_without_data_ends_with_a_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["frame", "--data", str(tmp_path / "none"), "--run", str(tmp_path / "run"), "--minutes", "0.01"])
    assert ended.value.code == 2 and "none" in capsys.readouterr().err


@pytest.mark.parametrize(("command", "module"), [("export-segmenter", "export_segmenter"), ("export-concepts", "concepts_export")])
def test_runs_to_average_with_are_handed_on(monkeypatch, command, module):
    got = {}
    monkeypatch.setattr(f"training.{module}.{command.replace('-', '_')}", lambda **given: got.update(given))
    with pytest.raises(SystemExit) as ended:
        main([command, "--run", "a", "--average-with", "b", "--average-with", "c"])
    assert ended.value.code == 0 and got["run"] == Path("a") and got["averaged_with"] == [Path("b"), Path("c")]
