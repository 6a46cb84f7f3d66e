"""The real parent with a real Gradio app behind the gate, over real sockets: attacks are refused, normal use is not (B1 to B32)."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest

from kbapp.errors import SettingsError
from kbapp.formats.picture import decode_png
from kbapp.settings import Settings
from kbapp.web.environment import prepare_environment, upload_folder
from kbapp.web.server import build, check_loopback
from tests.web.demo import PICTURE, TAMPERED, TEXT, UNFIT, DemoWorkbench, demo_blocks, demo_settings

FILE_META = {"_type": "gradio.FileData"}


@pytest.fixture
def browser(demo):
    """A client with a cookie of its own, as after opening the page."""
    with httpx.Client(base_url=demo.origin, timeout=20) as client:
        assert client.get("/").status_code == 200
        yield client


@pytest.fixture
def other(demo):
    with httpx.Client(base_url=demo.origin, timeout=20) as client:
        client.get("/")
        yield client


def upload(client, data: bytes = b"hello", name: str = "note.txt") -> str:
    answer = client.post("/gradio_api/upload", files={"files": (name, data)})
    assert answer.status_code == 200, answer.text
    return answer.json()[0]


def functions(client) -> dict[str, int]:
    return {dependency["api_name"]: dependency["id"] for dependency in client.get("/config").json()["dependencies"]}


def run(client, name: str, data: list, session: str) -> dict:
    """One event through the queue, as the page does it; the last message."""
    body = {"data": data, "fn_index": functions(client)[name], "session_hash": session}
    joined = client.post("/gradio_api/queue/join", json=body)
    if joined.status_code != 200:
        return {"refused": joined.status_code}
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                message = json.loads(line[5:])
                if message["msg"] == "process_completed":
                    return message
    raise AssertionError("the stream ended early")


def test_an_own_upload_reaches_the_handler(browser, demo):
    path = upload(browser, b"the lungs are clear")
    done = run(browser, "take", [[{"path": path, "meta": FILE_META}]], "session_up")
    assert done["success"] and done["output"]["data"] == ["1 from local"]
    assert demo.seen[-1] == [b"the lungs are clear"]
    assert browser.get("/gradio_api/file=" + path).content == b"the lungs are clear"


@pytest.mark.parametrize("path", ["/etc/hostname", "/proc/self/environ", __file__, "http://169.254.169.254/x", "//evil.example/x"])
def test_a_path_that_was_not_uploaded_reaches_no_handler(browser, demo, path):
    before = len(demo.seen)
    assert run(browser, "take", [[{"path": path, "meta": FILE_META}]], "session_b1") == {"refused": 403}
    assert len(demo.seen) == before


def test_gradio_itself_refuses_such_a_path_too(demo):
    """The second lock, behind the gate. The control shows that without it any file can be read."""
    import gradio as gr
    from gradio.context import LocalContext
    from gradio.exceptions import InvalidPathError
    from gradio.processing_utils import async_move_files_to_cache

    with gr.Blocks() as blocks:
        file = gr.File()

    async def move():
        LocalContext.blocks.set(blocks)
        return await async_move_files_to_cache({"path": "/etc/hostname", "meta": FILE_META}, file, check_in_upload_folder=True)

    assert Path(asyncio.run(move())["path"]).read_bytes() == Path("/etc/hostname").read_bytes()
    blocks.has_launched = True  # as `build` sets it
    with pytest.raises(InvalidPathError):
        asyncio.run(move())


def test_gradio_is_mounted_with_its_locks_on(tmp_path):
    settings = demo_settings(tmp_path, 7861)
    blocks = demo_blocks([])
    build(DemoWorkbench(), blocks, settings)
    assert blocks.has_launched
    assert (blocks.allowed_paths, blocks.run_history, blocks.show_error, blocks.ssr_mode, blocks.footer_links) == (
        [],
        False,
        False,
        False,
        [],
    )
    assert not blocks.enable_monitoring and not blocks.pwa and blocks.max_file_size == settings.max_upload_mb * 2**20
    assert str(tmp_path.resolve()) in blocks.blocked_paths and blocks.root_path == "http://127.0.0.1:7861"


def test_another_browsers_upload_and_session_are_out_of_reach(browser, other, demo):
    path = upload(browser, b"secret of the first browser")
    assert run(browser, "more", [None], "session_b5")["success"]
    assert other.get("/gradio_api/file=" + path).status_code == 404
    assert run(other, "take", [[{"path": path, "meta": FILE_META}]], "session_b4") == {"refused": 403}
    assert run(other, "more", [None], "session_b5") == {"refused": 403}
    assert other.get("/gradio_api/queue/data", params={"session_hash": "session_b5"}).status_code == 403
    assert other.get("/gradio_api/heartbeat/session_b5").status_code == 403
    assert other.post("/gradio_api/cancel", json={"session_hash": "session_b5", "fn_index": 0, "event_id": "x"}).status_code == 403


def test_without_an_id_nothing_but_the_page_answers(demo):
    with httpx.Client(base_url=demo.origin) as stranger:
        for method, path in [
            ("GET", "/config"),
            ("GET", "/gradio_api/info"),
            ("POST", "/gradio_api/queue/join"),
            ("GET", "/gradio_api/queue/data?session_hash=session1"),
            ("POST", "/gradio_api/upload"),
            ("GET", "/gradio_api/heartbeat/session1"),
            ("POST", "/gradio_api/cancel"),
            ("GET", f"/kb/artifact/{PICTURE.sha256}"),
        ]:
            assert stranger.request(method, path).status_code == 401, path
        for path in (
            "/docs",
            "/openapi.json",
            "/monitoring",
            "/gradio_api/runs",
            "/gradio_api/startup-events",
            "/gradio_api/token",
            "/gradio_api/mcp/",
        ):
            assert stranger.get(path).status_code == 404, path
        assert stranger.get("/kb/health").json() == {"status": "ok"}
        assert stranger.get("/theme.css").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/file=/etc/passwd", "/gradio_api/file=%2e%2e/%2e%2e/etc/passwd", "/gradio_api/file=file:///etc/passwd", "/gradio_api/file=//evil.example/x",
     "/gradio_api/file=/etc/./passwd", "/gradio_api/FILE=/etc/passwd", "/gradio_api/file=http://127.0.0.1:1/", "/assets/..%2f..%2f..%2fetc/passwd",
     "/static/%2e%2e/%2e%2e/routes.py", "/kb/static/../../pyproject.toml", "/kb/static/..%5cworkbench.js", "/gradio_api/file=/proc/self/environ"],
)  # fmt: skip
def test_no_file_of_the_machine_can_be_fetched(browser, demo, path):
    assert raw(demo, f"GET {path} HTTP/1.1", cookie=browser) in (403, 404)


def test_queue_bypasses_are_closed(browser):
    for path in (
        "/gradio_api/run/more",
        "/gradio_api/api/more",
        "/gradio_api/call/more",
        "/gradio_api/call/v2/more",
        "/run/more",
        "/api/more",
    ):
        assert browser.post(path, json={"data": [None]}).status_code == 404


def test_foreign_pages_change_nothing_and_read_nothing(browser, demo):
    before = len(demo.seen)
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        for send in (
            lambda h: browser.post("/gradio_api/upload", files={"files": ("x.txt", b"x")}, headers=h),
            lambda h: browser.post(
                "/gradio_api/queue/join", json={"data": [], "fn_index": 0, "session_hash": "session_b16"}, headers=h
            ),
            lambda h: browser.get("/config", headers=h),
            lambda h: browser.get(f"/kb/artifact/{PICTURE.sha256}", headers=h),
        ):
            answer = send(headers)
            assert answer.status_code == 403 and not [name for name in answer.headers if name.startswith("access-control")]
    assert len(demo.seen) == before


def test_no_answer_permits_another_origin(browser):
    for path in ("/", "/config", "/theme.css", "/kb/health", f"/kb/artifact/{PICTURE.sha256}"):
        headers = browser.get(path).headers
        assert not [name for name in headers if name.startswith("access-control")], path
        assert "frame-ancestors 'self'" in headers["content-security-policy"] and headers["x-content-type-options"] == "nosniff"


def test_the_root_of_the_page_is_fixed(browser, demo):
    config = browser.get("/config", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}).json()
    assert config["root"] == demo.origin
    assert "evil" not in browser.get("/", headers={"X-Forwarded-Host": "evil.example"}).text
    assert raw(demo, "GET / HTTP/1.1", host="evil.example") == 400


def test_convenience_features_are_off(browser):
    page, config = browser.get("/").text, browser.get("/config").json()
    assert config.get("run_history") in (False, None) and config["footer_links"] == [] and not config.get("analytics_enabled")
    assert browser.get("/manifest.json").status_code == 404 and browser.get("/gradio_api/deep_link").status_code == 404
    assert "iframe-resizer" not in page or "http" not in page.split("iframe-resizer")[0][-30:]


def test_a_failing_handler_shows_no_detail(browser):
    done = run(browser, "broken", [], "session_b32")
    assert not done["success"] and "secret" not in json.dumps(done)


@pytest.mark.parametrize(
    ("line", "headers", "statuses"),
    [
        ("GET / HTTP/1.1", {"X-Long": "x" * 70_000}, (400, 431)),
        ("POST /gradio_api/queue/join HTTP/1.1", {"Content-Type": "application/json", "Content-Length": "120000000"}, (413,)),
        (
            "POST /gradio_api/upload HTTP/1.1",
            {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "80000000"},
            (413,),
        ),
        (
            "POST /gradio_api/upload HTTP/1.1",
            {"Content-Type": "multipart/form-data; boundary=x", "Transfer-Encoding": "chunked"},
            (411,),
        ),
        (
            "GET / HTTP/1.1",
            {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"},
            (200, 400, 403),
        ),
    ],
)
def test_big_and_odd_requests_are_refused_before_they_are_read(browser, demo, line, headers, statuses):
    assert raw(demo, line, cookie=browser, **headers) in statuses


def test_an_upload_over_gradios_limit_is_refused(browser):
    answer = browser.post("/gradio_api/upload", files={"files": ("x.bin", bytes(65 * 2**20))})
    assert answer.status_code == 413


# Own routes


def test_a_stored_picture_is_shown_as_stored_small_or_through_a_window(browser):
    stored = browser.get(f"/kb/artifact/{PICTURE.sha256}")
    assert (
        stored.content == PICTURE.data
        and stored.headers["content-type"] == "image/png"
        and stored.headers["content-disposition"] == "inline"
    )
    assert stored.headers["cache-control"] == "no-store" and "sandbox" in stored.headers["content-security-policy"]
    small = browser.get(f"/kb/artifact/{PICTURE.sha256}?w=96")
    assert small.headers["content-type"] == "image/jpeg" and small.content.startswith(b"\xff\xd8")
    shown = decode_png(browser.get(f"/kb/artifact/{PICTURE.sha256}?low=1000&high=2000").content)
    levels = decode_png(PICTURE.data).astype(float)
    assert shown.dtype == np.uint8 and np.abs(shown - np.clip((levels - 1000) * 255 / 1000, 0, 255)).max() <= 0.51


def test_a_rendering_made_twice_is_the_same(browser):
    first, second = (browser.get(f"/kb/artifact/{PICTURE.sha256}?w=96").content for _ in range(2))
    assert first == second


def test_a_download_is_named_after_its_hash_and_says_synthetic(browser):
    answer = browser.get(f"/kb/artifact/{PICTURE.sha256}?download=1")
    assert answer.headers["content-disposition"] == f'attachment; filename="synthetic-{PICTURE.sha256[:12]}.png"'


def test_a_text_is_a_download(browser):
    answer = browser.get(f"/kb/artifact/{TEXT.sha256}")
    assert (
        answer.headers["content-disposition"].startswith("attachment")
        and answer.headers["content-type"] == "text/plain; charset=utf-8"
    )


@pytest.mark.parametrize("name", ["a" * 64, "A" * 64, "x", PICTURE.sha256 + "x", "..%2f..%2fetc%2fpasswd", "%00"])
def test_what_is_not_there_and_what_may_not_be_seen_look_alike(browser, name):
    answer = browser.get(f"/kb/artifact/{name}")
    assert answer.status_code == 404 and answer.json() == {"code": "not_found", "error": "There is nothing here."}


def test_a_tampered_file_is_said_by_code_and_nothing_more(browser):
    answer = browser.get(f"/kb/artifact/{TAMPERED}")
    assert answer.status_code == 500 and answer.json()["code"] == "artifact_tampered" and "secret" not in answer.text


def test_what_the_person_can_mend_is_said(browser):
    answer = browser.get(f"/kb/artifact/{UNFIT}")
    assert answer.status_code == 400 and answer.json() == {"code": "user", "error": "Choose another one."}


@pytest.mark.parametrize("query", ["w=97", "w=1000000", "low=1", "low=2&high=1", "low=nan&high=inf", "low=1&high=1"])
def test_renderings_that_nobody_needs_are_refused(browser, query):
    assert browser.get(f"/kb/artifact/{PICTURE.sha256}?{query}").status_code == 400


def test_a_text_cannot_be_rendered(browser):
    assert browser.get(f"/kb/artifact/{TEXT.sha256}?w=96").status_code == 400


def test_static_files_are_a_fixed_list_with_tags(browser):
    answer = browser.get("/kb/static/vis-network.min.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8" and len(answer.content) > 300_000
    assert browser.get("/kb/static/vis-network.min.js", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert browser.get("/kb/static/samples.json").status_code == 404


# Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org", "", "127.0.0.1.example.org"])
def test_any_address_but_this_machine_is_refused_until_accounts_exist(host):
    with pytest.raises(SettingsError, match="expected a loopback host"):
        check_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machine_is_taken(host):
    check_loopback(host)


def test_the_environment_is_set_before_gradio_is_imported(tmp_path):
    script = """
