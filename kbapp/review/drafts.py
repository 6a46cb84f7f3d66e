"""Unfinished edits, kept on the server while somebody writes: a reload, a crash or another machine loses nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, delete, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from kbapp.core.actor import Actor
from kbapp.core.content import Modality
from kbapp.errors import DecisionRefused, InputError
from kbapp.review.access import EVERYONE, REVIEWERS, needs
from kbapp.review.rows import completion_row
from kbapp.review.transitions import DECIDED
from kbapp.store.clock import utc_now
from kbapp.store.database import Database
from kbapp.store.tables import candidates, decisions, drafts

MAX_CHARACTERS = 200_000


@dataclass(frozen=True)
class Draft:
    candidate: int
    utc: str
    text: str = field(repr=False)


class Drafts:
    """Everybody sees only their own."""

    def __init__(self, database: Database):
        self._database = database

    @needs(REVIEWERS)
    def save(self, actor: Actor, completion_id: str, candidate: int, text: str) -> Draft:
        """Keep the text as it is, in place of the earlier draft. Raises NotFound, InputError, DecisionRefused: of a picture, or where this
        person has decided by now, because a draft that comes late would stand there as if it had never been accepted."""
        if len(text) > MAX_CHARACTERS:
            raise InputError(f"expected at most {MAX_CHARACTERS:,} characters, got {len(text):,}; shorten the text")
        with self._database.write() as connection:
            made, case = completion_row(connection, actor, completion_id)
            known = select(candidates.c.idx).where(candidates.c.completion_id == made.id, candidates.c.idx == candidate)
            if case.missing != Modality.TEXT.value or connection.execute(known).first() is None:
                raise DecisionRefused("only a candidate text can be edited")
            if _decided_by(connection, actor, case):
                raise DecisionRefused("you have decided this case by now; take that back to go on writing")
            row = {"actor_id": actor.id, "completion_id": made.id, "candidate": candidate, "case_id": case.id}
            row |= {"text": text, "utc": utc_now()}
            keys = ["actor_id", "completion_id", "candidate"]
            connection.execute(insert(drafts).values(row).on_conflict_do_update(index_elements=keys, set_=row))
        return Draft(candidate, row["utc"], text)

    @needs(EVERYONE)
    def of(self, actor: Actor, completion_id: str) -> list[Draft]:
        """One's own drafts of a completion, newest first."""
        with self._database.read() as connection:
            completion_row(connection, actor, completion_id)
            mine = select(drafts).where(drafts.c.actor_id == actor.id, drafts.c.completion_id == completion_id)
            rows = connection.execute(mine.order_by(drafts.c.utc.desc())).all()
        return [Draft(row.candidate, row.utc, row.text) for row in rows]

    @needs(REVIEWERS)
    def discard(self, actor: Actor, completion_id: str, candidate: int) -> None:
        with self._database.write() as connection:
            completion_row(connection, actor, completion_id)
            end_drafts(connection, actor, completion_id, candidate)


def _decided_by(connection: Connection, actor: Actor, case: Row) -> bool:
    counts = select(decisions.c.actor_id).where(decisions.c.id == case.decision_id)
    return case.status in DECIDED and connection.execute(counts).scalar() == actor.id


def end_drafts(connection: Connection, actor: Actor, completion_id: str, candidate: int | None = None) -> None:
    """Remove one's own drafts of a completion, or of one of its candidates."""
    mine = delete(drafts).where(drafts.c.actor_id == actor.id, drafts.c.completion_id == completion_id)
    connection.execute(mine if candidate is None else mine.where(drafts.c.candidate == candidate))


def take_along(connection: Connection, completion_id: str, newer: str, without: Iterable[tuple[str, int]] = ()) -> None:
    """The drafts of a completion, whoever wrote them, become those of a newer one of the same candidates. without: (actor id, candidate)
    of drafts that stay behind."""
    left = tuple_(drafts.c.actor_id, drafts.c.candidate).in_(list(without))
    moved = update(drafts).where(drafts.c.completion_id == completion_id, ~left)
    connection.execute(moved.values(completion_id=newer))
