"""How a project reads: blind or not, once or twice, and what came of the second reads."""

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from kbapp.store.tables.base import metadata, one_of

reading_rules = Table(  # how a project reads; the newest row counts
    "reading_rules",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap
    Column("project", String, nullable=False),
    Column("blind", Integer, nullable=False),
    Column("reads_required", Integer, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("utc", String, nullable=False),
    CheckConstraint("reads_required IN (1, 2)", name="reads_required"),
    Column("decoys", Integer, nullable=False, server_default="0"),  # in how many of 100 cases one is shown
)

reveals = Table(  # who asked for the scores of a completion in blind reading, and when
    "reveals",
    metadata,
    Column("actor_id", String, primary_key=True),
    Column("completion_id", ForeignKey("completions.id"), primary_key=True),
    Column("utc", String, nullable=False),
    Column("ms", Integer),  # since the case appeared, as the page says
)

decision_readings = Table(  # under which rules a decision was made
    "decision_readings",
    metadata,
    Column("decision_id", ForeignKey("decisions.id"), primary_key=True),
    Column("blind", Integer, nullable=False),  # the scores had not been shown to this reader
    Column("ms_to_reveal", Integer),
    Column("reads_required", Integer, nullable=False),
)

second_reads = Table(
    "second_reads",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),  # the first reader's
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("project", String, nullable=False),
    Column("idempotency_key", String, nullable=False),
    Column("action", String, nullable=False),
    Column("candidate", Integer),
    Column("reason", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("agrees", Integer, nullable=False),  # same action and same candidate
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("utc", String, nullable=False),
    Column("ms_visible", Integer),
    Column("blind", Integer, nullable=False),
    Column("ms_to_reveal", Integer),
    Column("order_shown", JSON, nullable=False),
    UniqueConstraint("decision_id"),
    UniqueConstraint("idempotency_key"),
    one_of("action", "accept", "reject"),
    Index("ix_second_reads_project_id", "project", "id"),
    Index("ix_second_reads_project_actor_id", "project", "actor_id"),
)

adjudications = Table(
    "adjudications",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap
    Column("second_read_id", ForeignKey("second_reads.id"), nullable=False),
    # That replaced the first reader's: the final one, or an undo.
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("project", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("feedback", Text, nullable=False),
    Column("first_reader", String, nullable=False),  # the actor's id, to whom it returns
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("utc", String, nullable=False),
    UniqueConstraint("decision_id"),
    one_of("outcome", "decided", "returned"),
    Index("ix_adjudications_second_read_id", "second_read_id", "id"),  # the newest one of a second read holds
)
