import csv
import io
import json

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.formats.decision_files import DECISION_FILES
from kbapp.formats.spreadsheet import BOM
from tests.review.conftest import workbench  # noqa: F401
from tests.review.fakes import completed_case
from tests.review.test_decisions import ANNA, Desk
from tests.review.test_second_reads import BEN, TwoReaders


def written(workbench, kind):  # noqa: F811
    return "".join(DECISION_FILES[kind].lines(workbench.audit.every(LOCAL_OWNER)))


def table(workbench):  # noqa: F811
    return list(csv.DictReader(io.StringIO(written(workbench, "csv").removeprefix(BOM), newline="")))


def test_a_line_of_csv_says_in_words_what_was_decided(workbench):  # noqa: F811
    desk = Desk(workbench, completed_case(workbench))
    desk.accept(1, actor=ANNA, note='=HYPERLINK("x")', ms_visible=1500, order_shown=[2, 1, 0])
    (row,) = table(workbench)
    assert (row["decision"], row["person"], row["action"], row["candidate_number"]) == ("1", "Anna", "accept", "2")
    assert (row["note"], row["seconds_visible"], row["numbers_shown"]) == ('\'=HYPERLINK("x")', "1.5", "3 2 1")
    assert (row["counts"], row["qs_of_accepted"], row["case"]) == ("yes", "84.3", desk.case_id)
    assert row["utc"].endswith("+00:00") and row["after_sha256"] == desk.shown.candidate_artifacts[1]


def test_a_second_read_stands_beside_the_first(workbench):  # noqa: F811
    workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=2)
    desk = TwoReaders(workbench, completed_case(workbench))
    desk.decide(Action.REJECT, actor=ANNA, reason="wrong side")
    workbench.reading.reveal(BEN, desk.shown.id, 2100)
    desk.second(Action.ACCEPT, candidate=1, confirm=True, note="fits")
    (row,) = table(workbench)
    assert (row["candidate_number"], row["blind"]) == ("", "yes")
    assert (row["second_reader"], row["second_candidate_number"], row["second_agrees"]) == ("Ben", "2", "no")


def test_a_line_of_json_holds_every_stored_field(workbench):  # noqa: F811
    desk = Desk(workbench, completed_case(workbench))
    desk.decide(Action.DEFER, note="zwei\u2028Zeilen – später")
    desk.decide(Action.UNDO)
    lines = written(workbench, "jsonl").split("\n")
    undo, defer = json.loads(lines[0]), json.loads(lines[1])
    assert lines[2:] == [""] and undo["supersedes"] == defer["id"] and defer["superseded_by"] == undo["id"]
    assert defer["note"] == "zwei\u2028Zeilen – später" and len(defer["candidate_sha256"]) == 3
    assert set(defer) == set(workbench.audit.show(LOCAL_OWNER, 1)[0].__dict__)
