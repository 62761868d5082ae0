"""The comparison of background removal: its samples, its processes, its one command."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from benchmarks import segmentation
from benchmarks.composites import KINDS, composite
from benchmarks.contact_sheet import Judgement, best_median_worst, contact_sheet
from benchmarks.segmentation_cases import Case, sample, weights
from benchmarks.segmentation_methods import Isolated, Setup, Task
from benchmarks.superpixels import saliency_grabcut
from index_builder.demo import draw_item, phone_view

SETUP = Setup(models=None, tiramisu=Path("nowhere"), threads=1)


@pytest.fixture(autouse=True)
def no_page_as_main(monkeypatch):
    """Streamlit's tests leave the page's script as the main module, which a spawned process would run first."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of four drawn photos, three with masks called good, one repaired."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "images").mkdir()
    (folder / "masks").mkdir()
    with open(folder / "images.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "sender", "split", "label", "mask"])
        for i in range(4):
            photo, alpha = phone_view(draw_item(5, i), np.random.default_rng(i))
            rgb, mask = (cv2.resize(x, (300, 400), interpolation=cv2.INTER_AREA) for x in (photo, alpha))
            cv2.imwrite(str(folder / "images" / f"p{i}.jpg"), rgb[..., ::-1])
            cv2.imwrite(str(folder / "masks" / f"p{i}.png"), (mask > 0.5).astype(np.uint8) * 255)
            table.writerow([f"p{i}", i, "val", "Shirt", "repaired" if i == 3 else "good"])
    return folder


def cases(good: int, repaired: int, composites: int) -> list[Case]:
    return [Case(kind, str(i), "") for kind, n in (("good", good), ("repaired", repaired), ("composites", composites)) for i in range(n)]


def test_a_sample_holds_the_rare_masks_and_is_the_same_each_time() -> None:
    whole = cases(640, 64, 120)
    few = sample(whole, 150)
    kinds = [c.kind for c in few]
    assert [kinds.count(k) for k in ("good", "repaired", "composites")] == [86, 64, 75]
    assert few == sample(whole, 150) and few != sample(whole, 150, seed=1)
    assert len(set(few)) == len(few) and set(few) <= set(whole)
    assert sample(whole, 0) == whole
    assert len(sample(cases(3, 64, 0), 40)) == 40


def test_sampled_cases_weigh_as_much_as_those_they_stand_for() -> None:
    whole = cases(640, 64, 0)
    few = sample(whole, 150)
    weight = weights(few, whole)
    assert sum(weight) == pytest.approx(704)
    assert sum(w for w, c in zip(weight, few, strict=True) if c.kind == "repaired") == pytest.approx(64)


def test_best_median_and_worst_are_those_of_the_values() -> None:
    values = list(np.random.default_rng(0).permutation(30) / 30)
    groups = best_median_worst(values, 4)
    ordered = sorted(values, reverse=True)
    assert [values[i] for i in groups["best"]] == ordered[:4]
    assert [values[i] for i in groups["median"]] == ordered[13:17]
    assert [values[i] for i in groups["worst"]] == ordered[-4:]


def test_the_sheet_shows_the_outline_in_red() -> None:
    mask = np.zeros((60, 40), bool)
    mask[20:40, 10:30] = True
    sheet = contact_sheet({"worst": [Judgement(np.full((60, 40, 3), 90, np.uint8), mask, mask, 0.5, "Shoes")] * 7})
    red = (sheet == (40, 40, 255)).all(-1)
    assert red.sum() > 7 * 100


def test_composites_have_the_alpha_they_show(data: Path) -> None:
    for i, kind in enumerate(KINDS):
        made, again = composite(data, i), composite(data, i)
        assert made.kind == kind and np.array_equal(made.rgb, again.rgb) and np.array_equal(made.alpha, again.alpha)
        assert made.rgb.dtype == np.uint8 and made.rgb.shape == (*made.alpha.shape, 3)
        assert made.alpha.dtype == np.float32 and 0 <= made.alpha.min() and made.alpha.max() <= 1
        assert 0.05 < made.alpha.mean() < 0.8
        soft = (made.alpha > 0.05) & (made.alpha < 0.95)
        assert soft.any() and soft.mean() < 0.1
    # A drawing's colours end where its alpha says: the strongest edges of the picture lie along the outline.
    made = composite(data, 2)
    rim = cv2.morphologyEx((made.alpha > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
    grey = cv2.GaussianBlur(cv2.cvtColor(made.rgb, cv2.COLOR_RGB2GRAY), (0, 0), 1.5).astype(np.float32)
    edge = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    assert edge[rim].mean() > 2 * edge[~rim].mean()


def test_a_method_in_its_own_process_gives_its_mask_time_and_memory(data: Path) -> None:
    rgb = cv2.imread(str(data / "images" / "p0.jpg"))[..., ::-1].copy()
    with Isolated("saliency", SETUP) as method:
        alpha, wall, cpu = method.run(Task(rgb))
        peak = method.peak_mib()
    assert np.array_equal(alpha > 0.5, saliency_grabcut(rgb))
    assert wall > 0 and cpu > 0
    # At least the nine-fold k-means' arrays of the photo, and not the parent's hundreds of MiB.
    assert rgb.size * 4 / 2**20 < peak < 400


def test_a_method_that_cannot_be_opened_says_why() -> None:
    with pytest.raises(RuntimeError, match="Tiramisu.*nowhere"), Isolated("tiramisu", SETUP):
        pass


def test_the_command_prints_a_table_and_one_json_line_and_writes_the_sheet(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    sheet = tmp_path / "made" / "sheet.png"
    words = ["--data", data, "--methods", "ours", "saliency", "--composites", 4, "--slow-limit", 2, "--threads", 1, "--sheet", sheet]
    monkeypatch.setattr(sys, "argv", ["segmentation", *map(str, words)])
    assert segmentation.main() == 0
    out = capsys.readouterr().out
    result = json.loads(out.splitlines()[-1])
    assert result["photos"] == 4 and result["slow_sample"] == {"good": 1, "repaired": 1, "composites": 1}
    ours = result["methods"]["ours"]
    assert [ours[k]["n"] for k in ("good", "repaired", "all", "composites")] == [3, 1, 4, 4]
    assert ours["all"]["mean_iou"] > 0.5 and ours["peak_mib"] > 5
    assert result["all"] == ours["all"]
    assert result["methods"]["saliency"]["all"]["n"] == 2
    assert out.count("superpixel saliency + GrabCut") == 5  # four sets, one line of times
    assert cv2.imread(str(sheet)) is not None


@pytest.mark.parametrize("words", [["--data", "nowhere"], ["--methods", "tiramisu", "--tiramisu", "nowhere"], ["--limit", "-1"]])
def test_what_cannot_be_done_is_refused_with_exit_code_2(
    words: list[str], data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(sys, "argv", ["segmentation", *(["--data", str(data)] if words[0] != "--data" else []), *words])
    with pytest.raises(SystemExit) as ended:
        segmentation.main()
    assert ended.value.code == 2
    assert "nowhere" in (err := capsys.readouterr().err) or "0 or more" in err
