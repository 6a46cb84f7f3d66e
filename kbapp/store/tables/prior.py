"""The versions of what an expert knows of a domain."""

from sqlalchemy import CheckConstraint, Column, Integer, String, Table, Text

from kbapp.store.tables.base import metadata, one_of

prior_versions = Table(
    "prior_versions",
    metadata,
    Column("domain", String, primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1, without a gap
    Column("yaml", Text, nullable=False),
    Column("yaml_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),  # of the meaning, as it was understood when it was saved
    Column("origin", String, nullable=False),
    Column("author_id", String, nullable=False),
    Column("author", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("utc", String, nullable=False),
    one_of("origin", "shipped", "expert"),
    CheckConstraint("number >= 1", name="number"),
)
