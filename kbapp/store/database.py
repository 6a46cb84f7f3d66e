"""The SQLite database: how it is opened, and the only two ways in, `read` and `write`.

Durability: an acknowledged write survives a power cut. SQLite before 3.51.3 has a fault in its write-ahead log, so the journal
depends on the linked version: WAL with synchronous FULL from 3.51.3 on, else DELETE with synchronous EXTRA. Writers begin
IMMEDIATE, because a transaction that reads first and writes later silently loses updates.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError, TimeoutError

from kbapp.errors import StoreError
from kbapp.store.turns import Turns

WAIT_S = 5.0
_WAL_IS_SOUND_FROM = (3, 51, 3)


def journal_for(version: tuple[int, ...]) -> tuple[str, str]:
    """(journal_mode, synchronous) for the linked SQLite version."""
    return ("WAL", "FULL") if version >= _WAL_IS_SOUND_FROM else ("DELETE", "EXTRA")


class Database:
    """One SQLite file. Connections are pooled; at most one thread writes at a time, in the order they asked."""

    def __init__(self, path: Path, *, readonly: bool = False):
        if readonly and not path.is_file():
            raise StoreError(f"there is no database at {path} yet; start the workbench once", code="no_database")
        if not readonly:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        self._engine = _engine(path, readonly)
        self._reader = self._engine.execution_options(readonly=True)
        self._turns = Turns()
        self._broken = ""
        self._readonly = readonly

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment and may not write. Keep it short: a long read holds up commits."""
        with _translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, committed and on disk when the block ends; rolled back when it raises.

        Raises StoreError: "busy" after 5 s of waiting, "storage_full", or for good after a disk fault.
        """
        if self._readonly:
            raise StoreError("the storage was opened for reading only", code="readonly")
        if not self._turns.take(WAIT_S):
            raise StoreError("the storage is busy; try again in a moment", code="busy")
        try:
            if self._broken:
                raise StoreError(f"the storage failed before ({self._broken}); restart the workbench", code="broken")
            with _translated(self._note_fault), self._engine.begin() as connection:
                yield connection
        finally:
            self._turns.give()

    def close(self) -> None:
        self._engine.dispose()

    def _note_fault(self, message: str) -> None:
        self._broken = message


def _engine(path: Path, readonly: bool) -> Engine:
    # 40 threads may ask at once (the server's thread pool); a connection costs little.
    engine = create_engine(f"sqlite:///{path}", pool_size=20, max_overflow=20, pool_timeout=WAIT_S)
    journal, synchronous = journal_for(sqlite3.sqlite_version_info)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record) -> None:
        connection.isolation_level = None  # or the driver begins transactions by its own rules
        pragmas = [f"busy_timeout={int(WAIT_S * 1000)}", "foreign_keys=ON", "recursive_triggers=ON"]
        pragmas += ["query_only=ON"] if readonly else [f"journal_mode={journal}", f"synchronous={synchronous}"]
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = readonly or connection.get_execution_options().get("readonly")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def _translated(note_fault=lambda message: None) -> Iterator[None]:
    """The driver's words for trouble with the machine, as ours; anything else (a broken rule of the schema) passes."""
    try:
        yield
    except TimeoutError as error:
        raise StoreError("the storage is busy; try again in a moment", code="busy") from error
    except (IntegrityError, ProgrammingError):
        raise
    except DatabaseError as error:
        said = str(error.orig)
        if "locked" in said:
            raise StoreError("the storage is busy; try again in a moment", code="busy") from error
        if "full" in said:
            raise StoreError("the disk that holds the storage is full; free some space", code="storage_full") from error
        if any(word in said for word in ("disk I/O", "readonly", "malformed", "not a database")):
            note_fault(said)
            raise StoreError(f"the storage failed ({said}); see docs/operations.md, then restart the workbench") from error
        raise StoreError(f"the database failed: {said}") from error
