"""The page This box: age and report of the index, times of the last hour, disk, the doctor's findings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app_pages import this_box_now
from edge.config import Settings
from edge.journal import Journal
from tests.app_pages.shop_fakes import ShopLookup, shop_box
from tests.fake_lookup import FakeReport
from tests.made_answer import made_answer
from tests.opened_page import html


def show(box) -> None:
    from app_pages import this_box

    this_box.page(box)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import streamlit as st

    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setenv("RACKLENS_DATA", str(tmp_path / "data"))
    return tmp_path


def opened(folder: Path, report: dict | None = None) -> AppTest:
    calibration = {"trials": 412, "source": "made views", "false_accepts": 0.01}
    lookup = ShopLookup(folder / "index" / "build-1", report=FakeReport(calibration=calibration))
    if report is not None:
        (lookup.folder / "report.json").write_text(json.dumps(report))
        (lookup.folder / "report.html").write_text("<p>all of it</p>")
    page = AppTest.from_function(show, args=(shop_box(lookup, folder / "index"),), default_timeout=60).run()
    assert not page.exception
    return page


def recorded(folder: Path, *took_ms: float, ago: timedelta = timedelta(minutes=5)) -> None:
    journal = Journal.open(Settings(data_dir=folder / "data"))
    for n, ms in enumerate(took_ms):
        answer = made_answer(side=60, total_ms=ms, seed=n)
        journal.record(answer, [answer.photo], when=datetime.now(UTC) - ago - timedelta(seconds=n))
    journal.close()


def test_the_indexs_age_calibration_self_recall_and_report_are_told(folder: Path) -> None:
    created = (datetime.now(UTC) - timedelta(hours=5, minutes=10)).isoformat()
    page = opened(folder, {"created": created, "vectors": 2, "self_recall": 0.995, "feed": "my feed.csv", "twins": [], "skipped": []})
    shown = html(page)
    assert "5 hours ago" in shown and "99.5 %" in shown and "412 trials" in shown and "runs on CPU" in shown
    assert page.get("download_button")
    assert page.code[0].value == f"python -m index_builder update 'my feed.csv' --out {folder / 'index'}"


def test_a_build_without_a_report_still_shows_the_rest(folder: Path) -> None:
    page = opened(folder)
    assert "without a report" in page.info[0].value and "Photos are kept for" in html(page) and page.button_group


def test_times_of_the_last_hour_come_with_a_chart_and_older_ones_do_not_count(folder: Path) -> None:
    recorded(folder, 90_000.0, ago=timedelta(minutes=70))
    recorded(folder, *([400.0] * 19), 3000.0)
    page = opened(folder)
    shown = html(page)
    assert "<td>20</td>" in shown and "<td>0.40 s</td>" in shown and "<td>3.00 s</td>" in shown and "90 s" not in shown
    spec = json.loads(page.get("vega_lite_chart")[0].proto.spec)
    assert len(spec["layer"]) == 2 and "19 of 20" in spec["description"]


def test_an_hour_without_look_ups_is_said(folder: Path) -> None:
    page = opened(folder)
    assert "None in the last hour." in html(page) and not page.get("vega_lite_chart")


def test_percentiles_are_those_of_a_sorted_list() -> None:
    rng = np.random.default_rng(3)
    ms = rng.gamma(2.0, 200.0, 101).tolist()
    assert this_box_now.percentiles(ms) == (sorted(ms)[50], pytest.approx(sorted(ms)[95]))
    assert this_box_now.percentiles([7.0]) == (7.0, 7.0)


def test_the_disks_use_is_counted(folder: Path) -> None:
    recorded(folder, 100.0)
    (folder / "data" / "deliveries").mkdir()
    (folder / "data" / "deliveries" / "x").write_bytes(bytes(3 * 2**20))
    shown = html(opened(folder))
    assert "3.0 MiB" in shown and "of at most 20 GiB" in shown and "30 days" in shown


def test_the_doctors_findings_come_at_a_tap(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"fit": False, "problems": ["The index is missing."], "warnings": ["No HEIC."], "cpus": 2, "gpu_present": False}
    monkeypatch.setattr(this_box_now, "examine", lambda *, index_root, models, store: found)
    page = opened(folder)
    assert not page.error
    page.button(key="doctor").click().run()
    assert page.error[0].value == "The index is missing." and page.warning[0].value == "No HEIC."
    assert "<td>no</td>" in html(page)
