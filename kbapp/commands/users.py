"""What `kbapp users ...` does: who can use this machine's storage as its owner keeps the accounts, also while the workbench runs."""

import getpass
import json
import sys
from collections.abc import Callable

from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import UserError
from kbapp.settings import Settings


def add_user(settings: Settings, name: str, role: str, from_stdin: bool) -> None:
    password = _password(from_stdin)
    with _workbench(settings) as workbench:
        first = not workbench.people.list(LOCAL_OWNER)
        person = workbench.people.add(LOCAL_OWNER, name, role, password)
    print(f"{person.name} ({person.role}) can sign in now." + (" From now on everybody must." if first else ""))


def list_users(settings: Settings, as_json: bool) -> None:
    with _workbench(settings) as workbench:
        people = workbench.people.list(LOCAL_OWNER)
    if as_json:
        print(json.dumps([{"name": p.name, "role": p.role, "closed": p.disabled, "utc": p.utc} for p in people], indent=1))
        return
    if not people:
        print("No account: the workbench is for the local owner alone.")
    for person in people:
        print(f"{person.name}  {person.role}  {'closed' if person.disabled else 'open'}  {person.utc[:16]}")


def list_events(settings: Settings, limit: int) -> None:
    with _workbench(settings) as workbench:
        for event in workbench.events.newest(LOCAL_OWNER, limit=limit):
            print(f"#{event.id}  {event.utc[:19]}  {event.actor or '-'}  {event.what}  {event.about}".rstrip())


def set_password(settings: Settings, name: str, from_stdin: bool) -> None:
    password = _password(from_stdin)
    _change(
        settings, lambda people: people.set_password(LOCAL_OWNER, name, password), f"{name} has a new password and signs in again."
    )


def set_role(settings: Settings, name: str, role: str) -> None:
    _change(settings, lambda people: people.set_role(LOCAL_OWNER, name, role), f"{name} is {role} now and signs in again.")


def disable(settings: Settings, name: str, disabled: bool) -> None:
    said = "is signed out and cannot come back" if disabled else "can sign in again"
    _change(settings, lambda people: people.disable(LOCAL_OWNER, name, disabled), f"{name} {said}.")


def _change(settings: Settings, change: Callable, said: str) -> None:
    with _workbench(settings) as workbench:
        change(workbench.people)
    print(said)


def _workbench(settings: Settings):
    from kbapp.review.workbench import Workbench

    return Workbench.open_beside(settings)


def _password(from_stdin: bool) -> str:
    """Typed twice without echo, or one line of standard input. Raises UserError when the two differ."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise UserError("the two passwords differ; nothing was changed, try again", code="password_unfit")
    return first
