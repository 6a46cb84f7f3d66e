"""What people accepted for good, to be taken along as a data set. The true content that a case came with is no part of it."""

from dataclasses import asdict

from sqlalchemy import Select, select

from kbapp.core.actor import Actor
from kbapp.errors import NotFound
from kbapp.formats.accepted_files import AcceptedFiles, accepted_files
from kbapp.review.access import EVERYONE, needs
from kbapp.review.audit import Audit
from kbapp.review.completions import Completions
from kbapp.review.decisions import Decisions
from kbapp.review.truths import settled
from kbapp.store.database import Database
from kbapp.store.tables import cases


class Exports:
    def __init__(self, database: Database, audit: Audit, completions: Completions, decisions: Decisions):
        self._database, self._audit, self._completions, self._decisions = database, audit, completions, decisions

    @needs(EVERYONE)
    def accepting(self, actor: Actor) -> list[int]:
        """The decisions by which cases stand accepted and settled: not those that still wait for a second reader or an expert."""
        with self._database.read() as connection:
            return list(connection.execute(_accepting(actor).order_by(cases.c.id)).scalars())

    @needs(EVERYONE)
    def accepts(self, actor: Actor, decision_id: int) -> bool:
        """Whether the decision is one of those."""
        with self._database.read() as connection:
            return connection.execute(_accepting(actor).where(cases.c.decision_id == decision_id)).first() is not None

    @needs(EVERYONE)
    def accepted(self, actor: Actor, decision_id: int) -> AcceptedFiles:
        """The case that this decision accepts. Raises NotFound for any other decision, ArtifactTampered."""
        if not self.accepts(actor, decision_id):
            raise NotFound(f"by decision {decision_id} no case stands accepted for good")
        (row,) = self._audit.show(actor, decision_id)
        stored = self._completions.get(actor, row.completion)
        content = self._decisions.accepted(actor, row.case)
        return accepted_files(stored.completion, stored.times, asdict(row), content.data, content.media_type)


def _accepting(actor: Actor) -> Select:
    wanted = select(cases.c.decision_id).where(cases.c.project == actor.project, settled())
    return wanted.where(cases.c.status.in_(("accepted", "accepted_edited")))
