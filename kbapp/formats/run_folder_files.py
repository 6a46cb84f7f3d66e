"""Files of a folder that came from somewhere else: names are never trusted, links never followed, sizes limited.

Each file is opened relative to its open folder, so nobody can exchange a folder for a link between the look and the reading.
"""

import json
import os
import re
import stat
from contextlib import contextmanager
from pathlib import Path

from kbapp.errors import InputError
from kbapp.ingest.limits import FILE_BYTES
from kbapp.ingest.name import sanitize_name

JSON_BYTES = 4 * 2**20
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # not blocking: a pipe with nobody at its other end
_PATH_PARTS = 8  # of a path written down on another machine, counted from its end


class RunFolder:
    """An open folder. Make it with `opened_folder`, or `within` for a folder inside it."""

    def __init__(self, handle: int, name: str):
        self._handle, self.name = handle, name

    def names(self) -> list[str]:
        """Of everything in it; numbers in order of their value, then words."""
        return sorted(os.listdir(self._handle), key=lambda name: (not name.isdecimal(), len(name) if name.isdecimal() else 0, name))

    @contextmanager
    def within(self, name: str):
        """The folder of that name in this one. Raises InputError for a link or for what is no folder."""
        try:
            handle = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=self._handle)
        except OSError:
            shown = sanitize_name(name)
            raise InputError(f'expected "{shown}" to be a folder that can be read, and no link to one') from None
        try:
            yield RunFolder(handle, name)
        finally:
            os.close(handle)

    def folders(self) -> list[str]:
        """Names of the folders in it that are not hidden, and of links, which `within` refuses."""
        with os.scandir(self._handle) as entries:
            inside = {entry.name for entry in entries if entry.is_dir(follow_symlinks=False) or entry.is_symlink()}
        return [name for name in self.names() if name in inside and not name.startswith(".")]

    def read(self, name: str, most: int = FILE_BYTES) -> bytes | None:
        """The bytes of a plain file of at most `most` bytes, None when there is none. Raises InputError for anything else."""
        shown = sanitize_name(name)
        try:
            handle = os.open(name, _FLAGS, dir_fd=self._handle)
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise InputError(f"{shown} cannot be read: expected a plain file, and no link") from None
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise InputError(f"{shown} cannot be read: expected a plain file, and no link")
            data = file.read(most + 1)
        if len(data) > most:
            raise InputError(f"{shown} is too large: expected at most {most >> 20} MB")
        return data

    def json(self, name: str) -> object:
        """What the JSON file holds, None when there is none. Raises InputError when it is damaged, too large or too deep."""
        data = self.read(name, JSON_BYTES)
        if data is None:
            return None
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise InputError(f"{sanitize_name(name)} is no whole JSON file") from None

    def find(self, path: str) -> bytes | None:
        """A file by a path that was written down on another machine: by as much of the path's end as there is here. Never one that is
        not inside this folder."""
        parts = [part for part in re.split(r"[/\\]", path) if part not in ("", ".")][-_PATH_PARTS:]
        if not parts or "\0" in path:
            return None
        if ".." in parts:
            parts = parts[-1:]
        for start in range(len(parts)):
            if parts[-1] != ".." and (data := self._at(parts[start:])) is not None:
                return data
        return None

    def _at(self, parts: list[str]) -> bytes | None:
        if len(parts) == 1:
            return self.read(parts[0])
        try:
            with self.within(parts[0]) as inner:
                return inner._at(parts[1:])
        except InputError:
            return None


@contextmanager
def opened_folder(folder: Path):
    """The folder that a person named; a link is followed here and nowhere below. Raises InputError."""
    try:
        handle = os.open(folder.expanduser().resolve(), os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    except (OSError, RuntimeError):
        raise InputError(f"{folder} cannot be read: give the path of a folder that is there") from None
    try:
        yield RunFolder(handle, folder.expanduser().resolve().name)
    finally:
        os.close(handle)
