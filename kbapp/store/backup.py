"""A backup while the app runs: `python -m kbapp.store.backup STORAGE TARGET`.

The database is copied first, as one moment; then the files that this copy names. Files are written before the rows that name them and
never change, so the copy is whole. A backup is a storage folder: to restore it, start the workbench on it or put it in the old place.
"""

import os
import sqlite3
import sys
from pathlib import Path

from kbapp.errors import KbError, StoreError
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.layout import artifacts_folder, database_path


def back_up(storage: Path, target: Path) -> int:
    """Copy the storage into `target`, a new or empty folder; returns how many files it holds. Each file is checked on the way.

    Raises StoreError when there is nothing to copy, the target is in use, or a file is missing or changed (ArtifactTampered).
    """
    if not database_path(storage).is_file():
        raise StoreError(f"there is no database in {storage}", code="no_database")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise StoreError(f"expected a new or empty folder for the backup, but {target} holds something")
    source, copy = ArtifactStore(artifacts_folder(storage)), ArtifactStore(artifacts_folder(target))
    copy.prepare()
    named = _copy_database(database_path(storage), database_path(target))
    for sha256 in named:
        copy.put(source.get(sha256))
    return len(named)


def _copy_database(source: Path, target: Path) -> list[str]:
    """Copy one moment of the database; returns the files that the copy names."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    live, copy = sqlite3.connect(source), sqlite3.connect(target)
    try:
        live.execute("PRAGMA busy_timeout=60000")
        copy.execute("PRAGMA synchronous=FULL")
        live.backup(copy)
        return [sha256 for (sha256,) in copy.execute("SELECT sha256 FROM artifacts")]
    except sqlite3.Error as error:
        raise StoreError(f"the database could not be copied: {error}") from error
    finally:
        copy.close()
        live.close()


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: python -m kbapp.store.backup STORAGE TARGET", file=sys.stderr)
        return 2
    try:
        count = back_up(Path(sys.argv[1]), Path(sys.argv[2]))
    except (KbError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"the database and {count} files are in {sys.argv[2]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
