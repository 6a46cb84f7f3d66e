import shutil
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from kbapp.errors import StoreError
from kbapp.store import tables
from kbapp.store.append_only import check_triggers, triggers
from kbapp.store.database import Database
from kbapp.store.migrations import migrate

SHA = "ab" * 32
NOW = "2026-01-01T00:00:00.000+00:00"
CASE = {
    "id": "c", "project": "p", "domain": "d", "missing": "text", "origin": "", "actor_id": "a", "utc": NOW, "status": "ready",
    "revision": 1, "updated": NOW,
}  # fmt: skip
ROWS = {
    "artifacts": {"sha256": SHA, "media_type": "text/plain", "bytes": 1, "utc": NOW},
    "prior_versions": {
        "domain": "d", "number": 1, "yaml": "y", "yaml_sha256": SHA, "sha256": SHA, "origin": "expert", "author_id": "a",
        "author": "A", "reason": "r", "utc": NOW,
    },
    "contents": {"case_id": "c", "position": 0, "modality": "image", "artifact": SHA, "meta": {}},
    "completions": {
        "id": "k", "case_id": "c", "utc": NOW, "app_version": "0", "profile": "p", "engines": {}, "prior": "d@1",
        "prior_sha256": SHA, "seed": 0, "n_requested": 1, "n": 1, "switches": {}, "times": {}, "reading": {}, "ranking": {},
        "notes": [], "margin_kind": "", "contradicted": 0,
    },
    "candidates": {
        "completion_id": "k", "idx": 0, "candidate": {}, "artifact": SHA, "meta": {}, "reading": {}, "difference": [],
        "contradicted": 0, "weights": {}, "left_out": {},
    },
    "scores": {"completion_id": "k", "idx": 0, "position": 0, "part": "graph", "value": 50.0, "reason": "", "note": ""},
    "decisions": {
        "id": 1, "event": "e1", "idempotency_key": "i1", "case_id": "c", "completion_id": "k", "revision": 1,
        "action": "accept", "candidate": 0, "reason": "", "note": "as it was", "confirmed": 0, "project": "p", "actor_id": "a",
        "actor": "A", "role": "admin", "utc": NOW, "mono_ns": 1, "boot_id": "b", "order_shown": [0], "scores": [],
        "engines": {}, "prior": "d@1", "prior_sha256": SHA, "seed": 0, "app_version": "0", "text_difference": "",
    },
    "comments": {
        "id": 1, "idempotency_key": "i1", "case_id": "c", "project": "p", "actor_id": "a", "actor": "A", "role": "admin",
        "utc": NOW, "text": "t",
    },
    "events": {"id": 1, "utc": NOW, "actor_id": "a", "actor": "A", "what": "signed in", "about": ""},
    "reading_rules": {"id": 1, "project": "p", "blind": 1, "reads_required": 2, "actor_id": "a", "actor": "A", "utc": NOW},
    "reveals": {"actor_id": "a", "completion_id": "k", "utc": NOW, "ms": 1},
    "decision_readings": {"decision_id": 1, "blind": 1, "ms_to_reveal": None, "reads_required": 2},
    "second_reads": {
        "id": 1, "decision_id": 1, "case_id": "c", "project": "p", "idempotency_key": "i1", "action": "reject", "reason": "other",
        "note": "n", "agrees": 0, "actor_id": "b", "actor": "B", "role": "expert", "utc": NOW, "blind": 1, "order_shown": [0],
    },
    "adjudications": {
        "id": 1, "second_read_id": 1, "decision_id": 1, "case_id": "c", "project": "p", "outcome": "returned", "feedback": "f",
        "first_reader": "a", "actor_id": "e", "actor": "E", "utc": NOW,
    },
    "decoys": {
        "completion_id": "k", "idx": 0, "what": "w", "candidate": {}, "artifact": SHA, "meta": {}, "reading": {}, "difference": [],
        "contradicted": 1, "scores": [], "ranking": {}, "utc": NOW,
    },
    "decoy_views": {"actor_id": "a", "completion_id": "k", "utc": NOW},
    "decoy_reads": {
        "actor_id": "a", "completion_id": "k", "project": "p", "actor": "A", "outcome": "taken", "idempotency_key": "i1", "utc": NOW,
    },
    "truths": {"case_id": "c", "artifact": SHA, "meta": {}, "utc": NOW},
}  # fmt: skip
A_COLUMN = {name: next(c.name for c in tables.metadata.tables[name].c if not c.primary_key) for name in ROWS}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp("filled") / "test.sqlite3"
    database = Database(path)
    with database.write() as connection:
        migrate(connection)
        connection.execute(insert(tables.cases).values(CASE))
        for name, row in ROWS.items():
            connection.execute(insert(tables.metadata.tables[name]).values(row))
    database.close()
    return path


