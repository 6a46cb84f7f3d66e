"""Request bodies: measured before and while they are read, JSON parsed once and strictly."""

import json
from typing import Any

from kbapp.web.refusal import Refusal, too_large

JSON_BYTES = 2 * 2**20
UPLOAD_OVERHEAD_BYTES = 64 * 1024  # the form's boundaries and part headers around the files


def declared_length(headers: dict[str, str]) -> int | None:
    """Content-Length, None if the body comes in chunks. Raises Refusal on both, on neither digits, or on a packed body."""
    if "content-encoding" in headers:
        raise Refusal(415, "packed_body", "Compressed request bodies are not taken.")
    length = headers.get("content-length")
    if length is None:
        return None
    if not (length.isascii() and length.isdigit()) or "transfer-encoding" in headers:
        raise _malformed()
    return int(length)


def check_empty(headers: dict[str, str]) -> None:
    if declared_length(headers) or "transfer-encoding" in headers:
        raise _malformed()


def check_upload(headers: dict[str, str], limit_bytes: int) -> None:
    """Raises Refusal for what is no form, says no length, or says too much."""
    if not headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Refusal(415, "not_a_form", "Uploads are taken as a form (multipart/form-data) only.")
    length = declared_length(headers)
    if length is None:
        raise Refusal(411, "length_required", "Uploads must say their length.")
    if length > limit_bytes + UPLOAD_OVERHEAD_BYTES:
        raise too_large(limit_bytes)


async def read_json(headers: dict[str, str], receive, limit_bytes: int = JSON_BYTES) -> tuple[bytes, dict]:
    """The body's bytes, which are handed on unchanged, and the object they hold. Raises Refusal."""
    if _media_type(headers) != "application/json":
        raise Refusal(415, "not_json", "Expected JSON.")
    body = await _read(headers, receive, limit_bytes)
    return body, parse_json(body)


async def read_form(headers: dict[str, str], receive, limit_bytes: int) -> bytes:
    """The bytes of a small form of fields. Raises Refusal."""
    if _media_type(headers) != "application/x-www-form-urlencoded":
        raise Refusal(415, "not_a_form", "Expected a form.")
    return await _read(headers, receive, limit_bytes)


def _media_type(headers: dict[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


async def _read(headers: dict[str, str], receive, limit_bytes: int) -> bytes:
    if (declared_length(headers) or 0) > limit_bytes:
        raise too_large(limit_bytes)
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Refusal(400, "disconnected", "The request ended early.")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit_bytes:
            raise too_large(limit_bytes)
    return bytes(body)


def parse_json(body: bytes) -> dict:
    """A JSON object without duplicate keys, NaN or infinities. Two parsers that disagree on a key are a way around a check."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _malformed() from None
    if not isinstance(value, dict):
        raise _malformed()
    return value


def replay(body: bytes, receive):
    """A `receive` that gives the body again, then whatever the connection says."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> dict:
        return pending.pop() if pending else await receive()

    return replayed


def counted(receive, limit_bytes: int):
    """A `receive` that hangs up when more than the limit comes, whatever the headers said."""
    seen = 0

    async def counting() -> dict:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return message if seen <= limit_bytes + UPLOAD_OVERHEAD_BYTES else {"type": "http.disconnect"}

    return counting


def _unique(pairs: list[tuple[str, Any]]) -> dict:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate key")
    return value


def _no_constant(name: str):
    raise ValueError(name)


def _malformed() -> Refusal:
    return Refusal(400, "malformed", "The request is malformed.")
