"""What stands where in the storage folder."""

from pathlib import Path


def database_path(folder: Path) -> Path:
    return folder / "kb.sqlite3"


def artifacts_folder(folder: Path) -> Path:
    return folder / "artifacts"


def bands_folder(storage: Path) -> Path:
    """Reference bands that were measured here."""
    return storage / "bands"
