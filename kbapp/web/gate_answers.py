"""Headers of every answer that leaves the gate."""

from kbapp.web.gate_routes import Kind
from kbapp.web.refusal import Refusal

# The page cannot do without inline script (Gradio), but nothing on it may load from, send to, or be framed by another site.
_POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NO_STORE = (b"cache-control", b"no-store")
_DROPPED_PREFIXES = (b"access-control-", b"server")


def guarded(send, kind: Kind, extra: list[tuple[bytes, bytes]]):
    """A `send` that adds our headers: nothing about a case may stay in a cache, no answer may be framed, sniffed or read cross-site."""

    async def guarding(message: dict) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message.get("headers", []) if not name.lower().startswith(_DROPPED_PREFIXES)]
            names = {name.lower() for name, _ in kept}
            if kind is not Kind.PUBLIC:
                kept = [pair for pair in kept if pair[0].lower() != b"cache-control"] + [_NO_STORE]
            kept += [pair for pair in _ALWAYS if pair[0] not in names]
            if b"content-security-policy" not in names:
                kept.append((b"content-security-policy", _POLICY.encode()))
            message = {**message, "headers": kept + extra}
        await send(message)

    return guarding


async def send_refusal(send, refusal: Refusal) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(refusal.body)).encode()),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'self'"),
        (b"connection", b"close"),  # part of a refused body may still be on its way
        _NO_STORE,
        *_ALWAYS,
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})


async def send_answer(send, status: int, body: bytes, headers) -> None:
    """An answer of the gate's own."""
    kept = [(b"content-length", str(len(body)).encode()), *headers, _NO_STORE, *_ALWAYS]
    await send({"type": "http.response.start", "status": status, "headers": kept})
    await send({"type": "http.response.body", "body": body})


async def send_redirect(send, address: str, status: int = 307) -> None:
    headers = [(b"location", address.encode("ascii", "ignore")), (b"content-length", b"0"), _NO_STORE, *_ALWAYS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
