"""The source graph of a completion as one HTML file to keep: `/kb/graph/{completion}.html`."""

from fastapi import APIRouter, Request, Response

from kbapp.errors import NotFound
from kbapp.ui.graph_drawing import standalone_html
from kbapp.web.login import actor_of

_ID = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def graph_routes(workbench) -> APIRouter:
    """workbench: the service layer; it authorises by completion and by prior version."""
    router = APIRouter()

    @router.get("/kb/graph/{name}")
    def graph(request: Request, name: str) -> Response:
        completion_id = name.removesuffix(".html")
        if not completion_id or not set(completion_id) <= _ID:
            raise NotFound("There is no such graph.")
        actor = actor_of(request)
        completion = workbench.completions.get(actor, completion_id).completion
        domain, number = completion.provenance.prior.rsplit("@", 1)
        prior = workbench.priors.version(actor, domain, int(number)).prior
        page = standalone_html(completion.reading.graph, prior)
        # Its own policy stands inside the file; this one keeps it from running on our origin if a browser shows it all the same.
        headers = {
            "content-disposition": f'attachment; filename="graph-{completion_id}.html"',
            "content-security-policy": "sandbox",
        }
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    return router
