"""The audit view: each decision with everything it was made upon."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, select

from kbapp.core.actor import LOCAL_OWNER, Actor
from kbapp.errors import NotFound
from kbapp.review.access import EVERYONE, needs
from kbapp.review.audit_filter import EVERYTHING, AuditFilter
from kbapp.review.rows import counts
from kbapp.review.second_reads import not_hidden
from kbapp.store import tables
from kbapp.store.database import Database


@dataclass(frozen=True)
class AuditRow:
    """One decision: who, when, what was shown and what it rested on.

    origin: what the case is called, empty where nobody called it anything.

    scores: [{"index", "qs", "parts"}] as they were shown, parts and QS 0-100. order_shown: candidate indices, first to last.
    source_sha256, candidate_sha256: the stored files of case and candidates. before_sha256: the chosen candidate's file;
    after_sha256: what was accepted (another file when it was edited). counts: False once superseded, and for an undo.
    blind: the scores had not been shown to this reader; None where the rules of reading were not kept. ms_to_reveal: from the case's
    appearance to the scores. second_read: what a second reader said of this decision. adjudication: whom this decision settles.
    settled_by, settled_as: the newest adjudication of this first read, "decided" or "returned", and its decision; None and "" without.
    """

    id: int
    event: str
    utc: str
    actor_id: str
    actor: str
    role: str
    project: str
    action: str
    case: str
    origin: str
    completion: str
    revision: int
    candidate: int | None
    reason: str
    note: str
    confirmed: bool
    supersedes: int | None
    superseded_by: int | None
    counts: bool
    ms_visible: int | None
    order_shown: tuple[int, ...]
    scores: tuple[dict, ...]
    engines: dict
    profile: str
    prior: str
    prior_sha256: str
    seed: int
    app_version: str
    source_sha256: tuple[str, ...]
    candidate_sha256: tuple[str, ...]
    before_sha256: str | None
    after_sha256: str | None
    text_difference: str
    blind: bool | None
    ms_to_reveal: int | None
    reads_required: int | None
    second_read: dict | None
    adjudication: dict | None
    settled_by: int | None
    settled_as: str


@dataclass(frozen=True)
class Choices:
    """What a filter of the decisions can ask for. people: who decided something; reasons: those that were given."""

    people: tuple[str, ...]
    reasons: tuple[str, ...]


class Audit:
    def __init__(self, database: Database):
        self._database = database

    @needs(EVERYONE)
    def show(
        self, actor: Actor, decision_id: int | None = None, *, asked: AuditFilter = EVERYTHING, before: int = 0, limit: int = 50
    ) -> list[AuditRow]:
        """One decision, or the newest ones of the project. The next page: `before` = the last row's id. Raises NotFound."""
        done = tables.decisions
        with self._database.read() as connection:
            wanted = _with_surroundings().where(*_visible(actor), *asked.conditions(connection))
            if decision_id is not None:
                wanted = wanted.where(done.c.id == decision_id)
            if before:
                wanted = wanted.where(done.c.id < before)
            rows = connection.execute(wanted.order_by(done.c.id.desc()).limit(min(limit, 500))).all()
            if decision_id is not None and not rows:
                raise NotFound(f"there is no decision {decision_id}")
            sources = _files(connection, tables.contents, "case_id", "position", {row.case_id for row in rows})
            made = _files(connection, tables.candidates, "completion_id", "idx", {row.completion_id for row in rows})
            ids = {row.id for row in rows}
            seconds = _by_decision(connection, tables.second_reads, _OF_SECOND_READ, ids)
            settles = _by_decision(connection, tables.adjudications, _OF_ADJUDICATION, ids)
            settled = _newest_adjudications(connection, {read["id"] for read in seconds.values()})
        return [
            _audit_row(
                row,
                sources[row.case_id],
                made[row.completion_id],
                second_read=seconds.get(row.id),
                adjudication=settles.get(row.id),
                settled=settled.get(seconds[row.id]["id"]) if row.id in seconds else None,
            )
            for row in rows
        ]

    @needs(EVERYONE)
    def every(self, actor: Actor, asked: AuditFilter = EVERYTHING) -> Iterator[AuditRow]:
        """All that are asked for, newest first, a page at a time. What is decided meanwhile is not among them."""
        return self._every(actor, asked)

    @needs(EVERYONE)
    def count(self, actor: Actor, asked: AuditFilter = EVERYTHING) -> int:
        done = tables.decisions
        counted = select(func.count()).select_from(done.join(tables.cases, tables.cases.c.id == done.c.case_id))
        with self._database.read() as connection:
            return connection.execute(counted.where(*_visible(actor), *asked.conditions(connection))).scalar_one()

    @needs(EVERYONE)
    def choices(self, actor: Actor) -> Choices:
        done = tables.decisions.c

        def used(connection: Connection, column: ColumnElement) -> tuple[str, ...]:
            wanted = select(column).distinct().where(*_visible(actor), column != "").order_by(column)
            return tuple(connection.execute(wanted).scalars())

        with self._database.read() as connection:
            return Choices(used(connection, done.actor), used(connection, done.reason))

    def _every(self, actor: Actor, asked: AuditFilter) -> Iterator[AuditRow]:
        before = 0
        while rows := self.show(actor, asked=asked, before=before, limit=_PAGE):
            yield from rows
            before = rows[-1].id


