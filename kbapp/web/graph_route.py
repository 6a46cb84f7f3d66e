"""The source graph of a completion as a file to keep: `/kb/graph/{completion}.html`, `.graphml`, `.jsonld` and `.json`.

`.html` draws itself without any network access; `.json` is the triple list of the paper's official project. What each holds:
docs/graph-files.md.
"""

from fastapi import APIRouter, Request, Response

from kbapp.errors import NotFound
from kbapp.formats.graph_files import GRAPH_FILES
from kbapp.ui.graph_drawing import standalone_html
from kbapp.web.login import actor_of

_ID = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_KINDS = {"graphml": "graphml", "jsonld": "jsonld", "json": "triples"}  # ending of the address -> kind of file


def graph_routes(workbench) -> APIRouter:
    """workbench: the service layer; it authorises by completion and by prior version."""
    router = APIRouter()

    @router.get("/kb/graph/{name}")
    def graph(request: Request, name: str) -> Response:
        completion_id, _, ending = name.rpartition(".")
        if not completion_id or not set(completion_id) <= _ID or ending not in ("html", *_KINDS):
            raise NotFound("There is no such graph.")
        actor = actor_of(request)
        completion = workbench.completions.get(actor, completion_id).completion
        if ending == "html":
            domain, number = completion.provenance.prior.rsplit("@", 1)
            prior = workbench.priors.version(actor, domain, int(number)).prior
            text, media_type = standalone_html(completion.reading.graph, prior), "text/html; charset=utf-8"
        else:
            file = GRAPH_FILES[_KINDS[ending]]
            sources = [content.sha256 for content in completion.case.contents]
            text = file.write(completion.reading.graph, sources, completion.provenance.engines.get("reader", ""))
            media_type = file.media_type
        # The HTML brings its own policy; this one keeps any of them from running on our origin if a browser shows it all the same.
        headers = {
            "content-disposition": f'attachment; filename="graph-{completion_id}.{ending}"',
            "content-security-policy": "sandbox",
        }
        return Response(text, media_type=media_type, headers=headers)

    return router
