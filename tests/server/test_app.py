"""The model server's routes through the stock openai client, with engines that answer at once."""

import http.client
import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import numpy as np
import openai
import pytest

from kbapp.core.content import ImageContent, TextContent
from kbapp.engines.language_model import ChatRequest, Turn
from kbapp.engines.openai_chat import OpenAiChat
from kbapp.engines.openai_embeddings import OpenAiEmbeddings
from kbapp.engines.openai_images import OpenAiImages
from kbapp.engines.openai_scores import OpenAiScores
from kbapp.engines.openai_server import OpenAiServer
from kbapp.engines.picture import to_data_url
from kbapp.errors import EngineError, ModelBusy, ModelUnavailable
from kbapp.priors.schema import Guidance
from kbapp.server.house import House, Model
from tests.lmm_prior import edited
from tests.server.running import house, running

FILM = ImageContent(np.full((8, 10), 70, np.uint8))
HELLO = [{"role": "user", "content": "hello there you"}]


@pytest.fixture
def served():
    made, chat, images, encoder = house()
    with running(made) as url:
        yield openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=10), chat, images, encoder


def raw(client, method: str, path: str, body=None, **headers) -> tuple[int, bytes]:
    """Without a client's manners: the path counts from the root of the server."""
    parts = urlsplit(str(client.base_url))
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    connection.request(method, path, data, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_the_models_are_listed_with_role_and_revision(served):
    listed = {m.id: m for m in served[0].models.list()}
    assert listed.keys() == {"echo", "flat", "count"}
    assert listed["echo"].role == "chat" and listed["echo"].revision == "echo@1"
    assert served[0].models.retrieve("echo") == listed["echo"]
    with pytest.raises(openai.NotFoundError, match="no model of that name; served: echo"):
        served[0].models.retrieve("other")


def test_a_chat_completion(served):
    client, chat, *_ = served
    parts = [{"type": "image_url", "image_url": {"url": to_data_url(FILM, 10**6)}}, {"type": "text", "text": "what is it?"}]
    done = client.chat.completions.create(
        model="echo", messages=[{"role": "user", "content": parts}], max_tokens=7, temperature=0.5, seed=9
    )
    assert done.choices[0].message.content == "[10x8]what is it?"
    assert done.choices[0].finish_reason == "stop" and done.usage.total_tokens == 5
    (request,) = chat.batches[0]
    assert (request.max_tokens, request.temperature, request.seed) == (7, 0.5, 9)


def test_a_schema_reaches_the_engine(served):
    client, chat, *_ = served
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {"type": "object"}}}
    assert client.chat.completions.create(model="echo", messages=HELLO, response_format=form).choices[0].message.content == "{}"
    assert chat.batches[0][0].schema == {"type": "object"}


def test_a_stream_gives_the_words_as_they_are_made(served):
    chunks = list(served[0].chat.completions.create(model="echo", messages=HELLO, stream=True))
    words = [c.choices[0].delta.content for c in chunks if c.choices[0].delta.content]
    assert words == ["hello", " there", " you"]
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_stream_ends_with_the_count_of_tokens_for_whom_asks(served):
    told = {"model": "echo", "messages": HELLO, "stream": True, "stream_options": {"include_usage": True}}
    *before, last = served[0].chat.completions.create(**told)
    assert last.choices == [] and last.usage.total_tokens == 5 and not any(chunk.usage for chunk in before)


@pytest.mark.parametrize(
    "asked", [{"stop": ["there"]}, {"top_p": 0.5}, {"logprobs": True}, {"tools": [{"type": "function", "function": {"name": "f"}}]}]
)
def test_what_would_change_the_answer_and_is_not_served_is_refused_by_name(served, asked):
    with pytest.raises(openai.UnprocessableEntityError, match=f"{next(iter(asked))} is not served here"):
        served[0].chat.completions.create(model="echo", messages=HELLO, **asked)
    assert not served[1].batches


def test_the_neutral_values_that_clients_send_are_taken(served):
    neutral = {"stop": [], "top_p": 1.0, "frequency_penalty": 0.0, "presence_penalty": 0, "logprobs": False, "n": 1}
    assert served[0].chat.completions.create(model="echo", messages=HELLO, **neutral).choices


