"""How far first and second readers agree."""

from dataclasses import dataclass

from sqlalchemy import select

from kbapp.core.actor import Actor
from kbapp.core.kappa import Kappa, cohens_kappa
from kbapp.review.access import EVERYONE, needs
from kbapp.store.database import Database
from kbapp.store.tables import decisions, second_reads

ENOUGH = 10  # cases read twice, below which kappa says nothing
_VERDICT = {"accept": "accept", "accept_edited": "accept", "reject": "reject"}


@dataclass(frozen=True)
class ReaderAgreement:
    """cases: read twice. same: of these, with the same action and the same candidate. kappa: over accept against reject alone, because
    the candidates of one case are not those of another."""

    cases: int
    same: int
    kappa: Kappa

    @property
    def share(self) -> float | None:
        """same / cases, 0-1; None without cases."""
        return self.same / self.cases if self.cases else None


class Agreement:
    def __init__(self, database: Database):
        self._database = database

    @needs(EVERYONE)
    def of(self, actor: Actor) -> ReaderAgreement:
        """Over every second read of the project, whatever came of it afterwards."""
        wanted = select(decisions.c.action, second_reads.c.action.label("second"), second_reads.c.agrees)
        wanted = wanted.join(second_reads, second_reads.c.decision_id == decisions.c.id)
        with self._database.read() as connection:
            rows = connection.execute(wanted.where(second_reads.c.project == actor.project)).all()
        verdicts = [(_VERDICT[row.action], _VERDICT[row.second]) for row in rows]
        return ReaderAgreement(len(rows), sum(row.agrees for row in rows), cohens_kappa(verdicts))
