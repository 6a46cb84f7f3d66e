"""Triggers that keep the append-only tables append-only, whoever writes SQL.

UPDATE and DELETE abort. INSERT aborts when any unique key exists already: INSERT OR REPLACE would else delete the old row without
firing a delete trigger (unless recursive_triggers is on, which each connection may forget). Gap-free keys must be the next number.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Table, UniqueConstraint, text

from kbapp.errors import StoreError
from kbapp.store.tables import APPEND_ONLY, GAP_FREE


def triggers(tables: Sequence[Table] = APPEND_ONLY) -> dict[str, str]:
    """The SQL of every trigger of these tables by its name."""
    return dict(made for table in tables for made in _triggers_of(table))


def check_triggers(connection: Connection) -> None:
    """Raises StoreError when a trigger is missing or another than it should be: somebody has been at the database."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    found = {name: sql for name, sql in rows}
    wrong = sorted(name for name, sql in triggers().items() if found.get(name) != sql)
    if wrong:
        raise StoreError(
            f"the database lacks the guard {wrong[0]} of its append-only tables; restore it from the backup",
            code="schema_changed",
        )


def _triggers_of(table: Table) -> Iterator[tuple[str, str]]:
    name = table.name
    for verb in ("UPDATE", "DELETE"):
        trigger = f"{name}_no_{verb.lower()}"
        yield trigger, f"CREATE TRIGGER {trigger} BEFORE {verb} ON {name} BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    refusal = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only: no row is replaced, no number left out'); END"
    trigger = f"{name}_only_new"
    yield trigger, f"CREATE TRIGGER {trigger} BEFORE INSERT ON {name} WHEN {' OR '.join(_taken(table))} {refusal}"


def _taken(table: Table) -> Iterator[str]:
    """SQL conditions on NEW under which the row is no new one."""
    for columns in _unique_keys(table):
        same = " AND ".join(f"{c} = NEW.{c}" for c in columns)
        yield f"EXISTS (SELECT 1 FROM {table.name} WHERE {same})"  # noqa: S608 - names of our own tables
    if counted := GAP_FREE.get(table.name):
        within = [c.name for c in table.primary_key if c.name != counted]
        of_group = " WHERE " + " AND ".join(f"{c} = NEW.{c}" for c in within) if within else ""  # without WHERE, max() is a look-up
        yield f"NEW.{counted} != (SELECT coalesce(max({counted}), 0) + 1 FROM {table.name}{of_group})"  # noqa: S608


def _unique_keys(table: Table) -> list[list[str]]:
    unique = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
    keys = [[c.name for c in table.primary_key], *sorted([c.name for c in u.columns] for u in unique)]
    return keys
