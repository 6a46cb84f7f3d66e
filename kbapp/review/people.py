"""The accounts. Without one the workbench is for the local owner alone; from the first one on everybody signs in."""

import re
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from kbapp.core.actor import Actor, Role
from kbapp.errors import NotFound, UserError
from kbapp.review import events
from kbapp.review.access import ADMINS, needs
from kbapp.review.passwords import hashed
from kbapp.store import tables
from kbapp.store.clock import utc_now
from kbapp.store.database import Database
from kbapp.store.ids import new_id

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,59}")


@dataclass(frozen=True)
class Person:
    """name: as it is typed at the login, in small letters. disabled: may not sign in. utc: when the account was made."""

    id: str
    name: str
    role: Role
    disabled: bool
    utc: str


class People:
    def __init__(self, database: Database):
        self._database = database

    @needs(ADMINS)
    def list(self, actor: Actor) -> list[Person]:
        with self._database.read() as connection:
            rows = connection.execute(select(tables.people).order_by(tables.people.c.name)).all()
        return [person_of(row) for row in rows]

    @needs(ADMINS)
    def add(self, actor: Actor, name: str, role: Role | str, password: str) -> Person:
        """Raises UserError for a name that is taken or unfit, for a password that is, and when the first account is no admin's."""
        name, role = name.strip().casefold(), _role(role)
        if not _NAME.fullmatch(name):
            raise UserError(
                'expected a name of 1 to 60 letters, digits or ".", "_", "@", "-", such as "m.weber"', code="name_unfit"
            )
        row = {"id": new_id(), "name": name, "role": role.value, "password": hashed(password), "disabled": 0, "utc": utc_now()}
        with self._database.write() as connection:
            if _named(connection, name):
                raise UserError(f'there is an account "{name}" already; choose another name', code="name_taken")
            if role is not Role.ADMIN and not connection.execute(_active_admins()).scalar():
                raise UserError(
                    "the first account must be an admin's: from then on everybody signs in, and somebody must make the other accounts",
                    code="first_admin",
                )
            connection.execute(insert(tables.people).values(row))
            _note(connection, actor, events.ADDED, f"{name}, {role}")
        return Person(row["id"], name, role, False, row["utc"])

    @needs(ADMINS)
    def set_role(self, actor: Actor, name: str, role: Role | str) -> None:
        """Counts from the person's next press on. Raises NotFound, UserError."""
        role = _role(role)
        with self._database.write() as connection:
            person = _existing(connection, name)
            if role is not Role.ADMIN:
                _refuse_last_admin(connection, person)
            self._change(connection, person, role=role.value)
            _note(connection, actor, events.ROLE, f"{person.name}: {person.role} → {role}")

    @needs(ADMINS)
    def set_password(self, actor: Actor, name: str, password: str) -> None:
        """Ends the person's logins. Raises NotFound, UserError."""
        stored = hashed(password)
        with self._database.write() as connection:
            person = _existing(connection, name)
            self._change(connection, person, password=stored)
            _note(connection, actor, events.PASSWORD, person.name)

    @needs(ADMINS)
    def disable(self, actor: Actor, name: str, disabled: bool = True) -> None:
        """Nothing of a person is deleted: decisions keep their names. Raises NotFound, UserError for the last admin."""
        with self._database.write() as connection:
            person = _existing(connection, name)
            if disabled:
                _refuse_last_admin(connection, person)
            self._change(connection, person, disabled=int(disabled))
            _note(connection, actor, events.DISABLED if disabled else events.ENABLED, person.name)

    def _change(self, connection: Connection, person: Row, **values) -> None:
        """Every change of an account ends its logins: who comes again comes with what counts now."""
        connection.execute(update(tables.people).where(tables.people.c.id == person.id).values(values))
        connection.execute(delete(tables.login_sessions).where(tables.login_sessions.c.person_id == person.id))


def person_of(row: Row) -> Person:
    return Person(row.id, row.name, Role(row.role), bool(row.disabled), row.utc)


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise UserError(f'expected one of the roles {", ".join(Role)}, got "{role}"', code="role_unknown") from None


def _named(connection: Connection, name: str) -> Row | None:
    return connection.execute(select(tables.people).where(tables.people.c.name == name.strip().casefold())).first()


def _existing(connection: Connection, name: str) -> Row:
    found = _named(connection, name)
    if found is None:
        raise NotFound(f'there is no account "{name}"; the list of accounts has all there are')
    return found


def _active_admins():
    return select(func.count()).where(tables.people.c.role == Role.ADMIN.value, tables.people.c.disabled == 0)


def _refuse_last_admin(connection: Connection, person: Row) -> None:
    if person.role == Role.ADMIN.value and not person.disabled and connection.execute(_active_admins()).scalar() == 1:
        raise UserError(f'"{person.name}" is the last admin; make another one first', code="last_admin")


def _note(connection: Connection, actor: Actor, what: str, about: str) -> None:
    events.note_event(connection, actor.id, actor.name, what, about)
