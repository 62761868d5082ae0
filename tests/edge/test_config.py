"""Settings come from the environment by their names, and nonsense is refused with the name of what to change."""

import os
from dataclasses import fields
from pathlib import Path

import pytest

from edge.config import VARIABLES, Settings, chosen_models, models_in
from edge.errors import SettingsError


def test_an_empty_environment_gives_the_defaults():
    assert Settings.from_environment({}) == Settings() == Settings.from_environment({"RACKLENS_SEATS": " "})
    assert Settings().keep_photos_days == 30 and Settings().seats == 2


def test_every_setting_has_its_variable_and_takes_its_kind_from_it():
    assert set(VARIABLES) == {f.name for f in fields(Settings)}
    given = Settings.from_environment({"RACKLENS_DATA": "/srv/x", "RACKLENS_KEEP_PHOTOS_DAYS": "7.5", "RACKLENS_SEATS": "3"})
    assert given == Settings(data_dir=Path("/srv/x"), keep_photos_days=7.5, seats=3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SEATS", "0"),
        ("SEATS", "two"),
        ("SEATS", "2.5"),
        ("KEEP_PHOTOS_DAYS", "-1"),
        ("KEEP_PHOTOS_DAYS", "nan"),
        ("MAX_PHOTOS_GIB", "1e9"),
    ],
)
def test_nonsense_is_refused_and_the_variable_named(name, value):
    with pytest.raises(SettingsError, match=f"RACKLENS_{name}"):
        Settings.from_environment({f"RACKLENS_{name}": value})


def test_nothing_is_read_at_import(monkeypatch):
    monkeypatch.setitem(os.environ, "RACKLENS_SEATS", "9")
    assert Settings().seats == 2


def test_models_of_ones_own_are_used_once_they_are_there_and_a_given_folder_comes_first(tmp_path):
    root = tmp_path / "models"
    environment = {"RACKLENS_MODELS": str(root)}
    assert chosen_models(None, environment) is None
    (root / "one" / "embedder").mkdir(parents=True)
    assert models_in(root) is None  # no set is in use yet
    (root / "CURRENT").write_text("one\n")
    assert Settings(models=root).models_in_use == chosen_models(None, environment) == chosen_models(root, {}) == root / "one"
    assert chosen_models(tmp_path / "other", environment) == tmp_path / "other"
    (tmp_path / "plain" / "embedder").mkdir(parents=True)
    assert models_in(tmp_path / "plain") == tmp_path / "plain"


@pytest.mark.parametrize("name", ["gone", "../models", ""])
def test_a_set_of_models_that_is_not_there_is_refused(tmp_path, name):
    (tmp_path / "CURRENT").write_text(name)
    with pytest.raises(SettingsError, match="not there"):
        models_in(tmp_path)
