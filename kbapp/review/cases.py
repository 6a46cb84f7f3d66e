"""Cases: what is there, what is missing, and how far the work on it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Row, Select, and_, insert, select

from kbapp.core.actor import Actor
from kbapp.core.case import Case
from kbapp.core.content import Content, Modality
from kbapp.errors import InputError
from kbapp.review.access import EVERYONE, REVIEWERS, needs
from kbapp.review.rows import case_row
from kbapp.store import tables
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.case_texts import put_words, words_of
from kbapp.store.clock import utc_now
from kbapp.store.completion_rows import StoredContent, fetch_case, insert_artifact, store_contents
from kbapp.store.database import Database
from kbapp.store.ids import new_id

MAX_PAGE = 500


@dataclass(frozen=True)
class CaseRow:
    """A line of the list.

    status: "new", "queued", "running", "failed", "ready", "accepted", "accepted_edited", "rejected", "deferred" or "flagged"; between
    two readers "second_read", "adjudication" or "returned", and nothing of what the first one decided.
    n, top_qs (0-100), margin and contradicted (how many candidates contradict the source) are of the latest completion, or None.
    """

    id: str
    missing: Modality
    status: str
    origin: str
    domain: str
    n: int | None
    top_qs: float | None
    margin: float | None
    margin_kind: str
    contradicted: int | None
    updated: str
    completion: str | None
    revision: int
    priority: float  # the smallest is reviewed first; see `kbapp.review.worklist`
    reader: str  # who reads it just now, else empty
    reader_id: str


class Cases:
    def __init__(self, database: Database, artifacts: ArtifactStore):
        self._database, self._artifacts = database, artifacts

    @needs(REVIEWERS)
    def create(self, actor: Actor, contents: Sequence[Content], *, origin: str = "", domain: str = "chest-xray") -> str:
        """A new case; returns its id. Equal contents make a case of their own but share the stored file. Raises InputError."""
        case = _case_of(contents, origin, domain)
        stored = store_contents(self._artifacts, case.contents)
        case_id = new_id()
        with self._database.write() as connection:
            insert_case(connection, actor, replace(case, id=case_id), stored)
        return case_id

    @needs(EVERYONE)
    def list(self, actor: Actor, *, before: str = "", status: str = "", limit: int = 50) -> list[CaseRow]:
        """Newest first. The next page: `before` = the last id of this one. `status`: only the cases whose stored status is this."""
        wanted = select_lines(actor)
        if before:
            wanted = wanted.where(tables.cases.c.id < before)
        if status:
            wanted = wanted.where(tables.cases.c.status == status, tables.cases.c.reading == "")
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(tables.cases.c.id.desc()).limit(min(limit, MAX_PAGE))).all()
        return [case_line(row) for row in rows]

    @needs(EVERYONE)
    def get(self, actor: Actor, case_id: str) -> Case:
        """Raises NotFound, or ArtifactTampered when a stored file was changed."""
        with self._database.read() as connection:
            rows = fetch_case(connection, case_row(connection, actor, case_id))
        return rows.case(self._artifacts)

    @needs(EVERYONE)
    def content_artifacts(self, actor: Actor, case_id: str) -> tuple[str, ...]:
        """The artifact of each content, in order."""
        with self._database.read() as connection:
            return tuple(c.artifact for c in fetch_case(connection, case_row(connection, actor, case_id)).contents)


def insert_case(connection: Connection, actor: Actor, case: Case, stored: Sequence[StoredContent]) -> None:
    """The rows of a new case. stored: its contents' files, in order."""
    now = utc_now()
    connection.execute(
        insert(tables.cases).values(
            id=case.id,
            project=actor.project,
            domain=case.domain,
            missing=case.missing.value,
            origin=case.origin,
            actor_id=actor.id,
            utc=now,
            status="new",
            revision=0,
            updated=now,
        )
    )
    for position, content in enumerate(stored):
        insert_artifact(connection, content)
        connection.execute(
            insert(tables.contents).values(
                case_id=case.id,
                position=position,
                modality=case.available.value,
                artifact=content.sha256,
                meta=dict(content.meta),
            )
        )
    put_words(connection, case.id, words_of(case.origin, case.contents))


def _case_of(contents: Sequence[Content], origin: str, domain: str) -> Case:
    try:
        return Case(tuple(contents), domain, origin=origin)
    except ValueError as error:
        raise InputError(f"a case holds pictures or texts, not both: {error}") from error


def select_lines(actor: Actor) -> Select:
    """The cases of the actor's project with what a line of the list shows."""
    job, made, lease = tables.jobs, tables.completions, tables.leases
    columns = [tables.cases, job.c.state, job.c.step, lease.c.actor.label("reader"), lease.c.actor_id.label("reader_id")]
    columns += [made.c.n, made.c.top_qs, made.c.margin, made.c.margin_kind]
    live = and_(lease.c.case_id == tables.cases.c.id, lease.c.until > utc_now())
    wanted = select(*columns).outerjoin(job, job.c.id == tables.cases.c.job_id)
    wanted = wanted.outerjoin(made, made.c.id == tables.cases.c.completion_id).outerjoin(lease, live)
    return wanted.where(tables.cases.c.project == actor.project)


def case_line(row: Row) -> CaseRow:
    """The value of a row of `select_lines`."""
    return CaseRow(
        id=row.id,
        missing=Modality(row.missing),
        status=_status(row),
        origin=row.origin,
        domain=row.domain,
        n=row.n,
        top_qs=row.top_qs,
        margin=row.margin,
        margin_kind=row.margin_kind or "",
        contradicted=row.contradicted if row.completion_id else None,
        updated=row.updated,
        completion=row.completion_id,
        revision=row.revision,
        priority=row.priority,
        reader=row.reader or "",
        reader_id=row.reader_id or "",
    )


def _status(row: Row) -> str:
    """Work under way shows first; a failure only where there is nothing else to show."""
    if row.state in ("queued", "running"):
        return row.state
    if row.status == "new" and row.state in ("failed", "failed_retryable"):
        return "failed"
    return row.reading or row.status