def test_vectors_of_another_length_are_refused(served):
    with pytest.raises(openai.UnprocessableEntityError, match="dimensions is not served here"):
        served[0].embeddings.create(model="count", input=["a"], dimensions=1)


def test_a_fault_is_told_with_its_place_in_the_request_alone(served):
    long = [{"role": "user", "content": "x" * 200_001}]
    with pytest.raises(openai.UnprocessableEntityError, match=r"- messages\.0\.content: String should have at most 200000"):
        served[0].chat.completions.create(model="echo", messages=long)


def test_requests_that_arrive_together_share_a_batch(served):
    client, chat, *_ = served
    chat.go.clear()
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(client.chat.completions.create, model="echo", messages=[{"role": "user", "content": "first"}])
        wait_for(lambda: chat.batches)
        rest = [
            pool.submit(client.chat.completions.create, model="echo", messages=[{"role": "user", "content": str(k)}])
            for k in range(5)
        ]
        wait_for(lambda: b'kb_waiting{model="echo"} 5' in raw(client, "GET", "/metrics")[1])
        chat.go.set()
        assert first.result().choices[0].message.content == "first"
        assert [r.result().choices[0].message.content for r in rest] == [str(k) for k in range(5)]
    assert [len(b) for b in chat.batches] == [1, 5]


def test_pictures_of_several_requests_are_made_in_one_batch_by_their_seeds(served):
    client, _, images, _ = served
    with ThreadPoolExecutor(3) as pool:
        asked = [
            pool.submit(
                client.images.generate,
                model="flat",
                prompt=f"p{k}",
                response_format="b64_json",
                extra_body={"seed": 10 * k, "num_inference_steps": 5},
            )
            for k in range(3)
        ]
        assert all(a.result().data[0].b64_json for a in asked)
    ((prompts, seeds, guidance),) = images.batches
    assert sorted(zip(seeds, prompts, strict=True)) == [(0, "p0"), (10, "p1"), (20, "p2")] and guidance.steps == 5


def test_other_guidance_is_another_batch(served):
    client, _, images, _ = served
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda scale: client.images.generate(model="flat", prompt="p", extra_body={"guidance_scale": scale}), (3.0, 4.0)
            )
        )
    assert sorted(b[2].guidance_scale for b in images.batches) == [3.0, 4.0]


def test_n_pictures_have_seeds_in_a_row_and_a_wrong_size_is_refused(served):
    client, _, images, _ = served
    assert len(client.images.generate(model="flat", prompt="p", n=3, size="6x4", extra_body={"seed": 5}).data) == 3
    assert images.batches[0][1] == [5, 6, 7]
    with pytest.raises(openai.BadRequestError, match="6x4"):
        client.images.generate(model="flat", prompt="p", size="1024x1024")
    assert len(images.batches) == 1  # told before anything is made


def test_embeddings_of_texts_and_pictures_in_both_encodings(served):
    client, _, _, encoder = served
    inputs = ["x" * 10, to_data_url(FILM, 10**6)]
    coded = client.embeddings.create(model="count", input=inputs)  # the stock client asks for base64 by itself
    plain = client.embeddings.create(model="count", input=inputs, encoding_format="float")
    expected, _ = encoder.embed([TextContent("x" * 10), FILM])
    for answer in (coded, plain):
        np.testing.assert_allclose([row.embedding for row in answer.data], expected, atol=1e-6)


def test_scores_are_cosines_of_pairs(served):
    status, body = raw(served[0], "POST", "/score", {"model": "count", "text_1": "x" * 10, "text_2": ["x" * 10, "x" * 60]})
    scores = [row["score"] for row in json.loads(body)["data"]]
    assert status == 200
    np.testing.assert_allclose(scores, [1, np.cos(0.5)], atol=1e-6)
    assert raw(served[0], "POST", "/score", {"model": "count", "text_1": ["a", "b"], "text_2": ["a", "b", "c"]})[0] == 400


