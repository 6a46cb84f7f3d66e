"""What people say about a case beside their decisions. Never changed afterwards."""

from dataclasses import dataclass

from sqlalchemy import func, insert, select

from kbapp.core.actor import Actor
from kbapp.errors import InputError
from kbapp.ingest.text import clean_text
from kbapp.review.access import EVERYONE, REVIEWERS, needs
from kbapp.review.rows import case_row
from kbapp.store.clock import utc_now
from kbapp.store.database import Database
from kbapp.store.tables import comments

MAX_CHARACTERS = 4_000
MAX_KEY = 100


@dataclass(frozen=True)
class Comment:
    id: int
    actor: str
    utc: str
    text: str


class Comments:
    def __init__(self, database: Database):
        self._database = database

    @needs(REVIEWERS)
    def add(self, actor: Actor, case_id: str, text: str, idempotency_key: str) -> Comment:
        """The same key again gives the same comment. Raises InputError, NotFound."""
        text = clean_text(text)
        if len(text) > MAX_CHARACTERS or not 0 < len(idempotency_key) <= MAX_KEY:
            raise InputError(f"expected a comment of at most {MAX_CHARACTERS:,} characters, got {len(text):,}")
        with self._database.write() as connection:
            case_row(connection, actor, case_id)
            known = connection.execute(select(comments).where(comments.c.idempotency_key == idempotency_key)).first()
            if known and (known.actor_id, known.case_id) == (actor.id, case_id):
                return Comment(known.id, known.actor, known.utc, known.text)
            row = {"id": 1 + (connection.execute(select(func.max(comments.c.id))).scalar() or 0), "case_id": case_id}
            row |= {"project": actor.project, "actor_id": actor.id, "actor": actor.name, "role": actor.role.value}
            row |= {"utc": utc_now(), "text": text, "idempotency_key": idempotency_key}
            connection.execute(insert(comments).values(row))
        return Comment(row["id"], actor.name, row["utc"], text)

    @needs(EVERYONE)
    def of(self, actor: Actor, case_id: str) -> list[Comment]:
        """Oldest first."""
        with self._database.read() as connection:
            case_row(connection, actor, case_id)
            rows = connection.execute(select(comments).where(comments.c.case_id == case_id).order_by(comments.c.id)).all()
        return [Comment(row.id, row.actor, row.utc, row.text) for row in rows]
