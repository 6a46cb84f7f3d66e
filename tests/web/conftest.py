"""The demo page behind the real gate on a real port, in this process."""

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from kbapp.web.server import uvicorn_options
from tests.web.demo import demo_app, demo_settings


@dataclass
class Running:
    """seen: what the demo's handlers got."""

    port: int
    seen: list
    storage: object

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_demo(storage, port: int):
    import uvicorn

    seen: list = []
    settings = demo_settings(storage, port)
    app = demo_app(settings, seen)
    server = uvicorn.Server(uvicorn.Config(app, **{**uvicorn_options(settings), "timeout_graceful_shutdown": 1}))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    assert server.started, "the demo did not start within 30 s"
    try:
        yield Running(port, seen, storage)
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")  # no longer: another running page would move the folder for uploads
def demo(tmp_path_factory):
    with running_demo(tmp_path_factory.mktemp("storage"), free_port()) as running:
        yield running
