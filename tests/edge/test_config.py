"""Settings come from the environment by their names, and nonsense is refused with the name of what to change."""

import os
from dataclasses import fields
from pathlib import Path

import pytest

from edge.config import VARIABLES, Settings
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