def test_a_model_of_pairs_is_asked_once_for_all_pairs_of_a_request():
    class Lengths:
        id, calls = "lengths@1", []

        def score(self, pairs):
            self.calls.append(len(pairs))
            return np.array([len(text.text) / picture.pixels.size for picture, text in pairs]), tuple(t.text for _, t in pairs)

    made = House([Model("pairs", "scores", Lengths)])
    made.load_all()
    with running(made) as url:
        at = OpenAiServer(url, deadline_s=10)
        values, notes = OpenAiScores(at, "pairs").score([(FILM, TextContent("aa")), (FILM, TextContent("aaaa"))])
        np.testing.assert_allclose(values, [2 / 80, 4 / 80], rtol=1e-6)
        assert notes == ("aa", "aaaa") and Lengths.calls == [2]
        with pytest.raises(ModelUnavailable, match="does not know"):
            OpenAiEmbeddings(at, "pairs").embed([FILM])


def test_our_own_clients_fit_our_own_server(served):
    client, *_ = served
    at = OpenAiServer(str(client.base_url).rstrip("/"), deadline_s=10)
    asked = [ChatRequest((Turn("user", str(k), (FILM,)),)) for k in range(4)]
    assert [r.text for r in OpenAiChat(at, "echo").chat(asked)] == [f"[10x8]{k}" for k in range(4)]
    pictures = OpenAiImages(at, "flat").generate(["a", "b"], [7, 8], edited(guidance={"image": Guidance(steps=3)}))
    assert [int(p.pixels[0, 0]) for p in pictures] == [7, 8]
    rows, notes = OpenAiEmbeddings(at, "count").embed([TextContent("x" * 250), FILM])
    assert rows.shape == (2, 2) and notes == ("long", "")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/chat/completions", {"model": "nobody", "messages": HELLO}, 404),
        ("/v1/chat/completions", {"model": "flat", "messages": HELLO}, 404),
        ("/v1/chat/completions", {"model": "echo", "messages": []}, 422),
        ("/v1/chat/completions", {"model": "echo", "messages": HELLO * 65}, 422),
        ("/v1/chat/completions", {"model": "echo", "messages": HELLO, "max_tokens": 10**6}, 422),
        ("/v1/chat/completions", {"model": "echo", "messages": HELLO, "max_tokens": -1}, 422),
        ("/v1/chat/completions", {"model": "echo", "messages": HELLO, "n": 5}, 422),
        ("/v1/chat/completions", {"model": "echo", "messages": HELLO, "temperature": 9}, 422),
        ("/v1/chat/completions", {"model": "echo", "messages": HELLO, "response_format": {"type": "json_schema"}}, 400),
        ("/v1/chat/completions", {"model": "echo", "messages": [{"role": "root", "content": "x"}]}, 422),
        ("/v1/images/generations", {"model": "flat", "prompt": "x", "n": 10**6}, 422),
        ("/v1/images/generations", {"model": "flat", "prompt": "x", "seed": -1}, 422),
        ("/v1/images/generations", {"model": "flat", "prompt": ""}, 422),
        ("/v1/embeddings", {"model": "count", "input": []}, 422),
        ("/v1/embeddings", {"model": "count", "input": "data:image/png;base64,%%%"}, 400),
        ("/v1/chat/completions", b"{not json", 422),
        ("/v1/chat/completions", b"[" * 5000, 400),
        ("/docs", {}, 404),
        ("/openapi.json", {}, 404),
    ],
)
def test_an_unfit_request_is_refused_and_changes_nothing(served, path, body, status):
    client, chat, *_ = served
    got, said = raw(client, "POST", path, body)
    assert got == status and not chat.batches
    assert client.chat.completions.create(model="echo", messages=HELLO)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x.png", "file:///etc/passwd", "https://example.org/x.png", "data:text/html;base64,eA=="]
)
def test_the_address_of_a_picture_is_never_fetched(served, url):
    parts = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "x"}]
    with pytest.raises(openai.BadRequestError, match="not fetched"):
        served[0].chat.completions.create(model="echo", messages=[{"role": "user", "content": parts}])


def test_a_refusal_does_not_repeat_what_was_sent(served):
    status, said = raw(
        served[0], "POST", "/v1/chat/completions", {"model": "echo", "messages": [{"role": "Mrs Secret", "content": "x"}]}
    )
    assert status == 422 and b"Secret" not in said


