"""Candidates with a known error, on whose screen they stood, and what came of it."""

from sqlalchemy import JSON, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Text

from kbapp.store.tables.base import metadata, one_of

decoys = Table(  # a candidate with a known error, shown in the place of the one at `idx` until a reader has decided
    "decoys",
    metadata,
    Column("completion_id", String, primary_key=True),
    Column("idx", Integer, nullable=False),
    Column("what", Text, nullable=False),  # is wrong about it, as words after "it says"
    Column("candidate", JSON, nullable=False),
    Column("artifact", ForeignKey("artifacts.sha256"), nullable=False),
    Column("meta", JSON, nullable=False),
    Column("reading", JSON, nullable=False),
    Column("difference", JSON, nullable=False),
    Column("contradicted", Integer, nullable=False),
    Column("scores", JSON, nullable=False),  # of all candidates as they are shown with it, in their order
    Column("ranking", JSON, nullable=False),  # likewise
    Column("utc", String, nullable=False),
    ForeignKeyConstraint(["completion_id", "idx"], ["candidates.completion_id", "candidates.idx"]),
    Index("ix_decoys_artifact", "artifact"),
)

decoy_views = Table(  # on whose screen a decoy has stood; from then on it stands there until that reader decides
    "decoy_views",
    metadata,
    Column("actor_id", String, primary_key=True),
    Column("completion_id", ForeignKey("decoys.completion_id"), primary_key=True),
    Column("utc", String, nullable=False),
)

decoy_reads = Table(  # what came of it, once for each reader
    "decoy_reads",
    metadata,
    Column("actor_id", String, primary_key=True),
    Column("completion_id", ForeignKey("decoys.completion_id"), primary_key=True),
    Column("project", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("decision_id", ForeignKey("decisions.id")),  # the one that did not take it
    Column("idempotency_key", String, nullable=False),  # of the decision that would have taken it, else empty
    Column("utc", String, nullable=False),
    one_of("outcome", "taken", "taken_edited", "not_taken", "corrected"),
    Index("ix_decoy_reads_project", "project"),
)
