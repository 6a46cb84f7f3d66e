"""The real workbench behind its gate on a free port, and pages of the one Chromium in front of it."""

import os
import socket
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlparse

import pytest

from kbapp.settings import Settings


@contextmanager
def running_workbench(storage, engines_for=None, port=0):
    """Serve a workbench on this machine; yields (address, workbench). `engines_for`: as in kbapp.profiles, for slowed engines.
    port: a free one if 0."""
    import uvicorn

    from kbapp import profiles
    from kbapp.review.workbench import Workbench
    from kbapp.web.login import actor_of
    from kbapp.web.server import build, prepare_environment, uvicorn_options

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server that stood here may have left open ends
        probe.bind(("127.0.0.1", port))
        port = probe.getsockname()[1]
    settings = Settings(storage=storage, port=port)
    uploads = os.environ.get("GRADIO_TEMP_DIR")
    prepare_environment(settings)
    from kbapp.ui.page import build_blocks

    workbench = Workbench.open(settings, lambda profile: (engines_for or profiles.engines_for)(settings))
    blocks, mount = build_blocks(workbench, settings, actor_of)
    server = uvicorn.Server(uvicorn.Config(build(workbench, blocks, settings, **mount), **uvicorn_options(settings)))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    assert server.started, "the workbench did not start within 30 s"
    try:
        yield f"http://127.0.0.1:{port}", workbench
    finally:
        server.should_exit = True
        thread.join(10)
        workbench.close()
        if uploads:  # Gradio asks the environment again for each upload: the workbench around this one goes on with its folder
            os.environ["GRADIO_TEMP_DIR"] = uploads


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    with running_workbench(tmp_path_factory.mktemp("storage")) as served:
        yield served


class Watch:
    """What a page must not do: leave its origin, log errors, get refused."""

    def __init__(self, page, origin):
        self.foreign, self.errors, self.refused = [], [], []
        page.on("request", lambda r: self.foreign.append(r.url) if _leaves(r.url, origin) else None)
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" and not _cut_off(m.text) else None)
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on("response", lambda r: self.refused.append((r.status, r.url)) if r.status >= 400 else None)


def _cut_off(words):
    """What Gradio's script logs of its own events that end because the page is left or closed."""
    return words.startswith("AbortError: signal is aborted") or words == "Unexpected error Connection errored out. "


def _leaves(url, origin):
    parsed = urlparse(url)
    return parsed.scheme in ("http", "https", "ws", "wss") and f"{parsed.scheme}://{parsed.netloc}" != origin


@pytest.fixture
def page(chromium, served):
    """A fresh browser context on the workbench; fails the test if the page left its origin, logged an error or was refused."""
    origin, _ = served
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=origin)
    page = context.new_page()
    page.set_default_timeout(20_000)
    watch = Watch(page, origin)
    yield page
    context.close()
    assert not watch.foreign, f"requests left the origin: {watch.foreign}"
    assert not watch.errors, f"the console shows errors: {watch.errors}"
    assert not watch.refused, f"refused in normal use: {watch.refused}"


def go(page, address):
    """Leave for another address when the page's own events are done: a browser logs those that it cuts off."""
    page.wait_for_timeout(600)
    page.goto(address)


@pytest.fixture
def home(page):
    """The page, open at the list of cases."""
    page.goto("/")
    page.wait_for_selector("#kb_samples .kb-sample")
    page.wait_for_selector("#kb_cases .kb-list")
    return page
