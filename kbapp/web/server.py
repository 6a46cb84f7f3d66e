"""The ASGI parent: gate in front, own routes under /kb/, Gradio at the root. One process, loopback only."""

import ipaddress
import logging
import shutil
import threading
import warnings
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.cors import CORSMiddleware

from kbapp.errors import KbError, NotAllowed, NotFound, SettingsError, UserError
from kbapp.ingest.decoder import warm_up
from kbapp.settings import Settings
from kbapp.web.artifact_route import artifact_routes
from kbapp.web.audit_route import audit_routes
from kbapp.web.environment import prepare_environment, upload_folder
from kbapp.web.gate import Gate
from kbapp.web.gate_origin import Site
from kbapp.web.gate_routes import RouteTable
from kbapp.web.graph_route import graph_routes
from kbapp.web.insight_route import insight_routes
from kbapp.web.login import SCOPE_KEY, Visitors
from kbapp.web.static_files import load_static_files

log = logging.getLogger(__name__)

_CHILD_AFTER_S = 2.0  # after the page is up: the first picture then finds its decoder warm
_CREDENTIALS = (".ssh", ".aws", ".config", ".gnupg", ".netrc", ".kube", ".docker")


def build(workbench, blocks, settings: Settings, *, css: str = "", head: str = "", theme=None) -> Gate:
    """The whole application. blocks: a gr.Blocks, built after `prepare_environment`. Raises SettingsError off loopback.

    workbench: the service layer; this room uses its `artifacts`, `completions`, `priors` and `logins`.
    """
    check_loopback(settings.host)
    site = Site(settings.host, settings.port)
    parent = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    parent.add_middleware(CORSMiddleware, allow_origins=[])  # without it Gradio adds permissive headers of its own
    parent.add_exception_handler(KbError, _error_answer)
    parent.include_router(_own_routes())
    parent.include_router(artifact_routes(workbench.artifacts))
    parent.include_router(graph_routes(workbench))
    parent.include_router(insight_routes(workbench))
    parent.include_router(audit_routes(workbench))
    _mount(parent, blocks, settings, site, css, head, theme)
    pages = [address for address, *_ in blocks.pages]
    return Gate(
        parent, site, Visitors(settings.port, workbench.logins), RouteTable(pages), upload_bytes=settings.max_upload_mb * 2**20
    )


def serve(workbench, blocks, settings: Settings, *, css: str = "", head: str = "", theme=None) -> None:
    """Build and run until stopped. h11, because it bounds header sizes; no access log, because addresses name files."""
    import uvicorn

    app = build(workbench, blocks, settings, css=css, head=head, theme=theme)
    first_child = threading.Timer(_CHILD_AFTER_S, warm_up)
    first_child.daemon = True
    first_child.start()
    try:
        uvicorn.run(app, **uvicorn_options(settings))
    finally:
        first_child.cancel()
        shutil.rmtree(upload_folder(settings), ignore_errors=True)


def uvicorn_options(settings: Settings) -> dict:
    return {
        "host": settings.host,
        "port": settings.port,
        "workers": 1,  # Gradio's queue and sessions live in memory
        "http": "h11",
        "ws": "none",
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
        "log_level": "warning",
        "h11_max_incomplete_event_size": 16_384,
        "limit_concurrency": 200,
        "timeout_keep_alive": 10,
        "timeout_graceful_shutdown": 5,
    }


def check_loopback(host: str) -> None:
    """Raises SettingsError for any address that another machine could reach."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise SettingsError(
            f'expected a loopback host such as 127.0.0.1 (the workbench speaks plain HTTP; reach it from elsewhere by an SSH tunnel), got "{host}"'
        )


def _mount(parent, blocks, settings: Settings, site: Site, css: str, head: str, theme) -> None:
    import gradio as gr

    # Gradio checks that a path was uploaded only after launch(), which a mounted app never calls: without this line any
    # file of this machine can be read by naming it in an event.
    blocks.has_launched = True
    blocks.state_session_capacity = 1000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it says of several pages that SSR is off, which we ask for
        gr.mount_gradio_app(
            parent,
            blocks,
            path="/",
            auth_dependency=_owner_of,
            root_path=site.origin,
            allowed_paths=[],
            blocked_paths=_blocked(settings.storage),
            max_file_size=f"{settings.max_upload_mb}mb",
            show_error=False,
            run_history=False,
            footer_links=[],
            ssr_mode=False,
            mcp_server=False,
            pwa=False,
            enable_monitoring=False,
            css=css,
            head=head,
            theme=theme,
        )


def _owner_of(request) -> str | None:
    """Gradio's user name. The gate has already decided; None means the call came around it."""
    login = request.scope.get(SCOPE_KEY)
    return login.owner if login else None


def _blocked(storage: Path) -> list[str]:
    return [str(Path(storage).resolve()), *(str(Path.home() / name) for name in _CREDENTIALS)]


def _own_routes() -> APIRouter:
    router, files = APIRouter(), load_static_files()

    @router.get("/kb/health")
    def health() -> dict:
        return {"status": "ok"}

    @router.get("/kb/static/{name}")
    def static(name: str, request: Request) -> Response:
        found = files.get(name)
        if found is None:
            raise NotFound("There is no such file.")
        headers = {"etag": found.etag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == found.etag:
            return Response(status_code=304, headers=headers)
        return Response(found.data, media_type=found.media_type, headers=headers)

    return router


async def _error_answer(request, error: KbError) -> JSONResponse:
    """A user's error is shown as it is; of any other only the code."""
    if isinstance(error, NotFound | NotAllowed):  # the same for absent and not yours
        return JSONResponse({"code": "not_found", "error": "There is nothing here."}, status_code=404)
    if isinstance(error, UserError):
        return JSONResponse({"code": error.code, "error": str(error)}, status_code=400)
    log.error("%s on %s", error.code, request.scope["path"])
    return JSONResponse({"code": error.code, "error": "Something went wrong here. It was logged."}, status_code=500)


__all__ = ["build", "check_loopback", "prepare_environment", "serve", "uvicorn_options"]
