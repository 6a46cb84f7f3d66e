"""Decisions and accepted completions on their way out, as a script would ask for them."""

import csv
import hashlib
import json

import pytest

from kbapp.cli import main
from kbapp.core.decision import Action
from tests.review.fakes import completed_case, opened
from tests.review.test_decisions import ANNA, Desk


@pytest.fixture
def run(tmp_path, capsys):
    def call(*words):
        with pytest.raises(SystemExit) as left:
            main([*map(str, words), "--storage", str(tmp_path / "storage")])
        said = capsys.readouterr()
        return left.value.code or 0, said.out, said.err

    return call


@pytest.fixture
def decided(tmp_path):
    """A storage with one case that Anna accepted, and one that was rejected; returns the id of the first."""
    with opened(tmp_path / "storage") as workbench:
        desk = Desk(workbench, completed_case(workbench))
        desk.accept(1, actor=ANNA, note="@home")
        Desk(workbench, completed_case(workbench, "Large heart.")).decide(Action.REJECT, reason="wrong side")
    return desk.case_id


def test_decisions_go_to_a_file_as_csv_or_json_lines(run, decided, tmp_path):
    out = tmp_path / "out" / "decisions.csv"
    code, said, _ = run("audit", "export", "--out", out)
    assert code == 0 and said == f"2 decisions in {out}\n"
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [row["note"] for row in csv.DictReader(file)] == ["", "'@home"]
    lines = run("audit", "export", "--format", "jsonl")[1].splitlines()
    assert [json.loads(line)["id"] for line in lines] == [2, 1]


def test_decisions_are_filtered_like_on_the_page(run, decided):
    lines = run("audit", "export", "--format", "jsonl", "--person", "Anna", "--since", "2001-01-01", "--case", decided)[1]
    assert [json.loads(line)["note"] for line in lines.splitlines()] == ["@home"]
    assert run("audit", "export", "--format", "jsonl", "--until", "2001-01-01")[1] == ""


@pytest.mark.parametrize("words", [["--format", "xlsx"], ["--since", "today"], ["--action", "approve"]])
def test_a_wish_that_cannot_be_met_is_one_sentence_and_no_file(run, decided, tmp_path, words):
    out = tmp_path / "decisions"
    code, _, err = run("audit", "export", "--out", out, *words)
    assert code == 2 and "expected a" in err and err.count("\n") == 1 and not out.exists()


def test_accepted_cases_become_a_data_set_with_a_manifest(run, decided, tmp_path):
    out = tmp_path / "set"
    code, said, _ = run("export", "--out", out)
    assert code == 0 and said == f"1 accepted cases in {out}\n"
    (line,) = (out / "manifest.jsonl").read_text().splitlines()
    told = json.loads(line)
    assert told["case"] == decided
    for name, sha256 in told["files"].items():
        assert hashlib.sha256((out / decided / name).read_bytes()).hexdigest() == sha256
    assert {p.name for p in out.iterdir()} == {decided, "manifest.jsonl", "README.txt"} and out.stat().st_mode & 0o77 == 0


def test_nothing_is_written_into_a_folder_that_holds_something(run, decided, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    code, _, err = run("export", "--out", tmp_path)
    assert code == 2 and "new or empty folder" in err and not (tmp_path / "manifest.jsonl").exists()
