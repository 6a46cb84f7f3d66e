"""The reports that the lab measures on: the invented ones that ship, or a file of the person's own."""

import json
from dataclasses import dataclass
from pathlib import Path

from kbapp.core.content import TextContent
from kbapp.errors import InputError
from kbapp.ingest.text import ingest_text
from kbapp.resources import ASSETS

INVENTED = ASSETS / "reports.jsonl"
SHORTEST = 15  # characters of a section that can be compared


@dataclass(frozen=True)
class Report:
    id: str
    findings: TextContent
    impression: TextContent


def read_reports(file: Path = INVENTED) -> list[Report]:
    """Reports with both sections, in order; lines without one of them are left out. Raises InputError when nothing is left.

    The file holds one {"id", "findings", "impression"} a line.
    """
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"expected a file of reports, one JSON object a line, got {file.name}: {error}") from error
    found = [_report(k, row) for k, row in enumerate(rows) if isinstance(row, dict) and _whole(row)]
    if not found:
        raise InputError(f'no line of {file.name} holds "findings" and "impression" of {SHORTEST} characters or more')
    return found


def _whole(row: dict) -> bool:
    return all(isinstance(row.get(name), str) and len(row[name]) >= SHORTEST for name in ("findings", "impression"))


def _report(number: int, row: dict) -> Report:
    return Report(str(row.get("id", number)), ingest_text(row["findings"]), ingest_text(row["impression"]))
