import sqlite3

import pytest
from sqlalchemy import text

from kbapp.core.actor import LOCAL_OWNER
from kbapp.store.append_only import triggers
from kbapp.store.health import check
from tests.review.fakes import completed_case, opened
from tests.review.test_decisions import Desk


@pytest.fixture
def storage(tmp_path):
    with opened(tmp_path / "storage") as workbench:
        workbench.cases.create(LOCAL_OWNER, workbench.cases.get(LOCAL_OWNER, completed_case(workbench)).contents)
        Desk(workbench, completed_case(workbench)).accept(0)
        desk = Desk(workbench, completed_case(workbench))
        desk.decide("defer")
        desk.decide("undo")
    return tmp_path / "storage"


def _sick(storage):
    return [what for what, well, _ in check(storage) if not well]


def _harm(storage, *statements):
    with opened(storage) as workbench, workbench._database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_storage_in_use_is_well(storage):
    assert _sick(storage) == []
    with opened(storage):
        assert [(what, well) for what, well, _ in check(storage)] == [
            ("sqlite", True),
            ("database", True),
            ("guards", True),
            ("decisions", True),
            ("files", True),
        ]


def test_no_storage_yet_is_nothing_wrong(tmp_path):
    _, (what, well, said) = check(tmp_path / "none")
    assert (what, well) == ("database", True) and "first start" in said


def test_a_missing_and_a_changed_file_are_found(storage):
    files = [p for p in (storage / "artifacts").rglob("*") if p.is_file()]
    files[0].unlink()
    files[1].write_bytes(b"changed")
    (said,) = [said for what, well, said in check(storage) if not well]
    assert said.startswith(f"2 of {len(files)} missing or changed")


def test_a_dropped_guard_is_found(storage):
    _harm(storage, "DROP TRIGGER scores_no_update")
    assert _sick(storage) == ["guards"]


def test_a_missing_decision_is_found_although_the_guard_was_put_back(storage):
    guard = triggers()["decisions_no_delete"]
    with sqlite3.connect(storage / "kb.sqlite3") as connection:  # foreign keys are off here: nothing else would stop it
        connection.execute("DROP TRIGGER decisions_no_delete")
        connection.execute("DELETE FROM decisions WHERE id = 1")
        connection.execute(guard)
    connection.close()
    (said,) = [said for what, well, said in check(storage) if not well]
    assert said == "2 stored; 1 missing; 1 cases show another state than their decisions lead to"


def test_a_state_that_no_decision_leads_to_is_found(storage):
    _harm(storage, "UPDATE cases SET status = 'rejected' WHERE status = 'accepted'")
    assert _sick(storage) == ["decisions"]


def test_a_damaged_database_is_found(storage):
    path = storage / "kb.sqlite3"
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 9] = b"\xff" * (4096 * 6)
    path.write_bytes(data)
    assert _sick(storage)
