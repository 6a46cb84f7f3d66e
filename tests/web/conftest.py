"""The demo page behind the real gate on a real port, in this process."""

import socket
import threading
import time
from dataclasses import dataclass

import pytest

from kbapp.web.server import build, prepare_environment, uvicorn_options
from tests.web.demo import DemoWorkbench, demo_blocks, demo_settings


@dataclass
class Running:
    """seen: what the demo's handlers got."""

    port: int
    seen: list
    storage: object
    server: object

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    import uvicorn

    seen: list = []
    settings = demo_settings(tmp_path_factory.mktemp("storage"), free_port())
    prepare_environment(settings)
    app = build(DemoWorkbench(), demo_blocks(seen), settings, head='<script src="/kb/static/vis-network.min.js"></script>')
    server = uvicorn.Server(uvicorn.Config(app, **uvicorn_options(settings)))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    assert server.started
    yield Running(settings.port, seen, settings.storage, server)
    server.should_exit = True
    thread.join(10)
