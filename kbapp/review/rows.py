"""Finding rows for an actor: what belongs to another project is as absent as what does not exist."""

from sqlalchemy import Connection, Row, Select, or_, select

from kbapp.core.actor import Actor
from kbapp.core.decision import Action, Decision
from kbapp.errors import NotFound
from kbapp.store.tables import cases, completions, decisions, jobs


def case_row(connection: Connection, actor: Actor, case_id: str) -> Row:
    return _one(connection, select(cases).where(cases.c.id == case_id, cases.c.project == actor.project), "case", case_id)


def job_row(connection: Connection, actor: Actor, job_id: str) -> Row:
    return _one(connection, select(jobs).where(jobs.c.id == job_id, jobs.c.project == actor.project), "job", job_id)


def completion_row(connection: Connection, actor: Actor, completion_id: str) -> tuple[Row, Row]:
    """The completion's row and its case's."""
    row = connection.execute(select(completions).where(completions.c.id == completion_id)).first()
    of_it = select(cases).where(cases.c.id == (row.case_id if row else None), cases.c.project == actor.project)
    return row, _one(connection, of_it, "completion", completion_id)


def decision_of(row: Row) -> Decision:
    """The value of a row of `decisions`."""
    return Decision(
        id=row.id,
        completion=row.completion_id,
        action=Action(row.action),
        actor=row.actor,
        role=row.role,
        utc=row.utc,
        candidate=row.candidate,
        reason=row.reason,
        note=row.note,
        supersedes=row.supersedes,
        ms_visible=row.ms_visible,
    )


def counting_decision(connection: Connection, completion_id: str) -> Row | None:
    """The decision on this completion that nothing has superseded, or that its case holds again after a settlement was taken back."""
    superseded = select(decisions.c.supersedes).where(
        decisions.c.completion_id == completion_id, decisions.c.supersedes.is_not(None)
    )
    wanted = select(decisions).where(decisions.c.completion_id == completion_id, decisions.c.action != Action.UNDO.value)
    held = select(cases.c.decision_id).where(cases.c.completion_id == completion_id)
    counts = or_(decisions.c.id.not_in(superseded), decisions.c.id.in_(held))
    return connection.execute(wanted.where(counts).order_by(decisions.c.id.desc())).first()


def counts(row: Row) -> bool:
    """Of a decision with `superseded_by` and `held`, its case's decision: nothing has superseded it and it is no undo; or its case holds
    it again, because the settlement that superseded it was taken back."""
    return row.action != Action.UNDO.value and (row.superseded_by is None or row.held == row.id)


def _one(connection: Connection, wanted: Select, noun: str, key: str) -> Row:
    row = connection.execute(wanted).first()
    if row is None:
        raise NotFound(f'there is no {noun} "{key}"')
    return row
