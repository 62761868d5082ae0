"""Correcting the outline: when the page asks for it, what is searched again, what is kept, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_pages import outline_panel
from edge.errors import NoGarmentFound
from tests.opened_page import html, send
from tests.page_fakes import SEVEN, PageLookup

LINE = {"points": [[0.3, 0.62], [0.7, 0.62]], "width": 0.05, "garment": False}


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What is put in here the browser sends at the next run, once, instead of the real painting."""
    sent: list[dict] = []
    monkeypatch.setattr(outline_panel, "paint", lambda **shown: sent.pop() if sent else None)
    return sent


def button(page, label: str):
    return next(button for button in page.button if button.label == label)


def labels(page) -> list[str]:
    return [button.label for button in page.button]


def photo() -> bytes:
    """Red over blue in the middle of white: the blue can be painted away, as its colour tells it from the red."""
    import io

    from PIL import Image

    image = Image.new("RGB", (240, 320), "white")
    image.paste("red", (0, 80, 240, 160))
    image.paste("blue", (0, 160, 240, 240))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def correcting(open_page, **options):
    lookup = PageLookup(SEVEN, **options)
    page = send(open_page(lookup), ("a.png", photo()))
    button(page, "Correct the outline").click().run()
    return lookup, page


def test_a_doubtful_outline_is_asked_about_before_the_verdict(open_page) -> None:
    shown = html(send(open_page(PageLookup(confidence=0.6)), ("a.png", photo())))
    assert 0 < shown.index("Check the outline") < shown.index("In the catalogue")


def test_a_good_outline_is_not_asked_about_but_can_be_corrected(open_page) -> None:
    page = send(open_page(PageLookup(confidence=0.95)), ("a.png", photo()))
    assert "Check the outline" not in html(page) and "Correct the outline" in labels(page)


def test_one_tap_says_that_it_is_right(open_page) -> None:
    page = send(open_page(PageLookup(confidence=0.6)), ("a.png", photo()))
    button(page, "Outline is right").click().run()
    assert "Check the outline" not in html(page)


def test_strokes_search_again_and_the_change_is_told(open_page, hand) -> None:
    lookup, page = correcting(open_page)
    over_blue = {"points": [[0.1, 0.62], [0.9, 0.62]], "width": 0.05, "garment": False}
    hand.append({"strokes": [over_blue], "box": None})
    page.run()
    assert not page.exception and not page.error
    before, after = lookup.shares
    assert before == pytest.approx(0.5, abs=0.02) and after == pytest.approx(0.25, abs=0.05)
    assert "Searched again" in html(page) and "Keep this outline" in labels(page)


def test_the_first_outline_comes_back(open_page, hand) -> None:
    lookup, page = correcting(open_page)
    hand.append({"strokes": [LINE], "box": None})
    page.run()
    button(page, "Back to the first outline").click().run()
    assert not page.exception and abs(lookup.shares[-1] - lookup.shares[0]) < 0.01
    assert "Keep this outline" not in labels(page)


def test_a_kept_outline_lies_in_the_data_folder_and_thanks_are_said(open_page, hand, tmp_path: Path) -> None:
    _, page = correcting(open_page, confidence=0.6)
    hand.append({"strokes": [LINE], "box": None})
    page.run()
    assert not (tmp_path / "journal" / "corrections").exists()
    button(page, "Keep this outline").click().run()
    kept = [path for path in (tmp_path / "journal" / "corrections").rglob("*") if path.is_file()]
    assert kept and "Kept. Thank you" in page.success[0].value
    assert "Check the outline" not in html(page)


def test_a_full_or_forbidden_disk_is_said_and_nothing_breaks(open_page, hand, tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    _, page = correcting(open_page)
    hand.append({"strokes": [LINE], "box": None})
    page.run()
    button(page, "Keep this outline").click().run()
    assert not page.exception and any("could not be kept" in warning.value for warning in page.warning)


def test_without_drawing_a_box_searches_too(open_page, hand) -> None:
    lookup, page = correcting(open_page)
    page.slider[1].set_value((30, 60)).run()
    button(page, "Search with this box").click().run()
    assert not page.exception and len(lookup.shares) == 2
    assert lookup.shares[1] < lookup.shares[0]


def test_without_drawing_the_outline_goes_wider_and_tighter(open_page, hand) -> None:
    lookup, page = correcting(open_page)
    button(page, "Wider").click().run()
    button(page, "Tighter").click().run()
    first, wider, back = lookup.shares
    assert wider > first and abs(back - first) < 0.01


def test_where_nothing_was_found_a_box_brings_the_garment(open_page, hand) -> None:
    lookup = PageLookup(error=NoGarmentFound(coverage=0.0))
    page = send(open_page(lookup), ("a.png", photo()))
    hand.append({"strokes": [], "box": [0.0, 0.2, 1.0, 0.8]})
    page.run()
    assert not page.exception and not page.error
    assert "In the catalogue" in html(page) and 0.3 < lookup.shares[0] < 0.7
    assert "Back to the first outline" not in labels(page)


def test_a_correction_that_leaves_nothing_is_said_and_the_outline_stays(open_page, hand) -> None:
    lookup, page = correcting(open_page)
    hand.append({"strokes": [{"points": [[0.0, 0.5], [1.0, 0.5]], "width": 1.0, "garment": False}], "box": None})
    page.run()
    assert not page.exception and page.error and len(lookup.shares) == 1
    assert "In the catalogue" in html(page)


def test_the_painting_works_from_the_small_photo_once_the_session_has_let_go(open_page, hand) -> None:
    lookup, page = correcting(open_page)
    page.session_state.held.clear()
    hand.append({"strokes": [LINE], "box": None})
    page.run()
    assert not page.exception and len(lookup.shares) == 2
