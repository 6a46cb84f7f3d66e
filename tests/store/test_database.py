import sqlite3
import stat
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from kbapp.errors import StoreError
from kbapp.store import database as room
from kbapp.store.database import Database, journal_for


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "test.sqlite3")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    yield database
    database.close()


def _count(database):
    with database.read() as connection:
        return connection.execute(text("SELECT n FROM counter")).scalar()


def test_the_journal_follows_the_linked_version():
    assert journal_for((3, 40, 1)) == journal_for((3, 51, 2)) == ("DELETE", "EXTRA")
    assert journal_for((3, 51, 3)) == journal_for((3, 53, 0)) == ("WAL", "FULL")


def test_every_connection_has_the_settings_that_durability_needs(database):
    journal, synchronous = journal_for(sqlite3.sqlite_version_info)
    expected = {
        "journal_mode": journal.lower(),
        "synchronous": {"FULL": 2, "EXTRA": 3}[synchronous],
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 5000,
    }
    with database.read() as first, database.write() as second:
        for connection in (first, second):
            assert {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in expected} == expected


def test_with_a_sound_library_the_write_ahead_log_is_used_and_keeps_the_same_promises(tmp_path, monkeypatch):
    monkeypatch.setattr(room.sqlite3, "sqlite_version_info", (3, 51, 3))
    database = Database(tmp_path / "wal.sqlite3")
    with database.write() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (1)"))
    beside = Database(tmp_path / "wal.sqlite3", readonly=True)
    assert _count(beside) == _count(database) == 1
    assert {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()} == {0o600}
    beside.close()
    database.close()
    monkeypatch.undo()
    older = Database(tmp_path / "wal.sqlite3")  # and back, when the library is an old one again
    assert _count(older) == 1
    with older.write() as connection:
        journal, _ = journal_for(sqlite3.sqlite_version_info)
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == journal.lower()
    older.close()


def test_the_file_is_for_the_owner_alone(database, tmp_path):
    assert stat.S_IMODE((tmp_path / "test.sqlite3").stat().st_mode) == 0o600


def test_no_update_is_lost_between_threads(database):
    def add():
        for _ in range(20):
            with database.write() as connection:
                n = connection.execute(text("SELECT n FROM counter")).scalar()
                connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _count(database) == 160


def test_a_block_that_raises_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
        raise ZeroDivisionError
    assert _count(database) == 0


def test_a_reader_sees_one_moment_and_does_not_stop_the_next_writer_from_beginning(database):
    with database.read() as reader:
        assert reader.execute(text("SELECT n FROM counter")).scalar() == 0
        with pytest.raises(ZeroDivisionError), database.write() as connection:
            connection.execute(text("UPDATE counter SET n = 7"))
            assert reader.execute(text("SELECT n FROM counter")).scalar() == 0
            raise ZeroDivisionError


def test_a_lock_held_by_another_program_becomes_one_sentence(database, tmp_path, monkeypatch):
    other = sqlite3.connect(tmp_path / "test.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with database.read() as connection:
        connection.execute(text("PRAGMA busy_timeout=10"))  # this connection is the pool's only one
    with pytest.raises(StoreError, match="busy; try again") as busy, database.write():
        pass
    assert busy.value.code == "busy"
    other.execute("ROLLBACK")
    other.close()
    with database.write() as connection:
        connection.execute(text("UPDATE counter SET n = 1"))
    assert _count(database) == 1


def test_a_writer_that_waits_too_long_for_its_turn_gives_up(database, monkeypatch):
    monkeypatch.setattr(room, "WAIT_S", 0.05)
    with database.write():
        caught = []

        def second():
            try:
                with database.write():
                    pass
            except StoreError as error:
                caught.append(error.code)

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert caught == ["busy"]


def test_a_full_disk_becomes_one_sentence_and_loses_nothing(database):
    with database.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
    with pytest.raises(StoreError) as full, database.write() as connection:
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
        connection.execute(text("CREATE TABLE more (data BLOB)"))
        connection.execute(text("INSERT INTO more VALUES (zeroblob(100000))"))
    assert full.value.code == "storage_full"
    assert _count(database) == 0


def test_a_reading_copy_needs_no_lock_and_may_not_write(database, tmp_path):
    copy = Database(tmp_path / "test.sqlite3", readonly=True)
    assert _count(copy) == 0
    with pytest.raises(StoreError, match="reading only"), copy.write():
        pass
    with pytest.raises(StoreError, match="readonly"), copy.read() as connection:
        connection.execute(text("UPDATE counter SET n = 1"))
    copy.close()


def test_reading_where_there_is_no_database_says_so_and_makes_none(tmp_path):
    with pytest.raises(StoreError, match="no database"):
        Database(tmp_path / "none.sqlite3", readonly=True)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_named_and_not_written_to(tmp_path):
    path = tmp_path / "test.sqlite3"
    path.write_bytes(b"this is no database, but a note" * 100)
    database = Database(path)
    for block in (database.read, database.write, database.write):
        with pytest.raises(StoreError, match="not a database"), block() as connection:
            connection.execute(text("CREATE TABLE more (n)"))
    database.close()
    assert path.read_bytes().startswith(b"this is no database")


def test_after_a_fault_of_the_disk_nothing_is_written_until_a_restart(database, monkeypatch):
    with pytest.raises(StoreError, match="disk I/O error"), database.write():
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("disk I/O error"))
    with pytest.raises(StoreError, match="restart the workbench") as broken, database.write():
        pass
    assert broken.value.code == "broken"
    assert _count(database) == 0  # reading goes on
