"""Accounts, their logins, and what happened around them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from kbapp.store.tables.base import metadata, one_of

people = Table(
    "people",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),  # as it is typed at the login, in small letters
    Column("role", String, nullable=False),
    Column("password", String, nullable=False),  # argon2id, with its salt and costs
    Column("disabled", Integer, nullable=False),
    Column("utc", String, nullable=False),
    UniqueConstraint("name"),
    one_of("role", "viewer", "annotator", "clinician", "expert", "admin"),
)

login_sessions = Table(
    "login_sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),  # the token itself is in the browser only
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("boot_id", String, nullable=False),
    Column("started_ns", Integer, nullable=False),  # on the machine's clock since boot, which nobody sets
    Column("seen_ns", Integer, nullable=False),
    Index("ix_login_sessions_person_id", "person_id"),
)

events = Table(  # who came and went, and what was changed about people
    "events",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap
    Column("utc", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("what", String, nullable=False),
    Column("about", String, nullable=False),
)
