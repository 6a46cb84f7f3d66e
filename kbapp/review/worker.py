"""The worker: one or a few threads of the app process that claim queued jobs, the oldest first, and call the pipeline.

No transaction is open while a model works. A job's outcome (completion, candidates, scores, the case's state, the job's own) is
one transaction, after the files are on disk. Since one process owns the storage and has one worker, a job found "running" that none
of its threads works on was interrupted: it goes back to the queue, and after its second try to "failed_retryable".
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection, Row, select, update

from kbapp.core.case import Case
from kbapp.core.completion import Completion
from kbapp.errors import Cancelled, EngineError, KbError, StoreError
from kbapp.pipeline import Engines
from kbapp.priors.version import PriorVersion
from kbapp.review.completed import put_completed
from kbapp.review.decoys import Decoy, drawn, made, put_decoy
from kbapp.review.reading import rules_of
from kbapp.review.step_times import StepTimes
from kbapp.store import tables
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.clock import utc_now
from kbapp.store.completion_rows import CompletionRows, fetch_case, fetch_completion, store_contents
from kbapp.store.database import Database
from kbapp.store.ids import new_id

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 2
HEARTBEAT_S = 1.0  # progress is in memory at once and in the row this often: each commit is flushed to the disk
AFTER_TROUBLE_S = 2.0
KEEP_TRIES = 12  # of 5 s each
INTERNAL = "something went wrong inside the workbench; the log of the app says what"


class Progress(Protocol):
    step: str
    done: int
    total: int
    text: str


class CompleteCase(Protocol):
    """`kbapp.pipeline.complete`, or what a test puts in its place."""

    def __call__(
        self,
        case: Case,
        prior: PriorVersion,
        engines: Engines,
        *,
        n: int,
        seed: int,
        on_progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
        start: Completion | None,
    ) -> Completion: ...


@dataclass
class _Lane:
    """What belongs to one thread of the worker. engines: its own, so that none has to be safe for two threads."""

    woken: threading.Event = field(default_factory=threading.Event)
    engines: Engines | None = None


class Worker:
    """engines: built on the first job of each thread, in that thread. prior_of: (domain, number), the published one for None.

    lanes: how many jobs run together; each is of another case. They begin in the order they came, and may end in another.
    """

    def __init__(
        self,
        database: Database,
        artifacts: ArtifactStore,
        *,
        complete: CompleteCase,
        engines: Callable[[], Engines],
        prior_of: Callable[[str, int | None], PriorVersion],
        lanes: int = 1,
    ):
        self._database, self._artifacts = database, artifacts
        self._complete, self._build_engines, self._prior_of = complete, engines, prior_of
        self.engine_trouble = ""  # why the last job could not use its engines; empty when it could
        self._lanes = [_Lane() for _ in range(lanes)]
        self._threads = [
            threading.Thread(target=self._run, args=(lane,), name=f"kbapp-worker-{k}", daemon=True)
            for k, lane in enumerate(self._lanes, 1)
        ]
        self._stopping = threading.Event()
        self._claiming = threading.Lock()  # from the look at what runs to the claim
        self._at_work: set[str] = set()
        self._swept = False
        self._cancelled: set[str] = set()
        self._progress: dict[str, tuple[str, int, int, str]] = {}

    def start(self) -> None:
        with self._database.write() as connection:
            _put_back_interrupted(connection, ())
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 30.0) -> bool:
        """Ask the running jobs to stop; they go back to the queue. True when all threads have ended in time."""
        self._stopping.set()
        self.wake()
        until = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def wake(self) -> None:
        for lane in self._lanes:
            lane.woken.set()

    def cancel(self, job_id: str) -> None:
        self._cancelled.add(job_id)

    def progress_of(self, job_id: str) -> tuple[str, int, int, str] | None:
        """(step, done, total, text) of a job at work, newer than its row."""
        return self._progress.get(job_id)

    def _run(self, lane: _Lane) -> None:
        while not self._stopping.is_set():
            lane.woken.clear()
            try:
                job = self._claim()
                if job:
                    self._work(job, lane)
                elif not self._swept:
                    self._swept = True
                    self._sweep()
                elif not self._stopping.is_set():  # asked after `clear`, or the wake of `stop` would be lost
                    lane.woken.wait()
            except Exception:  # the outermost edge of this thread: it must live as long as the app
                log.exception("the worker could not keep a job's state; it tries again")
                self._stopping.wait(AFTER_TROUBLE_S)

    def _sweep(self) -> None:
        """Remove files that a crash left without a row."""
        try:
            swept = self._artifacts.sweep(self._named)
        except (KbError, OSError):
            log.exception("the artifacts could not be swept; the next start tries again")
        else:
            if swept:
                log.info("swept %d stored files that no row names", swept)

    def _named(self, prefix: str) -> set[str]:
        names = tables.artifacts.c.sha256
        with self._database.read() as connection:
            return set(connection.execute(select(names).where(names.startswith(prefix))).scalars())

    def _claim(self) -> Row | None:
        """The oldest queued job, now running; in `_at_work` until `_work` ends."""
        with self._claiming:
            job = self._oldest_queued()
            if job:
                self._at_work.add(job.id)
        return job

    def _oldest_queued(self) -> Row | None:
        job = tables.jobs
        with self._database.write() as connection:
            _put_back_interrupted(connection, self._at_work)
            row = connection.execute(select(job).where(job.c.state == "queued").order_by(job.c.id)).first()
            if row is None:
                return None
            now = utc_now()
            connection.execute(
                update(job)
                .where(job.c.id == row.id)
                .values(
                    state="running",
                    attempts=row.attempts + 1,
                    claimed_by=f"process {os.getpid()}",
                    started=now,
                    heartbeat=now,
                    text="starting",
                )
            )
        return row

    def _work(self, job: Row, lane: _Lane) -> None:
        steps = StepTimes()
        try:
            completion = self._completed(job, lane, steps)
            completion_id, times = new_id(), steps.end()
            self._keep(job, completion_id, completion, self._decoy(job, lane, completion_id, completion), times)
            self.engine_trouble = ""
        except Cancelled:
            if self._stopping.is_set() and job.id not in self._cancelled:
                self._put_back(job)
            else:
                self._end(job, "cancelled", "cancelled", "stopped on request")
        except (EngineError, StoreError) as error:
            log.warning("job %s failed: %s", job.id, error)
            if isinstance(error, EngineError):
                self.engine_trouble = str(error)
            self._end(job, "failed_retryable", error.code, str(error))
        except KbError as error:
            self._end(job, "failed", error.code, str(error))
        except Exception:  # the outermost edge of a job: a fault in one must not end the others
            log.exception("job %s failed", job.id)
            self._end(job, "failed", "internal", INTERNAL)
        finally:
            self._progress.pop(job.id, None)
            self._cancelled.discard(job.id)
            self._at_work.discard(job.id)

    def _completed(self, job: Row, lane: _Lane, steps: StepTimes) -> Completion:
        with self._database.read() as connection:
            case_of_it = connection.execute(select(tables.cases).where(tables.cases.c.id == job.case_id)).one()
            rows = fetch_case(connection, case_of_it)
            begun = _completion_rows(connection, job.from_completion, case_of_it) if job.from_completion else None
        case = rows.case(self._artifacts)
        start = begun.completion(self._artifacts) if begun else None
        engines = self._ready_engines(job, lane)
        beat = time.monotonic()

        def on_progress(progress: Progress) -> None:
            nonlocal beat
            steps.enter(progress.step)
            self._progress[job.id] = (progress.step, progress.done, progress.total, progress.text)
            if time.monotonic() - beat >= HEARTBEAT_S:
                beat = time.monotonic()
                self._beat(job.id, progress)

        return self._complete(
            case,
            self._prior_of(case.domain, _number(start) if start else None),
            engines,
            n=job.n,
            seed=job.seed,
            on_progress=on_progress,
            cancelled=lambda: self._is_stopped(job),
            start=start,
        )

    def _decoy(self, job: Row, lane: _Lane, completion_id: str, completion: Completion) -> Decoy | None:
        """For a small share of the completions, where the project wants them. That none could be made is no reason to lose the work."""
        with self._database.read() as connection:
            share = rules_of(connection, job.project).decoys
        if not drawn(completion_id, share):
            return None
        prior = self._prior_of(completion.case.domain, _number(completion))
        try:
            return made(completion, completion_id, prior, self._ready_engines(job, lane), cancelled=lambda: self._is_stopped(job))
        except Cancelled:
            raise
        except KbError as error:
            log.warning("no decoy for the completion %s: %s", completion_id, error)
            return None

    def _is_stopped(self, job: Row) -> bool:
        return self._stopping.is_set() or job.id in self._cancelled

    def _ready_engines(self, job: Row, lane: _Lane) -> Engines:
        if lane.engines is None:
            self._progress[job.id] = ("", 0, 0, "loading the engines")
            try:
                lane.engines = self._build_engines()
            except KbError as error:
                self.engine_trouble = str(error)
                raise
        return lane.engines

    def _beat(self, job_id: str, progress: Progress) -> None:
        values = {"step": progress.step, "done": progress.done, "total": progress.total, "text": progress.text}
        try:
            with self._database.write() as connection:
                connection.execute(update(tables.jobs).where(tables.jobs.c.id == job_id).values(heartbeat=utc_now(), **values))
        except StoreError as error:
            log.warning("the progress of job %s was not kept: %s", job_id, error)  # no reason to lose the work itself

    @contextmanager
    def _patient_write(self) -> Iterator[Connection]:
        """A write that a busy storage only delays: what comes now may be the outcome of long work."""
        with ExitStack() as stack:
            for tries_left in reversed(range(KEEP_TRIES)):
                try:
                    connection = stack.enter_context(self._database.write())
                    break
                except StoreError as error:
                    if error.code != "busy" or not tries_left:
                        raise
            yield connection

    def _keep(self, job: Row, completion_id: str, completion: Completion, decoy: Decoy | None, times: dict) -> None:
        """Files first, then all rows in one transaction. Raises Cancelled when somebody stopped the job at the last moment."""
        contents = [c.content for c in completion.candidates]
        contents += [decoy.completion.candidates[decoy.index].content] if decoy else []
        files = store_contents(self._artifacts, contents, synthetic=True)
        with self._patient_write() as connection:
            cancelled = select(tables.jobs.c.cancel_requested).where(tables.jobs.c.id == job.id)
            if connection.execute(cancelled).scalar_one():
                raise Cancelled("stopped on request")
            put_completed(connection, completion_id, completion, files[: len(completion.candidates)], job_id=job.id, times=times)
            if decoy:
                put_decoy(connection, completion_id, decoy, files[-1])
            _end(connection, job.id, "done", completion_id=completion_id, text="done")

    def _end(self, job: Row, state: str, code: str, sentence: str) -> None:
        step, done, total, _ = self._progress.get(job.id, ("", 0, 0, ""))
        with self._patient_write() as connection:
            reached = {"step": step, "done": done, "total": total}
            _end(connection, job.id, state, error_code=code, error=sentence, text=sentence, **reached)

    def _put_back(self, job: Row) -> None:
        """The app is closing: the job waits for the next start, and this try does not count."""
        of_it = update(tables.jobs).where(tables.jobs.c.id == job.id)
        with self._database.write() as connection:
            connection.execute(of_it.values(state="queued", attempts=job.attempts, text="waiting"))


def _number(completion: Completion) -> int:
    """Of the prior's version that it was made under: the names of its graph hold under that one only."""
    return int(completion.provenance.prior.rsplit("@", 1)[1])


def _completion_rows(connection: Connection, completion_id: str, case: Row) -> CompletionRows:
    row = connection.execute(select(tables.completions).where(tables.completions.c.id == completion_id)).one()
    return fetch_completion(connection, row, case)


def _put_back_interrupted(connection: Connection, at_work: Collection[str]) -> None:
    """at_work: jobs that really run."""
    job = tables.jobs
    running = update(job).where(job.c.state == "running", job.c.id.not_in(at_work))
    connection.execute(
        running.where(job.c.cancel_requested == 1).values(state="cancelled", finished=utc_now(), error_code="cancelled")
    )
    connection.execute(running.where(job.c.attempts < MAX_ATTEMPTS).values(state="queued", text="waiting"))
    sentence = f"the workbench stopped {MAX_ATTEMPTS} times during this job; try again"
    connection.execute(
        running.values(state="failed_retryable", error_code="interrupted", error=sentence, text=sentence, finished=utc_now())
    )


def _end(connection: Connection, job_id: str, state: str, **values) -> None:
    of_it = update(tables.jobs).where(tables.jobs.c.id == job_id)
    connection.execute(of_it.values(state=state, finished=utc_now(), heartbeat=utc_now(), **values))
