"""The rows that a worker claims."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from kbapp.store.tables.base import metadata, one_of

jobs = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("project", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("n", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("step", String, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor_name", String, nullable=False),
    Column("idempotency_key", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String, nullable=False),
    Column("heartbeat", String),
    Column("cancel_requested", Integer, nullable=False),
    Column("error_code", String, nullable=False),
    Column("error", Text, nullable=False),
    Column("completion_id", ForeignKey("completions.id", use_alter=True)),
    Column("created", String, nullable=False),
    Column("started", String),
    Column("finished", String),
    Column("from_completion", ForeignKey("completions.id", use_alter=True)),  # whose source graph is taken as it is
    UniqueConstraint("idempotency_key"),
    one_of("state", "queued", "running", "done", "failed_retryable", "failed", "cancelled"),
    Index("ix_jobs_state_id", "state", "id"),
    Index("ix_jobs_case_id_id", "case_id", "id"),
)
