"""Bodies: measured, parsed once, strictly (threat B28)."""

import asyncio
import json

import pytest

from kbapp.web import gate_bodies
from kbapp.web.refusal import Refusal

JSON = {"content-type": "application/json"}


def messages(*parts: bytes):
    waiting = [{"type": "http.request", "body": part, "more_body": k + 1 < len(parts)} for k, part in enumerate(parts)]

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    return receive


def read(headers: dict, *parts: bytes, limit: int = 1000):
    return asyncio.run(gate_bodies.read_json(headers, messages(*parts), limit))


def status_of(headers: dict, *parts: bytes, limit: int = 1000) -> int:
    with pytest.raises(Refusal) as caught:
        read(headers, *parts, limit=limit)
    return caught.value.status


def test_the_bytes_are_handed_on_as_they_came():
    body = b' {"data": [1, "\\u00e9"],\n "session_hash": "abcdef"} '
    raw, value = read(JSON, body[:7], body[7:])
    assert raw == body and value == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"1", b"{", b'{"a": 1, "a": 2}', b'{"x": {"a": 1, "a": 2}}', b'{"a": NaN}', b'{"a": -Infinity}', b"\xff{}", b'{"a": 1} x',
     b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"a": ' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_loose_json_is_refused(body):
    assert status_of(JSON, body, limit=10**6) == 400


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data", "", "application/jsonp", "application/x-www-form-urlencoded"]
)
def test_other_types_are_refused(kind):
    assert status_of({"content-type": kind}, b"{}") == 415


def test_the_type_may_name_its_letters():
    assert read({"content-type": "application/json; charset=utf-8"}, b"{}")[1] == {}


def test_a_packed_body_is_refused():
    assert status_of({**JSON, "content-encoding": "gzip"}, b"{}") == 415


def test_too_much_is_refused_by_its_declared_length_before_a_byte_is_read():
    async def never():
        raise AssertionError("read")

    with pytest.raises(Refusal) as caught:
        asyncio.run(gate_bodies.read_json({**JSON, "content-length": "1001"}, never, 1000))
    assert caught.value.status == 413


def test_too_much_is_refused_by_counting_whatever_was_declared():
    assert status_of({**JSON, "content-length": "5"}, b'{"a": "', b"x" * 1000, b'"}') == 413
    assert status_of(JSON, b'{"a": "', b"x" * 1000, b'"}') == 413


def test_a_client_that_hangs_up_is_refused():
    waiting = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return waiting.pop(0)

    with pytest.raises(Refusal):
        asyncio.run(gate_bodies.read_json(JSON, receive))


@pytest.mark.parametrize(
    "headers",
    [
        {"content-length": "-1"},
        {"content-length": "1e3"},
        {"content-length": "٣"},
        {"content-length": "3", "transfer-encoding": "chunked"},
    ],
)
def test_lengths_that_two_servers_could_read_differently_are_refused(headers):
    with pytest.raises(Refusal):
        gate_bodies.declared_length(headers)


def test_a_request_without_a_body_has_none():
    gate_bodies.check_empty({})
    gate_bodies.check_empty({"content-length": "0"})
    for headers in ({"content-length": "1"}, {"transfer-encoding": "chunked"}):
        with pytest.raises(Refusal):
            gate_bodies.check_empty(headers)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "multipart/form-data; boundary=x"}, 411),
        ({"content-type": "multipart/form-data; boundary=x", "content-length": str(2**20 + 2**17)}, 413),
        ({"content-type": "application/json", "content-length": "5"}, 415),
        ({}, 415),
    ],
)
def test_uploads_are_forms_that_say_their_length(headers, status):
    with pytest.raises(Refusal) as caught:
        gate_bodies.check_upload(headers, 2**20)
    assert caught.value.status == status


def test_an_upload_within_the_limit_passes():
    gate_bodies.check_upload({"content-type": "multipart/form-data; boundary=x", "content-length": str(2**20)}, 2**20)


def test_counting_hangs_up_on_a_client_that_sends_more_than_it_said():
    receive = gate_bodies.counted(messages(b"x" * 1000, b"x" * 100_000, b"x"), 1000)
    kinds = [asyncio.run(receive())["type"] for _ in range(2)]
    assert kinds == ["http.request", "http.disconnect"]


def test_a_replayed_body_comes_once():
    receive = gate_bodies.replay(b"{}", messages())
    assert asyncio.run(receive()) == {"type": "http.request", "body": b"{}", "more_body": False}
    assert asyncio.run(receive())["type"] == "http.disconnect"
