"""The workbench: the service layer as one object. Pages, routes and commands call this, never tables or engines."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from kbapp import pipeline
from kbapp.errors import SettingsError
from kbapp.pipeline import Engines
from kbapp.resources import DOMAINS
from kbapp.review.agreement import Agreement
from kbapp.review.artifacts import Artifacts
from kbapp.review.audit import Audit
from kbapp.review.bands import Bands
from kbapp.review.cases import Cases
from kbapp.review.comments import Comments
from kbapp.review.completions import Completions
from kbapp.review.corrections import Corrections
from kbapp.review.decisions import Decisions
from kbapp.review.decoys import Decoys
from kbapp.review.drafts import Drafts
from kbapp.review.events import Events
from kbapp.review.exports import Exports
from kbapp.review.imports import Imports
from kbapp.review.insight import Insights
from kbapp.review.jobs import Jobs
from kbapp.review.leases import Leases
from kbapp.review.logins import Logins
from kbapp.review.measures import Measures
from kbapp.review.people import People
from kbapp.review.priors import Priors
from kbapp.review.reading import Reading
from kbapp.review.second_reads import SecondReads
from kbapp.review.trials import Trials
from kbapp.review.truths import Truths
from kbapp.review.words import put_missing_words
from kbapp.review.worker import CompleteCase, Worker
from kbapp.review.worklist import Worklist
from kbapp.settings import Settings
from kbapp.store.append_only import check_triggers
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.database import Database
from kbapp.store.layout import artifacts_folder, database_path
from kbapp.store.lock import StorageLock
from kbapp.store.migrations import migrate


class Workbench:
    """Open it with `open` (one process per storage folder) or `open_for_reading` (any number, beside a running app)."""

    def __init__(
        self,
        database: Database,
        artifacts: ArtifactStore,
        priors: Priors,
        worker: Worker | None = None,
        lock: StorageLock | None = None,
        trials: Trials | None = None,
    ):
        self._database, self._worker, self._lock = database, worker, lock
        self.cases = Cases(database, artifacts)
        self.completions = Completions(database, artifacts)
        self.corrections = Corrections(database, artifacts, priors)
        self.imports = Imports(database, artifacts)
        self.truths = Truths(database, artifacts)
        self.bands = Bands(artifacts.folder.parent)
        self.decisions = Decisions(database, artifacts)
        self.decoys = Decoys(database, artifacts)
        self.drafts = Drafts(database)
        self.comments = Comments(database)
        self.leases = Leases(database)
        self.worklist = Worklist(database)
        self.measures = Measures(database, artifacts)
        self.priors = priors
        self.trials = trials or Trials(database, artifacts, priors, "", None)
        self.jobs = Jobs(database, worker)
        self.artifacts = Artifacts(database, artifacts)
        self.audit = Audit(database)
        self.exports = Exports(database, self.audit, self.completions, self.decisions)
        self.agreement = Agreement(database)
        self.reading = Reading(database)
        self.second_reads = SecondReads(database)
        self.insights = Insights(database)
        self.people = People(database)
        self.events = Events(database)
        self.logins = Logins(database)

    @classmethod
    def open(
        cls,
        settings: Settings,
        engines_for: Callable[[str], Engines],
        *,
        complete: CompleteCase | None = None,
        shipped: Path = DOMAINS,
    ) -> "Workbench":
        """Make or upgrade the storage, install the shipped priors, start the worker.

        engines_for(profile): called by the first job, and by the first trial of a draft. complete: what runs the three steps, the pipeline's when not given.
        Raises SettingsError ("storage_in_use" when another process has it), StoreError.
        """
        with ExitStack() as on_failure:
            lock, database, artifacts = _locked(settings.storage, on_failure)
            priors = Priors(database, shipped)
            priors.install_shipped()
            engines = partial(engines_for, settings.profile)
            worker = Worker(
                database,
                artifacts,
                complete=complete or pipeline.complete,
                engines=engines,
                prior_of=priors.of,
                lanes=settings.lanes,
            )
            worker.start()
            on_failure.pop_all()
        return cls(database, artifacts, priors, worker, lock, Trials(database, artifacts, priors, settings.profile, engines))

    @classmethod
    def open_for_reading(cls, settings: Settings, *, shipped: Path = DOMAINS) -> "Workbench":
        """For commands beside a running app: everything can be looked at, nothing is changed and no job runs. Raises StoreError."""
        database = Database(database_path(settings.storage), readonly=True)
        return cls(database, ArtifactStore(artifacts_folder(settings.storage)), Priors(database, shipped))

    @classmethod
    def open_for_priors(cls, settings: Settings, *, shipped: Path = DOMAINS) -> "Workbench":
        """For commands that save a prior while no app runs: with the lock, without a worker, so that no waiting job is begun.

        Raises as `open` does.
        """
        with ExitStack() as on_failure:
            lock, database, artifacts = _locked(settings.storage, on_failure)
            priors = Priors(database, shipped)
            priors.install_shipped()
            on_failure.pop_all()
        return cls(database, artifacts, priors, None, lock)

    @classmethod
    def open_beside(cls, settings: Settings, *, shipped: Path = DOMAINS) -> "Workbench":
        """For commands that write a few rows whether or not an app runs: with the lock where it is free, else beside the app, which has
        made or upgraded the storage already. Raises StoreError."""
        try:
            return cls.open_for_priors(settings, shipped=shipped)
        except SettingsError as error:
            if error.code != "storage_in_use":
                raise
        database = Database(database_path(settings.storage))
        return cls(database, ArtifactStore(artifacts_folder(settings.storage)), Priors(database, shipped))

    def engines_health(self) -> tuple[bool, str]:
        """(True, "") or (False, why): what came of the engines when a job last needed them. Looking at results needs none."""
        trouble = self._worker.engine_trouble if self._worker else "the storage was opened for reading only"
        return not trouble, trouble

    def close(self) -> None:
        """Stop the worker (a running job goes back to the queue) and let go of the storage."""
        ended = self._worker.stop() if self._worker else True
        if ended:  # a worker that still runs may still write: then the lock stays until the process ends
            self._database.close()
            if self._lock:
                self._lock.release()

    def __enter__(self) -> "Workbench":
        return self

    def __exit__(self, *_error) -> None:
        self.close()


def _locked(folder: Path, on_failure: ExitStack) -> tuple[StorageLock, Database, ArtifactStore]:
    """The storage for this process alone; what was taken is given back when `on_failure` unwinds."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"the storage folder {folder} cannot be made: {error.strerror}") from error
    lock = StorageLock(folder)
    on_failure.callback(lock.release)
    database, artifacts = _prepared(folder)
    on_failure.callback(database.close)
    return lock, database, artifacts


def _prepared(folder: Path) -> tuple[Database, ArtifactStore]:
    artifacts = ArtifactStore(artifacts_folder(folder))
    artifacts.prepare()
    database = Database(database_path(folder))
    try:
        with database.write() as connection:
            migrate(connection)
            check_triggers(connection)
        put_missing_words(database, artifacts)
    except BaseException:
        database.close()
        raise
    return database, artifacts
