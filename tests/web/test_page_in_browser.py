"""Normal use of a page behind the gate in real Chromium meets no refusal and leaves no origin; foreign pages in it get nothing."""

import http.server
import os
import threading

import pytest

from tests.web.conftest import free_port, running_demo

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium, demo):
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.answers, page.asked, page.complaints = [], [], []
    page.on("response", lambda answer: page.answers.append((answer.status, answer.url)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: page.complaints.append("dialog: " + dialog.message))
    yield page
    context.close()


def has_value(page, name: str, start: str) -> None:
    page.wait_for_function(
        "([name, start]) => document.querySelector(`#${name} textarea, #${name} input`)?.value.startsWith(start)", arg=[name, start]
    )


def test_normal_use_meets_no_refusal_and_leaves_no_origin(page, demo):
    page.goto(demo.origin)
    page.wait_for_selector("#add")
    page.click("#add")
    has_value(page, "total", "total ")
    page.set_input_files(
        "#upload input[type=file]", files=[{"name": "a b%41é.txt", "mimeType": "text/plain", "buffer": b"from the browser"}]
    )
    has_value(page, "told", "1 from local")
    assert demo.seen[-1] == [b"from the browser"]
    page.wait_for_selector("#graph canvas")
    spot = page.evaluate("demoNetwork.canvasToDOM(demoNetwork.getPosition('b'))")
    page.locator("#graph canvas").click(position=spot)
    has_value(page, "picked", "b")
    page.wait_for_function("document.getElementById('film').naturalWidth === 96")
    has_value(page, "ticks", "tick")
    page.goto(demo.origin + "/second")
    page.wait_for_selector("#second")
    assert [answer for answer in page.answers if answer[0] >= 400] == []
    assert [url for url in page.asked if not url.startswith((demo.origin, "data:", "blob:"))] == []
    assert page.complaints == []


def test_nothing_of_a_case_stays_in_the_browser(page, demo):
    page.goto(demo.origin)
    page.set_input_files(
        "#upload input[type=file]", files=[{"name": "zyxmarker.txt", "mimeType": "text/plain", "buffer": b"zyxmarker"}]
    )
    has_value(page, "told", "1 from local")
    kept = page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie")
    assert "zyxmarker" not in kept and "kb_browser" not in kept


def test_a_page_that_outlives_its_server_reloads_itself_and_goes_on(page, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", os.environ.get("GRADIO_TEMP_DIR", ""))  # the other demo's, given back afterwards
    port = free_port()
    with running_demo(tmp_path, port):
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector("#add")
        page.click("#add")
        has_value(page, "total", "total ")
    with running_demo(tmp_path, port):
        page.wait_for_function("document.querySelector('#total textarea, #total input')?.value === ''", timeout=30_000)
        page.click("#add")
        has_value(page, "total", "total ")


def test_localhost_leads_to_the_one_address(page, demo):
    page.goto(f"http://localhost:{demo.port}/second?case=1")
    assert page.url == demo.origin + "/second?case=1"


@pytest.fixture(scope="module")
def foreign_site():
    """A page on another port of this machine: another origin of the same site, which gets our cookies sent."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b"<!doctype html><title>foreign</title><body></body>"
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    port = free_port()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield port
    server.shutdown()


ATTACK = """async (origin) => {
    const form = new FormData(); form.append('files', new Blob(['evil']), 'evil.txt');
    const join = {data: [[]], fn_index: 0, session_hash: 'session_evil'};
    const tries = {
        upload: () => fetch(origin + '/gradio_api/upload', {method: 'POST', body: form, credentials: 'include', mode: 'no-cors'}),
        join_as_text: () => fetch(origin + '/gradio_api/queue/join', {method: 'POST', body: JSON.stringify(join), credentials: 'include', mode: 'no-cors'}),
        join: () => fetch(origin + '/gradio_api/queue/join', {method: 'POST', body: JSON.stringify(join), credentials: 'include',
                                                           headers: {'content-type': 'application/json'}}),
        config: () => fetch(origin + '/config', {credentials: 'include'}),
        page: () => fetch(origin + '/', {credentials: 'include'}),
    };
    const told = {};
    for (const [name, attempt] of Object.entries(tries)) {
        try { const answer = await attempt(); told[name] = answer.type === 'opaque' ? 'unreadable' : 'read ' + answer.status; }
        catch (error) { told[name] = 'failed'; }
    }
    return told;
}"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_foreign_page_can_read_and_change_nothing(page, demo, foreign_site, host, caplog):
    page.goto(demo.origin)  # the browser has our cookie now
    page.wait_for_selector("#add")
    before = len(demo.seen)
    page.goto(f"http://{host}:{foreign_site}/")
    with caplog.at_level("INFO", logger="kbapp.web.gate"):
        told = page.evaluate(ATTACK, demo.origin)
    assert told == dict.fromkeys(["upload", "join_as_text", "join", "config", "page"], "failed")
    assert [record.message for record in caplog.records].count(
        "refused: 403 cross_site"
    ) >= 4  # they did arrive, all but the preflight
    assert len(demo.seen) == before


def test_a_foreign_page_cannot_frame_ours(page, demo, foreign_site):
    page.goto(f"http://127.0.0.1:{foreign_site}/")
    page.evaluate(
        "origin => { const frame = document.createElement('iframe'); frame.src = origin; document.body.append(frame); }",
        demo.origin,
    )
    page.wait_for_timeout(1000)
    assert all(status >= 400 for status, url in page.answers if url.startswith(demo.origin))
    assert not any(frame.query_selector("#add") for frame in page.frames)


def test_a_link_on_a_foreign_page_opens_ours(page, demo, foreign_site):
    page.goto(f"http://localhost:{foreign_site}/")
    page.evaluate(
        "origin => { const link = document.createElement('a'); link.href = origin; link.id = 'go'; link.textContent = 'go'; document.body.append(link); }",
        demo.origin,
    )
    page.click("#go")
    page.wait_for_selector("#add")


def test_hostile_labels_stay_text(page, demo):
    page.goto(demo.origin)
    page.wait_for_selector("#graph canvas")
    assert not [text for text in page.complaints if text.startswith("dialog")]


def test_the_page_may_not_load_from_elsewhere(page, demo, foreign_site):
    """What a hole in escaping could do at worst: the page's own policy stops the way out."""
    page.goto(demo.origin)
    page.wait_for_selector("#add")
    elsewhere = f"http://127.0.0.1:{foreign_site}/"
    told = page.evaluate("url => fetch(url, {mode: 'no-cors'}).then(() => 'sent', () => 'stopped')", elsewhere)
    image = page.evaluate(
        "url => new Promise(done => { const i = new Image(); i.onload = i.onerror = e => done(e.type); i.src = url; })",
        elsewhere + "x.png",
    )
    assert told == "stopped" and image == "error"
    assert not [url for status, url in page.answers if url.startswith(elsewhere)]
