"""The time of the server, as it is written down."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path


def utc_now() -> str:
    """ISO 8601 with milliseconds and zone: "2026-01-31T12:00:00.000+00:00"; sorts as text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def utc_in(seconds: float) -> str:
    """The time that many seconds from now, written the same way."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


@cache
def boot_id() -> str:
    """Tells monotonic times of two boots apart; empty where the system has none."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.is_file() else ""
