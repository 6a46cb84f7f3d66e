"""Contents as files named by their SHA-256: written whole and flushed before any row names them, checked on every read.

    artifacts/ab/cd/abcd...   the files, two levels deep    artifacts/tmp/   files being written

Order of a write: temporary file, write, fsync, rename, fsync of the folder; only then may a row be committed that names the
hash. So a crash leaves at most a file that no row names (`sweep` removes it), never a row without its file.
"""

import hashlib
import os
import re
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kbapp.errors import ArtifactTampered, NotFound, StoreError

SWEEP_AFTER_S = 3600.0  # an artifact without a row may still be about to get one; after an hour it will not
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ArtifactStore:
    """Safe for threads of one process. Folders 0700, files 0600, links never followed."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._temporary = folder / "tmp"
        self._lock = threading.Lock()  # between "it is there already" and "it is swept away"
        self._sound: set[Path] = set()  # folders whose own names this process has flushed

    def prepare(self) -> None:
        """Make the folders and throw away what an earlier process left half written."""
        for folder in (self.folder, self._temporary):
            self._make_folder(folder)
        for number in range(256):
            (self.folder / f"{number:02x}").mkdir(mode=0o700, exist_ok=True)
        _flush_folder(self.folder)
        for leftover in self._temporary.iterdir():
            leftover.unlink()

    def put(self, data: bytes) -> str:
        """Write `data` once and for all; returns its SHA-256. The same data again costs a read, no second file.

        Raises StoreError (code "storage_full" when the disk is full); then nothing was stored and it must not be retried
        blindly: a failed fsync may have lost pages that a second fsync would call safe.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        try:
            if not self._keep(path, sha256):
                self._write(path, data)
            _flush_folder(path.parent)
        except OSError as error:
            full = error.errno in (28, 122)  # ENOSPC, EDQUOT
            what = "the disk that holds the storage is full; free some space" if full else f"a file could not be stored ({error})"
            raise StoreError(what, code="storage_full" if full else None) from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """The data of that hash. Raises NotFound, or ArtifactTampered when the file's content is another."""
        if not _SHA256.fullmatch(sha256):
            raise NotFound(f'expected the SHA-256 of an artifact, got "{sha256[:80]}"')
        data = self._read(self._path(sha256))
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ArtifactTampered(f"the stored file {sha256[:12]}… was changed on disk; restore it from the backup")
        return data

    def sweep(self, named: Callable[[str], set[str]]) -> int:
        """Remove files older than `SWEEP_AFTER_S` that no row names; `named(prefix)` gives the hashes in rows. Returns how many."""
        oldest = time.time() - SWEEP_AFTER_S
        swept = 0
        for folder in sorted(p for p in self.folder.iterdir() if len(p.name) == 2):
            old = [path for path in folder.glob("*/*") if path.lstat().st_mtime < oldest]
            known = named(folder.name) if old else set()
            for path in old:
                with self._lock:
                    if path.name not in known and path.lstat().st_mtime < oldest:
                        path.unlink()
                        swept += 1
        return swept

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def _keep(self, path: Path, sha256: str) -> bool:
        """True when the file is there and sound; then it counts as new, so that `sweep` leaves it alone."""
        with self._lock:
            try:
                os.utime(path, follow_symlinks=False)
            except FileNotFoundError:
                return False
        return hashlib.sha256(self._read(path)).hexdigest() == sha256

    def _read(self, path: Path) -> bytes:
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise NotFound(f"there is no stored file {path.name[:12]}…") from None
        except OSError as error:
            raise ArtifactTampered(f"the stored file {path.name[:12]}… is no plain file that can be read ({error})") from error
        with os.fdopen(file, "rb") as opened:
            return opened.read()

    def _make_folder(self, folder: Path) -> None:
        """Make it, and make sure that its own name outlives a power cut. Two threads may do so at once."""
        if folder not in self._sound:
            folder.mkdir(mode=0o700, exist_ok=True)
            _flush_folder(folder.parent)
            self._sound.add(folder)

    def _write(self, path: Path, data: bytes) -> None:
        self._make_folder(path.parent)
        temporary = self._temporary / secrets.token_hex(12)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _flush_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
