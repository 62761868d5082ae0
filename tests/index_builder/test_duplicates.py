"""Items that look the same are found and told from colourways; look-alikes, sizes and twins of one item are left alone."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.index import open_current
from index_builder.__main__ import main
from index_builder.build import build
from index_builder.candidates import candidate_pairs, in_walking_order
from index_builder.demo import draw_plan, plan_item, studio_view
from index_builder.duplicate_groups import COLOURWAY, DUPLICATE, Group, Member
from index_builder.duplicates import DuplicateReport, decide, find_duplicates
from index_builder.duplicates_page import COLUMNS, csv_of, page_of
from index_builder.local_evidence import compare, look_at, mirrored
from index_builder.plain_background import garment_on_plain
from tests.fakes import FakeStages

POLO, HOODIE, SHIRT = 2, 4, 1  # places in the endless catalogue of a seed


@cache
def garment(index: int, **changes: str) -> np.ndarray:
    """A drawn garment on white, uint8 (300, 300, 3); changes: of its plan."""
    return studio_view(draw_plan(replace(plan_item(5, index), **changes)), size=300)


def other_colour(index: int) -> np.ndarray:
    return garment(index, colour="mustard" if plan_item(5, index).colour != "mustard" else "teal")


def relit(rgb: np.ndarray) -> np.ndarray:
    """Darker and warmer, turned by three degrees, smaller."""
    lit = np.clip(rgb * np.float32([0.93, 0.9, 0.86]), 0, 255).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((150, 150), 3, 0.9)
    return cv2.warpAffine(lit, turn, (300, 300), borderValue=(237, 229, 219))


def evidence(a: np.ndarray, b: np.ndarray):
    return compare(*(look_at(rgb, garment_on_plain(rgb)) for rgb in (a, b)))


def random_rows(count: int, dim: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.mark.parametrize("index", [POLO, HOODIE, SHIRT])
def test_the_same_garment_in_other_light_is_a_duplicate(index):
    found = evidence(garment(index), relit(garment(index)))
    assert decide(found) == DUPLICATE and not found.mirrored


def test_a_mirrored_picture_is_a_duplicate_and_said_to_be_mirrored():
    found = evidence(garment(HOODIE), relit(garment(HOODIE)[:, ::-1]))
    assert decide(found) == DUPLICATE and found.mirrored


def test_a_picture_cropped_into_the_garment_is_a_duplicate():
    found = evidence(garment(POLO), garment(POLO)[:240, 40:])
    assert decide(found) == DUPLICATE and found.matches >= 8


@pytest.mark.parametrize("index", [POLO, HOODIE, SHIRT])
def test_the_same_garment_in_another_colour_is_a_colourway(index):
    assert decide(evidence(garment(index), relit(other_colour(index)))) == COLOURWAY


def test_another_pattern_on_the_same_cut_is_neither():
    pattern = plan_item(5, POLO).pattern
    other = next(p for p in ("checked", "dotted", "floral") if p != pattern)
    assert decide(evidence(garment(POLO), garment(POLO, pattern=other))) is None


def test_another_cut_is_neither():
    assert decide(evidence(garment(POLO), garment(HOODIE))) is None


def test_a_mirrored_look_is_the_look_of_the_mirrored_picture():
    rgb = garment(HOODIE)
    turned = mirrored(look_at(rgb, garment_on_plain(rgb)))
    flipped = np.ascontiguousarray(rgb[:, ::-1])
    straight = look_at(flipped, garment_on_plain(flipped))
    for name in ("lab", "inside", "edges", "outline"):
        a, b = getattr(turned, name), getattr(straight, name)
        assert np.abs(a - b).mean() < 0.02 * max(1, np.abs(a).max()), name
    assert float((turned.outline[0] * straight.outline[0]).sum()) > 0.97
    found = (turned.descriptors @ straight.descriptors.T).max(1)  # most points are found again, at the very same place
    where = straight.points[(turned.descriptors @ straight.descriptors.T).argmax(1)]
    assert (found > 0.95).mean() > 0.7 and np.median(np.abs(where - turned.points)) < 0.5


def test_a_garment_is_found_on_a_plain_background_of_any_colour_and_not_on_a_busy_one():
    mask = garment_on_plain(garment(POLO))
    assert 0.2 < mask.mean() < 0.8 and mask[150, 150] == 1 and mask[3, 3] == 0
    on_blue = garment(POLO).copy()
    on_blue[mask == 0] = (40, 60, 150)
    again = garment_on_plain(on_blue)
    assert np.minimum(mask, again).sum() / np.maximum(mask, again).sum() > 0.95
    assert garment_on_plain(np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)) is None
    assert garment_on_plain(np.full((50, 50, 3), 255, np.uint8)) is None


def test_candidates_are_those_of_the_slow_and_obvious_way():
    vectors, outlines = random_rows(60, 30), np.abs(random_rows(120, 20, 1)).reshape(60, 2, 20)
    parts, owners = {"shape": (0, 20), "colour": (20, 30)}, [f"item{i // 2}" for i in range(60)]
    expected = set()
    shape = vectors[:, :20] / np.linalg.norm(vectors[:, :20], axis=1, keepdims=True)
    for gallery, queries in ((vectors, vectors), (shape, shape), (outlines[:, 0], outlines[:, 0]), (outlines[:, 0], outlines[:, 1])):
        for row in range(60):
            others = [j for j in np.argsort(-(gallery @ queries[row]), kind="stable") if owners[j] != owners[row]]
            expected |= {tuple(sorted((row, int(j)))) for j in others[:3]}
    assert set(candidate_pairs(vectors, parts=parts, outlines=outlines, owners=owners, nearest=3)) == expected


def test_the_graph_finds_nearly_the_candidates_of_the_exact_way():
    centres = random_rows(40, 24, 3)[np.arange(800) % 40]
    vectors = centres + 0.3 * random_rows(800, 24, 4)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    given = {
        "parts": {"shape": (0, 16), "colour": (16, 24)},
        "outlines": np.stack([vectors, vectors], 1),
        "owners": list(map(str, range(800))),
    }
    exact, graph = (set(candidate_pairs(vectors, exact_below=below, **given)) for below in (10_000, 1))
    assert len(exact & graph) > 0.95 * len(exact)


def test_walking_order_keeps_every_pair_once():
    pairs = [(0, 9), (1, 2), (2, 9), (3, 4), (0, 1)]
    assert sorted(in_walking_order(pairs)) == sorted(pairs)


PICTURES = {
    "polo": lambda: garment(POLO),
    "polo-again": lambda: relit(garment(POLO)),
    "polo-mustard": lambda: relit(other_colour(POLO)),
    "hoodie": lambda: garment(HOODIE),
    "hoodie-mirrored": lambda: relit(garment(HOODIE)[:, ::-1]),
    "shirt-s": lambda: garment(SHIRT),
    "shirt-m": lambda: garment(SHIRT),
    "shirt-copy": lambda: garment(SHIRT),
}


@pytest.fixture(scope="module")
def index_root(tmp_path_factory) -> Path:
    """An index of PICTURES; the shirts share one file, two of them as sizes of one item group."""
    root = tmp_path_factory.mktemp("catalogue")
    lines = ["id,title,image_link,item_group_id,size"]
    for name, draw in PICTURES.items():
        image = "shirt.png" if name.startswith("shirt") else f"{name}.png"
        cv2.imwrite(str(root / image), draw()[..., ::-1])
        group, size = ("shirts", name[-1].upper()) if name in ("shirt-s", "shirt-m") else ("", "")
        lines.append(f"{name},Title of {name},{image},{group},{size}")
    (root / "feed.csv").write_text("\n".join(lines) + "\n")
    build(root / "feed.csv", root / "index", stages=FakeStages())
    return root / "index"


@pytest.fixture(scope="module")
def report(index_root) -> DuplicateReport:
    return find_duplicates(open_current(index_root)[0])


def ids_of(report: DuplicateReport, kind: str) -> list[list[str]]:
    return [[m.item_id for m in group.members] for group in report.of_kind(kind)]


def test_groups_hold_what_was_copied_and_nothing_else(report):
    assert ids_of(report, DUPLICATE) == [["polo", "polo-again"], ["hoodie", "hoodie-mirrored"], ["shirt-s", "shirt-copy"]]
    assert report.items == len(PICTURES) and not report.skipped


def test_a_colourway_is_reported_apart_and_one_item_stands_for_its_duplicates(report):
    assert ids_of(report, COLOURWAY) == [["polo", "polo-mustard"]]


def test_sizes_that_the_feed_names_are_no_duplicates(report):
    assert report.sizes == 1 and "shirt-m" not in {m.item_id for group in report.groups for m in group.members}


def test_members_say_why_and_which_is_mirrored(report):
    members = {m.item_id: m for group in report.of_kind(DUPLICATE) for m in group.members}
    assert members["hoodie-mirrored"].mirrored and not members["polo-again"].mirrored
    assert members["shirt-copy"].evidence == "the same picture" and members["shirt-copy"].score == 1.0
    assert "outline" in members["polo-again"].evidence and 0.5 < members["polo-again"].score <= 1


def test_the_report_of_a_build_gets_lists_of_ids(report):
    short = json.loads(json.dumps(report.for_report()))
    assert short["groups"][0] == ["polo", "polo-again"] and short["colourways"] == [["polo", "polo-mustard"]] and short["sizes"] == 1


def test_looking_changes_nothing_in_the_index(index_root):
    folder = open_current(index_root)[0]
    before = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in folder.rglob("*")}
    find_duplicates(folder)
    assert {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in folder.rglob("*")} == before


def test_a_picture_that_cannot_be_read_is_named_and_the_rest_is_done(tmp_path, index_root, capsys):
    source = open_current(index_root)[0]
    root = tmp_path / "index"
    folder = root / source.name
    (folder / "thumbs").mkdir(parents=True)
    for path in source.rglob("*"):
        if path.is_file():
            (folder / path.relative_to(source)).write_bytes(path.read_bytes())
    (root / "CURRENT").write_text(f"{source.name}\n")
    (folder / "thumbs/0.jpg").write_bytes(b"no picture")
    assert main(["duplicates", "--index", str(root), "--out", str(tmp_path / "out"), "--json"]) == 1
    printed = capsys.readouterr()
    assert "skipped polo:" in printed.err
    found = json.loads(printed.out)
    assert ["hoodie", "hoodie-mirrored"] in [[m["item_id"] for m in group["members"]] for group in found["groups"]]


def test_the_command_writes_csv_and_page(tmp_path, index_root, report, capsys):
    out = tmp_path / "made" / "here"
    assert main(["duplicates", "--index", str(index_root), "--out", str(out)]) == 0
    assert "3 groups of duplicates" in capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO((out / "duplicates.csv").read_text("utf-8"))))
    assert tuple(rows[0]) == COLUMNS and [r["item_id"] for r in rows if r["kind"] == COLOURWAY] == ["polo", "polo-mustard"]
    page = (out / "duplicates.html").read_text("utf-8")
    assert page.count("data:image/jpeg;base64,") == len(rows) and 'src="thumbs' not in page and "http" not in page
    assert main(["duplicates", "--index", str(index_root), "--out", str(out), "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_without_an_index_the_command_says_what_to_do(tmp_path, capsys):
    assert main(["duplicates", "--index", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "Build it" in capsys.readouterr().err


def odd_report() -> DuplicateReport:
    member = Member("=cmd|x", '<script>alert("1")</script>', "a.jpg", "thumbs/none.jpg", 0.9, True, "folds & pattern")
    return DuplicateReport("b1", 2, (Group(1, DUPLICATE, (member, member)),), 1, 0, (("<b>", "broken"),), 0.1, 0.1)


def test_what_the_feed_says_is_escaped_on_the_page_and_no_formula_in_the_csv(tmp_path):
    page = page_of(odd_report(), tmp_path)
    assert "<script" not in page and "&lt;script&gt;" in page and "<b>:" not in page and "no picture" in page
    assert "'=cmd|x" in csv_of(odd_report())


def test_an_index_of_one_item_has_no_duplicates(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), garment(POLO)[..., ::-1])
    (tmp_path / "feed.csv").write_text("id,title,image_link\na,A,a.png\n")
    build(tmp_path / "feed.csv", tmp_path / "index", stages=FakeStages())
    report = find_duplicates(open_current(tmp_path / "index")[0])
    assert report.groups == () and report.pairs == 0
    assert "No duplicates found." in page_of(report, tmp_path)


def test_outlines_that_no_graph_can_hold_are_compared_in_full():
    rng = np.random.default_rng(0)
    outlines = np.abs(rng.normal(size=(6000, 2, 768))).astype(np.float32)
    outlines /= np.linalg.norm(outlines, axis=2, keepdims=True)
    vectors = outlines[:, 0, :32] / np.linalg.norm(outlines[:, 0, :32], axis=1, keepdims=True)
    owners = [str(i) for i in range(len(vectors))]

    def pairs(exact_below: int) -> set[tuple[int, int]]:
        return set(candidate_pairs(vectors, parts={"shape": (0, 32)}, outlines=outlines, owners=owners, exact_below=exact_below))

    by_graph, in_full = pairs(1), pairs(10_000)
    assert len(by_graph & in_full) > 0.9 * len(in_full)
