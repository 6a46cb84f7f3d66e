"""What stands around a decision: who reads a case, what is half written, what was said about it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from kbapp.store.tables.base import metadata

leases = Table(
    "leases",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("project", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("taken", String, nullable=False),
    Column("until", String, nullable=False),
    Index("ix_leases_actor_id", "actor_id"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("actor_id", String, primary_key=True),
    Column("completion_id", ForeignKey("completions.id"), primary_key=True),
    Column("candidate", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("utc", String, nullable=False),
    Index("ix_drafts_case_id", "case_id"),
)

comments = Table(
    "comments",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap
    Column("idempotency_key", String, nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("project", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("utc", String, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("idempotency_key"),
    Index("ix_comments_case_id_id", "case_id", "id"),
)
