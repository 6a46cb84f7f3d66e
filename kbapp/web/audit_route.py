"""Decisions as files to keep: `/kb/audit/decisions.csv` and `/kb/audit/decisions.jsonl`, filtered by the fields of the Audit page's address,
e.g. `?person=anna&action=reject&since=2026-01-01`.
"""

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from kbapp.errors import NotFound
from kbapp.formats.decision_files import DECISION_FILES
from kbapp.review.audit_filter import AuditFilter
from kbapp.web.login import actor_of


def audit_routes(workbench) -> APIRouter:
    """workbench: the service layer; it keeps back what this person may not know yet."""
    router = APIRouter()

    @router.get("/kb/audit/{name}")
    def decisions(request: Request, name: str) -> StreamingResponse:
        noun, _, ending = name.partition(".")
        if noun != "decisions" or ending not in DECISION_FILES:
            raise NotFound("There is no such file.")
        rows = workbench.audit.every(actor_of(request), AuditFilter.of(request.query_params))
        file = DECISION_FILES[ending]
        return StreamingResponse(file.lines(rows), media_type=file.media_type, headers=_download(name))

    return router


def _download(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "content-security-policy": "sandbox"}
