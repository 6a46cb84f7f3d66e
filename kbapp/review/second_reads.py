"""A second pair of eyes: who read a case the second time, blind to the first decision, and what came of it when the two differed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, false, func, insert, select, update

from kbapp.core.actor import LOCAL_OWNER, Actor
from kbapp.core.decision import FINAL, Action, Decision, Reason
from kbapp.errors import DecisionRefused, NotAllowed, Stale
from kbapp.review.access import EVERYONE, EXPERTS, REVIEWERS, needs
from kbapp.review.leases import end_claim, refuse_if_claimed
from kbapp.review.reading import Sight, sight_of
from kbapp.review.rows import case_row, completion_row, decision_of
from kbapp.review.wish import wished
from kbapp.store import tables
from kbapp.store.clock import utc_now
from kbapp.store.database import Database

SECOND_READ, ADJUDICATION, RETURNED = "second_read", "adjudication", "returned"  # of `cases.reading`; empty: nothing is open
RETURNED_PRIORITY = -1000.0  # added to a case's place on the worklist: what comes back is read first


@dataclass(frozen=True)
class SecondRead:
    """candidate: index of the accepted one, or None. agrees: same action and same candidate as the first reader's."""

    id: int
    actor: str
    role: str
    utc: str
    action: Action
    candidate: int | None
    reason: str
    note: str
    agrees: bool


@dataclass(frozen=True)
class BothReads:
    """text_difference: of an edited text, else empty."""

    first: Decision
    text_difference: str
    second: SecondRead
    readers: tuple[str, str]  # their ids

    def read_by(self, actor: Actor) -> bool:
        return actor.id in self.readers


@dataclass(frozen=True)
class Feedback:
    """Why a case came back to its first reader."""

    actor: str
    utc: str
    text: str


class SecondReads:
    def __init__(self, database: Database):
        self._database = database

    @needs(REVIEWERS)
    def read(
        self,
        actor: Actor,
        completion_id: str,
        action: Action,
        *,
        revision: int,
        idempotency_key: str,
        candidate: int | None = None,
        reason: Reason | str = "",
        note: str = "",
        ms_visible: int | None = None,
        confirm: bool = False,
    ) -> SecondRead:
        """Store what the second reader says: accept a candidate, or reject all. The same key again gives the same read.

        A second reader edits nothing: what to change stands in the note. When both agree the case is done, else it waits for
        adjudication.

        Raises Stale, NotFound, DecisionRefused ("same_reader"; "needs_confirmation" as in `Decisions.decide`; "claimed").
        """
        wish = _wish(action, revision=revision, idempotency_key=idempotency_key, candidate=candidate, reason=reason, note=note)
        with self._database.write() as connection:
            made, case = completion_row(connection, actor, completion_id)
            if known := _repeated(connection, actor, wish):
                return _read(known)
            first = _waiting_for(connection, actor, case, made, revision)
            refuse_if_claimed(connection, actor, case.id)
            sight = sight_of(connection, actor, made)
            _refuse_unconfirmed(connection, made, wish, sight, confirm)
            agrees = (first.action, first.candidate) == (wish["action"], wish["candidate"])
            row = wish | _row(connection, actor, first, sight, made) | {"agrees": int(agrees), "ms_visible": ms_visible}
            connection.execute(insert(tables.second_reads).values(row))
            put_reading(connection, case, "" if agrees else ADJUDICATION)
            end_claim(connection, case.id)
            return _read(_of_decision(connection, first.id))

    @needs(EVERYONE)
    def both(self, actor: Actor, case_id: str) -> BothReads | None:
        """The two reads of a case that waits for adjudication; None for every other one. Raises NotFound."""
        with self._database.read() as connection:
            case = case_row(connection, actor, case_id)
            if case.reading != ADJUDICATION:
                return None
            first, second = _decision(connection, case), _of_decision(connection, case.decision_id)
        return BothReads(decision_of(first), first.text_difference, _read(second), (first.actor_id, second.actor_id))

    @needs(EVERYONE)
    def newest(self, actor: Actor) -> SecondRead | None:
        """The last one of this person in the project."""
        stored = tables.second_reads
        mine = select(stored).where(stored.c.project == actor.project, stored.c.actor_id == actor.id)
        with self._database.read() as connection:
            row = connection.execute(mine.order_by(stored.c.id.desc()).limit(1)).first()
        return _read(row) if row else None

    @needs(EVERYONE)
    def feedback(self, actor: Actor, case_id: str) -> Feedback | None:
        """What the adjudicator said of a case that came back and was not decided since; None for every other one. Raises NotFound."""
        given = tables.adjudications
        with self._database.read() as connection:
            if case_row(connection, actor, case_id).reading != RETURNED:
                return None
            of_it = select(given).where(given.c.case_id == case_id, given.c.outcome == RETURNED).order_by(given.c.id.desc())
            row = connection.execute(of_it).first()
        return Feedback(row.actor, row.utc, row.feedback)


