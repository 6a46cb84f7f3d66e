"""What `kbapp audit show` and `kbapp audit export` do."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from kbapp.commands.files import output_to
from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import InputError
from kbapp.settings import Settings


def show_audit(settings: Settings, id_: int | None, as_json: bool) -> None:
    from kbapp.review.workbench import Workbench

    with Workbench.open_for_reading(settings) as workbench:
        rows = workbench.audit.show(LOCAL_OWNER, id_)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    if not rows:
        print("no decision is stored yet")
    for row in rows:
        for line in _audit_lines(row, long=id_ is not None):
            print(line)


def _audit_lines(row, *, long: bool) -> Iterator[str]:
    what = row.action if row.candidate is None else f"{row.action} candidate {row.candidate + 1}"
    why = f" ({row.reason})" if row.reason else ""
    gone = "" if row.counts else "  [no longer counts]"
    yield f"#{row.id}  {row.utc}  {row.actor} ({row.role})  {what}{why}  case {row.case}{gone}"
    if long:
        for name, value in asdict(row).items():
            yield f"    {name:<18} {json.dumps(value)}"


def export_decisions(settings: Settings, asked: Mapping[str, str | None], out: Path | None, form: str) -> None:
    """asked: the fields of an AuditFilter. out: standard output if not given. Raises InputError."""
    from kbapp.formats.decision_files import DECISION_FILES
    from kbapp.review.audit_filter import AuditFilter
    from kbapp.review.workbench import Workbench

    if form not in DECISION_FILES:
        raise InputError(f'expected a format of {", ".join(DECISION_FILES)}, got "{form}"')
    wanted = AuditFilter.of(asked)
    count = 0
    with Workbench.open_for_reading(settings) as workbench, output_to(out) as output:
        for line in DECISION_FILES[form].lines(workbench.audit.every(LOCAL_OWNER, wanted)):
            output.write(line)
            count += 1
    if out is not None:
        print(f"{count - (form == 'csv')} decisions in {out}")
