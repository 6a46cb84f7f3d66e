import pytest
from sqlalchemy import create_engine, inspect, text

from kbapp.errors import StoreError
from kbapp.store.append_only import check_triggers
from kbapp.store.database import Database
from kbapp.store.migrations import STEPS, create_first, migrate, reviewing, schema_version
from kbapp.store.tables import metadata


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "test.sqlite3")
    yield database
    database.close()


def _schema(database):
    with database.read() as connection:
        return connection.execute(text("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2")).all()


def add_colour(connection):
    connection.execute(text("ALTER TABLE meta ADD COLUMN colour TEXT"))


def break_off(connection):
    connection.execute(text("CREATE TABLE half (n)"))
    raise RuntimeError("power cut")


def test_an_empty_database_gets_all_tables_and_guards(database):
    with database.write() as connection:
        assert migrate(connection) == 0
        assert schema_version(connection) == len(STEPS)
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())
        check_triggers(connection)


def test_migrating_again_changes_nothing(database):
    with database.write() as connection:
        migrate(connection)
    before = _schema(database)
    with database.write() as connection:
        assert migrate(connection) == len(STEPS)
    assert _schema(database) == before


def test_an_older_database_takes_only_the_steps_it_lacks(database):
    with database.write() as connection:
        migrate(connection, (create_first,))
        connection.execute(text("INSERT INTO meta VALUES ('kept', 'yes')"))
    with database.write() as connection:
        assert migrate(connection, (create_first, add_colour)) == 1
        assert schema_version(connection) == 2
        assert connection.execute(text("SELECT value, colour FROM meta WHERE key = 'kept'")).one() == ("yes", None)


def test_an_upgrade_that_breaks_off_leaves_the_old_version_whole(database):
    with database.write() as connection:
        migrate(connection, (create_first,))
    before = _schema(database)
    with pytest.raises(RuntimeError), database.write() as connection:
        migrate(connection, (create_first, add_colour, break_off))
    assert _schema(database) == before
    with database.read() as connection:
        assert schema_version(connection) == 1


def test_a_newer_database_is_refused_in_one_sentence(database):
    with database.write() as connection:
        migrate(connection, (create_first, add_colour))
    with pytest.raises(StoreError, match="newer workbench.*upgrade") as refused, database.write() as connection:
        migrate(connection, (create_first,))
    assert refused.value.code == "schema_newer"


def test_the_steps_lead_to_the_tables_that_the_code_knows(database):
    with database.write() as connection:
        migrate(connection)
        found = inspect(connection)
        for name, table in metadata.tables.items():
            columns = {c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns(name)}
            assert columns == {c.name: (str(c.type), c.nullable) for c in table.columns}, name
            assert {i["name"] for i in found.get_indexes(name)} == {i.name for i in table.indexes}, name
            assert len(found.get_foreign_keys(name)) >= len([k for k in table.foreign_key_constraints if not k.use_alter]), name
            unique = {tuple(u["column_names"]) for u in found.get_unique_constraints(name)}
            assert unique == {
                tuple(c.name for c in u.columns) for u in table.constraints if u.__visit_name__ == "unique_constraint"
            }


@pytest.mark.parametrize(
    ("abstained", "margin", "kind", "place"),
    [("too far apart", 9.0, "clear", (-1, 1)), ("", 0.5, "close", (0.5, 1)), ("", 9.0, "clear", (9.0, 0)), ("", None, "", (0, 0))],
)
def test_cases_of_the_first_version_get_their_place_on_the_worklist(database, abstained, margin, kind, place):
    with database.write() as connection:
        migrate(connection, (create_first,))
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        connection.execute(
            text(
                "INSERT INTO cases (id, project, domain, missing, origin, actor_id, utc, status, revision, completion_id, updated)"
                " VALUES ('c', 'p', 'd', 'text', '', 'a', 't', 'ready', 1, 'k', 't'),"
                " ('new', 'p', 'd', 'text', '', 'a', 't', 'new', 0, NULL, 't')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO completions (id, case_id, utc, app_version, profile, engines, prior, prior_sha256, seed, n_requested, n,"
                " switches, times, reading, ranking, notes, margin, margin_kind, contradicted) VALUES"
                " ('k', 'c', 't', '0', 'p', '{}', 'd@1', '', 0, 1, 1, '{}', '{}', '{}', json_object('abstained', :a), '[]', :m, :k, 2)"
            ),
            {"a": abstained, "m": margin, "k": kind},
        )
    with database.write() as connection:
        migrate(connection, (create_first, reviewing))
        rows = connection.execute(text("SELECT priority, unsure, contradicted FROM cases ORDER BY id")).all()
    assert rows == [(*place, 2), (1000, 0, 0)]


def test_a_storage_of_the_third_version_keeps_its_rules_and_gets_the_rest(database):
    with database.write() as connection:
        migrate(connection, STEPS[:3])
        rule = "INSERT INTO reading_rules VALUES (1, 'default', 1, 2, 'anna', 'Anna', '2026-11-20T10:00:00Z')"
        connection.execute(text(rule))
    with database.write() as connection:
        assert migrate(connection) == 3
        assert connection.execute(text("SELECT blind, reads_required, decoys FROM reading_rules")).one() == (1, 2, 0)
        check_triggers(connection)


def test_what_was_settled_before_the_fifth_version_stays_settled_and_guarded(tmp_path):
    unguarded = create_engine(f"sqlite:///{tmp_path / 'test.sqlite3'}")  # without foreign keys: one row may stand alone
    old = "INSERT INTO adjudications VALUES (1, 7, 9, 'c', 'p', 'returned', 'look again', 'anna', 'eve', 'Eve', 't')"
    with unguarded.begin() as connection:
        migrate(connection, STEPS[:4])
        connection.execute(text(old))
        assert migrate(connection) == 4
        assert connection.execute(text("SELECT second_read_id, feedback FROM adjudications")).one() == (7, "look again")
        check_triggers(connection)
