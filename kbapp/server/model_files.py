"""The list that is kept beside a model's files: where they came from and what they were, so that they can be checked later, offline."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from kbapp.errors import NotFound

LIST = "kb-model.json"


def listed_files(folder: Path) -> dict:
    """Files and their facts as they were fetched; empty without a list."""
    try:
        return json.loads((folder / LIST).read_text(encoding="utf-8"))["files"]
    except (OSError, json.JSONDecodeError, KeyError):
        return {}


def write_list(folder: Path, repo: str, commit: str, licence: str, files: Mapping[str, Mapping]) -> None:
    """files: as `facts_of` gives them."""
    listed = {"repo": repo, "commit": commit, "licence": licence, "files": files}
    (folder / LIST).write_text(json.dumps(listed, indent=1, sort_keys=True), encoding="utf-8")


def facts_of(folder: Path) -> dict[str, dict]:
    """Name -> bytes and SHA-256 of each file; everything is read."""
    return {name: _facts(folder / name) for name in _names(folder)}


def verify(folder: Path) -> list[str]:
    """What differs from the list, one sentence each; empty when all is as it was fetched. Raises NotFound without a list."""
    listed = listed_files(folder)
    if not listed:
        raise NotFound(f"{folder} has no {LIST}; it was not fetched by kbapp models pull")
    found = set(_names(folder))
    faults = [f"{name} is missing" for name in sorted(listed.keys() - found)]
    faults += [f"{name} was not fetched with the rest" for name in sorted(found - listed.keys())]
    return faults + [f"{name} was changed" for name in sorted(found & listed.keys()) if _facts(folder / name) != listed[name]]


def size_of(folder: Path) -> int:
    """Bytes of all files of a model."""
    return sum((folder / name).stat().st_size for name in _names(folder))


def _names(folder: Path) -> list[str]:
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != LIST and ".cache" not in p.relative_to(folder).parts)
    return sorted(p.relative_to(folder).as_posix() for p in files)


def _facts(file: Path) -> dict:
    with file.open("rb") as stream:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def list_line(name: str, role: str, kind: str, folder: Path) -> str:
    """One model of the file of models with what is known of it: size, where it came from, licence."""
    head = f"{name:<16} {role:<11} {kind:<10}"
    if not folder.exists():
        return f"{head} {folder} is not there"
    whole = folder if folder.is_dir() else folder.parent
    size = f"{(size_of(whole) if folder.is_dir() else folder.stat().st_size) / 1e6:.1f} MB"
    try:
        listed = json.loads((whole / LIST).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return f"{head} {size:>12}  origin not known"
    return f"{head} {size:>12}  {listed['repo']}@{listed['commit'][:12]}  {listed['licence']}"
