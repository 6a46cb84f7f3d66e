"""What happened around people: who came and went, who was refused, which account was made or changed. Never altered."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from kbapp.core.actor import Actor
from kbapp.review.access import ADMINS, needs
from kbapp.store import tables
from kbapp.store.clock import utc_now
from kbapp.store.database import Database

MAX_PAGE = 500
SIGNED_IN, SIGNED_OUT, REFUSED, LOCKED = "signed in", "signed out", "refused", "locked for a while"
ADDED, ROLE, PASSWORD, DISABLED, ENABLED = "account made", "role changed", "password set", "account closed", "account opened again"
CLAIM_ENDED = "claim given back"


@dataclass(frozen=True)
class Event:
    """actor: who did it. about: whom or what it concerns, and how."""

    id: int
    utc: str
    actor: str
    what: str
    about: str


class Events:
    def __init__(self, database: Database):
        self._database = database

    @needs(ADMINS)
    def newest(self, actor: Actor, *, before: int = 0, limit: int = 100) -> list[Event]:
        event = tables.events
        wanted = select(event).order_by(event.c.id.desc()).limit(min(limit, MAX_PAGE))
        if before:
            wanted = wanted.where(event.c.id < before)
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return [Event(row.id, row.utc, row.actor, row.what, row.about) for row in rows]


def note_event(connection: Connection, actor_id: str, actor: str, what: str, about: str = "") -> None:
    """Inside the caller's write transaction, so that a change and its event are stored together or not at all."""
    number = 1 + (connection.execute(select(func.max(tables.events.c.id))).scalar() or 0)
    row = {"id": number, "utc": utc_now(), "actor_id": actor_id, "actor": actor, "what": what, "about": about}
    connection.execute(insert(tables.events).values(row))
