"""Cases: what was given, what a search looks into, and the truth where a case came with it."""

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from kbapp.store.tables.base import metadata, one_of

cases = Table(
    "cases",
    metadata,
    Column("id", String, primary_key=True),
    Column("project", String, nullable=False),
    Column("domain", String, nullable=False),
    Column("missing", String, nullable=False),
    Column("origin", Text, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("utc", String, nullable=False),
    # What follows is derived from the rows below, for the list and for the check "has anybody been faster".
    Column("status", String, nullable=False),
    Column("revision", Integer, nullable=False),  # +1 with each completion and each decision
    Column("completion_id", ForeignKey("completions.id", use_alter=True)),  # the latest
    Column("decision_id", ForeignKey("decisions.id", use_alter=True)),  # the one that counts, if any
    Column("job_id", ForeignKey("jobs.id", use_alter=True)),  # the latest
    Column("updated", String, nullable=False),
    # Where the latest completion puts the case on the worklist: the smallest first. -1: nothing was recommended; else the lead.
    Column("priority", Float, nullable=False, server_default="1000"),
    Column("unsure", Integer, nullable=False, server_default="0"),  # no recommendation, or a lead that is close or a tie
    Column("contradicted", Integer, nullable=False, server_default="0"),  # how many candidates contradict the source
    # What the rows of second reads say: second_read, adjudication, returned.
    Column("reading", String, nullable=False, server_default=""),
    one_of("missing", "image", "text"),
    one_of("status", "new", "ready", "accepted", "accepted_edited", "rejected", "deferred", "flagged"),
    Index("ix_cases_project_id", "project", "id"),
    Index("ix_cases_project_status_id", "project", "status", "id"),
    Index("ix_cases_project_priority_id", "project", "priority", "id"),
    Index("ix_cases_project_status_priority_id", "project", "status", "priority", "id"),
    Index("ix_cases_project_reading_id", "project", "reading", "id"),
)

contents = Table(
    "contents",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("modality", String, nullable=False),
    Column("artifact", ForeignKey("artifacts.sha256"), nullable=False),
    Column("meta", JSON, nullable=False),
    Index("ix_contents_artifact", "artifact"),
)

case_texts = Table(  # what a search looks into; made from the files, and made again where it is missing
    "case_texts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("case_id"),
)

truths = Table(  # the true content of the missing modality, where a case came with it
    "truths",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("artifact", ForeignKey("artifacts.sha256"), nullable=False),
    Column("meta", JSON, nullable=False),
    Column("utc", String, nullable=False),
    Index("ix_truths_artifact", "artifact"),
)
