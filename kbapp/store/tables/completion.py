"""What a run made: its candidates and their scores."""

from sqlalchemy import JSON, Column, Float, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Text, UniqueConstraint

from kbapp.store.tables.base import metadata

completions = Table(
    "completions",
    metadata,
    Column("id", String, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("job_id", ForeignKey("jobs.id")),
    Column("utc", String, nullable=False),
    Column("app_version", String, nullable=False),
    Column("profile", String, nullable=False),
    Column("engines", JSON, nullable=False),
    Column("prior", String, nullable=False),
    Column("prior_sha256", String, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("n_requested", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("switches", JSON, nullable=False),
    Column("times", JSON, nullable=False),
    Column("reading", JSON, nullable=False),  # with the graph of the source
    Column("ranking", JSON, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("top_qs", Float),
    Column("margin", Float),
    Column("margin_kind", String, nullable=False),
    Column("contradicted", Integer, nullable=False),  # how many candidates contradict the source
    Index("ix_completions_case_id_id", "case_id", "id"),
)

candidates = Table(
    "candidates",
    metadata,
    Column("completion_id", ForeignKey("completions.id"), primary_key=True),
    Column("idx", Integer, primary_key=True),  # 0-based, in order of generation
    Column("candidate", JSON, nullable=False),  # description, seed, model, prompt, notes
    Column("artifact", ForeignKey("artifacts.sha256"), nullable=False),
    Column("meta", JSON, nullable=False),
    Column("reading", JSON, nullable=False),
    Column("difference", JSON, nullable=False),
    Column("contradicted", Integer, nullable=False),  # facts of the source that it contradicts
    Column("qs", Float),
    Column("weights", JSON, nullable=False),
    Column("left_out", JSON, nullable=False),
    Index("ix_candidates_artifact", "artifact"),
)

scores = Table(
    "scores",
    metadata,
    Column("completion_id", String, primary_key=True),
    Column("idx", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),  # of the part; `graph` is first
    Column("part", String, nullable=False),
    Column("value", Float),  # 0-100 with full precision; null when not computed
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    ForeignKeyConstraint(["completion_id", "idx"], ["candidates.completion_id", "candidates.idx"]),
    UniqueConstraint("completion_id", "idx", "part"),
)
