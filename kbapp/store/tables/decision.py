"""What a person decided, with what was shown to that person."""

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from kbapp.store.tables.base import metadata, one_of

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap: a missing number is a missing row
    Column("event", String, nullable=False),
    Column("idempotency_key", String, nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("completion_id", ForeignKey("completions.id"), nullable=False),
    Column("revision", Integer, nullable=False),  # of the case, as the person saw it
    Column("action", String, nullable=False),
    Column("candidate", Integer),
    Column("reason", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("confirmed", Integer, nullable=False),  # a contradicted candidate was accepted knowingly
    Column("supersedes", ForeignKey("decisions.id")),
    Column("project", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("utc", String, nullable=False),
    Column("mono_ns", Integer, nullable=False),
    Column("boot_id", String, nullable=False),
    Column("ms_visible", Integer),
    Column("order_shown", JSON, nullable=False),
    Column("scores", JSON, nullable=False),  # snapshot of what was shown
    Column("engines", JSON, nullable=False),
    Column("prior", String, nullable=False),
    Column("prior_sha256", String, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("app_version", String, nullable=False),
    Column("before_sha256", ForeignKey("artifacts.sha256")),
    Column("after_sha256", ForeignKey("artifacts.sha256")),
    Column("text_difference", Text, nullable=False),
    UniqueConstraint("event"),
    UniqueConstraint("idempotency_key"),
    UniqueConstraint("case_id", "revision"),
    UniqueConstraint("supersedes"),
    one_of("action", "accept", "accept_edited", "reject", "defer", "flag", "undo"),
    CheckConstraint("(action IN ('accept', 'accept_edited')) = (candidate IS NOT NULL)", name="candidate"),
    CheckConstraint("action != 'reject' OR reason != ''", name="reason"),
    CheckConstraint("action != 'undo' OR supersedes IS NOT NULL", name="undo"),
    Index("ix_decisions_project_id", "project", "id"),
    Index("ix_decisions_project_actor_id_id", "project", "actor_id", "id"),
    Index("ix_decisions_case_id_id", "case_id", "id"),
    Index("ix_decisions_completion_id", "completion_id"),
    Index("ix_decisions_after_sha256", "after_sha256"),
)