def test_an_engines_failure_costs_only_its_own_request(served):
    client, chat, *_ = served
    chat.failing["bad"] = EngineError("this one does not work")
    chat.go.clear()
    with ThreadPoolExecutor(5) as pool:
        asked = {
            t: pool.submit(client.chat.completions.create, model="echo", messages=[{"role": "user", "content": t}])
            for t in ("a", "bad", "b", "c")
        }
        time.sleep(0.3)
        chat.go.set()
        assert [asked[t].result().choices[0].message.content for t in ("a", "b", "c")] == ["a", "b", "c"]
        with pytest.raises(openai.InternalServerError, match="does not work"):
            asked["bad"].result()


@pytest.mark.parametrize(
    ("error", "status"), [(ModelBusy("the card is full"), 429), (ModelUnavailable("gone"), 503), (ZeroDivisionError("secret"), 500)]
)
def test_each_failure_has_its_status_and_the_server_lives_on(served, error, status):
    client, chat, *_ = served
    chat.failing["x"] = error
    got, said = raw(client, "POST", "/v1/chat/completions", {"model": "echo", "messages": [{"role": "user", "content": "x"}]})
    assert got == status and b"secret" not in said
    assert client.chat.completions.create(model="echo", messages=HELLO)


def wait_for(condition, seconds: float = 5):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.01)


def test_too_many_waiting_requests_are_turned_away():
    made, chat, *_ = house(max_waiting=2)
    chat.go.clear()
    with running(made) as url, ThreadPoolExecutor(8) as pool:
        client = openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=10)
        first = pool.submit(client.chat.completions.create, model="echo", messages=HELLO)
        wait_for(lambda: chat.batches)
        waiting = [pool.submit(client.chat.completions.create, model="echo", messages=HELLO) for _ in range(2)]
        wait_for(lambda: b'kb_waiting{model="echo"} 2' in raw(client, "GET", "/metrics")[1])
        for stream in (False, True):
            with pytest.raises(openai.RateLimitError) as refused:
                client.chat.completions.create(model="echo", messages=HELLO, stream=stream)
            assert refused.value.response.headers["retry-after"] == "1"
        chat.go.set()
        assert all(f.result() for f in (first, *waiting))


@pytest.mark.parametrize("stream", [False, True])
def test_work_that_nobody_waits_for_is_stopped(served, stream):
    client, chat, *_ = served
    chat.go.clear()
    parts = urlsplit(str(client.base_url))
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.request(
        "POST",
        "/v1/chat/completions",
        json.dumps({"model": "echo", "messages": HELLO, "stream": stream}),
        {"Content-Type": "application/json"},
    )
    wait_for(lambda: chat.batches)
    connection.close()
    assert chat.stopped.wait(5)
    chat.go.set()
    assert client.chat.completions.create(model="echo", messages=HELLO)


def test_a_request_ends_at_its_deadline():
    made, chat, *_ = house()
    chat.go.clear()
    with running(made, deadline_s=0.3) as url:
        client = openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=10)
        with pytest.raises(openai.InternalServerError) as end:
            client.chat.completions.create(model="echo", messages=HELLO)
        assert end.value.status_code == 503
        assert chat.stopped.wait(5)


def test_the_token_opens_everything_but_the_pulse():
    made, *_ = house()
    with running(made, token="sesame") as url:
        client = openai.OpenAI(base_url=url, api_key="sesame", max_retries=0)
        assert client.models.list()
        for wrong in ({}, {"Authorization": "Bearer no"}, {"Authorization": "Bearer "}, {"Authorization": "Basic sesame"}):
            for path in ("/v1/models", "/metrics", "/readyz"):
                assert raw(client, "GET", path, **wrong)[0] == 401
        assert raw(client, "GET", "/healthz")[0] == 200


def test_web_pages_and_strange_hosts_are_refused(served):
    assert raw(served[0], "GET", "/v1/models", Origin="http://evil.example")[0] == 403
    assert raw(served[0], "GET", "/v1/models", Host="evil.example")[0] == 400
    assert raw(served[0], "GET", "/v1/models", Host="localhost:1")[0] == 200


