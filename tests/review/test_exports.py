import hashlib
import io
import json
import zipfile

import pytest
from PIL import Image

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.errors import ArtifactTampered, NotFound
from kbapp.formats.accepted_files import zip_of
from kbapp.formats.completion_files import read_completion
from kbapp.formats.picture import SYNTHETIC
from tests.formats.completions import deep, drawn
from tests.review.fakes import completed_case, finished
from tests.review.test_cases import STRANGER
from tests.review.test_decisions import ANNA, Desk
from tests.review.test_second_reads import BEN, TwoReaders


def test_a_data_set_of_one_case_holds_what_was_given_made_accepted_and_decided(workbench, tmp_path):
    desk = Desk(workbench, completed_case(workbench))
    made = desk.accept(1, actor=ANNA, note="fits")
    packed = zip_of(workbench.exports.accepted(LOCAL_OWNER, made.id))
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
        opened.extractall(tmp_path)
    (line,) = files["manifest.jsonl"].decode().splitlines()
    told = json.loads(line)
    assert (told["case"], told["decision"], told["synthetic"], told["edited"]) == (desk.case_id, 1, True, False)
    in_folder = {name.removeprefix(f"{desk.case_id}/"): data for name, data in files.items() if name.startswith(desk.case_id)}
    assert told["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in in_folder.items()}
    assert told["files"]["synthetic-accepted.png"] == desk.shown.candidate_artifacts[1] == told["files"]["candidates/1.png"]
    marked = Image.open(io.BytesIO(in_folder["synthetic-accepted.png"])).text
    assert marked.items() >= SYNTHETIC.items() and b"SYNTHETIC" in files["README.txt"]
    decision = json.loads(in_folder["decision.json"])
    assert (decision["actor"], decision["note"], decision["synthetic"]) == ("Anna", "fits", True)
    back, times = read_completion(tmp_path / desk.case_id)
    assert deep(back) == deep(desk.shown.completion) and times == desk.shown.times
    assert packed == zip_of(workbench.exports.accepted(LOCAL_OWNER, made.id))


def test_an_edited_text_is_taken_along_as_it_was_edited(workbench):
    case_id = workbench.cases.create(LOCAL_OWNER, [drawn()])
    finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 2, 0, "k"))
    made = Desk(workbench, case_id).decide(Action.ACCEPT_EDITED, candidate=0, edited_text="Fluid, as Anna sees it.")
    one = workbench.exports.accepted(LOCAL_OWNER, made.id)
    assert one.files["synthetic-accepted.txt"] == b"Fluid, as Anna sees it."
    assert json.loads(one.line)["edited"] and one.files["candidates/0.txt"] != one.files["synthetic-accepted.txt"]


def test_only_what_stands_accepted_is_taken_along(workbench):
    kept, rejected, back = (Desk(workbench, completed_case(workbench, f"Fluid {k}.")) for k in range(3))
    kept.accept(0)
    rejected.decide(Action.REJECT, reason="wrong side")
    back.accept(0)
    back.decide(Action.UNDO)
    assert workbench.exports.accepting(LOCAL_OWNER) == [1] and workbench.exports.accepting(STRANGER) == []
    for actor, number in ((LOCAL_OWNER, 2), (LOCAL_OWNER, 3), (LOCAL_OWNER, 99), (STRANGER, 1)):
        assert not workbench.exports.accepts(actor, number)
        with pytest.raises(NotFound, match="stands accepted"):
            workbench.exports.accepted(actor, number)


def test_a_case_that_waits_for_another_reader_is_not_taken_along(workbench):
    workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=2)
    desk = TwoReaders(workbench, completed_case(workbench))
    desk.accept(1, actor=ANNA, confirm=True)
    assert [workbench.exports.accepting(actor) for actor in (LOCAL_OWNER, ANNA, BEN)] == [[], [], []]
    desk.second(Action.ACCEPT, candidate=1, confirm=True)
    assert [workbench.exports.accepting(actor) for actor in (LOCAL_OWNER, ANNA, BEN)] == [[1], [1], [1]]


def test_a_file_that_was_changed_on_disk_is_not_taken_along(workbench, tmp_path):
    desk = Desk(workbench, completed_case(workbench))
    desk.accept(0)
    sha = desk.shown.candidate_artifacts[0]
    (tmp_path / "storage" / "artifacts" / sha[:2] / sha[2:4] / sha).write_bytes(b"another")
    with pytest.raises(ArtifactTampered):
        workbench.exports.accepted(LOCAL_OWNER, 1)
