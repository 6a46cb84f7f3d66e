import pytest
from sqlalchemy import inspect, text

from kbapp.errors import StoreError
from kbapp.store.append_only import check_triggers
from kbapp.store.database import Database
from kbapp.store.migrations import STEPS, create_all, migrate, schema_version
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
        migrate(connection, (create_all,))
        connection.execute(text("INSERT INTO meta VALUES ('kept', 'yes')"))
    with database.write() as connection:
        assert migrate(connection, (create_all, add_colour)) == 1
        assert schema_version(connection) == 2
        assert connection.execute(text("SELECT value, colour FROM meta WHERE key = 'kept'")).one() == ("yes", None)


def test_an_upgrade_that_breaks_off_leaves_the_old_version_whole(database):
    with database.write() as connection:
        migrate(connection, (create_all,))
    before = _schema(database)
    with pytest.raises(RuntimeError), database.write() as connection:
        migrate(connection, (create_all, add_colour, break_off))
    assert _schema(database) == before
    with database.read() as connection:
        assert schema_version(connection) == 1


def test_a_newer_database_is_refused_in_one_sentence(database):
    with database.write() as connection:
        migrate(connection, (create_all, add_colour))
    with pytest.raises(StoreError, match="newer workbench.*upgrade") as refused, database.write() as connection:
        migrate(connection, (create_all,))
    assert refused.value.code == "schema_newer"
