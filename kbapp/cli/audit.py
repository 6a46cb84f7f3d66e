"""The commands `kbapp audit ...`."""

from typing import Annotated

import typer

from kbapp.cli.options import Json, Out, Storage, settings_of

commands = typer.Typer(no_args_is_help=True, help="What was shown, who decided, and how to make it again.")


@commands.command("show")
def audit_show(
    id_: Annotated[int | None, typer.Argument(metavar="[ID]", help="A decision; all of them if not given.")] = None,
    storage: Storage = None,
    json_: Json = False,
) -> None:
    """Show the decisions: who, when, what was shown, what it was made with."""
    from kbapp.commands.audit import show_audit

    show_audit(settings_of(storage), id_, json_)


@commands.command("export")
def audit_export(
    out: Out = None,
    form: Annotated[str, typer.Option("--format", help="csv for a spreadsheet, or jsonl with every stored field.")] = "csv",
    person: Annotated[str | None, typer.Option(help="Only what this person decided.")] = None,
    action: Annotated[str | None, typer.Option(help="accept, accept_edited, reject, defer, flag or undo.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only with this reason.")] = None,
    since: Annotated[str | None, typer.Option(help="First day, such as 2026-01-31, in UTC.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, itself included.")] = None,
    case: Annotated[str | None, typer.Option(help="A case's id, or words that stand in its texts.")] = None,
    storage: Storage = None,
) -> None:
    """Write the decisions to a file, newest first, one line each."""
    from kbapp.commands.audit import export_decisions

    asked = {"person": person, "action": action, "reason": reason, "since": since, "until": until, "case": case}
    export_decisions(settings_of(storage), asked, out, form)
