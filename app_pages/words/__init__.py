"""Everything the pages say, in every language: one line a phrase, one column a language. A new language is a new column.

Each module has the words of a page or of what belongs together, by key: (English, German). Facts stand in braces and are the same in all
columns.
"""

from __future__ import annotations

from app_pages.words import box, catalogue, delivery, frame, journal, look_up, photos

LANGUAGES = {"en": "English", "de": "Deutsch"}
PARTS = (frame, look_up, delivery, journal, catalogue, photos, box)
TABLE: dict[str, tuple[str, ...]] = {key: phrases for part in PARTS for key, phrases in part.WORDS.items()}


def text(language: str, key: str, **facts: object) -> str:
    """The phrase of a key in a language (a key of LANGUAGES), with its facts filled in. Raises KeyError for an unknown key."""
    return TABLE[key][list(LANGUAGES).index(language)].format(**facts)


def known(key: str) -> bool:
    return key in TABLE


def fitting(*wishes: str | None) -> str:
    """The first wish ('de', 'de-AT', None ...) that there is a column for; English where there is none."""
    for wish in wishes:
        language = (wish or "").replace("_", "-").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "en"
