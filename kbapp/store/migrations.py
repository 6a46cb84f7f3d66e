"""The version of the schema, kept in the database, and the steps that bring an older one up to date.

Step k turns version k into k+1. Steps are never edited once released; a change of the tables adds one. All steps of an upgrade run
in one transaction: a crash in the middle leaves the old version whole.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from kbapp.errors import StoreError
from kbapp.store.append_only import triggers
from kbapp.store.tables import KEPT_BACK, READING, adjudications, comments, events

Step = Callable[[Connection], None]
FOLDER = Path(__file__).parent / "schema"


def create_first(connection: Connection) -> None:
    """0 -> 1: an empty database gets the first tables and their triggers."""
    _run(connection, "001_first.sql")


def reviewing(connection: Connection) -> None:
    """1 -> 2: leases, drafts, comments, the worklist's order and search."""
    _run(connection, "002_reviewing.sql")
    for sql in triggers((comments,)).values():
        connection.execute(text(sql))
    if connection.execute(text("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")).first():
        _run(connection, "002_search.sql")


def people(connection: Connection) -> None:
    """2 -> 3: accounts, their logins, what happened around them, and how a project reads."""
    _run(connection, "003_people.sql")
    for sql in triggers((events, *READING)).values():
        connection.execute(text(sql))


def kept_back(connection: Connection) -> None:
    """3 -> 4: decoys and truths, and jobs that begin from a graph as it stands."""
    _run(connection, "004_decoys_and_truths.sql")
    for sql in triggers(KEPT_BACK).values():
        connection.execute(text(sql))


def adjudicated_again(connection: Connection) -> None:
    """4 -> 5: a second read may be settled anew, and what one person decided is found at once. The old table takes its triggers along when it goes."""
    _run(connection, "005_adjudicated_again.sql")
    for sql in triggers((adjudications,)).values():
        connection.execute(text(sql))


STEPS: tuple[Step, ...] = (create_first, reviewing, people, kept_back, adjudicated_again)


def _run(connection: Connection, name: str) -> None:
    for statement in _statements((FOLDER / name).read_text()):
        connection.exec_driver_sql(statement)


def _statements(script: str) -> Iterator[str]:
    """One at a time: the driver's `executescript` would commit what came before."""
    piece = ""
    for line in script.splitlines(keepends=True):
        piece += "" if line.startswith("--") else line
        if sqlite3.complete_statement(piece):
            yield piece.strip().removesuffix(";")
            piece = ""


def migrate(connection: Connection, steps: Sequence[Step] = STEPS) -> int:
    """Bring the database to version len(steps), inside the caller's write transaction. Returns the version it had.

    Raises StoreError when the database was written by a newer workbench.
    """
    version = schema_version(connection)
    if version > len(steps):
        raise StoreError(
            f"the storage was written by a newer workbench (schema {version}, this one knows {len(steps)}); "
            "upgrade the workbench or restore an older backup",
            code="schema_newer",
        )
    for step in steps[version:]:
        step(connection)
    if version < len(steps):
        connection.execute(
            text("INSERT INTO meta (key, value) VALUES ('schema', :v) ON CONFLICT (key) DO UPDATE SET value = :v"),
            {"v": str(len(steps))},
        )
    return version


def schema_version(connection: Connection) -> int:
    """0 for an empty database."""
    if not inspect(connection).has_table("meta"):
        return 0
    value = connection.execute(text("SELECT value FROM meta WHERE key = 'schema'")).scalar()
    return int(value) if value else 0
