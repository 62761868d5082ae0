"""The page opened without a browser, over a fake Lookup: what tests of it send and read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

import edge.lookup
from tests.page_fakes import PageLookup

APP = Path(__file__).parent.parent / "app.py"


def picture(colour: str = "red", size: tuple[int, int] = (90, 120)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def html(page: AppTest) -> str:
    """All HTML the page drew, the style sheet left out."""
    return "\n".join(block.value.split("</style>")[-1] for block in page.get("html"))


def send(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files])
    page.run()
    assert not page.exception
    return page


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Gives a function that opens the page over a fake Lookup; the build in use can be changed under way."""
    import streamlit as st

    def open_page(lookup: PageLookup, build: list[str] | None = None, locale: str = "en-GB") -> AppTest:
        st.cache_resource.clear()
        monkeypatch.setenv("RACKLENS_INDEX", str(tmp_path / "index"))
        monkeypatch.setenv("RACKLENS_DATA", str(tmp_path / "journal"))
        monkeypatch.setattr(edge.lookup, "current_build", lambda root: (build or ["build-1"])[0])
        monkeypatch.setattr(edge.lookup.Lookup, "open", lambda root, models=None, threads=None, store=None: lookup)
        page = AppTest.from_file(str(APP), default_timeout=30)
        page.context["locale"] = locale
        page.run()
        assert not page.exception
        return page

    return open_page
