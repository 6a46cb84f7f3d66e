"""Corrections of the source graph: a new completion of the same candidates against the corrected graph, scored without any model.

The completion before it stays as it is, scores and all, and can be looked at and compared with; decisions name the one they were made on.
What people have written on its candidates and not decided upon goes along; an edit of a decoy does not, because the decoy is gone.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, Row

from kbapp.core.actor import Actor
from kbapp.errors import DecisionRefused, Stale, UserError
from kbapp.knowledge.graph_corrections import Correction, corrected
from kbapp.pipeline import CORRECTED_BY, GRAPH_VERSION, rescored
from kbapp.review.access import REVIEWERS, needs
from kbapp.review.completed import put_completed
from kbapp.review.decoys import on_screens
from kbapp.review.drafts import take_along
from kbapp.review.leases import refuse_if_claimed
from kbapp.review.priors import Priors
from kbapp.review.rows import case_row, completion_row
from kbapp.review.second_reads import RETURNED
from kbapp.review.transitions import DECIDED
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.clock import utc_now
from kbapp.store.completion_rows import CompletionRows, StoredContent, fetch_completion
from kbapp.store.database import Database
from kbapp.store.ids import new_id

MAX_REASON = 500


class Corrections:
    def __init__(self, database: Database, artifacts: ArtifactStore, priors: Priors):
        self._database, self._artifacts, self._priors = database, artifacts, priors

    @needs(REVIEWERS)
    def correct(self, actor: Actor, completion_id: str, corrections: Sequence[Correction], reason: str, *, revision: int) -> str:
        """The id of the new completion, which is its case's latest now.

        revision: of the case, as the person saw it. Raises Stale, DecisionRefused for a decided case or one that somebody else reads,
        UserError for a missing reason or a correction that makes no sense, NotFound.
        """
        reason = reason.strip()
        if not 0 < len(reason) <= MAX_REASON:
            raise UserError(f"a correction needs a reason of at most {MAX_REASON} characters", code="needs_reason")
        with self._database.read() as connection:
            row, case = completion_row(connection, actor, completion_id)
            rows = fetch_completion(connection, row, case)
            _refuse_untimely(connection, actor, rows, case, revision)
        old = rows.completion(self._artifacts)
        domain, number = old.provenance.prior.rsplit("@", 1)
        prior = self._priors.version(actor, domain, int(number))
        new = rescored(old, corrected(old.reading.graph, corrections, prior.prior), prior)
        new = _told(new, actor, reason)
        files = [StoredContent(c.artifact, 0, c.meta) for c in rows.candidates]  # they are in the store: no row of theirs is made
        made = new_id()
        with self._database.write() as connection:
            _refuse_untimely(connection, actor, rows, case_row(connection, actor, case.id), revision)
            times = {"corrected": utc_now(), "from": completion_id}
            put_completed(connection, made, new, files, job_id=None, times=times)
            take_along(connection, completion_id, made, without=on_screens(connection, completion_id))
        return made


def _told(completion, actor: Actor, reason: str):
    """The correction in the completion's own words and provenance."""
    engines = dict(completion.provenance.engines)
    version = 1 + int(engines.get(GRAPH_VERSION, "1"))
    engines |= {GRAPH_VERSION: str(version), CORRECTED_BY: actor.name}
    note = f"Graph corrected by {actor.name} (version {version}): {reason}"
    notes = (note, *(n for n in completion.notes if not n.startswith("Graph corrected by ")))
    return replace(completion, provenance=replace(completion.provenance, engines=engines), notes=notes)


def _refuse_untimely(connection: Connection, actor: Actor, rows: CompletionRows, case: Row, revision: int) -> None:
    if case.revision != revision or case.completion_id != rows.row.id:
        raise Stale("the case has changed since this page was opened; open it again to see how it stands")
    if case.status in DECIDED:
        raise DecisionRefused("the case is decided; take the decision back first", code="decided")
    if case.reading not in ("", RETURNED):
        raise DecisionRefused("the case is with a second reader; nothing is changed under their eyes", code="second_read")
    refuse_if_claimed(connection, actor, case.id)
