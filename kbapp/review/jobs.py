"""Jobs: the only way long work runs. A call writes a row and returns; the worker claims it; the page asks how far it is."""

from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, insert, select, update

from kbapp.core.actor import Actor
from kbapp.errors import DecisionRefused, InputError, NotFound
from kbapp.pipeline import MAX_CANDIDATES
from kbapp.review.access import EVERYONE, REVIEWERS, needs
from kbapp.review.rows import case_row, completion_row, job_row
from kbapp.review.worker import Worker
from kbapp.store import tables
from kbapp.store.clock import utc_now
from kbapp.store.database import Database
from kbapp.store.ids import new_id

MAX_SEED = 2**63 - 1
UNFINISHED = ("queued", "running")
FAILED = ("failed_retryable", "failed")


@dataclass(frozen=True)
class JobStatus:
    """state: "queued", "running", "done", "failed_retryable", "failed" or "cancelled".

    step: which part of the work is under way, with `done` of `total` of its units and a `text` for people.
    ahead: jobs that run before this one. error: one sentence, with a stable code. completion: id of what was made. from_completion: id of
    the one whose source graph is taken as it is, or None.
    """

    id: str
    case: str
    state: str
    step: str
    done: int
    total: int
    text: str
    ahead: int
    n: int
    seed: int
    error_code: str
    error: str
    completion: str | None
    from_completion: str | None
    created: str
    started: str | None
    finished: str | None

    @property
    def unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def failed(self) -> bool:
        return self.state in FAILED


class Jobs:
    def __init__(self, database: Database, worker: Worker | None):
        self._database, self._worker = database, worker

    @needs(REVIEWERS)
    def submit(
        self, actor: Actor, case_id: str, n: int, seed: int, idempotency_key: str, *, from_completion: str | None = None
    ) -> str:
        """Queue the completion of a case with n candidates; returns the job's id, the same one for the same key.

        from_completion: one of the case, whose source graph is taken as it is, under its prior; the source is read anew without it.

        Raises DecisionRefused while another job works on the case ("job_active") or when a candidate is accepted already, NotFound.
        """
        if not 1 <= n <= MAX_CANDIDATES or not 0 <= seed <= MAX_SEED:
            raise InputError(f"expected 1 to {MAX_CANDIDATES} candidates and a seed of 0 or more, got {n} and {seed}")
        if not 0 < len(idempotency_key) <= 100:
            raise InputError("expected an idempotency key of 1 to 100 characters")
        with self._database.write() as connection:
            case = case_row(connection, actor, case_id)
            known = connection.execute(select(tables.jobs).where(tables.jobs.c.idempotency_key == idempotency_key)).first()
            if known:
                return _same(known, case_id, n, seed, from_completion)
            _refuse_if_busy(connection, case)
            if from_completion is not None and completion_row(connection, actor, from_completion)[1].id != case_id:
                raise NotFound("this case has no such completion")
            job_id = new_id()
            queued = _queued(job_id, actor, case_id, n, seed, idempotency_key) | {"from_completion": from_completion}
            connection.execute(insert(tables.jobs).values(queued))
            connection.execute(update(tables.cases).where(tables.cases.c.id == case_id).values(job_id=job_id))
        if self._worker:
            self._worker.wake()
        return job_id

    @needs(EVERYONE)
    def status(self, actor: Actor, job_id: str) -> JobStatus:
        with self._database.read() as connection:
            row = job_row(connection, actor, job_id)
            return self._status(connection, row)

    @needs(EVERYONE)
    def active(self, actor: Actor, case_id: str) -> JobStatus | None:
        """The unfinished job of a case, if there is one."""
        latest = self.latest(actor, case_id)
        return latest if latest and latest.unfinished else None

    @needs(EVERYONE)
    def latest(self, actor: Actor, case_id: str) -> JobStatus | None:
        """The newest job of a case, finished or not."""
        with self._database.read() as connection:
            case = case_row(connection, actor, case_id)
            return self._status(connection, job_row(connection, actor, case.job_id)) if case.job_id else None

    @needs(REVIEWERS)
    def cancel(self, actor: Actor, job_id: str) -> None:
        """Stop a job: at once while it waits, between two steps while it runs. Nothing happens to a finished one."""
        with self._database.write() as connection:
            row = job_row(connection, actor, job_id)
            of_it = update(tables.jobs).where(tables.jobs.c.id == job_id)
            if row.state == "queued":
                connection.execute(of_it.values(state="cancelled", cancel_requested=1, finished=utc_now()))
            elif row.state == "running":
                connection.execute(of_it.values(cancel_requested=1))
        if self._worker and row.state == "running":
            self._worker.cancel(job_id)

    def _status(self, connection: Connection, row: Row) -> JobStatus:
        live = self._worker.progress_of(row.id) if self._worker and row.state == "running" else None
        step, done, total, text = live or (row.step, row.done, row.total, row.text)
        job = tables.jobs.c
        before = select(func.count()).where(job.state.in_(UNFINISHED), job.id < row.id)
        ahead = connection.execute(before).scalar_one() if row.state == "queued" else 0
        return JobStatus(
            id=row.id,
            case=row.case_id,
            state=row.state,
            step=step,
            done=done,
            total=total,
            text=text,
            ahead=ahead,
            n=row.n,
            seed=row.seed,
            error_code=row.error_code,
            error=row.error,
            completion=row.completion_id,
            from_completion=row.from_completion,
            created=row.created,
            started=row.started,
            finished=row.finished,
        )


def _same(known: Row, case_id: str, n: int, seed: int, from_completion: str | None) -> str:
    if (known.case_id, known.n, known.seed, known.from_completion) != (case_id, n, seed, from_completion):
        raise DecisionRefused("this idempotency key belongs to another job; reload the page", code="key_reused")
    return known.id


def _refuse_if_busy(connection: Connection, case: Row) -> None:
    if case.reading in ("second_read", "adjudication"):
        raise DecisionRefused("this case is being read a second time; complete it again when that is settled", code="second_read")
    if case.status in ("accepted", "accepted_edited"):
        raise DecisionRefused("a candidate of this case is accepted; undo that first, then complete it again")
    of_case = select(tables.jobs.c.id).where(tables.jobs.c.case_id == case.id, tables.jobs.c.state.in_(UNFINISHED))
    if connection.execute(of_case).first():
        raise DecisionRefused("this case is being worked on already; wait for it or cancel it", code="job_active")


def _queued(job_id: str, actor: Actor, case_id: str, n: int, seed: int, key: str) -> dict:
    return {
        "id": job_id,
        "case_id": case_id,
        "project": actor.project,
        "kind": "complete",
        "state": "queued",
        "n": n,
        "seed": seed,
        "step": "",
        "done": 0,
        "total": 0,
        "text": "waiting",
        "actor_id": actor.id,
        "actor_name": actor.name,
        "idempotency_key": key,
        "attempts": 0,
        "claimed_by": "",
        "cancel_requested": 0,
        "error_code": "",
        "error": "",
        "created": utc_now(),
    }
