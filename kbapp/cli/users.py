"""The commands `kbapp users ...`."""

from typing import Annotated

import typer

from kbapp.cli.options import Json, Storage, settings_of

UserName = Annotated[str, typer.Argument(metavar="NAME", help="Name to sign in with.")]
UserRole = Annotated[str, typer.Option("--role", help="viewer, annotator, clinician, expert or admin.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")]

commands = typer.Typer(no_args_is_help=True, help="Accounts: who may sign in, and in which role.")


@commands.command("add")
def users_add(name: UserName, role: UserRole, password_stdin: PasswordStdin = False, storage: Storage = None) -> None:
    """Make an account. The first one must be an admin's; from then on everybody signs in."""
    from kbapp.commands.users import add_user

    add_user(settings_of(storage), name, role, password_stdin)


@commands.command("list")
def users_list(as_json: Json = False, storage: Storage = None) -> None:
    """The accounts with their roles."""
    from kbapp.commands.users import list_users

    list_users(settings_of(storage), as_json)


@commands.command("role")
def users_role(name: UserName, role: UserRole, storage: Storage = None) -> None:
    """Give an account another role."""
    from kbapp.commands.users import set_role

    set_role(settings_of(storage), name, role)


@commands.command("password")
def users_password(name: UserName, password_stdin: PasswordStdin = False, storage: Storage = None) -> None:
    """Set a new password."""
    from kbapp.commands.users import set_password

    set_password(settings_of(storage), name, password_stdin)


@commands.command("disable")
def users_disable(name: UserName, storage: Storage = None) -> None:
    """Close an account: its decisions stay, it cannot sign in."""
    from kbapp.commands.users import disable

    disable(settings_of(storage), name, True)


@commands.command("enable")
def users_enable(name: UserName, storage: Storage = None) -> None:
    """Open a closed account again."""
    from kbapp.commands.users import disable

    disable(settings_of(storage), name, False)


@commands.command("events")
def users_events(limit: Annotated[int, typer.Option(min=1, max=500)] = 100, storage: Storage = None) -> None:
    """Who came and went, who was refused, which account was changed; newest first."""
    from kbapp.commands.users import list_events

    list_events(settings_of(storage), limit)
