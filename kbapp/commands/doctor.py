"""What is installed, what is missing, and whether the storage is well."""

import importlib.metadata
import os
import shutil
import sys
from dataclasses import dataclass

from kbapp.settings import Settings

MODEL_PACKAGES = ("torch", "torchvision", "diffusers", "transformers", "open_clip_torch", "xgrammar")
BASE_PACKAGES = ("gradio", "networkx", "pyvis", "sqlalchemy", "pillow", "pydicom")
FREE_MB_NEEDED = 200


@dataclass(frozen=True)
class Finding:
    """needed: without it the chosen profile does not work."""

    what: str
    ok: bool
    needed: bool
    said: str


def examine(settings: Settings) -> list[Finding]:
    return [_python(), *map(_base, BASE_PACKAGES), *_models(), *_storage(settings), _profile(settings)]


def report_lines(findings: list[Finding]) -> list[str]:
    marks = {(True, True): "ok      ", (True, False): "ok      ", (False, True): "MISSING ", (False, False): "optional"}
    return [f"{marks[finding.ok, finding.needed]}  {finding.what:<18} {finding.said}" for finding in findings]


def _python() -> Finding:
    ok = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("python", ok, True, f"{sys.version.split()[0]}" + ("" if ok else "; expected 3.11 to 3.13"))


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _base(name: str) -> Finding:
    version = _version(name)
    return Finding(name, version is not None, True, version or "not installed; run: pip install -e .")


def _models() -> list[Finding]:
    versions = {name: _version(name) for name in MODEL_PACKAGES}
    missing = [name for name, version in versions.items() if version is None]
    if missing:
        said = f"{', '.join(missing)} not installed; only needed to run models on this machine: pip install -e '.[models]' (about 7 GB)"
        return [Finding("models", False, False, said)]
    return [Finding(name, True, False, version) for name, version in versions.items() if version]


def _storage(settings: Settings) -> list[Finding]:
    folder = settings.storage
    parent = next(p for p in (folder, *folder.parents) if p.exists())
    writable = os.access(parent, os.W_OK)
    free = shutil.disk_usage(parent).free // 1_000_000
    findings = [
        Finding(
            "storage", writable, True, f"{folder}" + ("" if writable else ": cannot be written; choose another with --storage")
        ),
        Finding(
            "free space",
            free > FREE_MB_NEEDED,
            True,
            f"{free} MB" + ("" if free > FREE_MB_NEEDED else "; free some, decisions need room"),
        ),
    ]
    from kbapp.store.health import check  # after the cheap checks: opens the database

    return findings + [Finding(name, ok, True, said) for name, ok, said in check(folder)]


def _profile(settings: Settings) -> Finding:
    from kbapp.errors import KbError
    from kbapp.profiles import engines_for, health

    try:
        engines_for(settings)
    except KbError as error:
        return Finding("profile", False, True, f"{settings.profile}: {error}")
    trouble = health(settings)
    return Finding("profile", not trouble, True, f"{settings.profile}: {trouble or 'ready'}")
