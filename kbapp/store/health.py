"""Whether a storage folder is well, looked at without changing it."""

import sqlite3
from pathlib import Path

from kbapp.errors import StoreError
from kbapp.store.append_only import check_triggers
from kbapp.store.database import Database, journal_for
from kbapp.store.migrations import schema_version


def check(folder: Path) -> list[tuple[str, bool, str]]:
    """(name, is it well, one line) for the database, its triggers, and the journal that the linked SQLite allows."""
    journal, synchronous = journal_for(sqlite3.sqlite_version_info)
    lines = [("sqlite", True, f"{sqlite3.sqlite_version}: journal {journal}, synchronous {synchronous}")]
    try:
        database = Database(folder / "kb.sqlite3", readonly=True)
    except StoreError:
        return [*lines, ("database", True, "none yet; the first start makes it")]
    try:
        with database.read() as connection:
            said = connection.exec_driver_sql("PRAGMA quick_check").scalar_one()
            lines.append(
                ("database", said == "ok", "sound" if said == "ok" else f"damaged: {said}; restore a backup (docs/operations.md)")
            )
            version = schema_version(connection)
            check_triggers(connection)
            lines.append(("schema", True, f"version {version}, append-only triggers in place"))
            stored = connection.exec_driver_sql("SELECT count(*) FROM decisions").scalar_one()
            lines.append(("decisions", True, str(stored)))
    except StoreError as error:
        lines.append(("schema", False, str(error)))
    finally:
        database.close()
    return lines
