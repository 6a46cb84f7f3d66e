"""A model server as a process of its own, which can be killed."""

import socket
import subprocess
import sys
import time
from urllib.request import urlopen

SCRIPT = """
import sys, uvicorn
from kbapp.server.app import create_app
from tests.server.running import Scripted, house
made, chat, *_ = house(chat=Scripted() if sys.argv[2] == "scripted" else None)
if sys.argv[2] == "held":
    chat.go.clear()
uvicorn.run(create_app(made), port=int(sys.argv[1]), log_level="error")
"""


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def started(port: int, manner: str, script: str = SCRIPT, **more) -> subprocess.Popen:
    """script: of a server on the port it is given; more: for its process. manner: "held" (answers nothing), "scripted" (answers as a reader and writer would) or anything else (says what it was asked)."""
    process = subprocess.Popen([sys.executable, "-c", script, str(port), manner], **more)
    for _ in range(600):
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return process
        except OSError:
            assert process.poll() is None
            time.sleep(0.05)
    raise AssertionError("the server did not start")
