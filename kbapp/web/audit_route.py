"""Decisions as files to keep: `/kb/audit/decisions.csv` and `/kb/audit/decisions.jsonl`, filtered by the fields of the Audit page's address,
e.g. `?person=anna&action=reject&since=2026-01-01`; and `/kb/audit/12.zip`, the case that decision 12 accepts.
"""

import re

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from kbapp.errors import NotFound
from kbapp.formats.accepted_files import zip_of
from kbapp.formats.decision_files import DECISION_FILES
from kbapp.review.audit_filter import AuditFilter
from kbapp.web.login import actor_of

_NUMBER = re.compile("[1-9][0-9]{0,14}")


def audit_routes(workbench) -> APIRouter:
    """workbench: the service layer; it keeps back what this person may not know yet."""
    router = APIRouter()

    @router.get("/kb/audit/{name}")
    def decisions(request: Request, name: str) -> Response:
        noun, _, ending = name.partition(".")
        if ending == "zip" and _NUMBER.fullmatch(noun):
            packed = zip_of(workbench.exports.accepted(actor_of(request), int(noun)))
            return Response(packed, media_type="application/zip", headers=_download(f"synthetic-decision-{name}"))
        if noun != "decisions" or ending not in DECISION_FILES:
            raise NotFound("There is no such file.")
        rows = workbench.audit.every(actor_of(request), AuditFilter.of(request.query_params))
        file = DECISION_FILES[ending]
        return StreamingResponse(file.lines(rows), media_type=file.media_type, headers=_download(name))

    return router


def _download(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "content-security-policy": "sandbox"}
