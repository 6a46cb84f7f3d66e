"""Decisions as files: authorised, filtered, a download only."""

import io
import json
import zipfile

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.errors import UserError
from kbapp.web.audit_route import audit_routes
from kbapp.web.login import SCOPE_KEY, Login
from tests.review.conftest import workbench  # noqa: F401
from tests.review.fakes import completed_case
from tests.review.test_cases import STRANGER
from tests.review.test_decisions import ANNA, Desk
from tests.review.test_second_reads import BEN, TwoReaders


@pytest.fixture
def app(workbench):  # noqa: F811
    """app(actor, address): the answer that this person gets."""
    parent = FastAPI()
    parent.include_router(audit_routes(workbench))

    @parent.exception_handler(UserError)
    async def refused(request: Request, error: UserError):
        return JSONResponse({"error": str(error)}, status_code=404 if error.code == "not_found" else 400)

    def answer(actor, address):
        async def with_login(scope, receive, send):
            scope[SCOPE_KEY] = Login("browser-1", actor, lambda: actor)
            await parent(scope, receive, send)

        return TestClient(with_login).get(address)

    return answer


def ids(answer):
    assert answer.status_code == 200
    return [json.loads(line)["id"] for line in answer.text.splitlines()]


def test_the_files_hold_what_the_address_asks_for(app, workbench):  # noqa: F811
    desk = Desk(workbench, completed_case(workbench))
    desk.accept(0, actor=ANNA)
    desk.decide(Action.UNDO)
    assert ids(app(LOCAL_OWNER, "/kb/audit/decisions.jsonl")) == [2, 1]
    assert ids(app(LOCAL_OWNER, "/kb/audit/decisions.jsonl?person=Anna")) == [1]
    answer = app(LOCAL_OWNER, "/kb/audit/decisions.csv?action=undo")
    assert answer.content.startswith("\ufeff".encode()) and answer.content.count(b"\r\n") == 2
    assert answer.headers["content-disposition"] == 'attachment; filename="decisions.csv"'
    assert answer.headers["content-security-policy"] == "sandbox"
    assert ids(app(STRANGER, "/kb/audit/decisions.jsonl")) == []


def test_a_second_reader_finds_nothing_of_the_first_read(app, workbench):  # noqa: F811
    workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=2)
    TwoReaders(workbench, completed_case(workbench)).decide(Action.REJECT, actor=ANNA, reason="wrong side")
    assert ids(app(BEN, "/kb/audit/decisions.jsonl")) == []
    assert ids(app(ANNA, "/kb/audit/decisions.jsonl")) == [1]


def test_an_accepted_case_is_a_zip_and_any_other_decision_is_not_found(app, workbench):  # noqa: F811
    desk = Desk(workbench, completed_case(workbench))
    desk.decide(Action.DEFER)
    desk.accept(0, actor=ANNA)
    answer = app(LOCAL_OWNER, "/kb/audit/2.zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="synthetic-decision-2.zip"'
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert f"{desk.case_id}/synthetic-accepted.png" in opened.namelist() and opened.testzip() is None
    assert app(LOCAL_OWNER, "/kb/audit/1.zip").status_code == app(STRANGER, "/kb/audit/2.zip").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "0.zip",
        "-1.zip",
        "²¹.zip",
        "1e3.zip",
        "9999999999999999.zip",
        "decisions.zip",
        "decisions",
        "decisions.txt",
        "people.csv",
        "decisions.csv.exe",
        ".csv",
    ],
)
def test_any_other_name_is_not_found(app, name):
    assert app(LOCAL_OWNER, f"/kb/audit/{name}").status_code == 404


def test_a_day_that_is_none_is_refused(app):
    assert app(LOCAL_OWNER, "/kb/audit/decisions.csv?since=x").status_code == 400
