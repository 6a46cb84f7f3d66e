"""Calls an ASGI app without a server: what a hostile client may send, byte by byte."""

import asyncio
from dataclasses import dataclass, field

SITE_HOST = b"127.0.0.1:7860"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def cookie(self) -> bytes:
        return self.headers["set-cookie"].split(";")[0].encode()


@dataclass
class Inner:
    """Stands behind the gate: notes what reaches it and answers what it is told to."""

    status: int = 200
    answer: bytes = b"inside"
    headers: list = field(default_factory=list)
    error: Exception | None = None
    seen: list = field(default_factory=list)

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            self.seen.append((scope, b""))
            return
        body, more = b"", scope["method"] == "POST"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError("the client hung up")
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.seen.append((scope, body))
        if self.error:
            raise self.error
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        half = len(self.answer) // 2
        await send({"type": "http.response.body", "body": self.answer[:half], "more_body": True})
        await send({"type": "http.response.body", "body": self.answer[half:]})


def scope_of(method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]]) -> dict:
    named = {name.lower() for name, _ in headers}
    host = [] if b"host" in named else [(b"host", SITE_HOST)]
    return {"type": "http", "method": method, "path": path, "query_string": query, "headers": host + headers}


def call(
    app, method: str, path: str, *, query: bytes = b"", headers=(), body: bytes = b"", pieces: int = 1, cookie: bytes = b""
) -> Answer:
    """headers: (name, value) byte pairs. A body gets a Content-Length unless one is given; `pieces` sends it in parts."""
    given = list(headers) + ([(b"cookie", cookie)] if cookie else [])
    if body and not any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in given):
        given.append((b"content-length", str(len(body)).encode()))
    return asyncio.run(_call(app, scope_of(method, path, query, given), body, pieces))


async def _call(app, scope: dict, body: bytes, pieces: int) -> Answer:
    step = max(1, -(-len(body) // pieces))
    parts = [body[start : start + step] for start in range(0, len(body), step)] or [b""]
    messages = [{"type": "http.request", "body": part, "more_body": k + 1 < len(parts)} for k, part in enumerate(parts)]
    sent: list[dict] = []

    async def receive():
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
