"""The allow-list: what is on it, and that nothing slips in beside it (threats B2, B6, B24, B26)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbapp.web.gate_routes import Kind, Route, RouteTable

TABLE = RouteTable(pages=["", "experts", "/audit"])


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/", Kind.PAGE),
        ("HEAD", "/", Kind.PAGE),
        ("GET", "/experts", Kind.PAGE),
        ("GET", "/audit", Kind.PAGE),
        ("GET", "/assets/index-x.js", Kind.PUBLIC),
        ("GET", "/static/fonts/a.woff2", Kind.PUBLIC),
        ("GET", "/kb/static/workbench.js", Kind.PUBLIC),
        ("GET", "/kb/health", Kind.PUBLIC),
        ("GET", "/theme.css", Kind.PUBLIC),
        ("GET", "/config", Kind.PLAIN),
        ("GET", "/gradio_api/app_id", Kind.PUBLIC),
        ("GET", "/gradio_api/info", Kind.PLAIN),
        ("POST", "/gradio_api/queue/join", Kind.JOIN),
        ("GET", "/gradio_api/queue/data", Kind.EVENTS),
        ("POST", "/gradio_api/cancel", Kind.CANCEL),
        ("POST", "/gradio_api/upload", Kind.UPLOAD),
        ("GET", "/gradio_api/upload_progress", Kind.UPLOAD_PROGRESS),
        ("GET", "/kb/artifact/" + "a" * 64, Kind.OWN),
    ],
)
def test_what_the_page_needs_is_there(method, path, kind):
    assert TABLE.find(method, path).kind is kind


def test_a_name_behind_a_prefix_is_handed_on():
    assert TABLE.find("GET", "/gradio_api/heartbeat/abcdef") == Route(Kind.HEARTBEAT, "abcdef")
    assert TABLE.find("GET", "/gradio_api/file=/tmp/x.png") == Route(Kind.FILE, "/tmp/x.png")


REFUSED = [
    "/docs",
    "/redoc",
    "/openapi.json",
    "/gradio_api/openapi.json",
    "/gradio_api/login",
    "/gradio_api/token",
    "/gradio_api/user",
    "/gradio_api/login_check",
    "/gradio_api/run/predict",
    "/gradio_api/api/predict",
    "/gradio_api/call/pick",
    "/gradio_api/call/v2/pick",
    "/gradio_api/deep_link",
    "/gradio_api/runs",
    "/gradio_api/runs/",
    "/gradio_api/run-history/connect",
    "/gradio_api/proxy=http://evil.example/",
    "/gradio_api/stream/x",
    "/gradio_api/stream/a/b/1/playlist.m3u8",
    "/gradio_api/vibe-edit",
    "/gradio_api/vibe-code",
    "/gradio_api/mcp/sse",
    "/gradio_api/mcp",
    "/gradio_api/dev/reload",
    "/gradio_api/process_recording",
    "/gradio_api/component_server",
    "/gradio_api/reset",
    "/gradio_api/startup-events",
    "/gradio_api/queue/status",
    "/gradio_api/custom_component/x/client/component/index.js",
    "/monitoring",
    "/monitoring/summary",
    "/monitoring/x",
    "/gradio_api/profiling/traces",
    "/manifest.json",
    "/pwa_icon",
    "/robots.txt",
    "/svelte/x.js",
    "/queue/join",
    "/queue/data",
    "/upload",
    "/run/predict",
    "/api/predict",
    "/file=/etc/passwd",
    "/file/etc/passwd",
    "/gradio_api/file/etc/passwd",
    "/unknown",
    "/kb",
    "/kb/",
    "/kb/admin",
    "/kb/static/",
    "/assets/",
    "/gradio_api/heartbeat/",
    "/experts/",
    "/EXPERTS",
    "/Config",
    "/config/",
    "/gradio_api/info/",
]


@pytest.mark.parametrize("path", REFUSED)
def test_what_gradio_adds_for_convenience_is_not(path):
    for method in ("GET", "HEAD", "POST"):
        assert TABLE.find(method, path) is None


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../gradio_api/runs",
        "/assets/..",
        "/assets/./x.js",
        "/assets//etc/passwd",
        "//assets/x.js",
        "/assets/..%2f..%2fetc/passwd",
        "/assets/%2e%2e/x",
        "/assets/..\\x",
        "/assets/a\0b",
        "/assets/a\r\nb",
        "/gradio_api/file=//evil.example/x",
        "/gradio_api/file=http://127.0.0.1/x",
        "/gradio_api/file=/tmp/../etc/passwd",
        "/assets/" + "a" * 2000,
    ],
)
def test_suspicious_paths_are_nowhere(path):
    assert TABLE.find("GET", path) is None


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/queue/join", "/kb/static/workbench.js"])
def test_other_methods_are_not_taken(method, path):
    assert TABLE.find(method, path) is None


def test_methods_are_not_exchanged():
    assert TABLE.find("GET", "/gradio_api/queue/join") is None
    assert TABLE.find("POST", "/gradio_api/queue/data") is None
    assert TABLE.find("POST", "/") is None
    assert TABLE.find("POST", "/gradio_api/file=/tmp/x") is None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_other_path_is_refused_or_lies_below_a_known_prefix(path):
    found = TABLE.find("GET", "/" + path)
    if found is not None:
        assert found.kind in (
            Kind.PAGE,
            Kind.PLAIN,
            Kind.PUBLIC,
            Kind.EVENTS,
            Kind.UPLOAD_PROGRESS,
            Kind.HEARTBEAT,
            Kind.FILE,
            Kind.OWN,
            Kind.LOGIN,
        )
        assert "\\" not in path and "//" not in path and "/../" not in path


def test_every_route_of_gradio_is_allowed_by_name_or_refused():
    """A new minor version adds routes: they stay closed until somebody lists them here or in the table."""
    import gradio as gr

    with gr.Blocks() as blocks:
        gr.Textbox()
    app = gr.routes.App.create_app(blocks)
    addresses = {route.path for route in _leaves(app.routes)}
    open_to_all = {path for path in addresses for method in ("GET", "POST") if TABLE.find(method, _filled(path)) is not None}
    assert open_to_all == {
        "/",
        "/assets/{path:path}",
        "/config",
        "/login",  # of the same name as two of Gradio's, which the gate never passes on: it answers them itself
        "/logout",
        "/favicon.ico",
        "/gradio_api/app_id",
        "/gradio_api/cancel",
        "/gradio_api/file={path_or_url:path}",
        "/gradio_api/heartbeat/{session_hash}",
        "/gradio_api/info",
        "/gradio_api/queue/data",
        "/gradio_api/queue/join",
        "/gradio_api/theme.css",
        "/gradio_api/upload",
        "/gradio_api/upload_progress",
        "/static/{path:path}",
        "/theme.css",
    }


def _leaves(routes) -> list:
    found = []
    for route in routes:
        router = getattr(route, "original_router", None)
        found.extend(_leaves(router.routes) if router else [route])
    return found


def _filled(path: str) -> str:
    return path.replace("{path:path}", "x").replace("{path_or_url:path}", "/x").replace("{session_hash}", "abcdef")
