"""Who is reading a case: a claim for 20 minutes that the page renews, so that two people do not do the same work.

A claim protects nobody's data (the revision of the case does that); it keeps a second reader from starting, and says who reads.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.sqlite import insert

from kbapp.core.actor import Actor, Role
from kbapp.errors import DecisionRefused, NotAllowed, NotFound
from kbapp.review.access import ADMINS, EVERYONE, REVIEWERS, needs
from kbapp.review.events import CLAIM_ENDED, note_event
from kbapp.review.rows import case_row
from kbapp.store.clock import utc_in, utc_now
from kbapp.store.database import Database
from kbapp.store.tables import cases, leases

LEASE_S = 20 * 60


@dataclass(frozen=True)
class Lease:
    """until: UTC, ISO 8601. mine: the asking actor's."""

    case: str
    actor: str
    until: str
    mine: bool


@dataclass(frozen=True)
class Claim:
    """A claim in the list of all of them. origin: of the case. taken, until: UTC, ISO 8601."""

    case: str
    origin: str
    actor: str
    taken: str
    until: str


class Leases:
    def __init__(self, database: Database, seconds: float = LEASE_S):
        self._database, self._seconds = database, seconds

    @needs(REVIEWERS)
    def claim(self, actor: Actor, case_id: str, *, take_over: bool = False) -> Lease:
        """Take or renew the claim. While another person holds it, theirs is returned and nothing changes.

        take_over: end another person's claim; for admins. Raises NotAllowed, NotFound.
        """
        if take_over and actor.role is not Role.ADMIN:
            raise NotAllowed("only an admin takes over a case that somebody else is reading; wait until the claim ends")
        with self._database.write() as connection:
            case_row(connection, actor, case_id)
            theirs = claim_of_another(connection, actor, case_id)
            if theirs and not take_over:
                return _lease(theirs, actor)
            row = {"case_id": case_id, "project": actor.project, "actor_id": actor.id, "actor": actor.name}
            row |= {"taken": utc_now(), "until": utc_in(self._seconds)}
            connection.execute(insert(leases).values(row).on_conflict_do_update(index_elements=["case_id"], set_=row))
            return _lease(_live(connection, case_id, ""), actor)

    @needs(REVIEWERS)
    def release(self, actor: Actor, case_id: str) -> None:
        """Give one's own claim back; nothing happens without one."""
        with self._database.write() as connection:
            connection.execute(delete(leases).where(leases.c.case_id == case_id, leases.c.actor_id == actor.id))

    @needs(EVERYONE)
    def of(self, actor: Actor, case_id: str) -> Lease | None:
        """The claim that holds just now."""
        with self._database.read() as connection:
            case_row(connection, actor, case_id)
            row = _live(connection, case_id, utc_now())
        return _lease(row, actor) if row else None

    @needs(ADMINS)
    def live(self, actor: Actor) -> list[Claim]:
        """Every claim of the project that holds just now, the one that ends first before the others."""
        wanted = select(leases.c.case_id, cases.c.origin, leases.c.actor, leases.c.taken, leases.c.until)
        wanted = wanted.join(cases, cases.c.id == leases.c.case_id)
        wanted = wanted.where(leases.c.project == actor.project, leases.c.until > utc_now())
        with self._database.read() as connection:
            return [Claim(*row) for row in connection.execute(wanted.order_by(leases.c.until, leases.c.case_id)).all()]

    @needs(ADMINS)
    def end(self, actor: Actor, case_id: str) -> str:
        """End anybody's claim on a case, for others to read it; kept as an event. Returns whose it was.

        A page that is still in use claims its case again within minutes, where nobody else has. Raises NotFound without a live claim.
        """
        with self._database.write() as connection:
            case = case_row(connection, actor, case_id)
            row = _live(connection, case_id, utc_now())
            if row is None:
                raise NotFound("nobody is reading this case any more; there is nothing to give back")
            end_claim(connection, case_id)
            note_event(connection, actor.id, actor.name, CLAIM_ENDED, f"{row.actor}, {case.origin or 'case'} {case_id}")
        return row.actor


def claim_of_another(connection: Connection, actor: Actor, case_id: str) -> Row | None:
    """The live claim of somebody else, if there is one."""
    row = _live(connection, case_id, utc_now())
    return row if row and row.actor_id != actor.id else None


def refuse_if_claimed(connection: Connection, actor: Actor, case_id: str) -> None:
    """Raises DecisionRefused ("claimed") while somebody else reads the case."""
    if theirs := claim_of_another(connection, actor, case_id):
        raise DecisionRefused(
            f"{theirs.actor} is reading this case until {theirs.until[11:16]} UTC; wait, or take it over", code="claimed"
        )


def end_claim(connection: Connection, case_id: str) -> None:
    connection.execute(delete(leases).where(leases.c.case_id == case_id))


def _live(connection: Connection, case_id: str, now: str) -> Row | None:
    return connection.execute(select(leases).where(leases.c.case_id == case_id, leases.c.until > now)).first()


def _lease(row: Row, actor: Actor) -> Lease:
    return Lease(row.case_id, row.actor, row.until, row.actor_id == actor.id)
