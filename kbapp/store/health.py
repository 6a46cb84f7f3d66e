"""Is the storage well? Looked at from outside, also while the app runs; nothing is changed."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, text

from kbapp.errors import KbError
from kbapp.store.append_only import check_triggers
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.database import Database, journal_for
from kbapp.store.layout import artifacts_folder, database_path
from kbapp.store.migrations import STEPS, schema_version

# Cases whose stored state is not what their newest decision leads to.
_WRONG_STATES = """
SELECT count(*) FROM cases
LEFT JOIN decisions ON decisions.id = (SELECT max(id) FROM decisions AS d WHERE d.completion_id = cases.completion_id)
WHERE cases.status != CASE decisions.action
    WHEN 'accept' THEN 'accepted' WHEN 'accept_edited' THEN 'accepted_edited' WHEN 'reject' THEN 'rejected'
    WHEN 'defer' THEN 'deferred' WHEN 'flag' THEN 'flagged'
    ELSE CASE WHEN cases.completion_id IS NULL THEN 'new' ELSE 'ready' END END
"""


def check(folder: Path) -> list[tuple[str, bool, str]]:
    """(what, is it well, one sentence) for library, database, guards, decisions and files. Reads and hashes every stored file."""
    journal, synchronous = journal_for(sqlite3.sqlite_version_info)
    library = ("sqlite", True, f"{sqlite3.sqlite_version}: journal {journal}, synchronous {synchronous}")
    if not database_path(folder).is_file():
        return [library, ("database", True, "none yet; the first start of the app makes it")]
    try:
        database = Database(database_path(folder), readonly=True)
        try:
            with database.read() as connection:
                found = list(_of_database(connection))
                named = connection.execute(text("SELECT sha256 FROM artifacts")).scalars().all()
        finally:
            database.close()
    except KbError as error:
        return [library, ("database", False, str(error))]
    return [library, *found, _of_artifacts(ArtifactStore(artifacts_folder(folder)), named)]


def _of_database(connection: Connection) -> Iterator[tuple[str, bool, str]]:
    said = connection.execute(text("PRAGMA quick_check(1)")).scalar()
    version = schema_version(connection)
    sound = said == "ok" and version == len(STEPS)
    what = f"sound, schema {version}" if said == "ok" else f"damaged: {said}; restore it from the backup"
    yield "database", sound, what if version == len(STEPS) else f"{what}; this workbench expects schema {len(STEPS)}"
    try:
        check_triggers(connection)
        yield "guards", True, "the append-only tables are guarded"
    except KbError as error:
        yield "guards", False, str(error)
    count, last = connection.execute(text("SELECT count(*), coalesce(max(id), 0) FROM decisions")).one()
    wrong = connection.execute(text(_WRONG_STATES)).scalar()
    gaps = f"; {last - count} missing" if last != count else ""
    states = f"; {wrong} cases show another state than their decisions lead to" if wrong else ""
    yield "decisions", not (gaps or states), f"{count} stored{gaps}{states}"


def _of_artifacts(artifacts: ArtifactStore, named: list[str]) -> tuple[str, bool, str]:
    bad = [sha256 for sha256 in named if not _is_sound(artifacts, sha256)]
    if bad:
        return "files", False, f"{len(bad)} of {len(named)} missing or changed, e.g. {bad[0][:12]}…; restore them from the backup"
    return "files", True, f"{len(named)} stored, each as its name says"


def _is_sound(artifacts: ArtifactStore, sha256: str) -> bool:
    try:
        artifacts.get(sha256)
    except KbError:
        return False
    return True
