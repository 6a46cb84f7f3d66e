"""The graph of a completion as a file: each ending, and what is refused."""

import json
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.case import Case
from kbapp.core.content import TextContent
from kbapp.errors import NotFound
from kbapp.web.graph_route import graph_routes
from kbapp.web.login import SCOPE_KEY, Login
from tests.chest import shipped
from tests.formats.completions import small_completion
from tests.web.asgi import call

COMPLETION = small_completion(Case((TextContent("Fluid on the left. No air."),)), n=1)


class Completions:
    def get(self, actor, completion_id):
        assert actor is LOCAL_OWNER
        if completion_id != "c-1":
            raise NotFound("there is no such completion")
        return SimpleNamespace(completion=COMPLETION)


class Priors:
    def version(self, actor, domain, number):
        assert (domain, number) == ("chest-xray", 1)
        return shipped()


@pytest.fixture(scope="module")
def app():
    parent = FastAPI()
    parent.include_router(graph_routes(SimpleNamespace(completions=Completions(), priors=Priors())))

    @parent.exception_handler(NotFound)
    async def not_found(request: Request, error: NotFound):
        return JSONResponse({}, status_code=404)

    async def with_login(scope, receive, send):
        scope[SCOPE_KEY] = Login("browser-1", LOCAL_OWNER)
        await parent(scope, receive, send)

    return with_login


@pytest.mark.parametrize(
    ("ending", "media_type", "holds"),
    [
        ("html", "text/html", "fluid, left"),
        ("graphml", "application/xml", "<graphml"),
        ("jsonld", "application/ld+json", "urn:sha256:" + COMPLETION.case.contents[0].sha256),
        ("json", "application/json", "not located in"),
    ],
)
def test_each_ending_is_a_download_that_cannot_run_on_our_origin(app, ending, media_type, holds):
    answer = call(app, "GET", f"/kb/graph/c-1.{ending}")
    assert answer.status == 200 and answer.headers["content-type"].startswith(media_type)
    assert answer.headers["content-disposition"] == f'attachment; filename="graph-c-1.{ending}"'
    assert answer.headers["content-security-policy"] == "sandbox" and holds in answer.body.decode()


def test_the_jsonld_names_the_reader_of_the_source(app):
    document = json.loads(call(app, "GET", "/kb/graph/c-1.jsonld").body)
    assert document["reader"]["name"] == "test-reader@1" and document["prior"] == "chest-xray@1"


@pytest.mark.parametrize("name", ["c-1", "c-1.txt", ".json", "c-1.html.json", "c-2.json", "c 1.json", "c-1.jsonx"])
def test_any_other_name_is_not_found(app, name):
    assert call(app, "GET", f"/kb/graph/{name}").status == 404
