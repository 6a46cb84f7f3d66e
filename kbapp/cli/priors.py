"""The commands `kbapp priors ...`."""

from pathlib import Path
from typing import Annotated

import typer

from kbapp.cli.options import Json, Out, Storage, settings_of

PriorDomain = Annotated[str, typer.Argument(metavar="[DOMAIN]", help="Name of the domain.")]
Version = Annotated[int | None, typer.Option(min=1, help="Number of the version; the published one if not given.")]

commands = typer.Typer(no_args_is_help=True, help="Domain priors: what experts know of a domain.")


@commands.command("list")
def priors_list(storage: Storage = None, json_: Json = False) -> None:
    """List the versions of every domain."""
    from kbapp.commands.priors import list_priors

    list_priors(settings_of(storage), json_)


@commands.command("show")
def priors_show(domain: PriorDomain = "chest-xray", version: Version = None, storage: Storage = None) -> None:
    """Print the YAML of the published version, or of another."""
    from kbapp.commands.priors import export_prior

    export_prior(settings_of(storage), domain, version, None)


@commands.command("export")
def priors_export(domain: PriorDomain = "chest-xray", version: Version = None, out: Out = None, storage: Storage = None) -> None:
    """Write the YAML of the published version, or of another, to a file."""
    from kbapp.commands.priors import export_prior

    export_prior(settings_of(storage), domain, version, out)


@commands.command("validate")
def priors_validate(file: Annotated[Path, typer.Argument()]) -> None:
    """Check a prior; the first fault is named with its line, and what most likely is not meant is said."""
    from kbapp.commands.priors import validate_prior

    validate_prior(file)


@commands.command("import")
def priors_import(
    file: Annotated[Path, typer.Argument()],
    reason: Annotated[
        str | None, typer.Option(help="What changes and why, kept with the version; the file's name if not given.")
    ] = None,
    storage: Storage = None,
) -> None:
    """Save a file as the next version of its domain and publish it; only while no workbench runs on the storage."""
    from kbapp.commands.priors import import_prior

    import_prior(settings_of(storage), file, reason)


@commands.command("diff")
def priors_diff(
    old: Annotated[str, typer.Argument(help="DOMAIN, DOMAIN@NUMBER or a file.")],
    new: Annotated[str, typer.Argument(help="DOMAIN, DOMAIN@NUMBER or a file.")],
    storage: Storage = None,
    json_: Json = False,
) -> None:
    """Say what changed from one prior to another, one line for each change of meaning."""
    from kbapp.commands.priors import show_difference

    show_difference(settings_of(storage), old, new, json_)


@commands.command("schema")
def priors_schema() -> None:
    """Print the JSON schema of a prior, for editors that check while you type."""
    from kbapp.commands.priors import print_schema

    print_schema()
