"""Which decisions somebody asks for: the fields of the Audit page, of its address and of `kbapp audit export`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Connection, or_

from kbapp.core.decision import Action
from kbapp.errors import InputError
from kbapp.store.case_texts import holds
from kbapp.store.tables import cases, decisions

MAX_WORD = 200


@dataclass(frozen=True)
class AuditFilter:
    """Empty fields ask for nothing. person: the name of who decided. since, until: days in UTC, "2026-01-31", both included. case: the id
    of a case, or words (or their beginnings) that all stand in its texts."""

    person: str = ""
    action: str = ""
    reason: str = ""
    since: str = ""
    until: str = ""
    case: str = ""

    @classmethod
    def of(cls, given: Mapping[str, object]) -> "AuditFilter":
        """From what a page, an address or a command gave; other names and what is no text are left out. Raises InputError for an action
        or a day that is none."""
        known = {f.name: given.get(f.name) for f in fields(cls)}
        asked = cls(**{name: value[:MAX_WORD].strip() for name, value in known.items() if isinstance(value, str)})
        if asked.action and asked.action not in set(Action):
            raise InputError(f'expected an action ({", ".join(Action)}), got "{asked.action}"')
        for day in (asked.since, asked.until):
            _day(day)
        return asked

    @property
    def query(self) -> str:
        """The part of an address behind the question mark; empty for no filter at all."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def conditions(self, connection: Connection) -> list[ColumnElement]:
        """On `decisions` joined with `cases`."""
        done = decisions.c
        same = [(done.actor, self.person), (done.action, self.action), (done.reason, self.reason)]
        wanted = [column == value for column, value in same if value]
        if self.since:
            wanted.append(done.utc >= self.since)
        if self.until:
            wanted.append(done.utc < (_day(self.until) + timedelta(days=1)).isoformat())
        if self.case:
            words = holds(connection, cases.c.id, self.case)
            wanted.append(cases.c.id == self.case if words is None else or_(cases.c.id == self.case, words))
        return wanted


EVERYTHING = AuditFilter()


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        day = None
    if text and (day is None or len(text) != 10 or not 1970 <= day.year < 9999):
        raise InputError(f'expected a day such as 2026-01-31, got "{text}"')
    return day
