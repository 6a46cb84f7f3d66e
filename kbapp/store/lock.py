"""One app process per storage folder: a second one is refused before it touches anything."""

import fcntl
import os
from pathlib import Path

from kbapp.errors import SettingsError


class StorageLock:
    """Held from creation to `release`; the system lets go of it when the process dies, however it dies."""

    def __init__(self, folder: Path):
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._file, 20, 0).decode(errors="replace").strip()
            os.close(self._file)
            raise SettingsError(
                f"the storage folder {folder} is in use by another workbench (process {owner or 'unknown'}); "
                "stop that one or give another --storage",
                code="storage_in_use",
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._file)
