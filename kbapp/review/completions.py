"""Completions: what the three steps made of a case. Old ones are kept when a case is completed again."""

from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from kbapp.core.actor import Actor
from kbapp.core.completion import Completion
from kbapp.core.decision import Decision
from kbapp.review.access import EVERYONE, needs
from kbapp.review.rows import case_row, completion_row, counting_decision, decision_of
from kbapp.review.second_reads import SECOND_READ, hidden
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.completion_rows import CompletionRows, fetch_completion
from kbapp.store.database import Database
from kbapp.store.tables import completions


@dataclass(frozen=True)
class StoredCompletion:
    """A completion with what stands around it in the store.

    revision: of the case just now; a decision must carry it. latest: False when the case was completed again since.
    status: of the case ("ready", "accepted" ...), "second_read" for those who may not know yet what the first reader decided. decision:
    the one that counts for this completion, or None. reading: "", "second_read", "adjudication" or "returned".
    source_artifacts, candidate_artifacts: the stored file of each content, in order.
    """

    id: str
    completion: Completion
    revision: int
    latest: bool
    status: str
    decision: Decision | None
    utc: str
    times: dict
    source_artifacts: tuple[str, ...]
    candidate_artifacts: tuple[str, ...]
    reading: str = ""


@dataclass(frozen=True)
class CompletionRow:
    """A line of the list of a case's completions."""

    id: str
    utc: str
    prior: str
    profile: str
    seed: int
    n: int
    n_requested: int
    top_qs: float | None
    latest: bool


class Completions:
    def __init__(self, database: Database, artifacts: ArtifactStore):
        self._database, self._artifacts = database, artifacts

    @needs(EVERYONE)
    def get(self, actor: Actor, completion_id: str) -> StoredCompletion:
        """Raises NotFound, or ArtifactTampered when a stored file was changed."""
        with self._database.read() as connection:
            rows, decision = _fetch(connection, *completion_row(connection, actor, completion_id))
        return self._stored(actor, rows, decision)

    @needs(EVERYONE)
    def latest(self, actor: Actor, case_id: str) -> StoredCompletion | None:
        """None for a case that was not completed yet. Raises NotFound for one that does not exist."""
        with self._database.read() as connection:
            case = case_row(connection, actor, case_id)
            if case.completion_id is None:
                return None
            row = connection.execute(select(completions).where(completions.c.id == case.completion_id)).one()
            rows, decision = _fetch(connection, row, case)
        return self._stored(actor, rows, decision)

    @needs(EVERYONE)
    def list(self, actor: Actor, case_id: str) -> list[CompletionRow]:
        """Of one case, newest first."""
        with self._database.read() as connection:
            case = case_row(connection, actor, case_id)
            of_it = select(completions).where(completions.c.case_id == case_id).order_by(completions.c.id.desc())
            rows = connection.execute(of_it).all()
        return [
            CompletionRow(r.id, r.utc, r.prior, r.profile, r.seed, r.n, r.n_requested, r.top_qs, r.id == case.completion_id)
            for r in rows
        ]

    def _stored(self, actor: Actor, rows: CompletionRows, decision: Row | None) -> StoredCompletion:
        case = rows.case.row
        kept_back = hidden(case, decision, actor)
        return StoredCompletion(
            id=rows.row.id,
            completion=rows.completion(self._artifacts),
            revision=case.revision,
            latest=rows.row.id == case.completion_id,
            status=SECOND_READ if kept_back else case.status,
            decision=decision_of(decision) if decision and not kept_back else None,
            utc=rows.row.utc,
            times=rows.row.times,
            source_artifacts=tuple(c.artifact for c in rows.case.contents),
            candidate_artifacts=tuple(c.artifact for c in rows.candidates),
            reading=case.reading,
        )


def _fetch(connection: Connection, row: Row, case: Row) -> tuple[CompletionRows, Row | None]:
    return fetch_completion(connection, row, case), counting_decision(connection, row.id)
