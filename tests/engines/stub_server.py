"""An HTTP server on loopback that answers what the test tells it, and remembers what it was sent."""

import json
import ssl
import threading
from collections.abc import Callable
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Stub:
    """answer(path, body) -> (status, value): a dict goes as JSON, bytes as HTML, an iterator of bytes piece by piece."""

    def __init__(self, answer: Callable):
        self.answer = answer
        self.seen: list[tuple[str, dict]] = []
        self.headers: list[Message] = []
        self.url, self.port = "", 0


@contextmanager
def serving(answer: Callable, tls: ssl.SSLContext | None = None):
    stub = Stub(answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stub))
    server.handle_error = lambda *_: None  # a caller that hangs up is part of the tests
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    stub.url, stub.port = f"http://127.0.0.1:{server.server_port}/v1", server.server_port
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()


def _handler(stub: Stub):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._answered({})

        def do_POST(self):
            self._answered(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answered(self, body):
            stub.seen.append((self.path, body))
            stub.headers.append(self.headers)
            status, value = stub.answer(self.path, body)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", value)
                value = b""
            if isinstance(value, dict):
                value = json.dumps(value).encode()
                self.send_header("Content-Type", "application/json")
            elif isinstance(value, bytes):
                self.send_header("Content-Type", "text/html")
            else:
                self.send_header("Content-Type", "application/json")
            if isinstance(value, bytes):
                self.send_header("Content-Length", str(len(value)))
                value = [value]
            self.end_headers()
            try:
                for piece in value:
                    self.wfile.write(piece)
                    self.wfile.flush()
            except (BrokenPipeError, ConnectionResetError):
                pass

        def log_message(self, *_):
            pass

    return Handler


def chat_answer(text: str, finish_reason: str = "stop") -> dict:
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }
