"""The commands `kbapp lab ...`: measurements over a set of reports. Imports stay inside, so that `kbapp --help` answers at once."""

from pathlib import Path
from typing import Annotated

import typer

from kbapp.cli.options import Domain, Profile, Storage, settings_of

commands = typer.Typer(
    no_args_is_help=True, help="Measurements over a set of reports; the invented ones that ship if none is given."
)

Reports = Annotated[
    Path | None, typer.Option(help='Reports as lines of {"id", "findings", "impression"}; invented ones if not given.')
]
Most = Annotated[int, typer.Option(min=2, help="At most so many reports, from the first.")]

Out = Annotated[Path | None, typer.Option(help="JSON file to write; in the storage folder if not given.")]


@commands.command()
def bands(
    set_: Annotated[str, typer.Option("--set", help='"films": films drawn from the reports; or a file of reports, findings against impression.')] = "films",
    out: Annotated[Path | None, typer.Option(help="File to write; bands/NAME.json in the storage folder if not given.")] = None,
    most: Most = 400,
    domain: Domain = "chest-xray",
    profile: Profile = None,
    storage: Storage = None,
) -> None:  # fmt: skip
    """Score true pairs and deliberate mismatches of a set, and keep both: the page places each score among them."""
    from kbapp.lab import tables

    tables.write_bands(settings_of(storage, profile), set_, out, most, domain)


@commands.command()
def ablations(
    reports: Reports = None,
    n: Annotated[int, typer.Option("-n", min=1, max=15, help="Number of candidates.")] = 5,
    most: Most = 40,
    out: Out = None,
    domain: Domain = "chest-xray",
    profile: Profile = None,
    storage: Storage = None,
) -> None:
    """Terms of the method switched off one by one (the paper's Table 3), over a set of reports."""
    from kbapp.lab import tables

    tables.write_ablations(settings_of(storage, profile), reports, out, n, most, domain)


@commands.command()
def counts(
    reports: Reports = None,
    most: Most = 40,
    out: Out = None,
    domain: Domain = "chest-xray",
    profile: Profile = None,
    storage: Storage = None,
) -> None:
    """1, 5, 10 and 15 candidates (the paper's Table 4), over a set of reports."""
    from kbapp.lab import tables

    tables.write_counts(settings_of(storage, profile), reports, out, most, domain)