@pytest.fixture
def database(filled, tmp_path):
    database = Database(Path(shutil.copy(filled, tmp_path)))
    yield database
    database.close()


def _refused(database, sql, parameters=None, match="append-only", pragma="recursive_triggers=ON"):
    with pytest.raises(IntegrityError, match=match), database.write() as connection:
        connection.execute(text(f"PRAGMA {pragma}"))
        connection.execute(text(sql) if isinstance(sql, str) else sql, parameters or {})


def test_the_rows_of_this_test_cover_every_append_only_table():
    assert set(ROWS) == {table.name for table in tables.APPEND_ONLY}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_neither_updated_nor_deleted(database, name):
    _refused(database, f"UPDATE {name} SET {A_COLUMN[name]} = {A_COLUMN[name]}")  # noqa: S608 - names of our tables
    _refused(database, f"DELETE FROM {name}")  # noqa: S608
    with database.read() as connection:
        assert connection.execute(select(tables.metadata.tables[name])).one()


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_a_row_is_not_replaced_even_when_the_connection_forgot_its_pragma(database, name, recursive):
    table = tables.metadata.tables[name]
    _refused(database, insert(table).prefix_with("OR REPLACE"), ROWS[name], pragma=f"recursive_triggers={recursive}")


@pytest.mark.parametrize(
    "taken", [{"event": "e1"}, {"idempotency_key": "i1"}, {"revision": 1}, {"id": 1}], ids=lambda taken: next(iter(taken))
)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_a_decision_is_not_replaced_through_any_of_its_unique_keys(database, taken, recursive):
    fresh = {**ROWS["decisions"], "id": 2, "event": "e2", "idempotency_key": "i2", "revision": 2, "note": "forged"}
    forged = insert(tables.decisions).prefix_with("OR REPLACE")
    _refused(database, forged, {**fresh, **taken}, pragma=f"recursive_triggers={recursive}")
    with database.read() as connection:
        assert connection.execute(select(tables.decisions.c.note)).scalars().all() == ["as it was"]


def test_the_number_of_a_decision_leaves_no_gap(database):
    fresh = {**ROWS["decisions"], "event": "e2", "idempotency_key": "i2", "revision": 2}
    for number in (0, 3, -1, 1000):
        _refused(database, insert(tables.decisions), {**fresh, "id": number}, match="no number left out")
    with database.write() as connection:
        connection.execute(insert(tables.decisions).values({**fresh, "id": 2}))


def test_versions_of_a_prior_count_up_within_their_domain(database):
    _refused(database, insert(tables.prior_versions), {**ROWS["prior_versions"], "number": 3}, match="no number left out")
    with database.write() as connection:
        connection.execute(insert(tables.prior_versions).values({**ROWS["prior_versions"], "domain": "other", "number": 1}))
        connection.execute(insert(tables.prior_versions).values({**ROWS["prior_versions"], "number": 2}))


@pytest.mark.parametrize(
    "wrong",
    [{"action": "maybe"}, {"candidate": None}, {"action": "reject", "candidate": None}, {"action": "undo", "candidate": None}],
)
def test_the_table_itself_refuses_a_decision_that_makes_no_sense(database, wrong):
    fresh = {**ROWS["decisions"], "id": 2, "event": "e2", "idempotency_key": "i2", "revision": 2}
    _refused(database, insert(tables.decisions), {**fresh, **wrong}, match="CHECK")


def test_without_the_guards_the_same_attack_works(database):
    """The control: what the guards stop is a real way in."""
    with database.write() as connection:
        connection.execute(text("PRAGMA recursive_triggers=OFF"))
        connection.execute(text("DROP TRIGGER decisions_only_new"))
        forged = {**ROWS["decisions"], "note": "forged"}
        connection.execute(insert(tables.decisions).prefix_with("OR REPLACE"), forged)
        assert connection.execute(select(tables.decisions.c.note)).scalars().all() == ["forged"]


@pytest.mark.parametrize("name", sorted(triggers()))
def test_a_missing_guard_is_noticed_at_the_next_start(database, name):
    with database.write() as connection:
        check_triggers(connection)
        connection.execute(text(f"DROP TRIGGER {name}"))
        with pytest.raises(StoreError, match=name):
            check_triggers(connection)


def test_a_guard_that_guards_nothing_is_noticed_too(database):
    with database.write() as connection:
        connection.execute(text("DROP TRIGGER decisions_no_update"))
        connection.execute(text("CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions BEGIN SELECT 1; END"))
        with pytest.raises(StoreError, match="decisions_no_update"):
            check_triggers(connection)
