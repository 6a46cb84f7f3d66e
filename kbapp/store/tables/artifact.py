"""Files that are kept, by the hash of their bytes."""

from sqlalchemy import Column, Integer, String, Table

from kbapp.store.tables.base import metadata

artifacts = Table(
    "artifacts",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("utc", String, nullable=False),
)
