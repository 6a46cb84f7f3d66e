"""What `kbapp audit show` does."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from kbapp.core.actor import LOCAL_OWNER
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