def hidden(case: ColumnElement | Row, first: Row | None, actor: Actor) -> bool:
    """Whether the decision that counts for a case is kept from this person, who may become its second reader."""
    return case.reading == SECOND_READ and first is not None and first.actor_id != actor.id and actor.id != LOCAL_OWNER.id


def not_hidden(case_id: ColumnElement, actor_id: ColumnElement, actor: Actor) -> ColumnElement:
    """The same as a condition on rows about a case that somebody made: one's own are always shown."""
    case, first = tables.cases, tables.decisions.alias("first")
    waiting = select(case.c.id).join(first, first.c.id == case.c.decision_id)
    waiting = waiting.where(case.c.id == case_id, case.c.reading == SECOND_READ, first.c.actor_id != actor.id)
    return (actor_id == actor.id) | ~waiting.exists()


def returned(decision_id: ColumnElement) -> ColumnElement:
    """The condition that a decision gives a case back to its first reader: among the stored actions it is an undo."""
    given = tables.adjudications
    return select(given.c.id).where(given.c.decision_id == decision_id, given.c.outcome == RETURNED).exists()


def read_by(connection: Connection, actor: Actor) -> int:
    """In how many cases a read of this person stands: as first reader, second reader or adjudicator; also under what an expert settled.

    The three are never one person, so that each case is counted once. Looked up by person, because every page asks.
    """
    case, first, second, given = tables.cases, tables.decisions, tables.second_reads, tables.adjudications
    decided = (
        select(func.count()).select_from(first).join(case, (case.c.id == first.c.case_id) & (case.c.decision_id == first.c.id))
    )
    decided = decided.where(first.c.project == actor.project, first.c.actor_id == actor.id, first.c.action.in_(FINAL))
    settled = select(given.c.decision_id).where(given.c.second_read_id == second.c.id)
    stands = (case.c.decision_id == second.c.decision_id) | case.c.decision_id.in_(settled)
    again = select(func.count()).select_from(second).join(case, (case.c.id == second.c.case_id) & stands)
    again = again.where(second.c.project == actor.project, second.c.actor_id == actor.id)
    before = select(func.count()).select_from(given).join(case, case.c.decision_id == given.c.decision_id)
    before = before.where(given.c.project == actor.project, given.c.first_reader == actor.id, case.c.id == given.c.case_id)
    return sum(connection.execute(query).scalar_one() for query in (decided, again, before))


def put_reading(connection: Connection, case: Row, reading: str) -> None:
    """Where the case stands between its readers; a new revision, so that nobody decides upon what he saw before."""
    changed = {"reading": reading, "revision": case.revision + 1, "updated": utc_now()}
    connection.execute(update(tables.cases).where(tables.cases.c.id == case.id).values(changed))


def refuse_first_readers(case: Row, current: Row | None, actor: Actor, action: Action) -> None:
    """What `Decisions` asks first. Raises DecisionRefused while the case waits for a second reader, except for the first one's undo."""
    if case.reading == SECOND_READ and not (action is Action.UNDO and current.actor_id == actor.id):
        raise DecisionRefused("this case waits for a second reader; reload it", code=SECOND_READ)
    if case.reading == ADJUDICATION:
        raise DecisionRefused("two readers differ on this case; it waits for an expert who read it neither time", code=ADJUDICATION)


def refuse_readers(connection: Connection, case: Row, actor: Actor) -> Row:
    """The second read that this person may adjudicate. Raises DecisionRefused, NotAllowed."""
    second = _of_decision(connection, case.decision_id)
    _refuse_unfit(actor, _decision(connection, case), second)
    return second


def to_settle(actor: Actor) -> ColumnElement:
    """The condition on `cases` in adjudication that this person may settle them."""
    if actor.role not in EXPERTS:
        return false()
    first, second = tables.decisions, tables.second_reads
    mine = select(first.c.id).join(second, second.c.decision_id == first.c.id).where(first.c.id == tables.cases.c.decision_id)
    return ~mine.where((first.c.actor_id == actor.id) | (second.c.actor_id == actor.id)).exists()


def settles_or_settled(connection: Connection, case: Row, actor: Actor) -> bool:
    """Whether this person settles the case, or was the last to do that."""
    stored, given = tables.cases, tables.adjudications
    waits = select(stored.c.id).where(stored.c.id == case.id, stored.c.reading == ADJUDICATION, to_settle(actor))
    last = select(given.c.actor_id, given.c.decision_id).where(given.c.case_id == case.id).order_by(given.c.id.desc()).limit(1)
    done = connection.execute(last).first()
    settled = done and done.actor_id == actor.id and (done.decision_id == case.decision_id or case.reading == RETURNED)
    return bool(settled or connection.execute(waits).first())


def settled_read(connection: Connection, actor: Actor, decision: Row) -> Row | None:
    """Asked before `decision` is taken back: the first reader's decision that it settled, None where it settled nothing. What two readers
    agreed on, and what was settled, is taken back by those who may settle. Raises DecisionRefused, NotAllowed."""
    given, stored = tables.adjudications, tables.second_reads
    of_it = select(stored).outerjoin(given, given.c.second_read_id == stored.c.id)
    second = connection.execute(of_it.where((given.c.decision_id == decision.id) | (stored.c.decision_id == decision.id))).first()
    if second is None:
        return None
    first = connection.execute(select(tables.decisions).where(tables.decisions.c.id == second.decision_id)).one()
    _refuse_unfit(actor, first, second)
    return None if first.id == decision.id else first


