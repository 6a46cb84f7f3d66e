"""The commands `kbapp models ...`: files of the models that the local server runs."""

from pathlib import Path
from typing import Annotated

import typer

from kbapp.cli.options import Storage, one_of, settings_of

commands = typer.Typer(no_args_is_help=True, help="Files of the models that `serve` runs; see docs/models.md.")


@commands.command("list")
def models_list(
    models: Annotated[Path | None, typer.Option(help="File of the models; models.toml in the storage folder if not given.")] = None,
    storage: Storage = None,
) -> None:
    """The models of the file: role, engine, size on disk, origin and licence."""
    from kbapp.server.model_files import list_line
    from kbapp.server.serve import read_settings

    for recipe in read_settings(models or settings_of(storage).storage / "models.toml").recipes:
        print(list_line(recipe.name, recipe.role, recipe.kind, recipe.paths[0]))


@commands.command("pull")
def models_pull(
    repo: Annotated[str | None, typer.Argument(metavar="[REPO]", help="Name on the hub, OWNER/NAME.")] = None,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Where the files go; the hub's local cache if not given.")
    ] = None,
    models: Annotated[Path | None, typer.Option("--for", help="File of models: fetch all that it names an origin of.")] = None,
    revision: Annotated[str, typer.Option(help="Branch, tag or commit of REPO.")] = "main",
    keep: Annotated[list[str] | None, typer.Option(help="Pattern to fetch although it is left out, such as *.bin.")] = None,
) -> None:
    """Fetch models ahead of time; commit, licence and checksums are kept beside them."""
    from kbapp.errors import InputError
    from kbapp.server.hub import Wish, pull, wishes_of
    from kbapp.server.serve import read_settings

    one_of(REPO=repo, **{"for": models})
    kept = tuple(keep or ())
    if models is None:
        wishes = [Wish(repo, folder and folder.expanduser(), revision, kept)]
    else:
        wishes = wishes_of(read_settings(models).recipes, kept)
    if not wishes:
        raise InputError(f'{models} names no origin; write from = {{ path = "OWNER/NAME" }} beside a path, see docs/models.md')
    for place in pull(wishes):
        print(f"all files in {place}")


@commands.command("convert-cheff")
def models_convert_cheff(
    source: Annotated[Path, typer.Argument(help="Cheff's checkpoint as published, .pt or .ckpt.")],
    target: Annotated[Path, typer.Argument(help="The .safetensors file to write.")],
) -> None:
    """Write Cheff's checkpoint as safetensors once, so that no pickle has to be opened again."""
    from kbapp.engines.cheff_checkpoint import to_safetensors
    from kbapp.errors import InputError

    if target.suffix != ".safetensors" or target.exists() or not target.parent.is_dir():
        raise InputError(f"expected a new .safetensors file in a folder that is there, got {target}")
    to_safetensors(source, target)
    print(f"written: {target}")


@commands.command("verify")
def models_verify(folder: Annotated[Path, typer.Argument(help="A folder that was fetched.")]) -> None:
    """Compare a model's files with what was fetched. Exit code 1 if anything differs."""
    from kbapp.server.model_files import verify

    faults = verify(folder.expanduser())
    print("\n".join(faults) or "all files are as they were fetched")
    raise typer.Exit(1 if faults else 0)