def test_a_body_that_is_too_large_is_refused_whatever_it_says(served):
    client, *_ = served
    assert raw(client, "POST", "/v1/embeddings", b"x", **{"Content-Length": str(10**12)})[0] == 413
    parts = urlsplit(str(client.base_url))
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    pieces = (b"x" * 2**20 for _ in range(60))
    try:
        connection.request("POST", "/v1/embeddings", pieces, {"Content-Type": "application/json"}, encode_chunked=True)
        status = connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # it hung up before all was sent
    assert status == 413


def test_it_says_when_it_is_ready_and_what_failed():
    go = threading.Event()

    def slowly():
        go.wait(5)
        return object()

    def never():
        raise ModelUnavailable("expected the folder at /nowhere")

    made = House([Model("slow", "chat", slowly), Model("broken", "chat", never)])
    with running(made) as url:
        client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
        made.start()
        assert raw(client, "GET", "/healthz")[0] == 200
        assert raw(client, "GET", "/readyz")[0] == 503
        with pytest.raises(openai.InternalServerError, match="loading"):
            client.chat.completions.create(model="slow", messages=HELLO)
        go.set()
        wait_for(lambda: made.models["broken"].state == "failed")
        status, body = raw(client, "GET", "/readyz")
        assert status == 503 and json.loads(body)["models"]["broken"]["why"] == "expected the folder at /nowhere"
        assert json.loads(body)["models"]["slow"]["state"] == "ready"


@pytest.mark.parametrize(
    ("error", "words"),
    [(TypeError("strange checkpoint"), "log says why"), (type("OutOfMemoryError", (RuntimeError,), {})("CUDA"), "no room")],
    ids=["unforeseen", "memory"],
)
def test_a_model_that_fails_in_an_unforeseen_way_leaves_no_other_waiting_and_the_log_says_what_became_of_each(caplog, error, words):
    def breaks():
        raise error

    made = House([Model("strange", "chat", breaks), Model("flat", "images", lambda: object())])
    with caplog.at_level(logging.INFO, "kbapp.server"):
        made.load_all()
    strange, flat = made.models.values()
    assert (strange.state, flat.state) == ("failed", "ready") and words in strange.why
    lines = [json.loads(r.message) for r in logged(caplog) if r.message.startswith("{")]
    assert [(line["model"], line["state"], "why" in line) for line in lines] == [
        ("strange", "failed", True),
        ("flat", "ready", False),
    ]
    made.stop()


def test_a_server_that_is_stopped_tells_who_still_waits_and_stops_the_work():
    made, chat, *_ = house()
    chat.go.clear()
    with ThreadPoolExecutor(1) as pool:
        with running(made, stop_s=0) as url:
            client = openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=10)
            asked = pool.submit(client.chat.completions.create, model="echo", messages=HELLO)
            wait_for(lambda: chat.batches)
        with pytest.raises(openai.InternalServerError, match="being stopped") as end:
            asked.result()
    assert end.value.status_code == 503 and chat.stopped.wait(5)


def test_a_server_that_is_stopped_while_it_loads_says_nothing_of_what_was_not_loaded(caplog):
    made = House([Model("first", "chat", lambda: made.stop()), Model("second", "images", lambda: object())])
    with caplog.at_level(logging.INFO, "kbapp.server"):
        made.load_all()
    assert made.models["second"].state == "loading" and "second" not in caplog.text


def test_metrics_count_requests_and_batches_and_the_log_holds_no_content(served, caplog):
    client, *_ = served
    with caplog.at_level(logging.INFO, "kbapp.server"):
        client.chat.completions.create(model="echo", messages=[{"role": "user", "content": "Mrs Secret"}])
        raw(client, "GET", "/secret-path")
        # A request is counted and logged once its last byte is out, so the client can be a little ahead.
        wait_for(lambda: {"/v1/chat/completions", "other"} <= {json.loads(r.message)["route"] for r in logged(caplog)})
    text = raw(client, "GET", "/metrics")[1].decode()
    assert 'kb_requests_total{route="/v1/chat/completions",status="200"} 1' in text
    assert 'kb_requests_total{route="other",status="404"} 1' in text
    assert 'kb_batches_total{model="echo"} 1' in text and 'kb_model_ready{model="echo"} 1' in text
    assert "ecret" not in caplog.text


def logged(caplog):
    return [record for record in caplog.records if record.name == "kbapp.server"]
