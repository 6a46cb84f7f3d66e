"""The reviewers' list: what waits, in which order, and how much is done.

The most uncertain case comes first: where nothing was recommended, then by the smallest lead of the first candidate.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, tuple_

from kbapp.core.actor import Actor
from kbapp.core.completion import Completion
from kbapp.errors import InputError
from kbapp.review.access import EVERYONE, needs
from kbapp.review.cases import MAX_PAGE, CaseRow, case_line, select_lines
from kbapp.review.reading import rules_of
from kbapp.review.second_reads import ADJUDICATION, RETURNED, SECOND_READ, read_by, settles_or_settled, to_settle
from kbapp.review.transitions import DECIDED
from kbapp.store import tables
from kbapp.store.case_texts import holds
from kbapp.store.clock import utc_now
from kbapp.store.database import Database

ABSTAINED = -1.0
MAX_COUNT = 999  # more are not counted one by one
_ASIDE = ("deferred", "flagged")
_OPEN = (SECOND_READ, ADJUDICATION)  # decided once, and not settled


class View(StrEnum):
    """MINE: one reads it just now, or has a draft in it. UNSURE: no recommendation, or a lead that is close or a tie. RETURNED: came
    back to its first reader. SECOND: another person decided or flagged it, and it waits for a second reader."""

    ALL = "all"
    MINE = "mine"
    UNREVIEWED = "unreviewed"
    ASIDE = "aside"
    UNSURE = "unsure"
    CONTRADICTIONS = "contradictions"
    RETURNED = "returned"
    SECOND = "second"
    ADJUDICATION = "adjudication"


class Order(StrEnum):
    NEWEST = "newest"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Page:
    """rows, and the key after which the next page starts: empty on the last one."""

    rows: tuple[CaseRow, ...]
    after: str


@dataclass(frozen=True)
class Counts:
    """views: cases in each, at most MAX_COUNT. decided of completed: how far the project is. read: in how many cases a read of one's own
    stands, also where it waits for another reader; None where the project reads once, because that says no more."""

    views: dict[str, int]
    decided: int
    completed: int
    read: int | None = None


class Worklist:
    def __init__(self, database: Database):
        self._database = database

    @needs(EVERYONE)
    def page(
        self,
        actor: Actor,
        *,
        view: View = View.ALL,
        asked: str = "",
        order: Order = Order.NEWEST,
        after: str = "",
        limit: int = 50,
    ) -> Page:
        """asked: words (or their beginnings) that origin, given or made texts must all hold. after: the last page's key."""
        limit = min(limit, MAX_PAGE)
        with self._database.read() as connection:
            wanted = _seen_in(select_lines(actor), View(view), actor)
            if (matches := holds(connection, tables.cases.c.id, asked)) is not None:
                wanted = wanted.where(matches)
            rows = connection.execute(_after(wanted, Order(order), after).limit(limit + 1)).all()
        lines = tuple(case_line(row) for row in rows[:limit])
        return Page(lines, _key(lines[-1], Order(order)) if len(rows) > limit else "")

    @needs(EVERYONE)
    def counts(self, actor: Actor) -> Counts:
        case = tables.cases
        of_project = select(case.c.status, func.count()).where(case.c.project == actor.project).group_by(case.c.status)
        with self._database.read() as connection:
            by_status = {status: count for status, count in connection.execute(of_project)}
            views = {view.value: _count(connection, view, actor) for view in View}
            between = connection.execute(
                select(func.count()).where(case.c.project == actor.project, case.c.reading.in_(_OPEN))
            ).scalar()
            read = read_by(connection, actor) if rules_of(connection, actor.project).reads_required == 2 else None
        decided = sum(by_status.get(status, 0) for status in DECIDED) - between
        return Counts(views, decided, sum(by_status.values()) - by_status.get("new", 0), read)

    @needs(EVERYONE)
    def next(self, actor: Actor, after: str = "") -> str | None:
        """The id of the first case that waits and that nobody else reads: what one may settle, then what nobody has decided, by place,
        then what waits for a second reader. Behind the case `after` if one is given, and round again. None when nothing else waits."""
        case, lease = tables.cases, tables.leases
        others = select(lease.c.case_id).where(lease.c.actor_id != actor.id, lease.c.until > utc_now())
        free = select(case.c.id).where(case.c.project == actor.project, case.c.id.not_in(others), case.c.id != after)
        ready = free.where(case.c.status == "ready").order_by(case.c.priority, case.c.id)
        second = free.where(case.c.reading == SECOND_READ, _by_another(actor)).order_by(case.c.id)
        differ = free.where(case.c.reading == ADJUDICATION, to_settle(actor)).order_by(case.c.id)
        with self._database.read() as connection:
            place = connection.execute(select(case).where(case.c.id == after, case.c.project == actor.project)).first()
            turns = [differ, ready, second]
            if place and settles_or_settled(connection, place, actor):
                turns = [differ.where(case.c.id > after), ready, second, differ]
            elif place:
                behind = tuple_(case.c.priority, case.c.id) > tuple_(place.priority, place.id)
                turns = [ready.where(behind), *turns]
            found = (connection.execute(turn.limit(1)).scalar() for turn in turns)
            return next((case_id for case_id in found if case_id), None)