def _refuse_unfit(actor: Actor, first: Row, second: Row) -> None:
    if actor.role not in EXPERTS:
        raise NotAllowed("only an expert or an admin settles what two readers have read, or takes that back")
    if actor.id in (first.actor_id, second.actor_id):
        raise DecisionRefused(
            "you have read this case yourself; another expert must settle it, or take that back", code="same_reader"
        )


def note_adjudication(
    connection: Connection, actor: Actor, case: Row, second: Row, decision: int, outcome: str, said: str = ""
) -> None:
    """Inside the transaction of the decision that replaces the first reader's."""
    number = 1 + (connection.execute(select(func.max(tables.adjudications.c.id))).scalar() or 0)
    row = {"id": number, "second_read_id": second.id, "decision_id": decision, "case_id": case.id, "project": case.project}
    row |= {"outcome": outcome, "feedback": said, "first_reader": _decision(connection, case).actor_id}
    row |= {"actor_id": actor.id, "actor": actor.name, "utc": utc_now()}
    connection.execute(insert(tables.adjudications).values(row))


def _wish(action: Action, **given) -> dict:
    """given: as `wished` takes it. What the row says of the wish. Raises DecisionRefused."""
    if action is Action.ACCEPT_EDITED:
        raise DecisionRefused("a second reader edits nothing: accept or reject, and say in the note what to change", code="no_edit")
    if action not in (Action.ACCEPT, Action.REJECT):
        raise DecisionRefused("a second read accepts one candidate or rejects all of them", code="illegal_transition")
    wish = wished(action, **given)
    kept = ("candidate", "reason", "note", "idempotency_key")
    return {"action": wish.action.value} | {name: getattr(wish, name) for name in kept}


def _repeated(connection: Connection, actor: Actor, wish: dict) -> Row | None:
    stored = tables.second_reads
    row = connection.execute(select(stored).where(stored.c.idempotency_key == wish["idempotency_key"])).first()
    if row and (row.actor_id, row.action, row.candidate) != (actor.id, wish["action"], wish["candidate"]):
        raise DecisionRefused("this idempotency key belongs to another decision; reload the page", code="key_reused")
    return row


def _waiting_for(connection: Connection, actor: Actor, case: Row, made: Row, revision: int) -> Row:
    """The first reader's decision. Raises Stale, DecisionRefused."""
    if case.completion_id != made.id or case.reading != SECOND_READ or case.revision != revision:
        raise Stale("this case changed since you opened it; reload it, then decide")
    first = _decision(connection, case)
    if actor.id in (first.actor_id, LOCAL_OWNER.id):
        raise DecisionRefused("a second read needs a second person: sign in with another account", code="same_reader")
    return first


def _refuse_unconfirmed(connection: Connection, made: Row, wish: dict, sight: Sight, confirm: bool) -> None:
    if wish["candidate"] is None:
        return
    of_run = tables.candidates
    wanted = select(of_run.c.contradicted).where(of_run.c.completion_id == made.id, of_run.c.idx == wish["candidate"])
    against = connection.execute(wanted).scalar()
    if against is None:
        raise DecisionRefused(f"there is no candidate {wish['candidate']}; there are {made.n}")
    if against and not confirm:
        raise DecisionRefused(confirmation(against, sight), code="needs_confirmation")


def confirmation(against: int, sight: Sight) -> str:
    """What is asked before a candidate that contradicts the source is accepted; in blind reading no more than that it is asked."""
    if sight.hidden:
        return "read this candidate against the source once more; accept once more to confirm"
    facts = "fact" if against == 1 else "facts"
    return f"this candidate contradicts {against} {facts} of the source; accept once more to confirm"


def _row(connection: Connection, actor: Actor, first: Row, sight: Sight, made: Row) -> dict:
    number = 1 + (connection.execute(select(func.max(tables.second_reads.c.id))).scalar() or 0)
    order: Sequence[int] = sight.order or made.ranking["order"]
    row = {"id": number, "decision_id": first.id, "case_id": made.case_id, "project": actor.project}
    row |= {"actor_id": actor.id, "actor": actor.name, "role": actor.role.value, "utc": utc_now()}
    return row | {"blind": int(sight.hidden), "ms_to_reveal": sight.ms_to_reveal, "order_shown": list(order)}


def _decision(connection: Connection, case: Row) -> Row:
    return connection.execute(select(tables.decisions).where(tables.decisions.c.id == case.decision_id)).one()


def _of_decision(connection: Connection, decision: int) -> Row:
    return connection.execute(select(tables.second_reads).where(tables.second_reads.c.decision_id == decision)).one()


def _read(row: Row) -> SecondRead:
    return SecondRead(
        row.id, row.actor, row.role, row.utc, Action(row.action), row.candidate, row.reason, row.note, bool(row.agrees)
    )
