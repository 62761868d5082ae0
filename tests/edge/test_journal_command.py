"""The journal's commands as others script against them."""

import csv
import json
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from edge.__main__ import main
from tests.made_answer import made_answer, made_item, open_journal

NOW = datetime.now(UTC)


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.delenv("RACKLENS_DATA", raising=False)
    journal, answer = open_journal(tmp_path / "data"), made_answer(side=60)
    journal.prune(NOW)
    old = journal.record(answer, [answer.photo], worker="Ada", when=NOW - timedelta(days=20))
    journal.keep_as_new(old, note="red coat")
    other = made_answer([made_item(9)], side=60)
    journal.confirm(journal.record(other, [other.photo], worker="Ben", when=NOW), "SKU-0009")
    journal.close()
    return tmp_path / "data"


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = main(["journal", *map(str, arguments)])
    return code, *capsys.readouterr()


def test_list_gives_one_line_each_and_narrows(data, capsys):
    code, out, _ = run(capsys, "list", "--data", data)
    assert code == 0 and len(out.splitlines()) == 3 and "2 of 2" in out and "SKU-0009" in out.splitlines()[0]
    _, out, _ = run(capsys, "list", "--data", data, "--json", "--text", "COAT red")
    (line,) = map(json.loads, out.splitlines())
    assert line["worker"] == "Ada" and line["state"]["outcome"] == "new_arrival" and line["verdict"] == "in_catalogue"
    today = NOW.date().isoformat()
    for bounds in (["--since", today, "--until", today], ["--outcome", "confirmed"], ["--worker", "Ben"]):
        _, out, _ = run(capsys, "list", "--data", data, "--json", *bounds)
        assert [json.loads(line)["worker"] for line in out.splitlines()] == ["Ben"]


def test_show_tells_all_of_one_look_up_and_refuses_what_is_no_id(data, capsys, monkeypatch):
    monkeypatch.setenv("RACKLENS_DATA", str(data))
    _, out, _ = run(capsys, "list", "--json", "--worker", "Ben")
    code, out, _ = run(capsys, "show", json.loads(out)["id"])
    shown = json.loads(out)
    assert code == 0 and shown["matches"][0]["item_id"] == "SKU-0009" and shown["events"][0]["kind"] == "confirmed"
    assert len(shown["photos"]) == 1 and shown["mask"].endswith("-mask0.png")
    code, _, err = run(capsys, "show", "../../etc/passwd")
    assert code == 2 and "no look-up" in err


def test_export_writes_csv_or_xlsx_by_the_files_name(data, capsys, tmp_path):
    assert run(capsys, "export", "--data", data, "--out", tmp_path / "h.csv")[0] == 0
    with open(tmp_path / "h.csv", encoding="utf-8-sig", newline="") as file:
        assert [row["worker"] for row in csv.DictReader(file)] == ["Ben", "Ada"]
    assert run(capsys, "export", "--data", data, "--out", tmp_path / "n.XLSX", "--new-arrivals")[0] == 0
    sheet = openpyxl.load_workbook(tmp_path / "n.XLSX").active
    assert sheet.max_row == 2 and sheet.title == "new arrivals" and "red coat" in [cell.value for cell in sheet[2]]
    code, _, err = run(capsys, "export", "--data", data, "--out", tmp_path / "h.pdf")
    assert code == 2 and ".csv" in err
    code, _, err = run(capsys, "export", "--data", data, "--out", tmp_path / "no" / "h.csv")
    assert code == 2 and "cannot be written" in err


def test_prune_says_what_it_deleted(data, capsys):
    code, out, _ = run(capsys, "prune", "--data", data, "--json")
    assert code == 0 and json.loads(out)["past_time"] == 0
    code, out, _ = run(capsys, "prune", "--data", data, "--keep-days", "10")
    assert code == 0 and "deleted the photos of 1 look-ups" in out and "2 files" in out
    code, out, _ = run(capsys, "list", "--data", data, "--json")
    assert [json.loads(line)["photos_kept"] for line in out.splitlines()] == [True, False]


def test_where_there_is_no_journal_none_is_made(tmp_path, capsys):
    code, _, err = run(capsys, "list", "--data", tmp_path / "nowhere")
    assert code == 2 and "no journal" in err and "--data" in err and not (tmp_path / "nowhere").exists()


def test_a_setting_that_makes_no_sense_ends_with_two(data, capsys, monkeypatch):
    code, _, err = run(capsys, "prune", "--data", data, "--keep-days", "-1")
    assert code == 2 and "keep_photos_days" in err
    monkeypatch.setenv("RACKLENS_KEEP_PHOTOS_DAYS", "soon")
    code, _, err = run(capsys, "list", "--data", data)
    assert code == 2 and "RACKLENS_KEEP_PHOTOS_DAYS" in err


@pytest.mark.parametrize("wrong", [["--since", "yesterday"], ["--verdict", "maybe"], []])
def test_arguments_nobody_can_mean_end_with_two(data, capsys, wrong):
    with pytest.raises(SystemExit) as ended:
        main(["journal", *(["list", *wrong] if wrong else [])])
    assert ended.value.code == 2
