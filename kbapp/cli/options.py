"""Options that several commands share, and what they mean."""

from pathlib import Path
from typing import Annotated

import typer

from kbapp.settings import Settings, from_environment

Storage = Annotated[Path | None, typer.Option(help="Folder of database and artifacts (KB_STORAGE).")]
Profile = Annotated[str | None, typer.Option(help="Which engines play the roles: builtin, server or cuda (KB_PROFILE).")]
Domain = Annotated[str, typer.Option(help="Domain whose published prior is used.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Out = Annotated[Path | None, typer.Option(help="Where to write; standard output if not given.")]


def settings_of(storage: Path | None = None, profile: str | None = None, **more) -> Settings:
    """The settings of the environment, with what the command line says instead."""
    return from_environment().with_(storage=storage and storage.expanduser().resolve(), profile=profile, **more)


def one_of(**given) -> None:
    """Refuse none and more than one of these options. Raises InputError."""
    from kbapp.errors import InputError

    if sum(value is not None for value in given.values()) != 1:
        raise InputError("expected exactly one of " + ", ".join(f"--{name}" for name in given))
