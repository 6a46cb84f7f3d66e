"""The server dies in the middle of a request and comes back: the caller is told, and asks again."""

import socket
import subprocess
import sys
import threading
import time
from urllib.request import urlopen

import pytest

from kbapp.engines.language_model import ChatRequest, Turn
from kbapp.engines.openai_chat import OpenAiChat
from kbapp.engines.openai_server import OpenAiServer
from kbapp.errors import ModelUnavailable

SCRIPT = """
import sys, uvicorn
from kbapp.server.app import create_app
from tests.server.running import house
from tests.server.running import Scripted
made, chat, *_ = house(chat=Scripted() if sys.argv[2] == "scripted" else None)
if sys.argv[2] == "held":
    chat.go.clear()
uvicorn.run(create_app(made), port=int(sys.argv[1]), log_level="error")
"""


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def started(port: int, manner: str) -> subprocess.Popen:
    """manner: "held" (answers nothing), "scripted" (answers as a reader and writer would) or anything else (says what it was asked)."""
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(port), manner])
    for _ in range(600):
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return process
        except OSError:
            assert process.poll() is None
            time.sleep(0.05)
    raise AssertionError("the server did not start")


def test_a_server_that_is_killed_in_the_middle_is_told_and_can_be_asked_again():
    port = free_port()
    model = OpenAiChat(OpenAiServer(f"http://127.0.0.1:{port}/v1", deadline_s=30), "echo")
    asked = [ChatRequest((Turn("user", str(k)),)) for k in range(3)]
    process = started(port, "held")

    def kill_when_it_works():
        while b'kb_batches_total{model="echo"} 1' not in urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read():
            time.sleep(0.02)
        process.kill()

    killer = threading.Thread(target=kill_when_it_works)
    killer.start()
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        model.chat(asked)
    killer.join()
    process.wait()
    again = started(port, "fast")
    try:
        assert [reply.text for reply in model.chat(asked)] == ["0", "1", "2"]
    finally:
        again.kill()
        again.wait()
