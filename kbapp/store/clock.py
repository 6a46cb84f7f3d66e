"""The time of the server, as it is written down."""

from datetime import UTC, datetime, timedelta


def utc_now() -> str:
    """ISO 8601 with milliseconds and zone: "2026-01-31T12:00:00.000+00:00"; sorts as text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def utc_in(seconds: float) -> str:
    """The time that many seconds from now, written the same way."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
