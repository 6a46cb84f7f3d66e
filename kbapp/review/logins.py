"""Signing in and out. Comes before an Actor exists, so nothing here takes one: the web room alone calls it.

A login ends after 15 minutes without a sign of life, after 12 hours in any case, when the machine was started again, and when an admin
changes the account. Times are on the clock since boot: setting the wall clock changes nothing.
"""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from sqlalchemy import delete, insert, select, update

from kbapp.core.actor import Actor, Role
from kbapp.errors import NotAllowed
from kbapp.review import events
from kbapp.review.passwords import matches
from kbapp.store import tables
from kbapp.store.clock import boot_id
from kbapp.store.database import Database

IDLE_S, LONGEST_S = 15 * 60, 12 * 3600
_WRITE_AFTER_S = 60  # a sign of life is written down at most this often
_TRIES, _FIRST_LOCK_S, _LONGEST_LOCK_S = 5, 30, 15 * 60
_KEPT = 2000
_REFUSED = "Name and password do not fit together, or the account is closed. Check both; an admin can set a new password."


class Logins:
    def __init__(self, database: Database, clock_ns: Callable[[], int] = time.monotonic_ns):
        self._database, self._clock_ns, self._lock = database, clock_ns, threading.Lock()
        self._seen: OrderedDict[str, int] = OrderedDict()  # token hash -> last sign of life
        self._failures: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()  # (address, name) -> (failures, locked until)

    def needed(self) -> bool:
        """True from the first account on."""
        with self._database.read() as connection:
            return connection.execute(select(tables.people.c.id).limit(1)).first() is not None

    def sign_in(self, name: str, password: str, address: str) -> str:
        """A new token for the browser's cookie. Slow on purpose: call it in a thread.

        Raises NotAllowed: the same sentence for a wrong name, a wrong password and a closed account; after five failures of a name
        from an address, for longer and longer.
        """
        name = name.strip().casefold()[:60]
        self._refuse_locked(address, name)
        with self._database.read() as connection:
            person = connection.execute(select(tables.people).where(tables.people.c.name == name)).first()
        good = matches(person.password if person else None, password)
        if not good or person.disabled:
            self._failed(address, name)
            raise NotAllowed(_REFUSED)
        with self._lock:
            self._failures.pop((address, name), None)
        token, now = secrets.token_urlsafe(32), self._clock_ns()
        row = {"token_sha256": _sha256(token), "person_id": person.id, "boot_id": boot_id(), "started_ns": now, "seen_ns": now}
        with self._database.write() as connection:
            connection.execute(insert(tables.login_sessions).values(row))
            events.note_event(connection, person.id, person.name, events.SIGNED_IN)
        return token

    def who(self, token: str) -> Actor | None:
        """The person behind a token as the account stands now; None when the login has ended. A sign of life."""
        sha256 = _sha256(token)
        session, person = tables.login_sessions, tables.people
        wanted = select(session, person.c.id, person.c.name, person.c.role).join(person).where(session.c.token_sha256 == sha256)
        with self._database.read() as connection:
            row = connection.execute(wanted.where(person.c.disabled == 0)).first()
        if row is None or row.boot_id != boot_id():
            return None
        with self._lock:
            now = self._clock_ns()  # not before the lock: another call of the same login may have been seen since
            seen = max(self._seen.get(sha256, 0), row.seen_ns)
            if not (0 <= now - seen < IDLE_S * 10**9 and now - row.started_ns < LONGEST_S * 10**9):
                return None
            self._seen[sha256] = now
            self._seen.move_to_end(sha256)
            while len(self._seen) > _KEPT:
                self._seen.popitem(last=False)
        if now - row.seen_ns > _WRITE_AFTER_S * 10**9:
            with self._database.write() as connection:
                connection.execute(update(session).where(session.c.token_sha256 == sha256).values(seen_ns=now))
        return Actor(row.id, row.name, Role(row.role))

    def sign_out(self, token: str) -> None:
        actor = self.who(token)
        with self._database.write() as connection:
            connection.execute(delete(tables.login_sessions).where(tables.login_sessions.c.token_sha256 == _sha256(token)))
            if actor:
                events.note_event(connection, actor.id, actor.name, events.SIGNED_OUT)

    def _refuse_locked(self, address: str, name: str) -> None:
        with self._lock:
            _, until = self._failures.get((address, name), (0, 0))
        left = (until - self._clock_ns()) / 10**9
        if left > 0:
            raise NotAllowed(f"Too many tries with this name: wait {max(1, round(left))} seconds and try again.", code="locked")

    def _failed(self, address: str, name: str) -> None:
        with self._lock:
            failures = self._failures.get((address, name), (0, 0))[0] + 1
            wait = min(_FIRST_LOCK_S * 2 ** (failures - _TRIES), _LONGEST_LOCK_S) if failures >= _TRIES else 0
            self._failures[(address, name)] = (failures, self._clock_ns() + wait * 10**9)
            self._failures.move_to_end((address, name))
            while len(self._failures) > _KEPT:
                self._failures.popitem(last=False)
        with self._database.write() as connection:
            events.note_event(connection, "", name, events.LOCKED if wait else events.REFUSED, f"from {address}")


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
