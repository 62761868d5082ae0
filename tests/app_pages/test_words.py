"""The table of words is whole: every language says everything with the same facts, and nothing is asked for that is not in it."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from app_pages import words

SOURCES = sorted((Path(__file__).parents[2] / "app_pages").glob("*.py")) + [Path(__file__).parents[2] / "app.py"]


def facts(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


@pytest.mark.parametrize("key", words.TABLE)
def test_every_language_says_it_with_the_same_facts(key: str) -> None:
    phrases = words.TABLE[key]
    assert len(phrases) == len(words.LANGUAGES) and all(phrase.strip() for phrase in phrases)
    if not key.startswith("error."):  # English speaks through the error's own words
        assert len({frozenset(facts(phrase)) for phrase in phrases}) == 1


def test_no_key_is_said_in_two_places() -> None:
    assert len(words.TABLE) == sum(len(part.WORDS) for part in words.PARTS)


def test_every_key_the_pages_ask_for_is_in_the_table() -> None:
    asked = {key for file in SOURCES for key in re.findall(r'say\("([a-z_.]+)"', file.read_text(encoding="utf-8"))}
    assert len(asked) > 40 and asked <= set(words.TABLE)


def test_no_phrase_is_left_that_nobody_says() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES if file.parent.name != "words")
    built = (
        "page.",
        "group.",
        "verdict.",
        "decided.",
        "sure.",
        "like",
        "part.",
        "stock.",
        "moved.",
        "several.",
        "matters.",
        "paint.",
        "health.source.",
        "kind.",
        "improve.",
        "doctor.",
        "alike.",
        "colour.",
        "pattern.",
        "error.",
    )
    unsaid = [key for key in words.TABLE if f'"{key}"' not in code and f"'{key}'" not in code and not key.startswith(built)]
    assert unsaid == []


@pytest.mark.parametrize(
    ("wishes", "language"),
    [(("de-AT",), "de"), ((None, "", "de_DE"), "de"), (("fr", "de"), "de"), (("fr",), "en"), ((), "en"), (("en", "de"), "en")],
)
def test_the_first_wish_that_is_spoken_counts_and_english_else(wishes, language: str) -> None:
    assert words.fitting(*wishes) == language