import sys
from pathlib import Path
from kbapp.settings import Settings
from kbapp.web.server import prepare_environment
assert "gradio" not in sys.modules and "torch" not in sys.modules
folder = prepare_environment(Settings(storage=Path(sys.argv[1])))
import gradio, os, huggingface_hub
assert huggingface_hub.constants.HF_HUB_OFFLINE
print(gradio.utils.get_upload_folder() == str(folder), oct(folder.stat().st_mode & 0o777), "HF_TOKEN" in os.environ)
"""
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HF_TOKEN": "secret"}
    environment.pop("HF_HUB_OFFLINE", None)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, env=environment, cwd=os.getcwd()
    )
    assert done.stdout.split() == ["True", "0o700", "False"], done.stderr


def test_too_late_is_said(monkeypatch, tmp_path):
    pytest.importorskip("gradio")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    with pytest.raises(RuntimeError, match="before the first import"):
        prepare_environment(Settings(storage=tmp_path))


def test_the_upload_folder_lies_outside_of_what_gradio_may_read(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    settings = Settings(storage=Path.cwd() / "storage")
    folder = upload_folder(settings)
    assert tmp_path in folder.parents and settings.storage not in folder.parents and Path.cwd() not in folder.parents
    assert upload_folder(Settings(storage=settings.storage, port=1)) != folder


def test_a_folder_that_cannot_be_made_is_said(tmp_path, monkeypatch):
    (tmp_path / "kbapp").write_text("a file in the way")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(SettingsError, match="cannot be made"):
        prepare_environment(Settings(storage=tmp_path))


def raw(demo, line: str, cookie: httpx.Client | None = None, host: str | None = None, **headers: str) -> int:
    """The status of one request sent byte by byte: no client library tidies the path or adds up the length."""
    given = {"Host": host or f"127.0.0.1:{demo.port}", **headers}
    if cookie is not None:
        given["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookie.cookies.items())
    text = line + "\r\n" + "".join(f"{name}: {value}\r\n" for name, value in given.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", demo.port), timeout=10) as connection:
        connection.sendall(text.encode())
        return int(connection.recv(200).split()[1])
