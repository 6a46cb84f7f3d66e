"""The server's door, outermost: host names, bearer token, size of the body, one line of log and one count per request.

No browser is a client here: a request with an Origin is refused, so that no web page can use the card of whoever opens it.
"""

import hmac
import json
import logging
import time

from starlette.exceptions import HTTPException

from kbapp.server.metrics import Metrics
from kbapp.server.wire import MAX_BODY_BYTES

log = logging.getLogger("kbapp.server")
OPEN = ("/healthz",)
_TOO_LARGE = f"expected at most {MAX_BODY_BYTES // 2**20} MB"
ROUTES = (
    "/v1/models",
    "/v1/chat/completions",
    "/v1/images/generations",
    "/v1/embeddings",
    "/score",
    "/healthz",
    "/readyz",
    "/metrics",
)


class Guard:
    """hosts: names (without port) that a request may be addressed to; None: any, when others may call. token: "" only on loopback."""

    def __init__(self, app, metrics: Metrics, token: str, hosts: frozenset[str] | None):
        self._app, self._metrics, self._token, self._hosts = app, metrics, token, hosts

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._watched(scope, receive, send)

    async def _watched(self, scope, receive, send) -> None:
        started, status = time.monotonic(), 500

        async def noting(message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._guarded(scope, receive, noting)
        finally:
            seconds = time.monotonic() - started
            route = scope["path"] if scope["path"] in ROUTES else "other"
            self._metrics.count(route, status, seconds)
            log.info(json.dumps({"route": route, "status": status, "ms": round(seconds * 1000, 1)}))

    async def _guarded(self, scope, receive, send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope["path"], headers)
        if refusal:
            await _refuse(send, *refusal)
            return
        read = 0

        async def capped():
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY_BYTES:
                raise HTTPException(413, _TOO_LARGE)  # the only kind that the framework lets through while it reads a body
            return message

        await self._app(scope, capped, send)

    def _refusal(self, path: str, headers: dict[str, str]) -> tuple[int, str, str] | None:
        host = headers.get("host", "").rsplit(":", 1)[0].strip("[]")
        if self._hosts is not None and host not in self._hosts:
            return 400, "host", "this address is not served here"
        if "origin" in headers:
            return 403, "origin", "web pages may not call the model server"
        size = headers.get("content-length", "0")
        if not size.isdigit() or int(size) > MAX_BODY_BYTES:
            return 413, "too_large", _TOO_LARGE
        if self._token and path not in OPEN:
            given = headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                return 401, "token", "expected the server's token as Authorization: Bearer ..."
        return None


def error_body(code: str, message: str) -> dict:
    """OpenAI's form of an error."""
    return {"error": {"message": message, "type": code, "code": code, "param": None}}


async def _refuse(send, status: int, code: str, message: str) -> None:
    body = json.dumps(error_body(code, message)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
