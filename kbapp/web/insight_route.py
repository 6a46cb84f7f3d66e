"""What the decisions say, as files to keep: `/kb/insight/{prior}.csv` and `/kb/insight/{prior}.{plot}.svg`, e.g. chest-xray@1.auc.svg."""

from fastapi import APIRouter, Request, Response

from kbapp.errors import NotFound
from kbapp.ui.insight_view import PLOTS, numbers, plot
from kbapp.web.login import actor_of


def insight_routes(workbench) -> APIRouter:
    """workbench: the service layer; it gives each project its own decisions."""
    router = APIRouter()

    @router.get("/kb/insight/{name}")
    def insight(request: Request, name: str) -> Response:
        actor = actor_of(request)
        prior = next((p for p in workbench.insights.priors(actor) if name.startswith(f"{p}.")), None)
        if prior is None:
            raise NotFound("There is no such file.")
        kind = name.removeprefix(f"{prior}.")
        found = workbench.insights.of(actor, prior, {})
        headers = {"content-disposition": f'attachment; filename="insight-{name}"', "content-security-policy": "sandbox"}
        if kind == "csv":
            return Response(numbers(found), media_type="text/csv; charset=utf-8", headers=headers)
        if kind.removesuffix(".svg") in PLOTS and kind.endswith(".svg"):
            return Response(plot(found, kind.removesuffix(".svg")), media_type="image/svg+xml", headers=headers)
        raise NotFound("There is no such file.")

    return router
