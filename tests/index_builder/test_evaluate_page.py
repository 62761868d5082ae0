import base64
import json
import re
from html.parser import HTMLParser

import cv2
import numpy as np

from edge.types import Verdict
from index_builder.evaluate_charts import interval_bar, rank_strip, reliability_chart, two_histograms
from index_builder.evaluate_page import hardest, picture, write_page
from index_builder.evaluate_scores import Candidate, LeftOut, Outcome, reliability, share, summary

LEFT = LeftOut(Verdict.UNSURE, 0.2, (0.3, 0.1, 0.9, 0.0, 0.0, 0.0))
EVIL = "<script>alert(1)</script>"


def outcome(name: str, item_id: str, rank: int | None, verdict: Verdict, p: float, **more) -> Outcome:
    left = LEFT if item_id else None
    return Outcome(name, item_id, "x", rank, verdict, p, (p, 0.1, 0.9, 0.0, 0.0, 0.0), 1.0, category=EVIL, left_out=left, **more)


OUTCOMES = [
    outcome("right.jpg", "a", 1, Verdict.IN_CATALOGUE, 0.95),
    outcome("late.jpg", "b", 4, Verdict.UNSURE, 0.5),
    outcome("lost.jpg", EVIL, None, Verdict.UNSURE, 0.4, candidates=(Candidate("x", 0.5, {"colour": 0.91}),)),
    outcome("wrong.jpg", "c", 2, Verdict.IN_CATALOGUE, 0.9),
    outcome("wronger.jpg", "", None, Verdict.IN_CATALOGUE, 0.97),
    outcome("thrown.jpg", "d", 1, Verdict.NOT_IN_CATALOGUE, 0.1),
]


def test_the_costliest_mistakes_come_first_and_what_is_right_is_none():
    assert [(kind, o.photo) for kind, o in hardest(OUTCOMES)] == [
        ("accepted", "wronger.jpg"),
        ("accepted", "wrong.jpg"),
        ("rejected", "thrown.jpg"),
        ("behind", "lost.jpg"),
        ("behind", "late.jpg"),
    ]


def test_the_report_is_one_file_that_runs_nothing_and_asks_nobody(tmp_path):
    result = {**summary(OUTCOMES), "failed": 1, "calibration_in_use": {"accept_at": 0.9, "reject_at": 0.1}}
    write_page(tmp_path / "new" / "out", result, OUTCOMES, failed=[(EVIL, "there is no such file")], build_id="b1")
    html = (tmp_path / "new" / "out" / "report.html").read_text()
    tags: list[tuple[str, dict]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.append((tag, dict(attrs)))

    Reader().feed(html)
    assert "script" not in {tag for tag, _ in tags} and "&lt;script&gt;" in html
    assert not [a for _, a in tags for key in ("src", "href") if a.get(key) and not a[key].startswith("data:image/jpeg;base64,")]
    assert "url(" not in html and html.count("<svg") >= 4
    data = json.loads((tmp_path / "new" / "out" / "report.json").read_text())
    assert [m["photo"] for m in data["hardest"]][:2] == ["wronger.jpg", "wrong.jpg"]
    assert data["failures"][0]["reason"] == "there is no such file" and data["recall@1"]["trials"] == 5


def test_an_uncalibrated_index_and_no_queries_still_make_a_report(tmp_path):
    for outcomes in ([], OUTCOMES):
        write_page(tmp_path, {**summary(outcomes), "calibration_in_use": None}, outcomes, failed=[], build_id="b1")
        assert "not calibrated" in (tmp_path / "report.html").read_text()


def test_pictures_go_in_small(tmp_path):
    rgb = np.random.default_rng(0).integers(0, 255, (1500, 1000, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "big.jpg"), rgb)
    tag = picture(str(tmp_path / "big.jpg"))
    data = base64.b64decode(re.search(r"base64,([^\"]+)", tag).group(1))
    small = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert small.shape == (240, 160, 3) and len(data) < 40_000
    (tmp_path / "bad.jpg").write_bytes(b"?")
    assert "no picture" in picture(str(tmp_path / "bad.jpg")) and "no picture" in picture("")


def test_bars_are_as_long_as_their_shares():
    widths = [float(w) for w in re.findall(r'width="([\d.]+)" height="34"', rank_strip([1, 1, 1, 3, None]))]
    assert np.allclose(np.array(widths) / 640, [0.6, 0.2, 0.2], atol=1e-3)
    assert 'width="75.0"' in interval_bar(share(3, 4)) and "75 %" in interval_bar(share(3, 4))
    assert interval_bar(share(0, 0)) == "–"


def test_every_photo_is_in_one_bar_of_the_histogram():
    svg = two_histograms([0.99, 0.98, 0.5, 1.0], [0.0, 0.1], accept_at=0.9, reject_at=None)
    assert sum(int(n) for n in re.findall(r": (\d+) rightly", svg)) == 4 and sum(int(n) for n in re.findall(r": (\d+) others", svg)) == 2
    assert "accepted from 90 %" in svg and "rejected below" not in svg


def test_a_point_of_the_reliability_chart_lies_where_its_figures_say():
    svg = reliability_chart(reliability([0.75] * 4, [True, True, True, False]))
    x, y = (float(v) for v in re.search(r'cx="([\d.]+)" cy="([\d.]+)"', svg).groups())
    assert abs((x - 46) / 270 - 0.75) < 1e-3 and abs(1 - (y - 10) / 270 - 0.75) < 1e-3
