"""OpenAiChat against a loopback server: what it sends, and what each kind of failure means."""

import base64
import threading
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from kbapp.core.content import ImageContent
from kbapp.engines.language_model import ChatRequest, Turn
from kbapp.engines.openai_chat import OpenAiChat
from kbapp.engines.openai_server import OpenAiServer
from kbapp.errors import ModelBusy, ModelUnavailable, SettingsError
from tests.engines.stub_server import chat_answer, serving

ASK = ChatRequest((Turn("system", "be brief"), Turn("user", "hello")), max_tokens=9, temperature=0.5, seed=4)
HELD = ChatRequest(ASK.turns, {"type": "object"})


def chat(stub, deadline_s=5.0, **more) -> OpenAiChat:
    return OpenAiChat(OpenAiServer(stub.url, "sesame", deadline_s=deadline_s), "m", **more)


def test_a_request_carries_everything_and_the_reply_comes_back_with_its_finish_reason():
    with serving(lambda path, body: (200, chat_answer("hi", "length"))) as stub:
        (reply,) = chat(stub).chat([ASK])
    ((path, body),) = stub.seen
    assert path == "/v1/chat/completions"
    assert body["messages"] == [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}]
    assert (body["model"], body["max_tokens"], body["temperature"], body["seed"]) == ("m", 9, 0.5, 4)
    assert "response_format" not in body
    assert stub.headers[0]["Authorization"] == "Bearer sesame"
    assert (reply.text, reply.finish_reason, reply.usage["completion_tokens"]) == ("hi", "length", 2)


def test_pictures_come_before_the_text_scaled_to_the_cap():
    picture = ImageContent(np.arange(200 * 100, dtype=np.uint16).reshape(200, 100), window=(0, 20_000))
    with serving(lambda path, body: (200, chat_answer("ok"))) as stub:
        chat(stub, max_pixels=50 * 100).chat([ChatRequest((Turn("user", "what is it?", (picture, picture)),))])
    parts = stub.seen[0][1]["messages"][0]["content"]
    assert [p["type"] for p in parts] == ["image_url", "image_url", "text"]
    head, data = parts[0]["image_url"]["url"].split(",")
    image = Image.open(BytesIO(base64.b64decode(data)))
    assert head == "data:image/png;base64" and image.format == "PNG" and image.size == (50, 100)


def test_replies_keep_the_order_of_the_requests_while_these_travel_together():
    gate = threading.Barrier(3, timeout=5)

    def answer(path, body):
        gate.wait()  # passes only when all three are here at once
        return 200, chat_answer(body["messages"][0]["content"])

    with serving(answer) as stub:
        replies = chat(stub).chat([ChatRequest((Turn("user", str(k)),)) for k in range(3)])
    assert [r.text for r in replies] == ["0", "1", "2"]


def test_a_schema_goes_as_response_format():
    with serving(lambda path, body: (200, chat_answer("{}"))) as stub:
        chat(stub).chat([HELD])
    form = stub.seen[0][1]["response_format"]
    assert form == {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": {"type": "object"}}}


def test_a_server_without_response_format_is_asked_without_and_remembered():
    with serving(
        lambda p, body: (400, {"error": {"message": "unknown"}}) if "response_format" in body else (200, chat_answer("{}"))
    ) as stub:
        model = chat(stub)
        assert model.chat([HELD])[0].text == "{}" and model.chat([HELD])[0].text == "{}"
    assert ["response_format" in body for _, body in stub.seen] == [True, False, False]


def test_a_request_that_is_bad_either_way_is_told_and_schemas_are_kept():
    with serving(lambda p, body: (400, {"error": {"message": "Mrs Secret"}})) as stub:
        model = chat(stub)
        with pytest.raises(ModelUnavailable, match="status 400") as failure:
            model.chat([HELD])
        assert "Secret" not in str(failure.value)
        with pytest.raises(ModelUnavailable):
            model.chat([HELD])
    assert ["response_format" in body for _, body in stub.seen] == [True, False, True, False]


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (429, ModelBusy, "no room"),
        (503, ModelBusy, "no room"),
        (401, ModelUnavailable, "key"),
        (403, ModelUnavailable, "key"),
        (404, ModelUnavailable, "model's name"),
        (500, ModelUnavailable, "status 500"),
    ],
)
def test_each_refusal_has_its_meaning_and_is_not_repeated(status, error, words):
    with serving(lambda p, b: (status, {"error": {"message": "no"}})) as stub, pytest.raises(error, match=words):
        chat(stub).chat([ASK])
    assert len(stub.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status):
    with (
        serving(lambda p, b: (200, chat_answer("stolen"))) as other,
        serving(lambda p, b: (status, other.url + "/chat/completions")) as stub,
        pytest.raises(ModelUnavailable),
    ):
        chat(stub).chat([ASK])
    assert not other.seen


@pytest.mark.parametrize(
    "value",
    [
        b"<html>log in</html>",
        {"choices": []},
        {"choices": None},
        {"object": "list", "data": []},
        {"choices": [{"index": 0, "finish_reason": "stop"}]},
        {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": ["x"]}}]},
        [b'{"choices": [{"ind'],
    ],
)
def test_an_answer_out_of_protocol_is_no_answer(value):
    with serving(lambda p, b: (200, value)) as stub, pytest.raises(ModelUnavailable, match="protocol|cannot be reached"):
        chat(stub).chat([ASK])


def test_an_answer_that_trickles_is_given_up_at_the_deadline():
    def drops():
        for _ in range(100):
            yield b" "
            time.sleep(0.05)

    with serving(lambda p, b: (200, drops())) as stub:
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="within 0.4 s"):
            chat(stub, deadline_s=0.4).chat([ASK])
        assert time.monotonic() - started < 3


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        OpenAiChat(OpenAiServer("http://127.0.0.1:9/v1"), "m").chat([ASK])


def test_no_requests_need_no_server():
    assert OpenAiChat(OpenAiServer("http://127.0.0.1:9/v1"), "m").chat([]) == []


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "ftp://x/v1", "http://", "http://user:pw@host/v1", "//host/v1", "http://h/v1?x=1"]
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(SettingsError, match="address"):
        OpenAiServer(url)


def test_the_key_is_not_shown():
    assert "sesame" not in repr(OpenAiServer("http://h/v1", "sesame"))