def worklist_place(completion: Completion) -> dict:
    """What the list keeps of a completion: {"priority", "unsure", "contradicted"} of the table `cases`."""
    ranking = completion.ranking
    return {
        "priority": ABSTAINED if ranking.abstained else ranking.margin or 0.0,
        "unsure": int(bool(ranking.abstained) or ranking.margin_kind in ("close", "tie")),
        "contradicted": sum(d.counts["contradicted"] > 0 for d in completion.differences),
    }


def _seen_in(wanted: Select, view: View, actor: Actor) -> Select:
    case, lease, draft = tables.cases, tables.leases, tables.drafts
    waits = case.c.status == "ready"
    if view is View.MINE:
        read = select(lease.c.case_id).where(lease.c.actor_id == actor.id, lease.c.until > utc_now())
        edited = select(draft.c.case_id).where(draft.c.actor_id == actor.id)
        return wanted.where(or_(case.c.id.in_(read), case.c.id.in_(edited)))
    if view is View.UNREVIEWED:
        return wanted.where(waits)
    if view is View.ASIDE:
        return wanted.where(case.c.status.in_(_ASIDE))
    if view is View.UNSURE:
        return wanted.where(waits, case.c.unsure == 1)
    if view is View.CONTRADICTIONS:
        return wanted.where(waits, case.c.contradicted > 0)
    if view is View.RETURNED:
        return wanted.where(case.c.reading == RETURNED)
    if view is View.SECOND:
        return wanted.where(or_(case.c.reading == SECOND_READ, case.c.status == "flagged"), _by_another(actor))
    if view is View.ADJUDICATION:
        return wanted.where(case.c.reading == ADJUDICATION)
    return wanted


def _by_another(actor: Actor) -> ColumnElement:
    first = tables.decisions
    return select(first.c.id).where(first.c.id == tables.cases.c.decision_id, first.c.actor_id != actor.id).exists()


def _count(connection: Connection, view: View, actor: Actor) -> int:
    case = tables.cases
    some = _seen_in(select(case.c.id).where(case.c.project == actor.project), view, actor).limit(MAX_COUNT)
    return connection.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def _after(wanted: Select, order: Order, key: str) -> Select:
    case = tables.cases
    if order is Order.NEWEST:
        wanted = wanted.where(case.c.id < key) if key else wanted
        return wanted.order_by(case.c.id.desc())
    if key:
        priority, _, case_id = key.partition(":")
        try:
            wanted = wanted.where(tuple_(case.c.priority, case.c.id) > tuple_(float(priority), case_id))
        except ValueError as error:
            raise InputError("the list changed; open it again") from error
    return wanted.order_by(case.c.priority, case.c.id)


def _key(line: CaseRow, order: Order) -> str:
    return line.id if order is Order.NEWEST else f"{line.priority!r}:{line.id}"
