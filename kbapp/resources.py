"""Where the files that ship with the workbench are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    inside = _PACKAGE / "_shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


PROMPTS = _shipped("prompts")
ASSETS = _shipped("assets")
DOMAINS = PROMPTS / "domains"
