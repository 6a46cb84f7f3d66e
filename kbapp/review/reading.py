"""How a project reads: blind first or not, once or twice, with decoys or without. The newest row of the rules counts, and all of them are kept."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, insert, select

from kbapp.core.actor import Actor
from kbapp.core.decision import FINAL
from kbapp.errors import UserError
from kbapp.review.access import EVERYONE, EXPERTS, REVIEWERS, may_review, needs
from kbapp.review.rows import completion_row
from kbapp.store.clock import utc_now
from kbapp.store.database import Database
from kbapp.store.tables import decisions, reading_rules, reveals, second_reads

MOST_DECOYS = 10  # of 100 cases: more would make the readers look for decoys


@dataclass(frozen=True)
class Rules:
    """blind: the scores of a case stay on the server until its reader asks. reads_required: 1 or 2. decoys: in how many of 100 cases a
    candidate with a known error stands among the others, 0 to 10. actor, utc: who set it, and when; empty where nobody has."""

    blind: bool = False
    reads_required: int = 1
    decoys: int = 0
    actor: str = ""
    utc: str = ""


@dataclass(frozen=True)
class Sight:
    """What one reader may see of a completion. hidden: no score, no ranking, no difference. order: candidate indices as they stand on
    this reader's screen; empty: as they were made. ms_to_reveal: None before the reveal, and where the page did not say."""

    hidden: bool = False
    order: tuple[int, ...] = ()
    ms_to_reveal: int | None = None


class Reading:
    def __init__(self, database: Database):
        self._database = database

    @needs(EVERYONE)
    def rules(self, actor: Actor) -> Rules:
        with self._database.read() as connection:
            return rules_of(connection, actor.project)

    @needs(EVERYONE)
    def changes(self, actor: Actor) -> list[Rules]:
        """Every setting there was, newest first."""
        with self._database.read() as connection:
            return [_rules(row) for row in connection.execute(_newest_first(actor.project)).all()]

    @needs(EXPERTS)
    def set_rules(self, actor: Actor, *, blind: bool, reads_required: int, decoys: int = 0) -> Rules:
        """Holds for every case that is opened or decided from now on. Raises UserError."""
        if reads_required not in (1, 2):
            raise UserError(f"expected 1 or 2 reads of each case, got {reads_required}", code="reads_unfit")
        if not 0 <= decoys <= MOST_DECOYS:
            raise UserError(f"expected decoys in 0 to {MOST_DECOYS} of 100 cases, got {decoys}", code="decoys_unfit")
        with self._database.write() as connection:
            number = 1 + (connection.execute(select(func.max(reading_rules.c.id))).scalar() or 0)
            row = {"id": number, "project": actor.project, "blind": int(blind), "reads_required": reads_required, "decoys": decoys}
            row |= {"actor_id": actor.id, "actor": actor.name, "utc": utc_now()}
            connection.execute(insert(reading_rules).values(row))
            return rules_of(connection, actor.project)

    @needs(EVERYONE)
    def sight(self, actor: Actor, completion_id: str) -> Sight:
        """Raises NotFound."""
        with self._database.read() as connection:
            row, _ = completion_row(connection, actor, completion_id)
            return sight_of(connection, actor, row)

    @needs(REVIEWERS)
    def reveal(self, actor: Actor, completion_id: str, ms: int | None = None) -> Sight:
        """Note that this reader asked for the scores; a second time changes nothing. ms: since the case appeared. Raises NotFound."""
        with self._database.write() as connection:
            row, _ = completion_row(connection, actor, completion_id)
            if sight_of(connection, actor, row).hidden:
                connection.execute(insert(reveals).values(actor_id=actor.id, completion_id=row.id, utc=utc_now(), ms=ms))
            return sight_of(connection, actor, row)


def rules_of(connection: Connection, project: str) -> Rules:
    row = connection.execute(_newest_first(project).limit(1)).first()
    return _rules(row) if row else Rules()


def sight_of(connection: Connection, actor: Actor, completion: Row) -> Sight:
    """Hidden until the reader asked, or decided: a decided case shows everything. Who decides nothing has nothing to be blinded for."""
    if not may_review(actor) or not rules_of(connection, actor.project).blind:
        return Sight()
    order = shuffled(actor.id, completion.id, completion.n)
    of_mine = (reveals.c.actor_id == actor.id, reveals.c.completion_id == completion.id)
    shown = connection.execute(select(reveals).where(*of_mine)).first()
    return Sight(not shown and not _has_decided(connection, actor, completion), order, shown.ms if shown else None)


def shuffled(actor_id: str, completion_id: str, n: int) -> tuple[int, ...]:
    """The indices 0 ... n-1 in an order of this reader's own, always the same one for the same completion."""

    def drawn(k: int) -> bytes:
        return hashlib.sha256(f"{actor_id}\0{completion_id}\0{k}".encode()).digest()

    return tuple(sorted(range(n), key=drawn))


def _has_decided(connection: Connection, actor: Actor, completion: Row) -> bool:
    """Before now, in the first read or in the second."""
    mine = (decisions.c.actor_id == actor.id, decisions.c.completion_id == completion.id, decisions.c.action.in_(FINAL))
    if connection.execute(select(decisions.c.id).where(*mine).limit(1)).first():
        return True
    of_it = select(second_reads.c.id).join(decisions, decisions.c.id == second_reads.c.decision_id)
    mine = (second_reads.c.actor_id == actor.id, decisions.c.completion_id == completion.id)
    return connection.execute(of_it.where(*mine).limit(1)).first() is not None


def _newest_first(project: str):
    return select(reading_rules).where(reading_rules.c.project == project).order_by(reading_rules.c.id.desc())


def _rules(row: Row) -> Rules:
    return Rules(bool(row.blind), row.reads_required, row.decoys, row.actor, row.utc)