_PAGE = 500


def _visible(actor: Actor) -> list[ColumnElement]:
    """The conditions on `decisions` that this person may know of them."""
    done = tables.decisions.c
    of_project = [done.project == actor.project]
    return of_project if actor.id == LOCAL_OWNER.id else [*of_project, not_hidden(done.case_id, done.actor_id, actor)]


def _with_surroundings() -> Select:
    """Decisions with what superseded them, their run, their case and how they were read."""
    done, later, read = tables.decisions, tables.decisions.alias("later"), tables.decision_readings
    wanted = select(
        done,
        later.c.id.label("superseded_by"),
        tables.completions.c.profile,
        tables.cases.c.decision_id.label("held"),
        tables.cases.c.origin,
        read.c.blind,
        read.c.ms_to_reveal,
        read.c.reads_required,
    )
    wanted = wanted.outerjoin(later, later.c.supersedes == done.c.id).outerjoin(read, read.c.decision_id == done.c.id)
    wanted = wanted.join(tables.completions, tables.completions.c.id == done.c.completion_id)
    return wanted.join(tables.cases, tables.cases.c.id == done.c.case_id)


_OF_SECOND_READ = ("id", "utc", "actor_id", "actor", "role", "action", "candidate", "reason", "note", "agrees", "blind")
_OF_SECOND_READ += ("ms_visible", "ms_to_reveal")
_OF_ADJUDICATION = ("id", "utc", "actor_id", "actor", "second_read_id", "outcome", "feedback", "first_reader")


def _by_decision(connection: Connection, table: Table, names: tuple[str, ...], wanted: set[int]) -> dict[int, dict]:
    """What stands in another table about each decision of a page: decision id -> its fields."""
    rows = connection.execute(select(table).where(table.c.decision_id.in_(wanted)))
    flags = ("agrees", "blind")
    return {r.decision_id: {n: bool(getattr(r, n)) if n in flags else getattr(r, n) for n in names} for r in rows}


def _newest_adjudications(connection: Connection, second_reads: set[int]) -> dict[int, Row]:
    """By second read; a settlement that was taken back may have been followed by another one."""
    given = tables.adjudications
    rows = connection.execute(select(given).where(given.c.second_read_id.in_(second_reads)).order_by(given.c.id))
    return {row.second_read_id: row for row in rows}


def _files(connection: Connection, table: Table, key: str, order: str, wanted: set[str]) -> dict[str, tuple[str, ...]]:
    """The artifacts of each case or completion of a page, in order."""
    files: dict[str, tuple[str, ...]] = dict.fromkeys(wanted, ())
    of_page = select(table.c[key], table.c.artifact).where(table.c[key].in_(wanted)).order_by(table.c[key], table.c[order])
    for owner, artifact in connection.execute(of_page):
        files[owner] += (artifact,)
    return files


def _audit_row(
    row: Row,
    sources: tuple[str, ...],
    candidates: tuple[str, ...],
    *,
    second_read: dict | None,
    adjudication: dict | None,
    settled: Row | None,
) -> AuditRow:
    same = ("id", "event", "utc", "actor_id", "actor", "role", "project", "action", "revision", "candidate", "reason", "note")
    same += ("supersedes", "superseded_by", "ms_visible", "engines", "profile", "prior", "prior_sha256", "seed", "app_version")
    same += ("before_sha256", "after_sha256", "text_difference", "ms_to_reveal", "reads_required")
    same += ("origin",)
    return AuditRow(
        **{name: getattr(row, name) for name in same},
        case=row.case_id,
        completion=row.completion_id,
        confirmed=bool(row.confirmed),
        counts=counts(row),
        order_shown=tuple(row.order_shown),
        scores=tuple(row.scores),
        source_sha256=sources,
        candidate_sha256=candidates,
        blind=None if row.blind is None else bool(row.blind),
        second_read=second_read,
        adjudication=adjudication,
        settled_by=settled.decision_id if settled else None,
        settled_as=settled.outcome if settled else "",
    )
